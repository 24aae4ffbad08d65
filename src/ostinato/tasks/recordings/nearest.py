"""The nearest of known recordings, once time may be stretched: a naive way to answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato.data.resampling import fill

KEPT, LONGEST = 100, 32  # recordings that the baseline compares with, and steps of each
ASKED = 128  # recordings at once
WINDOW = 0.1  # share of the steps that one recording may run ahead of another


def examples_of(
    sequences: Sequence[np.ndarray], longest: int, seed: int
) -> tuple[list[int], np.ndarray]:
    """The places of at most `KEPT` recordings, drawn by the seed, and these on even steps,
    `(kept, steps, inputs)`: `longest` steps, at most `LONGEST`."""
    places = list(range(len(sequences)))
    if len(places) > KEPT:
        places = np.random.default_rng(seed).permutation(len(places))[:KEPT].tolist()
    steps = min(longest, LONGEST)
    return places, np.stack([evenly(sequences[k], steps) for k in places])


def nearest(examples: np.ndarray, sequences: Sequence[np.ndarray]) -> np.ndarray:
    """Which of the examples is nearest to each recording, by dynamic time warping (Sakoe & Chiba
    1978)."""
    asked = np.stack([evenly(each, examples.shape[1]) for each in sequences])
    parts = [asked[k : k + ASKED] for k in range(0, len(asked), ASKED)]
    return np.concatenate([warped(part, examples).argmin(1) for part in parts])


def evenly(sequence: np.ndarray, steps: int) -> np.ndarray:
    """A recording on `steps` even steps, along lines between its own."""
    places = np.linspace(0, len(sequence) - 1, steps)
    return np.round(fill(sequence.astype(np.float64), np.arange(len(sequence)), places), 3)


def warped(asked: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distances `(asked, others)` of recordings `(asked, steps, inputs)` to others by dynamic time
    warping within a band: the least sum of squared differences along a path."""
    steps = asked.shape[1]
    band = max(int(np.ceil(WINDOW * steps)), 1)
    before = np.full((steps + 1, len(asked), len(others)), np.inf)
    before[0] = 0
    for k in range(steps):
        after = np.full_like(before, np.inf)
        for j in range(max(0, k - band), min(steps, k + band + 1)):
            cost = ((asked[:, None, k] - others[None, :, j]) ** 2).sum(2)
            least = np.minimum(np.minimum(before[j], before[j + 1]), after[j])
            after[j + 1] = least + cost
        before = after
    return before[-1]
