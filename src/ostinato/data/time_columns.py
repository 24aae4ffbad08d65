"""Which column of a table holds the time, and which merely repeat it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.timestamps import is_time

_TIMES = {
    *("time", "date", "datetime", "timestamp", "timestamps", "stamp", "ds", "dt", "ts", "day"),
    *("week", "month", "quarter", "year", "hour", "period", "utc", "epoch", "unix", "dates"),
    *("datum", "zeit", "zeitpunkt", "zeitstempel", "jahr", "monat", "tag", "fecha", "jour"),
}
_PARTS = {  # columns that repeat what a time column says
    *("year", "quarter", "month", "week", "day", "weekday", "hour", "minute", "second"),
    *("dayofweek", "dayofmonth", "dayofyear", "weekofyear", "timestamp", "epoch", "unix"),
}
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
    if not _is_named(column.name) and not _UNNAMED.match(str(column.name)):
        return False
    if _numeric(column) and not _is_named(column.name) and len(column):
        # Years have a name; row numbers have none.
        return float(column.min()) > 1e7 and is_time(column)
    return is_time(column.head(100)) and is_time(column)


def _by_value(column: Any) -> bool:
    if _numeric(column) or pd.api.types.is_bool_dtype(column):
        return False
    return is_time(column.head(20)) and is_time(column)


def _typed(values: Any) -> bool:
    return pd.api.types.is_datetime64_any_dtype(values) or isinstance(values.dtype, pd.PeriodDtype)


def _numeric(values: Any) -> bool:
    return pd.api.types.is_numeric_dtype(values)


def _words(name: Any) -> list[str]:
    split = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", str(name))
    return re.findall(r"[a-z]+", split.lower())


def _is_named(name: Any) -> bool:
    return any(word in _TIMES for word in _words(name))
