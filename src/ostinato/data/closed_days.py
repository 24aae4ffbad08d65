"""Days without rows that come back every year: Christmas, the fourth Thursday of November."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Collection
from functools import cache

from dateutil.easter import easter

from ostinato.data.grids import WEEKDAYS

_YEARS = 3  # years in which a holiday must have been kept, if the rows have so many
_MOST = 5000  # days that are looked at
_ONE = datetime.timedelta(days=1)


def closed_rules(
    present: set[datetime.date], absent: set[datetime.date], weekdays: Collection[int]
) -> tuple[str, ...]:
    """Names of days that lacked in each of the last years, in two at least.

    Args:
        present, absent: days with rows, and days on which rows were to be expected.
        weekdays: that have rows, Monday 0.
    """
    first, last = min(present), max(present)
    if len(absent) > _MOST:
        return ()
    named = Counter(rule for day in absent for rule in _rules_of(day))
    order = sorted(named.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    explained: set[datetime.date] = set()
    kept = []
    for always in (True, False):  # first rules that held in every year
        for rule, _ in order:
            expected = [
                day
                for year in range(first.year, last.year + 1)
                for day in dates_of(rule, year)
                if first <= day <= last and day.weekday() in weekdays
            ]
            recent = set(expected if always else expected[-_YEARS:])
            enough = 2 if always else _YEARS
            if len(recent) >= enough and recent <= absent and not recent <= explained:
                kept.append(rule)
                explained |= set(expected) & absent
    return tuple(sorted(kept))


def _rules_of(day: datetime.date) -> list[str]:
    """The names under which a day may come back each year."""
    _, week, weekday = day.isocalendar()
    names = [f"{day:%m-%d}", f"{day.month}/{(day.day - 1) // 7 + 1}/{weekday - 1}"]
    if (day + 7 * _ONE).month != day.month:
        names.append(f"{day.month}/-1/{weekday - 1}")
    if weekday == 5:
        names.append(f"{day + _ONE:%m-%d}~")
    if weekday == 1:
        names.append(f"{day - _ONE:%m-%d}~")
    if weekday <= 5:
        names.append(f"{day:%m-%d}~")
    away = (day - easter(day.year)).days
    if -60 < away < 70:
        names.append(f"easter{away:+d}")
    return [*names, f"week{week}-{weekday}"]


@cache
def dates_of(rule: str, year: int) -> list[datetime.date]:
    """The days of a year that `rule` names."""
    try:
        if rule.startswith("easter"):
            return [easter(year) + int(rule[6:]) * _ONE]
        if rule.startswith("week"):
            week, weekday = map(int, rule[4:].split("-"))
            return [datetime.date.fromisocalendar(year, week, weekday)]
        if "/" in rule:
            month, nth, weekday = map(int, rule.split("/"))
            if nth > 0:
                first = datetime.date(year, month, 1)
                day = first + ((weekday - first.weekday()) % 7 + 7 * (nth - 1)) * _ONE
                return [day] if day.month == month else []
            last = datetime.date(year + month // 12, month % 12 + 1, 1) - _ONE
            return [last - (last.weekday() - weekday) % 7 * _ONE]
        month, number = map(int, rule.rstrip("~").split("-"))
        day = datetime.date(year, month, number)
        if rule.endswith("~"):  # a weekend's holiday is kept on the day beside it
            day += {5: -1, 6: 1}.get(day.weekday(), 0) * _ONE
        return [day]
    except ValueError:
        return []


def rule_words(rule: str) -> str:
    """For people: "fourth Thursday of month 11"."""
    if rule.startswith("week"):
        week, weekday = map(int, rule[4:].split("-"))
        return f"{WEEKDAYS[weekday - 1]} of week {week}"
    if "/" in rule:
        month, nth, weekday = map(int, rule.split("/"))
        order = {-1: "last", 1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth"}[nth]
        return f"{order} {WEEKDAYS[weekday]} of month {month}"
    return rule.replace("~", " or the weekday beside it")
