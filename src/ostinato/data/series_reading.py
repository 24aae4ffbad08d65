"""The rows of a table as series: in order, in their time, complete."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.clock import Clock, parts_of, plain_name
from ostinato.data.series import check_values
from ostinato.data.series_table import (
    Layout,
    Series,
    check_columns,
    find_layout,
    level_names,
    parts_of_time,
    to_table,
)
from ostinato.data.time_columns import joined_times
from ostinato.data.timestamps import Reading
from ostinato.errors import DataError
from ostinato.options import SeriesOptions


def stamps_of(frame: pd.DataFrame, layout: Layout, where: str, name: Any = None) -> Any:
    """The column or the index with the timestamps; `name` is that of the index in fit, of which
    people make a column."""
    if layout.time == "" and name in frame.columns and isinstance(frame.index, pd.RangeIndex):
        return frame[name]
    if layout.time and layout.time in frame.columns:
        return frame[layout.time]
    if layout.time == "" or layout.time == frame.index.name:
        if isinstance(frame.index, pd.RangeIndex) and frame.index.name is None:
            raise DataError(f"{where}: the index must hold timestamps, as in fit.")
        return frame.index
    parts = [str(name) for name in parts_of_time(layout.time)]
    check_columns(frame, parts, where)
    return joined_times(frame, parts)


def groups_of(
    frame: pd.DataFrame, layout: Layout, where: str
) -> tuple[np.ndarray | None, list[Any]]:
    """The number of each row's series and the names, in order of appearance; None for one."""
    if layout.series is None:
        return None, [None]
    check_columns(frame, [layout.series], where)
    column = frame[layout.series]
    if bool(column.isna().to_numpy().any()):
        raise DataError(f"{where}: column {layout.series!r} has missing values.")
    groups, names = pd.factorize(column)
    return groups.astype(np.int64), [plain_name(name) for name in names]


def learn_clock(
    frame: pd.DataFrame, layout: Layout, where: str, *, name: Any = None, **how: Any
) -> Clock | None:
    """What the timestamps of the table tell, or None without any; `how` as in `Clock.learn`."""
    if layout.time is None:
        return None
    stamps = stamps_of(frame, layout, where)
    groups, names = groups_of(frame, layout, where)
    return Clock.learn(
        stamps, where, name=layout.time or stamps.name, groups=groups, names=names, **how
    )


def open_table(
    X: Any,
    options: SeriesOptions,
    where: str,
    *,
    gaps: str,
    apart: Sequence[str] = (),
    **columns: Any,
) -> tuple[pd.DataFrame, Layout, Clock | None]:
    """A table as `to_table` reads it, what its columns are, and what its timestamps tell.

    Args:
        gaps: as of `Clock.learn`.
        apart: columns that are none of the series', such as labels.
        columns: the user's words for `target` and other roles, as of `find_layout`.

    Raises:
        DataError: the table cannot be used, or lacks a column.
    """
    frame, index = to_table(X, where), getattr(X, "index", None)
    check_columns(frame, apart, where)
    layout = find_layout(
        frame.drop(columns=list(apart)),
        time=options.time,
        series=options.series,
        where=where,
        levels=level_names(index) if isinstance(index, pd.MultiIndex) else (),
        **columns,
    )
    if options.repeats == "mean" and layout.time is not None:
        stamps = stamps_of(frame, layout, where)
        groups, _ = groups_of(frame, layout, where)
        how = {"dayfirst": options.dayfirst, "form": options.time_format}
        times = Reading.learn(stamps, where, **how, groups=groups)[1]
        frame = one_a_time(frame, times, groups, highest=apart)
    clock = learn_clock(
        frame,
        layout,
        where,
        dayfirst=options.dayfirst,
        form=options.time_format,
        frequency=options.freq,
        gaps=gaps,
    )
    if clock is not None:
        clock.repeats = options.repeats
    return frame, layout, clock


def later_table(
    X: Any,
    layout: Layout,
    clock: Clock | None,
    where: str,
    *,
    columns: Sequence[str] = (),
    apart: Sequence[str] = (),
) -> pd.DataFrame:
    """A table after the one that `open_table` read, as `to_table` reads it, in one row a time where
    the clock says so."""
    frame = to_table(X, where, columns)
    if clock is None or clock.repeats == "error":
        return frame
    times = clock.read(stamps_of(frame, layout, where, clock.name), where)
    groups, _ = groups_of(frame, layout, where)
    return one_a_time(frame, times, groups, highest=[n for n in apart if n in frame.columns])


def one_a_time(
    frame: pd.DataFrame, times: Any, groups: np.ndarray | None, highest: Sequence[str] = ()
) -> pd.DataFrame:
    """The rows by time, one for each time of a series: the mean of numbers, the first of words,
    and in the columns `highest` the largest."""
    series = np.zeros(len(frame), dtype=np.int64) if groups is None else groups
    stamps = times.asi8
    order = np.lexsort((stamps, series))
    frame, series, stamps = frame.iloc[order], series[order], stamps[order]
    new = np.ones(len(frame), dtype=bool)
    new[1:] = (np.diff(series) != 0) | (np.diff(stamps) != 0)
    if new.all():
        return frame
    row = np.cumsum(new) - 1
    made: Any = frame[new].copy()
    for name in frame.columns:
        each: Any = frame[name].reset_index(drop=True)
        if name in highest:
            made[name] = each.groupby(row).max().to_numpy()
        elif pd.api.types.is_numeric_dtype(each) and not pd.api.types.is_bool_dtype(each):
            mean = each.groupby(row).mean()
            whole = pd.api.types.is_integer_dtype(each) and bool((mean % 1 == 0).all())
            made[name] = (mean.astype(each.dtype) if whole else mean).to_numpy()
    return made


def followed(part: Series, after: Series, clock: Clock | None, where: str) -> Series:
    """A series with later rows of it behind its own; without timestamps they are the next ones.

    Raises:
        DataError: they do not follow.
    """
    if clock is None:
        index: Any = pd.RangeIndex(part.index.start, part.index.stop + len(after.index))
    else:
        clock.follows(part.name, part.index[-1], after.index[0], where)
        index = part.index.append(after.index)
    return dataclasses.replace(
        part, values=np.concatenate([part.values, after.values]), index=index
    )


def facts_of(layout: Layout, clock: Clock | None, parts: Sequence[Any]) -> dict[str, str]:
    """What was found of time and series, for people: name to words. `parts` have `values`."""
    if clock is None:
        facts = {"time": "no column with timestamps: rows are numbered"}
    else:
        facts = {"time": f"{repr(layout.time) if layout.time else 'the index'}, {clock.words()}"}
    if layout.series is not None:
        count = sum(len(part.values) for part in parts)
        facts["series"] = f"{len(parts):,} by {layout.series!r}, {count:,} rows"
    return facts


def read_series(
    frame: pd.DataFrame, layout: Layout, *, clock: Clock | None, missing: str, where: str
) -> tuple[list[Series], dict[str, int]]:
    """Every series of the table in order of appearance, and how many values were filled in.

    Rows before the first value of a series are left out where `missing` fills values. "allow"
    leaves holes in values and time as they are.

    Raises:
        DataError: timestamps are out of order, there twice or with gaps; values are missing
            (unless `missing` says how to fill them), infinite or no numbers.
    """
    check_columns(frame, layout.columns, where)
    groups, names = groups_of(frame, layout, where)
    index = None
    if clock is not None:
        index = clock.read(stamps_of(frame, layout, where, clock.name), where)
    values = _numbers(frame, layout.columns, where)
    ends = np.array([0, len(frame)])
    if groups is not None:
        order = np.argsort(groups, kind="stable")
        values = values[order]
        ends = np.searchsorted(groups[order], np.arange(len(names) + 1))
    stamps = None if index is None else parts_of(index, groups, len(names))
    whole = np.isfinite(values).all()
    found: list[Series] = []
    filled: dict[str, int] = {}
    for k, (name, first, last) in enumerate(zip(names, ends[:-1], ends[1:], strict=True)):
        own: Any = pd.RangeIndex(last - first) if stamps is None else stamps[k]
        pace = None if clock is None or missing == "allow" else clock.pace(name, own, where)
        rows, ahead = values[first:last], None
        later = 0 if whole else _open_rows(rows, layout)
        if later:
            ahead = rows[-later:, len(layout.columns) - len(layout.future) :]
            rows, own = rows[:-later], own[:-later]
        if not whole and missing != "allow":
            place = where if name is None else f"{where}: series {name!r}"
            rows, begin = _complete(rows, layout, missing, filled, place)
            own = own[begin:]
        found.append(Series(name=name, values=rows, index=own, pace=pace, ahead=ahead))
    return found, filled


def _open_rows(values: np.ndarray, layout: Layout) -> int:
    """The last rows of a series whose targets are empty: they tell what is known ahead."""
    if not layout.future or not layout.target:
        return 0
    known = np.flatnonzero(~np.isnan(values[:, : len(layout.target)]).all(1))
    return len(values) - 1 - int(known[-1]) if len(known) else 0


def _numbers(frame: pd.DataFrame, columns: list[str], where: str) -> np.ndarray:
    """`(rows, columns)` float64."""
    found = np.empty((len(frame), len(columns)))
    for k, name in enumerate(columns):
        column = frame[name]
        try:
            if pd.api.types.is_complex_dtype(column):
                raise TypeError("they are complex; give .real or .imag")
            if pd.api.types.is_numeric_dtype(column) or column.dtype == object:
                found[:, k] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            else:
                found[:, k] = column.astype(np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: column {name!r} must hold numbers: {error}.") from error
    return found


def _complete(
    values: np.ndarray, layout: Layout, missing: str, filled: dict[str, int], where: str
) -> tuple[np.ndarray, int]:
    """The values without holes, and how many rows at the start are left out."""
    columns = layout.columns
    holes = check_values(values, columns, where=where, missing="allow")
    if not holes:
        return values, 0
    if missing == "error":
        try:
            check_values(values, columns, where=where)
        except DataError as error:
            hint = " missing='interpolate' or missing='ffill' fills them in."
            raise DataError(f"{error}{hint}") from error
    known = ~np.isnan(values)
    empty = np.flatnonzero(~known.any(0))
    if len(empty):
        raise DataError(f"{where}: column {columns[empty[0]]!r} has no value at all. Leave it out.")
    begin = int(np.argmax(known[:, : len(layout.target)].any(1)))
    values = fill(values[begin:], missing)
    for name, rows in holes.items():
        filled[name] = filled.get(name, 0) + sum(row >= begin for row in rows)
    return values, begin


def fill(values: np.ndarray, missing: str) -> np.ndarray:
    """`(rows, columns)` without holes: a line between the values around them, or the value before
    ("ffill"); before a column's first value that value, after its last the last."""
    values, rows = values.copy(), np.arange(len(values))
    for column in values.T:
        known = np.flatnonzero(~np.isnan(column))
        if len(known) == len(column):
            continue
        if missing == "ffill":
            before = np.maximum(np.searchsorted(known, rows, side="right") - 1, 0)
            column[:] = column[known[before]]
        else:
            column[:] = np.interp(rows, known, column[known])
    return values
