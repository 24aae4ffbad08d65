"""Which column of a table holds the time, and which merely repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.timestamps import Reading, is_time

_TIMES = {
    *("time", "date", "datetime", "timestamp", "timestamps", "stamp", "ds", "dt", "ts", "day"),
    *("week", "month", "quarter", "year", "hour", "period", "utc", "epoch", "unix", "dates"),
    *("datum", "zeit", "zeitpunkt", "zeitstempel", "jahr", "monat", "tag", "fecha", "jour"),
}
_PARTS = {  # columns that repeat what a time column says
    *("year", "quarter", "month", "week", "day", "weekday", "hour", "minute", "second"),
    *("dayofweek", "dayofmonth", "dayofyear", "weekofyear", "timestamp", "epoch", "unix"),
}
JOINED = " + "
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CLOCK = r"\d{1,2}[:.]\d{2}([:.]\d{2}(\.\d+)?)?"
_UNNAMED = re.compile(r"(unnamed: ?\d+|index|level_\d+|)$", re.IGNORECASE)


def find_time(frame: pd.DataFrame, free: Iterable[str]) -> str | None:
    """The column with the timestamps among those that are `free`; "" for the index, None for none.

    An index of times comes first, then columns typed as times, then columns with a name such as
    date or "Date Time" whose values are times, then any column of dates. Names of months, times
    without a day, and numbers that only might be times are none.
    """
    free = list(free)
    index: Any = frame.index
    if not isinstance(index, pd.MultiIndex | pd.RangeIndex):
        named = _is_named(index.name)
        if _typed(index) or ((named or not _numeric(index)) and is_time(index)):
            return ""
        if _numeric(index) and len(index) and float(index.min()) > 1e7 and is_time(index):
            return ""
    for ready in (_typed, _by_name, _by_value):
        found = [name for name in free if ready(frame[name])]
        if found:
            return min(found, key=lambda name: (not _is_named(name), free.index(name)))
    return None


def repeats_time(frame: pd.DataFrame, name: str, has_time: bool) -> bool:
    """Whether a column of numbers is no quantity: a part of the date, or the number of the row."""
    words = "".join(_words(name))
    if has_time and words in _PARTS:
        return True
    if not _UNNAMED.match(name) or not pd.api.types.is_integer_dtype(frame[name]):
        return False
    return bool((np.diff(frame[name].to_numpy()) == 1).all())


def _by_name(column: Any) -> bool:
    """A column with a name for times whose values are such, though a few may lack or be wrong:
    then reading it says where."""
    if not _is_named(column.name) and not _UNNAMED.match(str(column.name)):
        return False
    known = column.dropna()
    if not len(known):
        return False
    if not _numeric(column):
        few = known.iloc[:: max(1, len(known) // 5)]
        return sum(is_time(few.iloc[k : k + 1]) for k in range(len(few))) > len(few) / 2
    if float(known.min()) > 1e5:
        return is_time(known)
    # Years have a name, and follow each other; row numbers and milliseconds do not.
    steps = np.diff(np.unique(known.to_numpy(dtype=np.float64)))
    follow = bool((steps == 1).all()) or known.is_monotonic_increasing
    return _is_named(column.name) and follow and is_time(known)


def _by_value(column: Any) -> bool:
    if _numeric(column) or pd.api.types.is_bool_dtype(column):
        return False
    return is_time(column.head(20)) and is_time(column)


def with_companions(frame: pd.DataFrame, time: str, free: Iterable[str]) -> str:
    """The columns that tell the time together with one that does not do so alone, such as a date
    and a time of day, or a year and a month: their names joined by `JOINED`."""
    found = [time]
    others = {"".join(_words(name)): name for name in free if name != time}
    if _numeric(frame[time]):
        if Reading.learn(frame[time], time)[0].form != "%Y":
            return time
        for part in ("month", "day", "hour"):
            if part not in others:
                break
            found.append(others[part])
    else:
        found += [name for name in others.values() if _is_clock(frame[name])][:1]
    if len(found) == 1 or not is_time(joined_times(frame, found)):
        return time
    return JOINED.join(found)


def joined_times(frame: pd.DataFrame, names: Iterable[str]) -> Any:
    """Text of the points in time that several columns tell together."""
    first, *rest = (frame[name] for name in names)
    if _numeric(first):
        text = first.astype(int).astype(str)
        for k, part in enumerate(rest):
            sign, end = ("-", "") if k < 2 else (" ", ":00")
            text = text + sign + _two_digits(part) + end
        return text
    if _typed(first):
        first = first.dt.strftime("%Y-%m-%d")
    (part,) = rest
    if _numeric(part):
        return first.astype(str) + " " + _two_digits(part) + ":00"
    clock = part.astype(str).str.strip().str.replace(".", ":", regex=False)
    return first.astype(str).str.strip() + " " + clock


def _two_digits(part: Any) -> Any:
    """Numbers, or the names of months, as two digits."""
    if not _numeric(part):
        part = part.astype(str).str[:3].str.title().map({m: k + 1 for k, m in enumerate(_MONTHS)})
    return part.fillna(0).astype(int).astype(str).str.zfill(2)


def _is_clock(column: Any) -> bool:
    """Whether values are times of day, or hours in a column of that name."""
    if _numeric(column):
        named = "".join(_words(column.name)) in ("hour", "hr", "hours", "stunde", "he")
        values = column.dropna()
        return named and len(values) > 0 and bool(values.between(0, 23).all())
    texts = column.dropna().astype(str).str.strip()
    return len(texts) > 0 and bool(texts.str.fullmatch(_CLOCK).all())


def _typed(values: Any) -> bool:
    return pd.api.types.is_datetime64_any_dtype(values) or isinstance(values.dtype, pd.PeriodDtype)


def _numeric(values: Any) -> bool:
    return pd.api.types.is_numeric_dtype(values)


def _words(name: Any) -> list[str]:
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return re.findall(r"[a-z]+", split.lower())


def _is_named(name: Any) -> bool:
    return any(word in _TIMES for word in _words(name))
