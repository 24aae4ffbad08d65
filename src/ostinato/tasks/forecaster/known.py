"""What is known of any row from its timestamp alone: the calendar, holidays and events."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_table import Series
from ostinato.errors import DataError, OptionError, check_choice
from ostinato.tasks.forecaster.options import ForecasterOptions

_DAY = np.timedelta64(1, "D")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Known:
    """Columns that any timestamp has, also those to come.

    Attributes:
        calendar: names of the calendar's columns.
        holidays: places with their public holidays.
        events: days by name, as "2026-11-27".
        frequency: the pace of the rows.
    """

    calendar: list[str]
    holidays: list[str]
    events: dict[str, list[str]]
    frequency: str | None

    @classmethod
    def learn(
        cls,
        where: str,
        options: ForecasterOptions,
        time: str | None,
        frequency: str | None,
        parts: Sequence[Series],
    ) -> Known:
        """From the options; `parts` tell what part of the calendar can be learned.

        Raises:
            DataError: rows have no timestamps.
            OptionError: a name or a date cannot be read.
        """
        holidays = word_list(options.holidays)
        for name, wanted in (("holidays", holidays), ("events", options.events)):
            if wanted and time is None:
                raise _no_time(where, name, wanted)
        if holidays:
            data.check_places(holidays)
        return cls(
            calendar=_calendar(where, options.calendar, time, frequency, parts),
            holidays=holidays,
            events=_events(where, options.events),
            frequency=frequency,
        )

    @property
    def width(self) -> int:
        """Number of columns."""
        waves = sum(7 if name == "weekday" else 2 * _WAVES[name] for name in self.calendar)
        return waves + (3 if self.holidays else 0) + 3 * len(self.events)

    def of(self, index: Any) -> np.ndarray:
        """`(rows, width)` of some timestamps: switches of the weekday, waves of the other parts of
        the calendar, and for holidays and each event whether it is the day, the day before and the
        day after."""
        if not self.width:
            return np.zeros((len(index), 0))
        places = data.calendar_features(index, self.calendar)
        parts = [_turn(name, places[:, k] + 0.5) for k, name in enumerate(self.calendar)]
        if self.holidays:
            parts.append(data.holiday_features(index, self.holidays, self.frequency))
        if self.events:
            days = _days(index)
            for dates in self.events.values():
                own = np.array(dates, dtype="datetime64[D]")
                shifted = (days, days + _DAY, days - _DAY)
                parts.append(np.stack([np.isin(each, own) for each in shifted], axis=1))
        return np.concatenate(parts, axis=1).astype(np.float64)


_DAYS = {"weekday": 7, "month_day": 31, "year_day": 365, "week": 365, "month": 365}
_UNITS = {"second": 60, "minute": 60, "hour": 24, "month_day": 31, "year_day": 366}
_UNITS |= {"week": 53, "month": 12}
_WAVES = {"second": 2, "minute": 2, "hour": 4, "month_day": 3, "year_day": 4, "week": 4, "month": 4}


def _turn(name: str, place: np.ndarray) -> np.ndarray:
    """Where each row lies in a period, `(rows,)` from 0 to 1, as switches or waves of one, two, ...
    turns in the period, so that its end meets its start."""
    if name == "weekday":
        return (np.round(place * 6)[:, None] == np.arange(7)).astype(np.float64)
    units = _UNITS[name]
    turns = 2 * np.pi * place[:, None] * (units - 1) / units * np.arange(1, _WAVES[name] + 1)
    return np.concatenate([np.sin(turns), np.cos(turns)], axis=1)


def _days(index: Any) -> np.ndarray:
    stamps = pd.DatetimeIndex(index)
    stamps = stamps if stamps.tz is None else stamps.tz_localize(None)
    return stamps.to_numpy().astype("datetime64[D]")


def word_list(words: Any) -> list[str]:
    """Names as a list: also of a text with commas."""
    several: Sequence[str] = words.split(",") if isinstance(words, str) else words
    return [name.strip() for name in several if name.strip()]


def _no_time(where: str, option: str, wanted: Any) -> DataError:
    return DataError(
        f"{where}: {option} {wanted!r:.80} needs timestamps, and no column holds them. "
        "Name it with time=..."
    )


def _calendar(
    where: str, wanted: Any, time: str | None, frequency: str | None, parts: Sequence[Series]
) -> list[str]:
    """Names of the calendar's columns, from the option; "auto" leaves out what comes again after
    more than two thirds of the rows."""
    names = word_list(wanted)
    if names in ([], ["none"]) or (names == ["auto"] and time is None):
        return []
    if time is None:
        raise DataError(
            f"{where}: calendar {wanted!r} needs timestamps, and no column holds them. "
            "Name it with time=..., or use calendar='none'."
        )
    if names == ["auto"]:
        longest = max(part.index[-1] - part.index[0] for part in parts)
        return [
            name
            for name in data.calendar_names(frequency)
            if longest >= 1.5 * pd.Timedelta(days=_DAYS.get(name, 1))
        ]
    for name in names:
        check_choice("Forecaster", "calendar", name, data.CALENDAR_NAMES)
    return names


def _events(where: str, wanted: Any) -> dict[str, list[str]]:
    if not wanted:
        return {}
    if isinstance(wanted, (str, os.PathLike)):
        table = data.read_table(wanted, where=f"{where}: events")
        absent = {"name", "date"} - set(table.columns)
        if absent:
            raise DataError(
                f"{where}: events: {wanted}: no column {sorted(absent)[0]!r}. "
                f"Columns: {', '.join(map(str, table.columns))}."
            )
        wanted = {str(name): list(part["date"]) for name, part in table.groupby("name", sort=False)}
    if not isinstance(wanted, Mapping):
        raise OptionError(f"{where}: events must be names with dates, got {wanted!r:.80}.")
    return {str(name): _dates(where, str(name), each) for name, each in wanted.items()}


def _dates(where: str, name: str, dates: Any) -> list[str]:
    found: set[str] = set()
    for each in [dates] if isinstance(dates, str) else dates:
        first, _, last = str(each).partition("/")
        try:
            days = pd.date_range(first, last or first, freq="D")
        except ValueError as error:
            raise OptionError(
                f"{where}: events: {name!r}: {each!r} is no date. Write 2026-11-27, or "
                "2026-11-27/2026-11-30."
            ) from error
        found |= {str(day.date()) for day in days}
    return sorted(found)
