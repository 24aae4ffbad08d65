"""The user's table as series: which column is what, rows in order, values complete."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.errors import DataError, suggestion

_TIMES = ("time", "date", "datetime", "timestamp", "ds", "week", "day", "month", "year", "hour")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Layout:
    """Which column is what. `time` is None where rows have no timestamps, "" for the index.

    Attributes:
        target: forecast.
        past: regressors known up to now.
        future: regressors known ahead.
        static: one value for each series.
    """

    target: list[str]
    past: list[str]
    future: list[str]
    static: list[str]
    time: str | None
    series: str | None

    @property
    def columns(self) -> list[str]:
        """Columns that change from row to row."""
        return [*self.target, *self.past, *self.future]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Series:
    """Rows of one series in order.

    Attributes:
        values: `(rows, columns)`, in the user's units, the columns as in `Layout.columns`; words
            are codes.
        static: `(statics,)`, as the network reads them.
        ahead: `(rows to come, future)`, regressors known beyond the last row, or None.
    """

    name: Any
    values: np.ndarray
    index: Any
    frequency: str | None
    static: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    ahead: np.ndarray | None = None

    def after(self, steps: int) -> Any:
        """The timestamps, or positions, of the next rows."""
        if isinstance(self.index, pd.RangeIndex):
            return pd.RangeIndex(self.index.stop, self.index.stop + steps)
        return data.Timeline(self.index, self.frequency).after(steps)


def to_table(X: Any, where: str) -> pd.DataFrame:
    """A DataFrame of a DataFrame, a path or several, or numbers `(rows,)` or `(rows, columns)`."""
    if isinstance(X, pd.DataFrame):
        frame = X
    elif isinstance(X, pd.Series):
        frame = X.to_frame(X.name if X.name is not None else "value")
    elif _is_path(X) or (isinstance(X, (list, tuple)) and len(X) and _is_path(X[0])):
        frame = data.read_table(X, where=where)
    else:
        try:
            values = np.asarray(X, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise DataError(
                f"{where}: X must be a DataFrame, a path, or numbers of shape (rows,) or "
                f"(rows, columns), got {type(X).__name__}: {error}."
            ) from error
        if values.ndim == 1:
            values = values[:, None]
        if values.ndim != 2:
            raise DataError(
                f"{where}: X must have shape (rows,) or (rows, columns), got {values.shape}."
            )
        names = ["value"] if values.shape[1] == 1 else [f"x{k}" for k in range(values.shape[1])]
        frame = pd.DataFrame(values, columns=names)
    frame = frame.rename(columns=str)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{where}: column {twice[0]!r} is there twice. Rename one of them.")
    if frame.empty:
        raise DataError(f"{where}: X has no rows.")
    return frame


def find_layout(
    frame: pd.DataFrame,
    *,
    target: Any,
    features: Any = (),
    future: Any = (),
    static: Any = (),
    time: Any,
    series: Any,
    where: str,
) -> Layout:
    """What each column is; the time column is found by its values if it is not named.

    Raises:
        DataError: a column is missing, named twice, or nothing is left to forecast.
    """
    past, future, static = _names(features), _names(future), _names(static)
    time, series = (None if each is None else str(each) for each in (time, series))
    named = [*_names(target), *past, *future, *static]
    named += [name for name in (time, series) if name is not None]
    check_columns(frame, named, where)
    for k, name in enumerate(named):
        if name in named[:k]:
            raise DataError(f"{where}: column {name!r} is named twice, for two different parts.")
    if time is None:
        time = _find_time(frame, [name for name in frame.columns if name not in named])
    if target is None:
        chosen = [
            name
            for name in frame.columns
            if name not in (time, series, *past, *future, *static)
            and pd.api.types.is_numeric_dtype(frame[name])
            and not pd.api.types.is_bool_dtype(frame[name])
        ]
        if not chosen:
            raise DataError(
                f"{where}: no numeric column to forecast. Columns: {', '.join(frame.columns)}."
            )
    else:
        chosen = _names(target)
        if not chosen:
            raise DataError(f"{where}: target names no column. Name one, or None for all.")
    return Layout(target=chosen, past=past, future=future, static=static, time=time, series=series)


def check_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    for name in names:
        if name not in frame.columns:
            raise DataError(
                f"{where}: no column {name!r}. Columns: {', '.join(frame.columns)}."
                f"{suggestion(name, frame.columns)}"
            )


def read_series(
    frame: pd.DataFrame, layout: Layout, *, missing: str, gaps: Any, where: str
) -> tuple[list[Series], dict[str, int]]:
    """Every series of the table in order of appearance, and how many values were filled in.

    Raises:
        DataError: timestamps are out of order, there twice or with gaps; values are missing
            (unless `missing` says how to fill them), infinite or no numbers.
    """
    names = [layout.series] if layout.series else []
    names += [layout.time] if layout.time else []
    check_columns(frame, [*layout.columns, *names], where)
    if layout.time == "" and not isinstance(frame.index, pd.DatetimeIndex):
        raise DataError(f"{where}: the index must hold timestamps, as in fit.")
    if layout.series is None:
        parts = [(None, frame)]
    else:
        if bool(frame[layout.series].isna().to_numpy().any()):
            raise DataError(f"{where}: column {layout.series!r} has missing values.")
        parts = list(frame.groupby(layout.series, sort=False))
    found: list[Series] = []
    filled: dict[str, int] = {}
    part: Any
    for name, part in parts:
        place = where if name is None else f"{where}: series {name!r}"
        index, frequency = pd.RangeIndex(len(part)), None
        if layout.time is not None:
            stamps = part.index if layout.time == "" else part[layout.time]
            line = data.check_timestamps(stamps, where=place, gaps=gaps)
            index, frequency = line.index, line.frequency
        later = _open_rows(part, layout)
        ahead = None
        if later:
            ahead = _values(part[-later:], layout.future, "allow", filled, place)
            part, index = part[:-later], index[:-later]
        values = _values(part, layout.columns, missing, filled, place)
        label = name.item() if isinstance(name, np.generic) else name
        found.append(
            Series(name=label, values=values, index=index, frequency=frequency, ahead=ahead)
        )
    return found, filled


def _open_rows(part: Any, layout: Layout) -> int:
    """The last rows of a series whose targets are empty: they tell what is known ahead."""
    if not layout.future or not layout.target:
        return 0
    known = np.flatnonzero(part[layout.target].notna().any(axis=1).to_numpy())
    return len(part) - 1 - int(known[-1]) if len(known) else 0


def _values(
    part: pd.DataFrame, columns: list[str], missing: str, filled: dict[str, int], where: str
) -> np.ndarray:
    try:
        numbers = part[columns].astype(np.float64)
    except (TypeError, ValueError) as error:
        wrong = [name for name in columns if not pd.api.types.is_numeric_dtype(part[name])]
        raise DataError(
            f"{where}: column {(wrong or columns)[0]!r} must hold numbers: {error}."
        ) from error
    holes = data.check_values(numbers.to_numpy(), columns, where=where, missing="allow")
    if missing == "allow":
        return numbers.to_numpy(dtype=np.float64)
    if holes and missing != "error":
        numbers = numbers.reset_index(drop=True)
        numbers = numbers.ffill() if missing == "ffill" else numbers.interpolate()
        for name, rows in holes.items():
            filled[name] = filled.get(name, 0) + len(rows)
    if holes:
        try:
            data.check_values(numbers.to_numpy(), columns, where=where)
        except DataError as error:
            hint = " Forecaster(missing='interpolate') or missing='ffill' fills them in."
            raise DataError(f"{error}{hint if missing == 'error' else ''}") from error
    return numbers.to_numpy(dtype=np.float64)


def held_out_table(
    layout: Layout, parts: Sequence[Series], cuts: Sequence[int], past: int
) -> pd.DataFrame | None:
    """The rows of each series from `past` rows before its cut on, as the user's table has them;
    None where nothing is held out."""
    found = []
    for part, cut in zip(parts, cuts, strict=True):
        if cut == len(part.values):
            continue
        first = max(0, cut - past)
        frame = pd.DataFrame(part.values[first:], columns=pd.Index(layout.columns))
        if layout.time == "":
            frame.index = part.index[first:]
        elif layout.time is not None:
            frame[layout.time] = part.index[first:]
        if layout.series is not None:
            frame[layout.series] = [part.name] * len(frame)
        found.append(frame)
    return pd.concat(found, ignore_index=layout.time != "") if found else None


def _is_path(value: Any) -> bool:
    return isinstance(value, (str, os.PathLike))


def _names(names: Any) -> list[str]:
    """Names of columns as texts, as `to_table` makes them: also of one name, and of numbers."""
    if names is None:
        return []
    several = isinstance(names, Sequence) and not isinstance(names, str)
    return [str(name) for name in (names if several else [names])]


def _find_time(frame: pd.DataFrame, free: list[str]) -> str | None:
    if isinstance(frame.index, pd.DatetimeIndex):
        return ""
    for name in free:
        if pd.api.types.is_datetime64_any_dtype(frame[name]):
            return name
    for name in free:
        if pd.api.types.is_numeric_dtype(frame[name]) or name.lower() not in _TIMES:
            continue
        return name
    return None
