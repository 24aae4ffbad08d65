"""Points in time: read, checked for order and gaps, continued, and turned into features."""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from ostinato.errors import DataError, check_choice, check_number

# Frequencies longer than a day, by the usual number of days between two of their points.
_CALENDAR = {
    range(1, 4): ["B"],
    range(7, 8): [f"W-{day}" for day in ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")],
    range(27, 33): ["MS", "ME", "BMS", "BME"],
    range(88, 94): ["QS-JAN", "QE-DEC", "QS-FEB", "QE-JAN", "QS-MAR", "QE-FEB"],
    range(364, 367): ["YS-JAN", "YE-DEC"],
}
_HOLIDAYS = 0.08  # share of weekdays that an exchange or an office may be closed


@dataclass(frozen=True)
class Timeline:
    """Points in time at a steady pace.

    Attributes:
        index: the points.
        frequency: the pace as pandas writes it ("h", "15min", "D", "B", "MS"); None for fewer
            than three points, or where gaps were allowed and no pace shows.
        gaps: points that the pace asks for and the data lack.
    """

    index: Any  # pandas.DatetimeIndex, whose type hints know too little of it
    frequency: str | None
    gaps: int = 0

    def after(self, steps: int) -> Any:
        """The next points after the last.

        Raises:
            DataError: the pace is not known.
        """
        check_number("Timeline.after", "steps", steps, low=1, whole=True)
        if self.frequency is None:
            raise DataError("Timeline: the pace is not known, so there are no next timestamps.")
        start = self.index[-1]
        points = pd.date_range(start, periods=steps + 1, freq=self.frequency)
        return points[1:] if points[0] == start else points[:steps]


def check_timestamps(
    timestamps: Any,
    *,
    where: str = "timestamps",
    gaps: Literal["error", "allow"] = "error",
) -> Timeline:
    """Read points in time and see that they rise at a steady pace.

    Taken are datetimes, ISO 8601 strings, other dates as pandas reads them (month first where
    both orders fit, day first with dots), years, and numbers as seconds, milliseconds,
    microseconds or nanoseconds since 1970 by their size. Days without Saturdays and Sundays
    have the pace "B"; up to 8 % of the weekdays may then be missing as holidays.

    Raises:
        DataError: timestamps cannot be read, are missing, not in order, there twice, or have
            gaps (unless `gaps="allow"`); the message says where and what to do.
    """
    check_choice("check_timestamps", "gaps", gaps, ["error", "allow"])
    index = _read(timestamps, where)
    if len(index) == 0:
        raise DataError(f"{where}: there are no timestamps.")
    _check_order(index, where)
    if len(index) < 3:
        return Timeline(index, None)
    frequency = _infer(index)
    if frequency is not None:
        return Timeline(index, frequency)
    return _with_gaps(index, where, gaps)


def calendar_features(timestamps: Any, names: Sequence[str]) -> np.ndarray:
    """Where in the day, week, month and year each timestamp lies, as numbers in [-0.5, 0.5].

    Args:
        timestamps: anything `check_timestamps` reads.
        names: any of "second", "minute", "hour", "weekday", "month_day", "year_day", "week",
            "month".

    Returns:
        float64 `(rows, names)`: -0.5 at the start of the period, 0.5 at its last unit; days of
        the month are in 31sts and days of the year in 366ths.
    """
    for name in names:
        check_choice("calendar_features", "names", name, _FEATURES)
    index = _read(timestamps, "calendar_features")
    columns = [_FEATURES[name](index) - 0.5 for name in names]
    return np.stack(columns, axis=1) if columns else np.zeros((len(index), 0))


_FEATURES: dict[str, Any] = {
    "second": lambda t: np.asarray(t.second) / 59,
    "minute": lambda t: np.asarray(t.minute) / 59,
    "hour": lambda t: np.asarray(t.hour) / 23,
    "weekday": lambda t: np.asarray(t.day_of_week) / 6,
    "month_day": lambda t: (np.asarray(t.day) - 1) / 30,
    "year_day": lambda t: (np.asarray(t.day_of_year) - 1) / 365,
    "week": lambda t: (np.asarray(t.isocalendar().week, dtype=np.float64) - 1) / 52,
    "month": lambda t: (np.asarray(t.month) - 1) / 11,
}
CALENDAR_NAMES = tuple(_FEATURES)
"""Every name that `calendar_features` takes."""


def calendar_names(frequency: str | None) -> list[str]:
    """The calendar features that tell apart points at a pace, from fine to coarse."""
    if frequency is None:
        return ["weekday", "month_day", "year_day"]
    offset: Any = pd.tseries.frequencies.to_offset(frequency)
    name = offset.rule_code.split("-")[0]
    if name in ("MS", "ME", "BMS", "BME") or name[:1] == "Q" or name[:2] == "BQ":
        return ["month"]
    if name[:1] == "Y" or name[:2] == "BY":
        return []
    if name == "W":
        return ["week"]
    days = ["weekday", "month_day", "year_day"]
    if name in ("D", "B"):
        return days
    step = pd.Timedelta(offset)
    if step >= pd.Timedelta(hours=1):
        return ["hour", *days]
    return (["minute"] if step >= pd.Timedelta(minutes=1) else ["second", "minute"]) + [
        "hour",
        *days,
    ]


def _read(timestamps: Any, where: str) -> Any:
    if isinstance(timestamps, pd.DatetimeIndex):
        return _complete(timestamps, where)
    values = pd.Series(timestamps).reset_index(drop=True)
    if pd.api.types.is_bool_dtype(values):
        raise DataError(f"{where}: {values.iloc[0]} is no point in time.")
    if pd.api.types.is_numeric_dtype(values):
        return _complete(_from_numbers(values, where), where)
    if pd.api.types.is_datetime64_any_dtype(values):
        return _complete(pd.DatetimeIndex(values), where)
    _complete(values, where)
    first = str(values.iloc[0]) if len(values) else ""
    dotted = re.match(r"\d{1,2}\.\d{1,2}\.\d{4}", first) is not None
    attempts: list[dict[str, Any]] = [{"format": "ISO8601"}, {"dayfirst": dotted}]
    attempts += [{"dayfirst": True}] if not dotted and re.match(r"\d{1,2}[/-]", first) else []
    error: Exception | None = None
    for options in attempts:
        for utc in (False, True):  # offsets that differ from row to row need one common zone
            try:
                return pd.DatetimeIndex(_parse(values, utc=utc, **options))
            except (ValueError, TypeError, OverflowError) as failure:
                error = failure
    row, value = _unreadable(values, attempts[-1])
    raise DataError(
        f"{where}: {value!r} in row {row} cannot be read as a point in time. "
        "Write dates as 2026-01-31 or 2026-01-31 13:00:00."
    ) from error


def _parse(values: Any, **options: Any) -> Any:
    """pandas' reader; it warns when the day comes first, which the docstring states."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return pd.to_datetime(values, **options)


def _unreadable(values: pd.Series, options: dict[str, Any]) -> tuple[int, Any]:
    """The first row that does not read on its own, or else the first unlike row 0."""
    for row, value in enumerate(values):
        try:
            _parse(value, **options)
        except (ValueError, TypeError, OverflowError):
            return row, value
    read = _parse(values, errors="coerce", **options)
    row = int(np.argmax(read.isna().to_numpy()))
    return row, values.iloc[row]


def _from_numbers(values: pd.Series, where: str) -> pd.DatetimeIndex:
    numbers = values.to_numpy(dtype=np.float64)
    if np.isnan(numbers).any():
        _complete(values, where)
    largest = np.abs(numbers).max(initial=0)
    if (numbers % 1 == 0).all() and ((numbers >= 1000) & (numbers <= 3000)).all():
        return pd.DatetimeIndex(pd.to_datetime(values.astype(int).astype(str), format="%Y"))
    for unit, limit in (("s", 1e11), ("ms", 1e14), ("us", 1e17), ("ns", 9e18)):
        if 1e8 < largest < limit:
            return pd.DatetimeIndex(pd.to_datetime(values, unit=unit))
    raise DataError(
        f"{where}: {values.iloc[0]} is no year and no time since 1970. Convert the column with "
        "pandas.to_datetime(column, unit=...), or write dates as 2026-01-31."
    )


def _complete(values: Any, where: str) -> Any:
    missing = np.flatnonzero(pd.isna(values))
    if len(missing):
        raise DataError(
            f"{where}: {len(missing)} of {len(values)} timestamps are missing, the first in row "
            f"{missing[0]}. Drop those rows or fill in the times."
        )
    return values


def _check_order(index: Any, where: str) -> None:
    steps = np.diff(index.asi8)
    back = np.flatnonzero(steps < 0)
    if len(back):
        row = int(back[0]) + 1
        raise DataError(
            f"{where}: not in order: row {row} ({index[row]}) is before row {row - 1} "
            f"({index[row - 1]}){_more(len(back))}. Sort the rows by time; if there are several "
            "series in the table, name the column that tells them apart."
        )
    twice = np.flatnonzero(steps == 0)
    if len(twice):
        row = int(twice[0]) + 1
        raise DataError(
            f"{where}: {index[row]} is there twice, in rows {row - 1} and {row}"
            f"{_more(len(twice))}. Keep one row for each time; if clocks were set back, use UTC."
        )


def _infer(index: Any) -> str | None:
    """The pace of points without gaps, whether pandas answers with a string or an offset."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        warnings.simplefilter("ignore", DeprecationWarning)
        found: Any = pd.infer_freq(index)
    return getattr(found, "freqstr", found)


def _with_gaps(index: Any, where: str, gaps: Literal["error", "allow"]) -> Timeline:
    frequency, expected = _pace(index)
    if expected is None:
        if gaps == "allow":
            return Timeline(index, None)
        raise DataError(
            f"{where}: no steady pace: the steps between rows go from {_steps(index).min()} to "
            f"{_steps(index).max()}. Bring the rows to one pace first, for example with "
            "DataFrame.resample('h').mean()."
        )
    absent = expected.difference(index)
    holidays = frequency == "B" and len(absent) <= max(1, _HOLIDAYS * len(expected))
    if gaps == "error" and not holidays:
        row = int(np.searchsorted(index.asi8, absent.as_unit(index.unit).asi8[0]))
        raise DataError(
            f"{where}: {len(absent)} timestamps are missing at a pace of {frequency!r}, the first "
            f"{absent[0]}, between rows {row - 1} ({index[row - 1]}) and {row} ({index[row]}). "
            f"Fill the gaps first, for example with DataFrame.asfreq({frequency!r}).interpolate()."
        )
    return Timeline(index, frequency, len(absent))


def _steps(index: Any) -> pd.Series:
    return pd.Series(index[1:] - index[:-1])


def _pace(index: Any) -> tuple[str | None, Any]:
    """The frequency on which every point lies, with most of its points there, if there is one."""
    step: Any = pd.Timedelta(_steps(index).mode()[0])
    candidates: list[str] = []
    for days, names in _CALENDAR.items():
        if step.days in days and step == pd.Timedelta(days=step.days):
            candidates.extend(names)
    for frequency in candidates:
        expected = pd.date_range(index[0], index[-1], freq=frequency)
        if len(expected) >= len(index) and index.isin(expected).all():
            return frequency, expected
    expected = pd.date_range(index[0], index[-1], freq=step)
    if index.isin(expected).all():
        offset: Any = pd.tseries.frequencies.to_offset(step)
        return offset.freqstr, expected
    return None, None


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""
