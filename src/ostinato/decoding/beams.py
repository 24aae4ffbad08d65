"""Beam search over anything that answers the next step, for a batch of sources."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor


class Decoder(Protocol):
    """What says the next step of `beam` rows for each of a batch of sources, row after row.

    Attributes:
        end: the number of the token that ends a sequence; it is also fed first.
    """

    end: int

    def step(self, tokens: Tensor) -> tuple[Tensor, Tensor | None]:
        """After tokens `(rows,)`: log probabilities `(rows, vocabulary)` in nats, and where each
        row looked, `(rows, places)`, or None."""
        ...

    def pick(self, rows: Tensor, kept: Tensor) -> None:
        """Go on with `rows` of the last step, in this order, and the sources `kept`."""
        ...


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


def beam_search(
    decoder: Decoder,
    limits: Sequence[int],
    *,
    beam: int,
    length_penalty: float = 0.0,
    least: int = 0,
    attention: bool = False,
) -> list[list[Answer]]:
    """The `beam` best answers to each source, the best first.

    A finished answer of n tokens, the end included, ranks by log p / ((5 + n) / 6)^length_penalty
    (Wu et al., arXiv:1609.08144, section 7): log p is negative, so a larger penalty favours longer
    answers. A source is done when `beam` answers are finished and nothing that goes on ranks
    above them, or at its limit. With a beam of 1 this is greedy search.

    Args:
        limits: most tokens of the answer to each source, the end included.
        least: fewest tokens of an answer, the end not among them.
        attention: keep where each token looked.
    """
    with torch.no_grad():
        return _Beams(decoder, limits, beam, length_penalty, least, attention).run()


class _Beams:
    """One batch of sources of the same length; those that are done leave it."""

    def __init__(
        self,
        decoder: Decoder,
        limits: Sequence[int],
        beam: int,
        penalty: float,
        least: int,
        attention: bool,
    ) -> None:
        batch = len(limits)
        self.decoder, self.end = decoder, decoder.end
        self.beam, self.penalty, self.least = beam, penalty, least
        self.attention = attention
        self.limits = torch.tensor(limits)
        self.places = list(range(batch))  # of the sources still here among those given
        self.found: list[list[Answer]] = [[] for _ in range(batch)]
        self.history = torch.zeros(batch, beam, 0, dtype=torch.int64)
        self.weights: Tensor | None = None
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
        scores, weights = self.decoder.step(tokens)
        if self.history.shape[2] < self.least:
            scores[:, self.end] = -torch.inf
        totals = self.totals.unsqueeze(2) + scores.view(batch, beam, -1)
        size = totals.shape[2]
        best, places = totals.flatten(1).topk(min(2 * beam, beam * size), 1)
        parents, written = places // size, places % size
        step = self.history.shape[2] + 1
        ending = written == self.end
        # An end counts where it is among the best `beam`; the others go on.
        finished = ending & (torch.arange(best.shape[1]) < beam) & best.isfinite()
        history, attended = self.history, self.weights
        if self.attention and weights is not None:
            new = weights.view(batch, beam, 1, -1)
            attended = new if attended is None else torch.cat([attended, new], 2)
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
        self.decoder.pick(rows, kept)
        if len(stay) < batch:
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
