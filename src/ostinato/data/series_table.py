"""The user's table as series: which column is what, rows in order, values complete."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.clock import Clock, pack_name, pack_times, unpack_name, unpack_times
from ostinato.data.pace import Pace
from ostinato.data.tables import read_table
from ostinato.data.time_columns import JOINED, find_time, repeats_time, with_companions
from ostinato.data.timestamps import is_time
from ostinato.errors import DataError, suggestion


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
    pace: Pace | None = None
    static: np.ndarray = dataclasses.field(default_factory=lambda: np.zeros(0))
    ahead: np.ndarray | None = None

    @property
    def frequency(self) -> str | None:
        """The pace as pandas writes it, or None."""
        return None if self.pace is None else self.pace.frequency

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs but the pace, as values JSON can hold."""
        packed: dict[str, Any] = {"name": pack_name(self.name), "values": self.values.tolist()}
        packed |= {"static": self.static.tolist()}
        packed |= {"ahead": None if self.ahead is None else self.ahead.tolist()}
        if isinstance(self.index, pd.RangeIndex):
            return packed | {"start": self.index.start}
        return packed | pack_times(self.index)

    @classmethod
    def from_dict(cls, packed: dict[str, Any], clock: Clock | None) -> Series:
        """The series that `to_dict` described; the clock knows its pace."""
        values, name = np.array(packed["values"], dtype=np.float64), unpack_name(packed["name"])
        ahead = None if packed["ahead"] is None else np.array(packed["ahead"], dtype=np.float64)
        if "start" in packed:
            index: Any = pd.RangeIndex(packed["start"], packed["start"] + len(values))
        else:
            index = unpack_times(packed)
        return cls(
            name=name,
            values=values,
            index=index,
            pace=None if clock is None else clock.paces.get(name, clock.usual),
            static=np.array(packed["static"], dtype=np.float64),
            ahead=ahead,
        )

    def after(self, steps: int) -> Any:
        """The timestamps, or positions, of the next rows.

        Raises:
            DataError: the pace is not known.
        """
        if isinstance(self.index, pd.RangeIndex):
            return pd.RangeIndex(self.index.stop, self.index.stop + steps)
        if self.pace is None:
            raise DataError(
                "Series: fewer than three rows tell no pace, so there are no next timestamps. "
                "Give more rows, or say freq=..."
            )
        return self.pace.after(self.index[-1], steps)


def to_table(X: Any, where: str, columns: Sequence[str] = ()) -> pd.DataFrame:
    """A DataFrame of a table (pandas, polars, pyarrow), a path or several, or numbers `(rows,)` or
    `(rows, columns)`, whose columns have the names `columns` if they are as many.

    Several levels of an index become columns.
    """
    if hasattr(X, "column_names") or type(X).__module__.split(".")[0] == "polars":
        X = _to_pandas(X)
    if isinstance(X, pd.DataFrame):
        frame = X
    elif isinstance(X, pd.Series):
        unnamed = X.name is None or list(columns) == ["value"]
        frame = X.to_frame((list(columns) or ["value"])[0] if unnamed else X.name)
    elif _is_path(X) or (isinstance(X, (list, tuple)) and len(X) and _is_path(X[0])):
        frame = read_table(X, where=where)
    else:
        frame = _of_numbers(X, where, columns)
    if isinstance(frame.index, pd.MultiIndex):
        frame = frame.reset_index(names=level_names(frame.index))
    frame = frame.rename(columns=str)
    twice = frame.columns[frame.columns.duplicated()]
    if len(twice):
        raise DataError(f"{where}: column {twice[0]!r} is there twice. Rename one of them.")
    if len(frame) == 0 or frame.shape[1] == 0:
        raise DataError(f"{where}: X has no rows.")
    return frame


def _to_pandas(X: Any) -> Any:
    """A DataFrame of a table or a column of polars or pyarrow, without pyarrow where it is not
    there."""
    if hasattr(X, "to_pydict"):  # pyarrow
        return X.to_pandas()
    if hasattr(X, "collect"):  # polars, not yet read
        X = X.collect()
    if hasattr(X, "to_dict"):
        return pd.DataFrame(X.to_dict(as_series=False))
    return pd.Series(X.to_list(), name=X.name or None)


def _of_numbers(X: Any, where: str, columns: Sequence[str]) -> pd.DataFrame:
    if np.iscomplexobj(X):
        raise DataError(
            f"{where}: X must hold real numbers, got complex ones. Give .real or .imag."
        )
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
    return pd.DataFrame(values, columns=list(columns) if len(columns) == len(names) else names)


def level_names(index: pd.MultiIndex) -> list[str]:
    """A name for every level of an index: its own, "time" for times, else "series"."""
    found: list[str] = []
    for k, name in enumerate(index.names):
        if name is None:
            name = "time" if is_time(index.get_level_values(k)) else "series"
            name = name if name not in found else f"{name}{k}"
        found.append(str(name))
    return found


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
    levels: Sequence[str] = (),
) -> Layout:
    """What each column is; the time column is found by its values if it is not named.

    Args:
        levels: columns that were levels of the index: beside the time, one of them is the series.

    Raises:
        DataError: a column is missing, named twice, or nothing is left to forecast.
    """
    past, future, static = (_names(frame, each) for each in (features, future, static))
    series = None if series is None else _name(frame, series)
    if time is not None:
        time = _name(frame, time)
        if time not in frame.columns and time == str(frame.index.name):
            time = ""
    named = [*_names(frame, target), *past, *future, *static]
    named += [name for name in (*parts_of_time(time), series) if name]
    check_columns(frame, named, where)
    for k, name in enumerate(named):
        if name in named[:k]:
            raise DataError(f"{where}: column {name!r} is named twice, for two different parts.")
    free = [name for name in frame.columns if name not in named]
    if time is None:
        time = find_time(frame, [name for name in free if name in levels] or free)
    if time in frame.columns and frame.duplicated([n for n in (time, series) if n]).any():
        time = with_companions(frame, str(time), free)
    if series is None and levels:
        rest = [name for name in levels if name not in named and name != time]
        if len(rest) > 1:
            raise DataError(
                f"{where}: the index has the levels {', '.join(levels)}; which tells series apart? "
                "Name it with series=..., and drop the others."
            )
        series = rest[0] if rest else None
    if target is None:
        chosen = [
            name
            for name in frame.columns
            if name not in (*parts_of_time(time), series, *past, *future, *static)
            and pd.api.types.is_numeric_dtype(frame[name])
            and not pd.api.types.is_bool_dtype(frame[name])
            and not repeats_time(frame, name, time is not None)
        ]
        if not chosen:
            raise DataError(
                f"{where}: no numeric column to forecast. Columns: {', '.join(frame.columns)}."
            )
    else:
        chosen = _names(frame, target)
        if not chosen:
            raise DataError(f"{where}: target names no column. Name one, or None for all.")
    return Layout(target=chosen, past=past, future=future, static=static, time=time, series=series)


def parts_of_time(time: str | None) -> list[str | None]:
    """The columns that tell the time, most often one."""
    return [*time.split(JOINED)] if time and JOINED in time else [time]


def check_columns(frame: pd.DataFrame, names: Sequence[str], where: str) -> None:
    """Raise DataError where a column is not there."""
    for name in names:
        if name not in frame.columns:
            raise DataError(
                f"{where}: no column {name!r}. Columns: {', '.join(frame.columns)}."
                f"{suggestion(name, frame.columns)}"
            )


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


def _names(frame: pd.DataFrame, names: Any) -> list[str]:
    """Names of columns as texts, as `to_table` makes them: also of one name, and of numbers, which
    count columns where none has that name."""
    if names is None:
        return []
    several = isinstance(names, Sequence) and not isinstance(names, str)
    return [_name(frame, name) for name in (names if several else [names])]


def _name(frame: pd.DataFrame, name: Any) -> str:
    columns = list(frame.columns)
    whole = isinstance(name, int | np.integer) and not isinstance(name, bool)
    if whole and str(name) not in columns and -len(columns) <= name < len(columns):
        return columns[name]
    return str(name)
