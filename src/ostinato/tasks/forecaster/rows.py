"""A forecaster's rows: series read, checked, split and scaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.season import find_season, naive_scale
from ostinato.tasks.forecaster.table import Layout, Series, find_layout, read_series, to_table


@dataclasses.dataclass(kw_only=True)
class ForecasterRows:
    """What was learned of the rows: columns, scales, pace, season.

    Attributes:
        layout: which column is what.
        missing, gaps: as in the options.
        scaler: of targets and features.
        calendar: names of the calendar's columns.
        frequency: the pace of the first series.
        season: rows after which series repeat best; 1 if none was found.
        naive_scale: `(targets,)`, mean error of repeating the season on training rows.
        filled: values filled in, by column.
        known: the last rows of every series, which `forecast` reads.
    """

    layout: Layout
    missing: str
    gaps: str
    scaler: data.Scaler
    calendar: list[str]
    frequency: str | None
    season: int
    naive_scale: np.ndarray
    filled: dict[str, int]
    known: list[Series]

    @classmethod
    def learn(
        cls, where: str, options: ForecasterOptions, X: Any, validation: Any
    ) -> tuple[ForecasterRows, list[Series], list[int]]:
        """What was learned; every series with its held-out rows at the end; and where they begin.

        Raises:
            OptionError: an option does not fit the table.
            DataError: the table cannot be used.
        """
        frame = to_table(X, where)
        layout = find_layout(
            frame,
            target=options.target,
            features=options.features,
            time=options.time,
            series=options.series,
            where=where,
        )
        if options.strategy == "recursive" and layout.features:
            raise OptionError(
                f"{where}: strategy 'recursive' would need the features of rows to come. "
                "Use strategy='direct' or leave the features out."
            )
        how: dict[str, Any] = {"missing": options.missing, "gaps": options.gaps}
        known, filled = read_series(frame, layout, **how, where=where)
        place = f"{where}: validation"
        later: list[Series] | None = None
        if not (validation is None or isinstance(validation, (int, float))):
            later, _ = read_series(to_table(validation, place), layout, **how, where=place)
        parts, cuts = split(where, known, later, validation)
        frequency = known[0].frequency
        learn = [part.values[:cut] for part, cut in zip(parts, cuts, strict=True)]
        own = [values[:, : len(layout.target)] for values in learn]
        season = find_season(own, frequency, options.past)
        rows = cls(
            layout=layout,
            **how,
            scaler=data.Scaler(options.scaler).fit(np.concatenate(learn), layout.columns),
            calendar=_calendar(where, options.calendar, layout, frequency),
            frequency=frequency,
            season=season,
            naive_scale=naive_scale(own, season),
            filled=filled,
            known=[],
        )
        rows.remember(known, options.past)
        return rows, parts, cuts

    @property
    def inputs(self) -> int:
        """Columns that the network reads."""
        return len(self.layout.columns) + len(self.calendar)

    def read(self, X: Any, where: str) -> tuple[list[Series], dict[str, int]]:
        """Every series of a table, read as in `fit`, and how many values were filled in."""
        frame = to_table(X, where)
        return read_series(frame, self.layout, missing=self.missing, gaps=self.gaps, where=where)

    def scaled(self, part: Series) -> np.ndarray:
        """`(rows, inputs)`: targets and features on the training scale, then the calendar."""
        values = self.scaler.transform(part.values)
        if not self.calendar:
            return values
        return np.concatenate([values, data.calendar_features(part.index, self.calendar)], axis=1)

    def remember(self, parts: list[Series], past: int) -> None:
        """Keep the last rows of each series for `forecast`; other series stay as they were."""
        last = {
            part.name: dataclasses.replace(
                part, values=part.values[-past:].copy(), index=part.index[-past:]
            )
            for part in parts
        }
        self.known = [last.pop(part.name, part) for part in self.known] + list(last.values())

    def to_dict(self) -> dict[str, Any]:
        return {
            "layout": dataclasses.asdict(self.layout),
            "scaler": self.scaler.to_dict(),
            "calendar": self.calendar,
            "frequency": self.frequency,
            "season": self.season,
            "naive_scale": self.naive_scale.tolist(),
            "missing": self.filled,
            "known": [_pack(part) for part in self.known],
        }

    @classmethod
    def from_dict(cls, options: ForecasterOptions, document: dict[str, Any]) -> ForecasterRows:
        return cls(
            layout=Layout(**document["layout"]),
            missing=options.missing,
            gaps=options.gaps,
            scaler=data.Scaler.from_dict(document["scaler"]),
            calendar=document["calendar"],
            frequency=document["frequency"],
            season=document["season"],
            naive_scale=np.array(document["naive_scale"]),
            filled=document["missing"],
            known=[_unpack(part) for part in document["known"]],
        )


def split(
    where: str, known: list[Series], later: list[Series] | None, validation: Any
) -> tuple[list[Series], list[int]]:
    """Every series with its held-out rows at the end, and where they begin.

    Args:
        later: held-out rows that follow `known`, or None.
        validation: without `later`: a fraction, the last of each series; or None.
    """
    lengths = [len(part.values) for part in known]
    if later is None:
        if validation is None:
            return known, lengths
        check_number(where, "validation", validation, above=0, below=1)
        return known, [
            n if n < 2 else len(data.split_time(n, float(validation))[0]) for n in lengths
        ]
    place = f"{where}: validation"
    following = {part.name: part for part in later}
    joined = []
    for part in known:
        after = following.pop(part.name, None)
        joined.append(part if after is None else _follow(part, after, place))
    if following:
        raise DataError(f"{place}: series {next(iter(following))!r} is not in X.")
    return joined, lengths


def _follow(part: Series, after: Series, where: str) -> Series:
    place = where if part.name is None else f"{where}: series {part.name!r}"
    if isinstance(part.index, pd.RangeIndex):
        index: Any = pd.RangeIndex(len(part.index) + len(after.index))
    else:
        if after.index[0] <= part.index[-1]:
            raise DataError(
                f"{place}: rows must follow X, whose last is {part.index[-1]}, got "
                f"{after.index[0]} first."
            )
        index = part.index.append(after.index)
    return dataclasses.replace(
        part, values=np.concatenate([part.values, after.values]), index=index
    )


def _calendar(where: str, wanted: Any, layout: Layout, frequency: str | None) -> list[str]:
    """Names of the calendar's columns, from the option."""
    words: Sequence[str] = wanted.split(",") if isinstance(wanted, str) else wanted
    names = [name.strip() for name in words if name.strip()]
    if names in ([], ["none"]):
        return []
    if layout.time is None:
        raise DataError(
            f"{where}: calendar {wanted!r} needs timestamps, and no column holds them. "
            "Name it with time=..., or use calendar='none'."
        )
    if names == ["auto"]:
        return data.calendar_names(frequency)
    for name in names:
        check_choice("Forecaster", "calendar", name, data.CALENDAR_NAMES)
    return names


def _pack(part: Series) -> dict[str, Any]:
    packed: dict[str, Any] = {"name": _pack_name(part.name), "values": part.values.tolist()}
    packed["frequency"] = part.frequency
    if isinstance(part.index, pd.RangeIndex):
        return packed | {"start": part.index.start}
    return packed | _pack_times(part.index)


def _pack_times(index: Any) -> dict[str, Any]:
    zone = None if index.tz is None else str(index.tz)
    return {"times": index.asi8.tolist(), "unit": index.unit, "zone": zone}


def _unpack_times(packed: dict[str, Any]) -> Any:
    index = pd.DatetimeIndex(np.array(packed["times"]).view(f"datetime64[{packed['unit']}]"))
    return index if packed["zone"] is None else index.tz_localize("UTC").tz_convert(packed["zone"])


def _pack_name(name: Any) -> Any:
    """A series' name as JSON can hold it; a point in time is a dictionary."""
    if isinstance(name, pd.Timestamp):
        return _pack_times(pd.DatetimeIndex([name]))
    return name


def _unpack(packed: dict[str, Any]) -> Series:
    values, name = np.array(packed["values"], dtype=np.float64), packed["name"]
    if isinstance(name, dict):
        name = _unpack_times(name)[0]
    if "start" in packed:
        index: Any = pd.RangeIndex(packed["start"], packed["start"] + len(values))
    else:
        index = _unpack_times(packed)
    return Series(name=name, values=values, index=index, frequency=packed["frequency"])
