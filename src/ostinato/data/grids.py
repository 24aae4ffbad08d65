"""Grids of points in time: hours, days, weeks, months, and the place of a point on one."""

from __future__ import annotations

import warnings
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError, OptionError

DAY = np.timedelta64(1, "D")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ANCHORS = {  # frequencies of one point a period, by pandas' name of the period
    "W": [f"W-{day[:3].upper()}" for day in WEEKDAYS],
    "M": ["MS", "ME", "BMS", "BME"],
    "Q": ["QS-JAN", "QE-DEC", "QS-FEB", "QE-JAN", "QS-MAR", "QE-FEB"],
    "Y": ["YS-JAN", "YE-DEC"],
}
_SPANS = {"W": (6, 8), "M": (28, 31), "Q": (89, 92), "Y": (365, 366)}  # days


def inferred(index: Any) -> str | None:
    """The pace of points without gaps, whether pandas answers with a string or an offset."""
    if len(index) < 3:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found: Any = pd.infer_freq(index)
    return getattr(found, "freqstr", found)


def find_grid(index: Any) -> str | None:
    """The frequency on which every point lies, if there is one."""
    wall = wall_clock(index)
    steps = np.diff(wall.to_numpy())
    one_time = len(np.unique(wall.asi8 - wall.normalize().asi8)) == 1
    values, counts = np.unique(steps, return_counts=True)
    usual = values[np.argmax(counts)]
    days = np.diff(days_of(wall))
    if (days >= 1).all() and np.median(days) < 2 and (one_time or np.median(steps) > 0.8 * DAY):
        return "D"
    for period, (low, high) in _SPANS.items():
        if one_time and low * DAY <= np.median(steps) <= high * DAY:
            places = np.diff(periods(wall, period))
            if (places >= 1).all():
                hits = {f: _hits(wall, f) for f in _ANCHORS[period]}
                best = max(hits, key=lambda name: hits[name])
                if hits[best] >= len(wall) / 2:
                    return best
                if period == "M" and len(np.unique(wall.day)) == 1:
                    return "MS"  # on some day of the month
    if one_time and usual % DAY == 0 * DAY:
        grid = f"{int(usual // DAY)}D"
        return grid if places_on(index, grid) is not None else None
    values, counts = np.unique(np.diff(index.asi8), return_counts=True)
    step: Any = pd.Timedelta(int(values[np.argmax(counts)]), unit=index.unit)
    offset: Any = pd.tseries.frequencies.to_offset(step)
    return offset.freqstr if places_on(index, offset.freqstr) is not None else None


def days_of(wall: Any) -> np.ndarray:
    """The day of each point, counted from 1970."""
    return wall.to_numpy().astype("datetime64[D]").astype(np.int64)


def _hits(wall: Any, frequency: str) -> int:
    offset: Any = pd.tseries.frequencies.to_offset(frequency)
    return sum(map(offset.is_on_offset, wall))


@cache
def step_of(grid: str) -> np.timedelta64 | None:
    """The time between two points of a grid; None where it differs from point to point."""
    offset: Any = pd.tseries.frequencies.to_offset(grid)
    try:
        step: Any = pd.Timedelta(offset)
        return step.to_timedelta64()
    except (ValueError, TypeError):
        return None


@cache
def period_of(grid: str) -> tuple[str, int]:
    """The period that has one point of the grid, and how many periods lie between two."""
    offset: Any = pd.tseries.frequencies.to_offset(grid)
    name = offset.rule_code.split("-")[0]
    for letter in ("W", "Q", "Y"):
        if name.removeprefix("B").startswith(letter) and not name.startswith("WOM"):
            return letter, offset.n
    return "M", offset.n


def kind_of(grid: str) -> Any:
    """What two paces have in common where only the day of the week or month differs."""
    step = step_of(grid)
    return period_of(grid) if step is None else int(step / np.timedelta64(1, "ns"))


def periods(wall: Any, letter: str) -> np.ndarray:
    if letter == "W":  # Monday to Sunday
        return (wall.to_numpy().astype("datetime64[D]").astype(np.int64) + 3) // 7
    months = np.asarray(wall.year * 12 + wall.month - 1)
    return months // {"M": 1, "Q": 3, "Y": 12}[letter]


def places_on(index: Any, grid: str) -> np.ndarray | None:
    """The number of each point on a grid; None where one does not lie on it."""
    step = step_of(grid)
    if step is None:
        letter, n = period_of(grid)
        places = periods(wall_clock(index), letter)
        places = places - places[0]
        return None if (places % n).any() else places // n
    points = wall_clock(index) if step >= DAY else index
    if grid == "D":  # at whatever time of day
        days = days_of(points)
        return days - days[0]
    gaps = points.asi8 - points.asi8[0]
    unit = int(step / np.timedelta64(1, points.unit)) or 1
    return None if (gaps % unit).any() else gaps // unit


def points_between(index: Any, places: np.ndarray, grid: str) -> tuple[np.ndarray, Any]:
    """The points of a grid that `index` lacks, and the row after each."""
    jumps = np.diff(places) - 1
    if jumps.sum() > 5_000_000:
        raise DataError(
            f"The rows leave out {jumps.sum():,} points at a pace of {grid!r}. Say freq=..., the "
            "pace that they have."
        )
    rows = np.repeat(np.arange(1, len(index)), jumps)
    starts = np.repeat(np.cumsum(jumps) - jumps, jumps)
    lacking = np.repeat(places[:-1], jumps) + 1 + np.arange(len(rows)) - starts
    step = step_of(grid)
    if step is None:
        points = pd.date_range(index[0], index[-1], freq=grid)
        letter, n = period_of(grid)
        found = (
            periods(wall_clock(points), letter) - periods(wall_clock(index[:1]), letter)[0]
        ) // n
        kept = np.isin(found, lacking)
        return rows[np.isin(lacking, found)], points[kept]
    first = wall_clock(index[:1]) if step >= DAY else index[:1]
    unit = int(step / np.timedelta64(1, index.unit)) or 1
    points = pd.DatetimeIndex((first.asi8 + lacking * unit).view(f"datetime64[{index.unit}]"))
    if index.tz is None:
        return rows, points
    if step < DAY:
        return rows, points.tz_localize("UTC").tz_convert(index.tz)
    first_of_two = np.ones(len(points), dtype=bool)
    return rows, points.tz_localize(index.tz, nonexistent="shift_forward", ambiguous=first_of_two)


def wall_clock(index: Any) -> Any:
    return index if index.tz is None else index.tz_localize(None)


def usual_step(index: Any) -> Any:
    return pd.Series(index[1:] - index[:-1]).mode()[0]


def checked_grid(frequency: str) -> str:
    try:
        offset: Any = pd.tseries.frequencies.to_offset(frequency)
    except ValueError as error:
        raise OptionError(
            f"freq must be a frequency as pandas writes it ('h', '15min', 'D', 'B', 'MS'), got "
            f"{frequency!r}."
        ) from error
    return offset.freqstr


def slots_of(wall: Any, step: Any, start: int) -> np.ndarray:
    """The weekday of each point, or its number among the points of a week."""
    weekday = np.asarray(wall.day_of_week)
    if step is None:
        return weekday
    clock = (wall - wall.normalize()).to_numpy().astype("timedelta64[ns]").astype(np.int64) - start
    unit = int(step / np.timedelta64(1, "ns"))
    return weekday * int(DAY // step) + clock // unit
