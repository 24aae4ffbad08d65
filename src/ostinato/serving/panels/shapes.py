"""Drawings made by chance, for a hand that has no mouse: four shapes, ten of each."""

from __future__ import annotations

from typing import Any

import numpy as np

EACH = 10
NAMES = ("circle", "line", "zigzag", "spiral")


def shapes(seed: int = 0, each: int = EACH) -> list[dict[str, Any]]:
    """Drawings {"label", "strokes"} of each of `NAMES`, none like another; points from 0 to 1."""
    chance = np.random.default_rng(seed)
    return [
        {"label": name, "strokes": [np.round(_drawn(name, chance), 4).tolist()]}
        for _ in range(each)
        for name in NAMES
    ]


def _drawn(name: str, chance: np.random.Generator) -> np.ndarray:
    """One shape `(points, 2)`, as by a hand: of some size, at some place, and a little shaken."""
    along = np.linspace(0, 1, 60)
    if name in ("circle", "spiral"):
        turns = 1.0 if name == "circle" else 2.5
        radius = 1.0 if name == "circle" else 0.2 + 0.8 * along
        angle = 2 * np.pi * (chance.random() + turns * along)
        shape = np.stack([np.cos(angle) * radius, np.sin(angle) * radius], axis=1)
    elif name == "line":
        angle = chance.uniform(-0.5, 0.5)
        shape = np.outer(2 * along - 1, [np.cos(angle), np.sin(angle)])
    else:
        teeth = 6 * along
        shape = np.stack([2 * along - 1, np.abs(teeth % 2 - 1) - 0.5], axis=1)
    size, middle = chance.uniform(0.2, 0.36), chance.uniform(0.42, 0.58, size=2)
    shaken = np.cumsum(chance.normal(0, 0.004, size=shape.shape), axis=0)
    return np.clip(middle + size * (shape + shaken), 0.01, 0.99)
