"""Beam search with one decoder or several, for a batch of sources."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.models.translator import Memory, State, TranslatorModel

ROWS = 512  # rows of all beams together in one step


@dataclass(frozen=True)
class Answer:
    """One sequence found.

    Attributes:
        tokens: its numbers, without the end.
        score: the logarithm of its probability over its length's penalty, in nats.
        weights: attention `(tokens, source steps)`, the end's step not among them; None without.
    """

    tokens: np.ndarray
    score: float
    weights: np.ndarray | None


def search(
    models: Sequence[TranslatorModel],
    sources: Sequence[Sequence[np.ndarray]],
    limits: Sequence[int],
    *,
    beam: int,
    length_penalty: float,
    attention: bool,
) -> list[list[Answer]]:
    """The `beam` best answers to each source, the best first.

    A source is given once for each model, as that model is to read it.

    A finished answer of n tokens, the end included, ranks by log p / ((5 + n) / 6)^length_penalty
    (Wu et al., arXiv:1609.08144, section 7). A source is done when `beam` answers are finished, or
    at its limit of tokens. Several models answer together: their probabilities are averaged, and
    the attention is the first one's.

    Sources of the same length are decoded together, so nothing is padded and the answer to each
    is the same in any company. Without a beam (1) this is greedy search.
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
                found = _Beams(
                    models, read, [limits[k] for k in chosen], beam, length_penalty, attention
                ).run()
                for row, each in zip(chosen, found, strict=True):
                    answers[row] = each
    return answers


class _Beams:
    """One batch of sources of the same length; those that are done leave it."""

    def __init__(
        self,
        models: Sequence[TranslatorModel],
        sources: Sequence[Tensor],
        limits: Sequence[int],
        beam: int,
        penalty: float,
        attention: bool,
    ) -> None:
        batch, steps = sources[0].shape
        self.models, self.beam, self.penalty = models, beam, penalty
        self.end = models[0].end
        self.memories: list[Memory] = [
            model.encode(source, torch.full((batch,), source.shape[1]))
            for model, source in zip(models, sources, strict=True)
        ]
        spread = torch.arange(batch).repeat_interleave(beam)
        self.states: list[State] = [
            model.start(memory).pick(spread)
            for model, memory in zip(models, self.memories, strict=True)
        ]
        self.limits = torch.tensor(limits)
        self.places = list(range(batch))  # of the sources still here among those given
        self.found: list[list[Answer]] = [[] for _ in range(batch)]
        self.history = torch.zeros(batch, beam, 0, dtype=torch.int64)
        self.weights = torch.zeros(batch, beam, 0, steps) if attention else None
        # At first all rows of a beam are the same: only one of them may go on.
        self.totals = torch.full((batch, beam), -torch.inf)
        self.totals[:, 0] = 0

    def run(self) -> list[list[Answer]]:
        tokens = torch.full((self.totals.numel(),), self.end)
        while self.places:
            tokens = self._advance(tokens)
        return [sorted(each, key=lambda answer: -answer.score)[: self.beam] for each in self.found]

    def _advance(self, tokens: Tensor) -> Tensor:
        batch, beam = self.totals.shape
        scores, weights = self._scores(tokens)
        totals = self.totals.unsqueeze(2) + scores.view(batch, beam, -1)
        size = totals.shape[2]
        best, places = totals.flatten(1).topk(min(2 * beam, beam * size), 1)
        parents, written = places // size, places % size
        step = self.history.shape[2] + 1
        ending = written == self.end
        # An end counts where it is among the best `beam`; the others go on.
        finished = ending & (torch.arange(best.shape[1]) < beam) & best.isfinite()
        history, attended = self.history, self.weights
        if attended is not None and weights is not None:
            attended = torch.cat([attended, weights.view(batch, beam, 1, -1)], 2)
        self._collect(finished, best, parents, history, attended, step)
        # A stable sort by `ending` leaves the others in their order, in front.
        order = ending.to(torch.int8).argsort(dim=1, stable=True)[:, :beam]
        parents, written = parents.gather(1, order), written.gather(1, order)
        # Where there are too few others, an ended row stays and must never be chosen.
        self.totals = best.gather(1, order).masked_fill(ending.gather(1, order), -torch.inf)
        rows = (torch.arange(batch).unsqueeze(1) * beam + parents).flatten()
        self.history = torch.cat(
            [history.flatten(0, 1)[rows].view(batch, beam, -1), written.unsqueeze(2)], 2
        )
        if attended is not None:
            self.weights = attended.flatten(0, 1)[rows].view(batch, beam, *attended.shape[2:])
        return self._leave(rows, written, step)

    def _scores(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        """Log probabilities `(rows, target)` and the first model's attention."""
        scores, weights = [], []
        for k, (model, memory) in enumerate(zip(self.models, self.memories, strict=True)):
            logits, attended, self.states[k] = model.step(tokens, self.states[k], memory)
            logits[:, 0] = -torch.inf  # padding is no token
            scores.append(torch.log_softmax(logits, 1))
            weights.append(attended)
        if len(scores) == 1:
            return scores[0], weights[0]
        return torch.stack(scores).logsumexp(0) - float(np.log(len(scores))), weights[0]

    def _collect(
        self,
        finished: Tensor,
        best: Tensor,
        parents: Tensor,
        history: Tensor,
        attended: Tensor | None,
        step: int,
    ) -> None:
        rank = ((5 + step) / 6) ** self.penalty
        for row, column in finished.nonzero().tolist():
            answers = self.found[self.places[row]]
            parent = int(parents[row, column])
            weights = None if attended is None else attended[row, parent, :-1].numpy().copy()
            tokens = history[row, parent].numpy().copy()
            answers.append(Answer(tokens, float(best[row, column]) / rank, weights))

    def _leave(self, rows: Tensor, written: Tensor, step: int) -> Tensor:
        """Take out the sources that are done; the rows of the others, in place of their parents."""
        batch, beam = self.totals.shape
        late = (self.limits <= step).tolist()
        stuck = (~self.totals.isfinite().any(1)).tolist()
        # Going on can only help while an unfinished answer ranks above the worst one to be given.
        rank = ((5 + step) / 6) ** self.penalty
        ahead = (self.totals.amax(1) / rank).tolist()
        full = [
            len(found) >= beam and heapq.nlargest(beam, found)[-1] >= ahead[row]
            for row, place in enumerate(self.places)
            for found in [[answer.score for answer in self.found[place]]]
        ]
        stay = []
        for row, place in enumerate(self.places):
            if not (full[row] or late[row] or stuck[row]):
                stay.append(row)
            elif not self.found[place]:
                self._cut(row, place, step)
        kept = torch.tensor(stay, dtype=torch.int64)
        rows = rows.view(batch, beam)[kept].flatten()
        self.states = [each.pick(rows) for each in self.states]
        if len(stay) < batch:
            self.memories = [each.pick(kept) for each in self.memories]
            self.places = [self.places[row] for row in stay]
            self.limits, self.totals = self.limits[kept], self.totals[kept]
            self.history = self.history[kept]
            self.weights = None if self.weights is None else self.weights[kept]
        return written[kept].flatten()

    def _cut(self, row: int, place: int, step: int) -> None:
        """At the limit with nothing finished, answers without an end have to do."""
        rank = ((5 + step) / 6) ** self.penalty
        for column in range(self.beam):
            if not torch.isfinite(self.totals[row, column]):
                break
            weights = None if self.weights is None else self.weights[row, column].numpy().copy()
            tokens = self.history[row, column].numpy().copy()
            self.found[place].append(
                Answer(tokens, float(self.totals[row, column]) / rank, weights)
            )
