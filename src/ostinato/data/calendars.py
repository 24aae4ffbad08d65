"""Where points in time lie in the day, the week and the year, as numbers a network reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.timestamps import read_times
from ostinato.errors import check_choice


def calendar_features(timestamps: Any, names: Sequence[str]) -> np.ndarray:
    """Where in the day, week, month and year each timestamp lies, as numbers in [-0.5, 0.5].

    Args:
        timestamps: anything `read_times` reads.
        names: any of "second", "minute", "hour", "weekday", "month_day", "year_day", "week",
            "month".

    Returns:
        float64 `(rows, names)`: -0.5 at the start of the period, 0.5 at its last unit; days of
        the month are in 31sts and days of the year in 366ths.
    """
    for name in names:
        check_choice("calendar_features", "names", name, _FEATURES)
    index = read_times(timestamps, "calendar_features")
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
    name = offset.rule_code.split("-")[0].removeprefix("B") or "B"
    if name in ("MS", "ME", "WOM", "LWOM", "SMS", "SME") or name[:1] == "Q":
        return ["month"]
    if name[:1] == "Y":
        return []
    if name == "W":
        return ["week"]
    days = ["weekday", "month_day", "year_day"]
    if name in ("D", "B", "C"):
        return days
    step = pd.Timedelta(offset)
    if step >= pd.Timedelta(hours=1):
        return ["hour", *days]
    return (["minute"] if step >= pd.Timedelta(minutes=1) else ["second", "minute"]) + [
        "hour",
        *days,
    ]
