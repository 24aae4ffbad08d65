"""The seasons of a series, by its pace or by its own repetition."""

from __future__ import annotations

import numpy as np

from ostinato import data
from ostinato.tasks.forecaster.season import usual_seasons

_USUAL = (4, 5, 7, 12, 13, 24, 48, 52, 60, 96, 144, 168, 288, 336, 365, 672)
_LONGEST = 2048  # rows looked at
_QUICK = 28  # a season of so many rows or fewer is looked for beside slow waves


def seasons_of(values: np.ndarray, pace: data.Pace | None) -> tuple[int, int]:
    """Rows of the season and of a longer one beside it; 1 where there is none.

    A known pace tells both: hours have a day and a week, days a week and a year. Of minutes that
    are fewer than two days, an hour and a day are taken. Without a pace, seasons are found where
    the series resembles itself more than chance allows.
    """
    if pace is None:
        return _found(values)
    usual = [n for n in usual_seasons(pace) if n >= 4]
    day = pace.per_day
    if day in usual and (len(values) >= 2 * day or usual[0] == day):
        usual = [n for n in usual if n >= day]
    first, longer = (*usual[:2], 1, 1)[:2]
    return first, longer


def _found(values: np.ndarray) -> tuple[int, int]:
    values = values[~np.isnan(values)][-_LONGEST:]
    limit = len(values) // 2
    if limit < 4:
        return 1, 1
    rows = np.arange(len(values))
    likeness = _likeness(values - np.polyval(np.polyfit(rows, values, 1), rows), limit)
    quick = _likeness(values - _running_mean(values), min(limit, _QUICK))
    first = _first(quick, len(values)) or _first(likeness, len(values))
    if first is None:
        return 1, 1
    first = _usual(first, likeness)
    multiples = [k * first for k in range(2, limit // first + 1) if k * first < limit]
    longer = max(multiples, key=lambda lag: likeness[lag], default=1)
    if longer > 1 and likeness[longer] < likeness[first] + 0.05:
        longer = 1
    return first, longer


def _usual(lag: int, likeness: np.ndarray) -> int:
    """A usual period beside a lag, where the series returns after it nearly as well."""
    near = [n for n in _USUAL if abs(n - lag) <= max(1, lag // 50) and n < len(likeness)]
    good = [n for n in near if likeness[n] > likeness[lag] - 0.05]
    return max(good, key=lambda n: likeness[n], default=lag)


def _first(likeness: np.ndarray, rows: int) -> int | None:
    """The first lag at which a series is about as like itself as anywhere, beyond chance."""
    chance = 2.5 / np.sqrt(rows)
    peaks = [
        lag
        for lag in range(3, len(likeness) - 1)
        if likeness[lag] > max(chance, 0.2)
        and likeness[lag] >= likeness[max(1, lag - 2) : lag + 3].max()
        and likeness[lag] - likeness[lag // 2 : lag].min() > 1.5 * chance
    ]
    best = max((likeness[lag] for lag in peaks), default=0.0)
    return next((lag for lag in peaks if likeness[lag] > 0.8 * best), None)


def _running_mean(values: np.ndarray) -> np.ndarray:
    width = min(len(values), 2 * _QUICK)
    ones = np.ones(width)
    counts = np.convolve(np.ones(len(values)), ones, "same")
    return np.convolve(values, ones, "same") / counts


def _likeness(rest: np.ndarray, limit: int) -> np.ndarray:
    """Autocorrelation, `(limit,)`."""
    size = 1 << (2 * len(rest) - 1).bit_length()
    power = np.abs(np.fft.rfft(rest, size)) ** 2
    products = np.fft.irfft(power, size)[:limit]
    counts = len(rest) - np.arange(limit)
    return products / counts / max(products[0] / len(rest), 1e-300)
