"""Answers searched for with one decoder or several, for any number of sources."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.decoding import Answer, beam_search
from ostinato.tasks.translator.module import TranslatorModule

ROWS = 512  # rows of all beams together in one step


class Ensemble:
    """The next step of several models together: their probabilities are averaged, and attention is
    the first one's. A source is given once for each model, as that model is to read it."""

    def __init__(
        self, models: Sequence[TranslatorModule], sources: Sequence[Tensor], beam: int
    ) -> None:
        self.models, self.end = models, models[0].end
        batch = len(sources[0])
        self.memories = [
            model.encode(source, torch.full((batch,), source.shape[1]))
            for model, source in zip(models, sources, strict=True)
        ]
        spread = torch.arange(batch).repeat_interleave(beam)
        self.states = [
            model.start(memory).pick(spread)
            for model, memory in zip(models, self.memories, strict=True)
        ]

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        scores, weights = [], []
        for k, (model, memory) in enumerate(zip(self.models, self.memories, strict=True)):
            logits, attended, self.states[k] = model.step(tokens, self.states[k], memory)
            logits[:, 0] = -torch.inf  # padding is no token
            scores.append(torch.log_softmax(logits, 1))
            weights.append(attended)
        if len(scores) == 1:
            return scores[0], weights[0]
        return torch.stack(scores).logsumexp(0) - float(np.log(len(scores))), weights[0]

    def pick(self, rows: Tensor, kept: Tensor) -> None:
        self.states = [each.pick(rows) for each in self.states]
        if len(kept) < len(self.memories[0].lengths):
            self.memories = [each.pick(kept) for each in self.memories]


def search(
    models: Sequence[TranslatorModule],
    sources: Sequence[Sequence[np.ndarray]],
    limits: Sequence[int],
    *,
    beam: int,
    length_penalty: float,
    least: int,
    attention: bool,
) -> list[list[Answer]]:
    """The best answers to each source; see `decoding.beam_search`.

    Sources of the same length are decoded together, so nothing is padded and the answer to each
    is the same in any company.
    """
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, source in enumerate(sources):
        groups.setdefault(tuple(map(len, source)), []).append(row)
    answers: list[list[Answer]] = [[] for _ in sources]
    size = max(1, ROWS // beam)
    with torch.no_grad(), nn.FixedWeights():
        for _, rows in sorted(groups.items()):
            for start in range(0, len(rows), size):
                chosen = rows[start : start + size]
                read = [
                    torch.from_numpy(np.stack(each))
                    for each in zip(*(sources[k] for k in chosen), strict=True)
                ]
                decoder = Ensemble(models, read, beam)
                found = beam_search(
                    decoder,
                    [limits[k] for k in chosen],
                    beam=beam,
                    length_penalty=length_penalty,
                    least=least,
                    attention=attention,
                )
                for row, each in zip(chosen, found, strict=True):
                    answers[row] = each
    return answers
