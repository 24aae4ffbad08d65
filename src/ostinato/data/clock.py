"""What was learned of a table's time: how it is written, its zone, and the pace of each series."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal, Self

import numpy as np
import pandas as pd

from ostinato.data.grids import kind_of
from ostinato.data.pace import Pace, check_order, learn_pace
from ostinato.data.timestamps import Reading
from ostinato.errors import DataError

_SHORT = 15  # rows
_MOST = 2048  # series whose check is remembered

Gaps = Literal["error", "allow"]
Repeats = Literal["error", "mean"]


@dataclass(kw_only=True)
class Clock:
    """How a table tells the time. Learned once, it reads every later table alike.

    Attributes:
        name: of the column or the index with the timestamps, or None.
        reading: how timestamps are written; None only of a file of an early version, which did
            not say: then the first table tells.
        paces: by series; its own name is None where the table is one series.
        usual: the pace of most series, which holds for those not seen; None where no series has
            three rows.
        gaps: whether rows may be missing: "error" or "allow".
        repeats: whether rows of one time become one: "error" or "mean".
        first, last: the first and the last timestamp, for people.
    """

    name: str | None
    reading: Reading | None
    paces: dict[Hashable, Pace]
    usual: Pace | None
    gaps: Gaps = "error"
    repeats: Repeats = "error"
    first: str = ""
    last: str = ""
    _checked: dict[int, Any] = field(default_factory=dict, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_checked": {}}  # a copy checks anew

    @classmethod
    def learn(
        cls,
        values: Any,
        where: str,
        *,
        name: str | None = None,
        groups: np.ndarray | None = None,
        names: Sequence[Hashable] = (None,),
        dayfirst: bool | None = None,
        form: str | None = None,
        frequency: str | None = None,
        gaps: Gaps = "error",
    ) -> Self:
        """What a column of timestamps tells.

        Args:
            groups: `(rows,)` the number of each row's series, in `names`; None for one series.
            dayfirst, form: as in `Reading.learn`.
            frequency: the pace, instead of one that is looked for.

        Raises:
            DataError: timestamps cannot be read, are not in order, are there twice, or have gaps;
                series have different paces.
            OptionError: `form` or `frequency` cannot be read.
        """
        reading, index = Reading.learn(values, where, dayfirst=dayfirst, form=form, groups=groups)
        clock = cls(name=name, reading=reading, paces={}, usual=None, gaps=gaps)
        parts = parts_of(index, groups, len(names))
        seen: dict[bytes, Pace | None] = {}
        for each, part in zip(names, parts, strict=True):
            key = part.asi8.tobytes()
            if key not in seen:
                place = _place(where, each)
                seen[key] = learn_pace(part, place, gaps=gaps, frequency=frequency)
            pace = seen[key]
            if pace is not None:
                clock.paces[each] = pace
        if clock.paces:
            clock.usual = Counter(clock.paces.values()).most_common(1)[0][0]
            clock._check_alike(where)
            clock._settle_short(dict(zip(names, parts, strict=True)))
        clock.first, clock.last = str(index.min()), str(index.max())
        return clock

    def _check_alike(self, where: str) -> None:
        """Refuse series of different paces."""
        assert self.usual is not None
        for name, pace in self.paces.items():
            if kind_of(pace.grid) != kind_of(self.usual.grid):
                other = next(n for n, p in self.paces.items() if p == self.usual)
                raise DataError(
                    f"{where}: series {name!r} has the pace {pace.frequency!r} and series "
                    f"{other!r} {self.usual.frequency!r}. Bring all to one pace, for example with "
                    "resample, or fit one model for each pace."
                )

    def _settle_short(self, parts: dict[Hashable, Any]) -> None:
        """Give series too short to show their weekends the pace of most, where it fits them."""
        assert self.usual is not None
        for name, pace in self.paces.items():
            if pace != self.usual and len(parts[name]) < _SHORT:
                with contextlib.suppress(DataError):
                    self.usual.check(parts[name], "")
                    self.paces[name] = self.usual

    @property
    def frequency(self) -> str | None:
        """The pace of most series, as pandas writes it."""
        return None if self.usual is None else self.usual.frequency

    def read(self, values: Any, where: str) -> Any:
        """A column of timestamps, read as in `learn`: a `pandas.DatetimeIndex`.

        Raises:
            DataError: they are written otherwise.
        """
        if self.reading is None:
            self.reading, index = Reading.learn(values, where)
            return index
        return self.reading.read(values, where)

    def read_one(self, value: Any, where: str) -> Any:
        """One timestamp as a `pandas.Timestamp`, read as in `learn`."""
        if self.reading is None:
            return self.read([value], where)[0]
        return self.reading.read_one(value, where)

    def pace(self, name: Hashable, index: Any, where: str) -> Pace | None:
        """The pace of one series whose rows are at `index`, which must fit it.

        Raises:
            DataError: rows are not in order or there twice, have another pace, or a gap.
        """
        pace = self.paces.get(name)
        found = self._checked.get(id(index))
        if found is None or found[0] is not index or found[1] is not pace:
            if len(self._checked) > _MOST:
                self._checked.clear()
            found = index, pace, self._check(pace, index, _place(where, name))
            self._checked[id(index)] = found
        return found[2]

    def _check(self, pace: Pace | None, index: Any, where: str) -> Pace | None:
        if pace is not None or self.usual is None:
            if pace is None:
                check_order(index, where)
            else:
                pace.check(index, where, self.gaps)
            return pace
        if not self.usual.steady or len(index) < 3:
            self.usual.check(index, where, self.gaps)
            return self.usual
        own = learn_pace(index, where, gaps=self.gaps)
        assert own is not None
        if kind_of(own.grid) != kind_of(self.usual.grid):
            raise DataError(
                f"{where}: rows have the pace {own.frequency!r}, and in fit the pace was "
                f"{self.usual.words()}. Bring them to it first, for example with "
                f"DataFrame.resample({self.usual.grid!r}).mean()."
            )
        return own

    def follows(self, name: Hashable, last: Any, first: Any, where: str) -> None:
        """See that a row at `first` may follow one at `last`.

        Raises:
            DataError: it is not later, or rows are missing between.
        """
        if first <= last:
            raise DataError(
                f"{_place(where, name)}: rows must follow X, whose last is {last}, got {first} "
                "first."
            )
        pace = self.paces.get(name) or self.usual
        if pace is not None and pace.steady:
            pace.check(pd.DatetimeIndex([last, first]), _place(where, name), self.gaps)

    def words(self) -> str:
        """For people: what was found."""
        said = [] if self.reading is None else [self.reading.words()]
        if self.usual is not None:
            others = len({p for p in self.paces.values() if p != self.usual})
            own = f" ({others} other calendars of closed days)" if others else ""
            said.append(f"pace {self.usual.words()}{own}")
        return ", ".join([*said, f"{self.first} to {self.last}"])

    def to_dict(self) -> dict[str, Any]:
        paces: list[Pace] = list(
            dict.fromkeys([*([self.usual] if self.usual else []), *self.paces.values()])
        )
        number = {pace: k for k, pace in enumerate(paces)}
        return {
            "name": self.name,
            "reading": None if self.reading is None else self.reading.to_dict(),
            "paces": [pace.to_dict() for pace in paces],
            "of": [[pack_name(name), number[pace]] for name, pace in self.paces.items()],
            "gaps": self.gaps,
            "repeats": self.repeats,
            "first": self.first,
            "last": self.last,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Self:
        paces = [Pace.from_dict(each) for each in state["paces"]]
        return cls(
            name=state["name"],
            reading=None if state["reading"] is None else Reading(**state["reading"]),
            paces={unpack_name(name): paces[k] for name, k in state["of"]},
            usual=paces[0] if paces else None,
            gaps=state["gaps"],
            repeats=state.get("repeats", "error"),
            first=state["first"],
            last=state["last"],
        )


def parts_of(index: Any, groups: np.ndarray | None, count: int) -> list[Any]:
    """The points of each series, in their order; the same object where they are the same."""
    if groups is None:
        return [index]
    order = np.argsort(groups, kind="stable")
    ends = np.searchsorted(groups[order], np.arange(count + 1)).tolist()
    stamps, seen, found = index.asi8[order], {}, []
    for first, last in pairwise(ends):
        key = stamps[first:last].tobytes()
        if key not in seen:
            seen[key] = index[order[first:last]]
        found.append(seen[key])
    return found


def pack_times(index: Any) -> dict[str, Any]:
    """Points in time as values JSON can hold."""
    zone = None if index.tz is None else str(index.tz)
    return {"times": index.asi8.tolist(), "unit": index.unit, "zone": zone}


def unpack_times(packed: dict[str, Any]) -> Any:
    """The points that `pack_times` described."""
    index = pd.DatetimeIndex(np.array(packed["times"]).view(f"datetime64[{packed['unit']}]"))
    return index if packed["zone"] is None else index.tz_localize("UTC").tz_convert(packed["zone"])


def plain_name(name: Any) -> Any:
    """A series' name as a model keeps it: text, number, truth or point in time."""
    if isinstance(name, np.generic):
        name = name.item()
    if isinstance(name, pd.Timestamp):
        zoned = Reading.learn(pd.DatetimeIndex([name]), "series")[1]
        return zoned[0]
    if isinstance(name, str | int | float) or name is None:
        return name
    if type(name).__module__ == "datetime" and hasattr(name, "year"):
        return plain_name(pd.Timestamp(name))
    return str(name)


def pack_name(name: Any) -> Any:
    """A series' name as JSON can hold it; a point in time is a dictionary."""
    return pack_times(pd.DatetimeIndex([name])) if isinstance(name, pd.Timestamp) else name


def unpack_name(name: Any) -> Any:
    """The name that `pack_name` described."""
    return unpack_times(name)[0] if isinstance(name, dict) else name


def _place(where: str, name: Hashable) -> str:
    return where if name is None else f"{where}: series {name!r}"
