"""The season of series, as naive forecasts and MASE take it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_SEASONS = {"s": (60, 3600), "min": (60, 1440, 10080), "h": (24, 168), "D": (7, 365), "B": (5, 261)}
_SEASONS |= {"W": (52,), "M": (12,), "Q": (4,), "Y": ()}


def find_season(values: Sequence[np.ndarray], frequency: str | None, past: int) -> int:
    """The period whose repetition errs least on training rows, among those the pace suggests.

    Periods longer than `past` cannot be repeated from a window. Without a known pace, common
    periods are tried. 1 where none fits: the last value is repeated.
    """
    candidates: Sequence[int] = (4, 5, 7, 12, 24, 48, 52, 96, 168, 365)
    if frequency is not None:
        count = int("".join(c for c in frequency.split("-")[0] if c.isdigit()) or 1)
        unit = "".join(c for c in frequency.split("-")[0] if c.isalpha())
        unit = unit if unit in _SEASONS else unit.removeprefix("B")[:1]
        candidates = [n // count for n in _SEASONS.get(unit, ()) if n % count == 0]
    tried = {}
    for period in candidates:
        if 2 <= period <= past:
            errors = [np.abs(v[period:] - v[:-period]).mean(0) for v in values if len(v) > period]
            if errors:
                tried[period] = float(np.mean(errors))
    return min(tried, key=tried.__getitem__, default=1)


def naive_scale(values: Sequence[np.ndarray], season: int) -> np.ndarray:
    """Mean absolute error of repeating the season on training rows, `(columns,)`: MASE's unit
    (Hyndman & Koehler 2006)."""
    steps = [np.abs(v[season:] - v[:-season]) for v in values if len(v) > season]
    return np.concatenate(steps).mean(0)
