"""Counts of n-grams, the baseline of a language model."""

from __future__ import annotations

import numpy as np
import torch


class Ngrams(torch.nn.Module):
    """Interpolated n-grams with Witten & Bell's (1991) weights.

    With c(h w) the count of token w after the history h, T(h) the number of different tokens after
    it, and h' the history without its first token:

        P(w | h) = (c(h w) + T(h) P(w | h')) / (c(h) + T(h)),   P(w) = 1 / vocabulary at the end.

    Counts lie in buffers, so that a model's file holds them.
    """

    def __init__(self, vocabulary: int, order: int, sizes: list[tuple[int, int]]) -> None:
        super().__init__()
        self.vocabulary, self.order = vocabulary, order
        for k, (grams, histories) in enumerate(sizes):
            self.register_buffer(f"grams_{k}", torch.zeros(grams, dtype=torch.int64))
            self.register_buffer(f"counts_{k}", torch.zeros(grams, dtype=torch.int32))
            self.register_buffer(f"histories_{k}", torch.zeros(histories, dtype=torch.int64))
            self.register_buffer(f"totals_{k}", torch.zeros(2, histories, dtype=torch.int32))

    @classmethod
    def fit(cls, tokens: np.ndarray, vocabulary: int, order: int) -> Ngrams:
        """Count the n-grams of `tokens` up to `order` tokens."""
        parts = []
        for k in range(order):
            grams, counts = np.unique(_keys(tokens, k + 1), return_counts=True)
            # A gram's history is found again from where the gram first stands.
            places = np.unique(_keys(tokens, k + 1), return_index=True)[1]
            keys = _keys(tokens[:-1], k)[places] if k else np.zeros(len(grams), dtype=np.int64)
            histories, which = np.unique(keys, return_inverse=True)
            totals = np.stack([np.bincount(which, counts), np.bincount(which)])
            parts.append((grams, counts, histories, totals))
        made = cls(vocabulary, order, [(len(g), len(h)) for g, _, h, _ in parts])
        for k, values in enumerate(parts):
            names = ("grams", "counts", "histories", "totals")
            for name, value in zip(names, values, strict=True):
                getattr(made, f"{name}_{k}").copy_(torch.from_numpy(np.asarray(value)))
        return made

    def sizes(self) -> list[tuple[int, int]]:
        """What the constructor needs to make room for these counts."""
        return [
            (len(getattr(self, f"grams_{k}")), len(getattr(self, f"histories_{k}")))
            for k in range(self.order)
        ]

    def probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """The probability of each token but the first, given those before it: `(tokens - 1,)`."""
        found = np.full(len(tokens), 1.0 / self.vocabulary)
        for k in range(min(self.order, len(tokens))):
            arrays = (getattr(self, f"{n}_{k}").numpy() for n in ("grams", "counts", "histories"))
            grams, counts, histories = arrays
            totals = getattr(self, f"totals_{k}").numpy()
            here = _look(grams, counts[None], _keys(tokens, k + 1))[0]
            keys = _keys(tokens[:-1], k) if k else np.zeros(len(tokens), dtype=np.int64)
            total, kinds = _look(histories, totals, keys)
            below, weight = found[k:], total + kinds
            found[k:] = np.where(weight > 0, (here + kinds * below) / np.maximum(weight, 1), below)
        return found[1:]


def _keys(tokens: np.ndarray, length: int) -> np.ndarray:
    """One number for each run of `length` tokens: a polynomial in them, modulo 2^64."""
    if not length:
        return np.zeros(len(tokens), dtype=np.int64)
    count = max(0, len(tokens) - length + 1)
    keys = np.zeros(count, dtype=np.uint64)
    for k in range(length):
        part = tokens[k : k + count].astype(np.uint64) + np.uint64(1)
        keys = keys * np.uint64(0x9E3779B97F4A7C15) + part
    return keys.view(np.int64)


def _look(keys: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The columns of `values` where the sorted `keys` are the wanted ones, else zeros."""
    places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[places] == wanted, values[:, places], 0)
