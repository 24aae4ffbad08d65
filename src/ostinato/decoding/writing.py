"""Answers of one `nn.Writer`, or of several together, for any number of sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.decoding.beams import Answer, beam_search

ROWS = 512  # rows of all beams together in one step


class Ensemble:
    """The next step of several models together: their probabilities are averaged, and attention is
    the first one's. Each model has a memory of its own, of the same sources."""

    def __init__(
        self, models: Sequence[nn.Writer], memories: Sequence[nn.Memory], beam: int
    ) -> None:
        self.models, self.end = models, models[0].end
        self.never = list(models[0].never)
        self.memories = list(memories)
        spread = torch.arange(len(memories[0].lengths)).repeat_interleave(beam)
        self.states = [
            model.start(memory).pick(spread)
            for model, memory in zip(models, self.memories, strict=True)
        ]

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        scores, weights = [], []
        for k, (model, memory) in enumerate(zip(self.models, self.memories, strict=True)):
            logits, attended, self.states[k] = model.step(tokens, self.states[k], memory)
            logits[:, self.never] = -torch.inf
            scores.append(torch.log_softmax(logits, 1))
            weights.append(attended)
        if len(scores) == 1:
            return scores[0], weights[0]
        return torch.stack(scores).logsumexp(0) - float(np.log(len(scores))), weights[0]

    def pick(self, rows: Tensor, kept: Tensor) -> None:
        self.states = [each.pick(rows) for each in self.states]
        if len(kept) < len(self.memories[0].lengths):
            self.memories = [each.pick(kept) for each in self.memories]


def write_answers(
    models: Sequence[nn.Writer],
    groups: Iterable[Sequence[int]],
    read: Callable[[Sequence[int]], Sequence[nn.Memory]],
    limits: Sequence[int],
    *,
    beam: int,
    length_penalty: float,
    least: int,
    attention: bool,
) -> list[list[Answer]]:
    """The best answers to each source; see `beam_search`.

    Args:
        groups: rows of sources that are of one length and may be decoded together: nothing is then
            padded, and the answer to each is the same in any company.
        read: the memories, one of each model, of some rows.
        limits: most tokens of each answer, the end included.
    """
    answers: list[list[Answer]] = [[] for _ in limits]
    size = max(1, ROWS // beam)
    with torch.no_grad(), nn.FixedWeights():
        for rows in groups:
            for start in range(0, len(rows), size):
                chosen = rows[start : start + size]
                found = beam_search(
                    Ensemble(models, read(chosen), beam),
                    [limits[k] for k in chosen],
                    beam=beam,
                    length_penalty=length_penalty,
                    least=least,
                    attention=attention,
                )
                for row, each in zip(chosen, found, strict=True):
                    answers[row] = each
    return answers
