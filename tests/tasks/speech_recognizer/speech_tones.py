"""Recordings of tones, each tone a letter."""

from __future__ import annotations

from typing import Any

import numpy as np

RATE = 8000
TONES = {"a": 300, "b": 900, "c": 1700}
OPTIONS: dict[str, Any] = {
    "sampling_rate": RATE,
    "bands": 16,
    "convolution": 16,
    "width": 5,
    "stride": 2,
    "hidden_size": 16,
    "num_layers": 1,
    "dropout": 0.1,
    "batch_size": 4,
    "learning_rate": 0.02,
    "undisturbed": 2,
    "progress": False,
}


def say(text: str, random: np.random.Generator) -> np.ndarray:
    """A tone of 0.12 s for each letter, a gap of 0.05 s for each space."""
    parts = []
    for letter in text:
        at = np.arange(int(RATE * (0.05 if letter == " " else 0.12))) / RATE
        pitch = 0 if letter == " " else TONES[letter]
        parts.append(0.3 * np.sin(2 * np.pi * pitch * at) * np.hanning(len(at)))
    joined = np.concatenate(parts)
    return joined + 0.003 * random.normal(size=len(joined))


def spoken(count: int, seed: int) -> tuple[list[np.ndarray], list[str]]:
    random = np.random.default_rng(seed)
    words = ["ab", "ca", "b", "bc"]
    texts = [" ".join(random.choice(words, size=random.integers(1, 4))) for _ in range(count)]
    return [say(text, random) for text in texts], texts
