"""Public holidays as columns, by the `holidays` package."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError, OptionError, suggestion

HOLIDAY_NAMES = ("holiday", "holiday_before", "holiday_after")
"""The columns of `holiday_features`."""


def holiday_features(index: Any, places: Sequence[str], frequency: str | None = None) -> np.ndarray:
    """Whether each row lies on a public holiday, on the day before one, and on the day after one.

    Rows a week or more apart have the number of holidays between them and the next row in place
    of that (the row before, where a stamp is its period's end), and zeros beside it.

    Args:
        index: timestamps; days are those of its own time zone.
        places: countries, as ISO 3166 codes, with a part of the country after a dash: "DE",
            "AU-VIC". A day counts that is a holiday in any of them.
        frequency: the pace of the rows as pandas writes it.

    Returns:
        float64 `(rows, 3)`, in the order of `HOLIDAY_NAMES`.

    Raises:
        DataError: the package `holidays` is not installed.
        OptionError: a place is not known.
    """
    stamps = pd.DatetimeIndex(index)
    if stamps.tz is not None:
        stamps = stamps.tz_localize(None)
    days = stamps.normalize().to_numpy().astype("datetime64[D]")
    if not len(days):
        return np.zeros((0, 3))
    years = range(days[0].astype(object).year - 1, days[-1].astype(object).year + 2)
    free = _free_days(places, years)
    one = np.timedelta64(1, "D")
    if frequency is not None and len(days) and _is_long(frequency):
        bound = _neighbours(stamps, frequency)
        first, last = np.minimum(days, bound), np.maximum(days, bound)
        ends = bound < days  # a stamp that is the end of its period counts, its start does not
        low = np.searchsorted(free, np.where(ends, first + one, first))
        high = np.searchsorted(free, np.where(ends, last + one, last))
        return np.stack([high - low, np.zeros(len(days)), np.zeros(len(days))], axis=1).astype(
            np.float64
        )
    columns = [np.isin(days, free), np.isin(days + one, free), np.isin(days - one, free)]
    return np.stack(columns, axis=1).astype(np.float64)


def check_places(places: Sequence[str]) -> None:
    """Raise as `holiday_features` does where a place is not known."""
    _free_days(places, range(2024, 2025))


def _free_days(places: Sequence[str], years: range) -> np.ndarray:
    try:
        import holidays
    except ImportError as error:
        raise DataError(
            "holidays: the package 'holidays' is not installed. Install it with "
            "pip install 'ostinato[holidays]'."
        ) from error
    found: set[Any] = set()
    supported = holidays.list_supported_countries()
    for place in places:
        country, _, part = place.partition("-")
        if country not in supported:
            raise OptionError(
                f"holidays: no country {country!r}; write its ISO code, such as 'DE' or 'AU-VIC'."
                f"{suggestion(country, supported)}"
            )
        if part and part not in supported[country]:
            raise OptionError(
                f"holidays: {country!r} has no part {part!r}. "
                f"Parts: {', '.join(supported[country]) or 'none'}."
            )
        found |= set(holidays.country_holidays(country, subdiv=part or None, years=years))
    return np.array(sorted(found), dtype="datetime64[D]")


def _is_long(frequency: str) -> bool:
    """Whether rows lie a week or more apart."""
    try:
        offset: Any = pd.tseries.frequencies.to_offset(frequency)
    except ValueError:
        return False
    start = pd.Timestamp("2024-01-01")
    return (start + offset + offset) - (start + offset) >= pd.Timedelta(days=7)


def _neighbours(stamps: Any, frequency: str) -> np.ndarray:
    """The end of each stamp's period, or its start where the stamp is the end."""
    offset: Any = pd.tseries.frequencies.to_offset(frequency)
    code = str(offset.rule_code).split("-")[0]
    ends = code.endswith("E") or code == "W"
    moved = [each - offset if ends else each + offset for each in stamps]
    return np.array(moved, dtype="datetime64[D]")
