"""The pace of a series: how far its points lie apart, and where by custom there is none."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import numpy as np
import pandas as pd

from ostinato.data.closed_days import closed_rules, dates_of, rule_words
from ostinato.data.grids import (
    DAY,
    WEEKDAYS,
    checked_grid,
    find_grid,
    inferred,
    places_on,
    points_between,
    slots_of,
    step_of,
    usual_step,
    wall_clock,
)
from ostinato.errors import DataError, check_number

_WORK = (0, 1, 2, 3, 4)
_HOLES = 0.2  # share of the days that may be closed for no reason that shows
_RARE = 0.25  # a weekday or hour with fewer rows than this share of the fullest is closed
_YEAR = pd.Timedelta(days=360)  # without which nothing comes back
_GRACE = 5  # points in a row that may be closed where some were in fit


@dataclass(frozen=True, kw_only=True)
class Pace:
    """A grid of points in time, and which of them have rows.

    Attributes:
        frequency: the grid as pandas writes it: "h", "15min", "D", "MS". "B" is "D" without
            Saturday and Sunday.
        open: days of the week that have rows, Monday 0; for grids of less than a day, numbers of
            points in the week. () for all.
        start: nanoseconds from midnight to the first point of a day, where `open` counts points;
            from the first of the month to the day of the rows.
        closed: days without rows in every year, such as "12-25", "easter-2" or "11/4/3", the
            fourth Thursday of November.
        longest: the most points in a row that lacked without such a reason.
        missing: how many points lacked.
        steady: whether rows lie on the grid; answers do.
    """

    frequency: str
    open: tuple[int, ...] = ()
    start: int = 0
    closed: tuple[str, ...] = ()
    longest: int = 0
    missing: int = 0
    steady: bool = True

    @property
    def grid(self) -> str:
        """The frequency without its holes: "D" of "B"."""
        return "D" if self.frequency == "B" else self.frequency

    @property
    def step(self) -> np.timedelta64 | None:
        """The time between two points; None of months and the like."""
        return step_of(self.grid)

    @property
    def by_day(self) -> bool:
        return self.grid == "D"

    @property
    def per_day(self) -> int | None:
        """Rows on an open day, where a day has several."""
        if self.step is None or self.step >= DAY or DAY % self.step:
            return None
        whole = int(DAY // self.step)
        if not self.open:
            return whole
        return Counter(slot // whole for slot in self.open).most_common(1)[0][1]

    @property
    def per_week(self) -> int | None:
        """Rows in a week without holidays, of days and less."""
        if self.by_day:
            return len(self.open) or 7
        day = self.per_day
        return None if day is None else len(self.open) or 7 * day

    def after(self, last: Any, steps: int) -> Any:
        """The next points after the timestamp `last` as a `pandas.DatetimeIndex`."""
        check_number("Pace.after", "steps", steps, low=1, whole=True)
        if self.step is None and self.start:
            first = pd.Timedelta(self.start, unit="ns")
            return replace(self, start=0).after(last - first, steps) + first
        if not self.open and not self.closed:
            points = pd.date_range(last, periods=steps + 1, freq=self.grid)
            return points[1:] if points[0] == last else points[:steps]
        count = 2 * steps + 14
        while True:
            points = pd.date_range(last, periods=count, freq=self.grid)[1:]
            points = points[self.is_open(points)]
            if len(points) >= steps:
                return points[:steps]
            count *= 4
            if count > 4_000_000:
                raise DataError(f"Pace: no day is open after {last}.")

    def is_open(self, index: Any) -> np.ndarray:
        """`(points,)` booleans: whether a row is to be expected at each point of the grid."""
        wall = index.tz_localize(None) if index.tz is not None else index
        found = np.ones(len(index), dtype=bool)
        if self.open:
            found &= np.isin(
                slots_of(wall, None if self.by_day else self.step, self.start), self.open
            )
        if self.closed:
            days = wall.normalize()
            years = range(int(days.year.min()), int(days.year.max()) + 1)
            shut = {day for year in years for rule in self.closed for day in dates_of(rule, year)}
            found &= ~np.isin(
                days.to_numpy().astype("datetime64[D]"), np.array(sorted(shut), "datetime64[D]")
            )
        return found

    def check(self, index: Any, where: str, gaps: Literal["error", "allow"] = "error") -> None:
        """See that new rows have this pace.

        Raises:
            DataError: they have another, or a hole that this pace does not know.
        """
        check_order(index, where)
        if not self.steady:
            return
        places = places_on(index, self.grid)
        if places is None or (len(index) > 1 and int(np.diff(places).min()) < 1):
            usual = "" if len(index) < 2 else f", with mostly {usual_step(index)} between two rows"
            raise DataError(
                f"{where}: rows are not at the pace of {self.words()}{usual}. Bring them to it "
                f"first, for example with DataFrame.resample({self.grid!r}).mean()."
            )
        if len(index) > 2 and self.step is not None:
            between = int(np.median(np.diff(places)))
            if between > 1 and not self.open:
                raise DataError(
                    f"{where}: rows have mostly {usual_step(index)} between them, and in fit the "
                    f"pace was {self.words()}. Give rows of the same pace."
                )
        if gaps == "allow":
            return
        if self.open:
            extra = int((~replace(self, closed=()).is_open(index)).sum())
            if extra > max(1, 0.1 * len(index)):
                row = int(np.argmin(replace(self, closed=()).is_open(index)))
                raise DataError(
                    f"{where}: {index[row]} in row {row} and {extra - 1} more are at times that "
                    f"had no rows in fit: {self.words()}. Leave them out, or fit anew."
                )
        allowed = max(self.longest, _GRACE) if self.longest or self.closed else 0
        if len(index) < 2 or int(np.diff(places).max()) - 1 <= allowed:
            return
        for row, absent in self.holes(index):
            if len(absent) > allowed:
                raise _gap(index, row, absent, len(absent), self.grid, where)

    def holes(self, index: Any) -> list[tuple[int, Any]]:
        """Row after each hole, and the points at which rows were to be expected."""
        places = places_on(index, self.grid)
        if places is None or not (np.diff(places) > 1).any():
            return []
        rows, points = points_between(index, places, self.grid)
        kept = self.is_open(points)
        rows, points = rows[kept], points[kept]
        firsts = np.flatnonzero(np.diff(rows, prepend=-1))
        ends = [*firsts[1:], len(rows)] if len(rows) else []
        return [(int(rows[a]), points[a:b]) for a, b in zip(firsts, ends, strict=True)]

    def words(self) -> str:
        """For people: "D, closed on Sunday, closed each year on 12-25, 9 days without a row"."""
        said = self.frequency if self.steady else f"{self.frequency} (rows at any time)"
        if self.open and self.frequency != "B":
            shut = [day for k, day in enumerate(WEEKDAYS) if not self._opens_on(k)]
            said += f", closed on {' and '.join(shut)}" if shut else ""
            if not self.by_day:
                said += f", {self.per_day} rows a day, {len(self.open)} a week"
        if self.closed:
            said += f", closed each year on {', '.join(map(rule_words, self.closed))}"
        if self.missing:
            unit = "day" if self.by_day else "point"
            said += f", {self.missing} {unit}{'s' if self.missing > 1 else ''} without a row"
        return said

    def _opens_on(self, weekday: int) -> bool:
        whole = 1 if self.by_day else int(DAY // self.step)  # type: ignore[operator]
        return any(slot // whole == weekday for slot in self.open)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Pace:
        """The pace that `to_dict` described."""
        lists: dict[str, Any] = {name: tuple(state[name]) for name in ("open", "closed")}
        return cls(**state | lists)


def learn_pace(
    index: Any,
    where: str = "timestamps",
    *,
    gaps: Literal["error", "allow"] = "error",
    frequency: str | None = None,
) -> Pace | None:
    """The pace of rising points in time; None for fewer than three without `frequency`.

    Closed days are part of the pace: weekdays and hours without rows, holidays that come back,
    and up to a fifth of the days for no reason that shows.

    Args:
        gaps: "allow" takes further gaps, and no pace where `frequency` says what follows.
        frequency: the grid, as pandas writes it, instead of one that is looked for.

    Raises:
        DataError: points are not in order or there twice, have no steady pace, or gaps.
        OptionError: `frequency` is no frequency.
    """
    if len(index) == 0:
        raise DataError(f"{where}: there are no timestamps.")
    check_order(index, where)
    if frequency is None:
        if len(index) < 3:
            return None
        found = inferred(index)
        if found is not None:
            return Pace(frequency=found, open=_WORK if found == "B" else ())
        grid = find_grid(index)
        if grid is None:
            steps = pd.Series(index[1:] - index[:-1])
            fix = (
                "Say freq=..., the pace at which answers are to fall."
                if gaps == "allow"
                else "Bring the rows to one pace first, for example with "
                "DataFrame.resample('h').mean(), or say gaps='allow' and freq=..."
            )
            raise DataError(
                f"{where}: no steady pace: the steps between rows go from {steps.min()} to "
                f"{steps.max()}. {fix}"
            )
    else:
        grid = checked_grid(frequency)
        places = places_on(index, "D" if grid == "B" else grid)
        between = np.ones(1) if places is None else np.diff(places)
        if places is None or (between < 1).any() or (len(between) and np.median(between) > 1):
            if gaps == "allow":
                return Pace(frequency=grid, open=_WORK if grid == "B" else (), steady=False)
            raise DataError(
                f"{where}: rows do not lie at the pace freq={frequency!r}; mostly "
                f"{usual_step(index)} lies between two. Say another, or gaps='allow'."
            )
    return _with_holes(index, grid, where, gaps)


def _with_holes(index: Any, grid: str, where: str, gaps: str) -> Pace:
    """The pace on a grid, where not every point has a row."""
    pace = Pace(frequency=grid)
    if grid in ("D", "B"):
        pace = _open_days(index, fixed=grid == "B")
    elif grid == "MS" and index[0].day > 1 and len(np.unique(index.day)) == 1:
        pace = replace(pace, start=int(pd.Timedelta(days=index[0].day - 1).as_unit("ns").value))
    elif pace.step is not None and pace.step < DAY and not DAY % pace.step:
        pace = _open_slots(index, pace)
    holes = list(pace.holes(index))
    absent = sum(len(each) for _, each in holes)
    if not absent:
        return pace
    total = len(index) + absent
    usual = pace.by_day or bool(pace.open)
    week = pace.per_week or 0
    if gaps == "error" and not (usual and absent <= max(week, _HOLES * total)):
        raise _gap(index, *holes[0], absent, pace.frequency, where)
    pace = replace(pace, missing=absent)
    if usual and index[-1] - index[0] > _YEAR:
        pace = replace(pace, closed=_closed(index, pace, [each for _, each in holes]))
        holes = pace.holes(index) if pace.closed else holes
    return replace(pace, longest=max((len(each) for _, each in holes), default=0))


def _gap(index: Any, row: int, absent: Any, count: int, grid: str, where: str) -> DataError:
    return DataError(
        f"{where}: {count} timestamps are missing at a pace of {grid!r}, the first "
        f"{absent[0]}, between rows {row - 1} ({index[row - 1]}) and {row} ({index[row]}). "
        f"Fill the gaps first, for example with DataFrame.asfreq({grid!r}).interpolate(), or say "
        "gaps='allow' to take the rows as they follow each other."
    )


def check_order(index: Any, where: str) -> None:
    """Raise DataError where points in time do not rise."""
    steps = np.diff(index.asi8)
    if (steps > 0).all():
        return
    back = np.flatnonzero(steps < 0)
    if len(back):
        row = int(back[0]) + 1
        raise DataError(
            f"{where}: not in order: row {row} ({index[row]}) is before row {row - 1} "
            f"({index[row - 1]}){_more(len(back))}. Sort the rows by time; if there are several "
            "series in the table, name the column that tells them apart; if a clock was set back, "
            "repeats='mean' goes on."
        )
    twice = np.flatnonzero(steps == 0)
    row = int(twice[0]) + 1
    raise DataError(
        f"{where}: {index[row]} is there twice, in rows {row - 1} and {row}"
        f"{_more(len(twice))}. Keep one row for each time; if clocks were set back, use UTC, "
        "or say repeats='mean'."
    )


def _closed(index: Any, pace: Pace, holes: list[Any]) -> tuple[str, ...]:
    """Days that lack in every year."""
    present = np.unique(wall_clock(index).to_numpy().astype("datetime64[D]"))
    lacking = np.concatenate([wall_clock(points).to_numpy() for points in holes])
    absent = np.unique(lacking.astype("datetime64[D]"))
    weekdays = [day for day in range(7) if not pace.open or pace._opens_on(day)]
    return closed_rules(
        set(present.tolist()), set(absent.tolist()) - set(present.tolist()), weekdays
    )


def _open_days(index: Any, fixed: bool) -> Pace:
    """Which weekdays have rows."""
    wall = wall_clock(index)
    if fixed:
        return Pace(frequency="B", open=_WORK)
    every = pd.date_range(wall[0].normalize(), wall[-1].normalize(), freq="D")
    could = np.bincount(np.asarray(every.day_of_week), minlength=7)
    share = np.bincount(np.asarray(wall.day_of_week), minlength=7) / np.maximum(could, 1)
    share[could == 0] = 1.0  # a weekday that is not there to see
    opens = tuple(np.flatnonzero(share > _RARE * share.max()).tolist())
    if len(opens) == 7:
        return Pace(frequency="D")
    return Pace(frequency="B" if opens == _WORK else "D", open=opens)


def _open_slots(index: Any, pace: Pace) -> Pace:
    """Which hours of the week, or of every day, have rows."""
    wall = wall_clock(index)
    assert pace.step is not None
    whole = int(DAY // pace.step)
    unit = int(pace.step / np.timedelta64(1, "ns"))
    clock = (wall - wall.normalize()).to_numpy().astype("timedelta64[ns]").astype(np.int64)
    start = int(clock[0] % unit)
    slots = slots_of(wall, pace.step, start)
    days = np.unique(wall.to_numpy().astype("datetime64[D]"))  # with rows
    weekday = (days.astype(np.int64) + 3) % 7
    could = np.bincount(weekday, minlength=7)
    counts = np.bincount(slots, minlength=7 * whole).reshape(7, whole)
    span = int((days[-1] - days[0]) / DAY) + 1
    if span < 14:  # too short to tell days of the week apart
        share = np.tile(counts.sum(0) / len(days), (7, 1))
        share[could == 0] = share[0] if span < 7 else 0.0
    else:
        share = counts / np.maximum(could, 1)[:, None]
        share[could < _RARE * span / 7] = 0.0
    opens = tuple(np.flatnonzero(share.ravel() > _RARE * share.max()).tolist())
    if len(opens) == 7 * whole or span < 3:
        return pace
    return replace(pace, open=opens, start=start)


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""
