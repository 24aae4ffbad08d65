"""Tokens drawn from the scores of any model that says what comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import check_number

RECENT = 64  # tokens that the repetition penalty looks back
DRAWS = 256  # random numbers made at once
MOST = 1_000_000  # of a temperature and of a penalty: beyond it sums would lose their digits


class Recent:
    """The last 64 tokens of texts that grow side by side, those of their beginnings included.

    Attributes:
        tokens: `(texts, 64)`, in no order; 0 where a text has fewer.
    """

    def __init__(self, begun: Sequence[np.ndarray]) -> None:
        self.tokens = np.zeros((len(begun), RECENT), dtype=np.int64)
        for row, each in enumerate(begun):
            last = each[-RECENT:]
            self.tokens[row, RECENT - len(last) :] = last
        self.count = 0

    def add(self, tokens: np.ndarray) -> None:
        """One more token of each text, `(texts,)`, in place of the oldest."""
        self.tokens[:, self.count % RECENT] = tokens
        self.count += 1

    def keep(self, rows: Any) -> None:
        """Go on with these texts, and no others."""
        self.tokens = self.tokens[rows]


class Sampler:
    """Draws tokens from scores.

    Args:
        where: who asks, for messages.
        first: the first token that can be drawn; those before it have a meaning of their own.
        temperature: scores are divided by it; 0 takes the likeliest.
        top_k: draw among the k likeliest.
        top_p: draw among the likeliest that together have this probability.
        repetition_penalty: how many times less likely a recent token is.
        seed: None draws others each time.

    With a seed every text has the random numbers that it would have alone.
    """

    def __init__(
        self,
        where: str,
        first: int,
        temperature: float,
        top_k: int | None,
        top_p: float | None,
        repetition_penalty: float,
        seed: int | None,
    ) -> None:
        check_number(where, "temperature", temperature, low=0, high=MOST)
        if top_k is not None:
            check_number(where, "top_k", top_k, low=1, whole=True)
        if top_p is not None:
            check_number(where, "top_p", top_p, above=0, high=1)
        check_number(where, "repetition_penalty", repetition_penalty, low=1, high=MOST)
        if seed is not None:
            check_number(where, "seed", seed, low=0, whole=True)
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.penalty = float(np.log(repetition_penalty))
        self.seed, self.first = seed, first
        self.restart()

    def restart(self) -> None:
        """Begin the random numbers again: the same with a seed, others without."""
        self.random = np.random.default_rng(self.seed)
        self.numbers = iter(())

    def _numbers(self, rows: int) -> Any:
        """Uniform random numbers `(rows,)`, with a seed one for all."""
        if self.seed is None:
            return self.random.random(rows)
        for number in self.numbers:
            return number
        self.numbers = iter(self.random.random(DRAWS).tolist())
        return next(self.numbers)

    def draw(self, logits: np.ndarray, recent: np.ndarray) -> np.ndarray:
        """The tokens `(rows,)` drawn from scores `(rows, vocabulary)` after the tokens `(rows, n)`
        that came lately; those before `first` are never drawn."""
        scores = logits.astype(np.float64)
        scores[:, : self.first] = -np.inf
        if self.penalty:
            # A token that came twice is lowered once: NumPy subtracts before it puts back.
            scores[np.arange(len(scores))[:, None], recent] -= self.penalty
        if not self.temperature:
            return scores.argmax(1)
        if self.top_k is not None and self.top_k < scores.shape[1]:
            least = np.partition(scores, -self.top_k, axis=1)[:, -self.top_k, None]
            scores[scores < least] = -np.inf
        scores -= np.maximum.reduce(scores, 1, keepdims=True)
        if self.temperature != 1:
            with np.errstate(over="ignore"):  # to minus infinity: never drawn
                scores /= self.temperature
        shares = np.exp(scores, out=scores)
        if self.top_p is not None:
            order = np.argsort(-shares, axis=1, kind="stable")
            sums = np.cumsum(np.take_along_axis(shares, order, 1), axis=1)
            beyond = np.zeros(shares.shape, dtype=bool)
            late = sums[:, :-1] >= self.top_p * sums[:, -1:]
            np.put_along_axis(beyond, order[:, 1:], late, 1)
            shares[beyond] = 0
        sums = shares.cumsum(1)
        limits = self._numbers(len(sums)) * sums[:, -1]
        places = np.add.reduce(sums <= limits[:, None], 1)
        return np.minimum(places, sums.shape[1] - 1)
