"""Recordings: arrays `(steps, channels)` of any length, one a row, out of whatever holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato.data.resampling import at_pace
from ostinato.data.timestamps import read_times
from ostinato.errors import DataError, suggestion

LARGEST = 1e30  # beyond it squares leave what a float can hold


class Sequences(NamedTuple):
    """Some recordings.

    Attributes:
        values: arrays `(steps, channels)`, NaN where a value is missing.
        channels: a name for each channel, or None where they have none.
        ids: what tells them apart, as the table has it; None where there is no table.
        rows: for each recording of a table the places of its rows, in their order in time.
    """

    values: list[np.ndarray]
    channels: list[str] | None = None
    ids: list[Any] | None = None
    rows: list[np.ndarray] | None = None


def check_sequences(
    where: str,
    X: Any,
    *,
    id: str = "id",
    time: str | None = None,
    channels: Sequence[str] | None = None,
    rate: float | None = None,
) -> Sequences:
    """The recordings in `X`, checked.

    Args:
        where: what messages name, such as "SequenceClassifier.fit".
        X: a list of arrays `(steps, channels)` or `(steps,)`, or of tables with a column a
            channel; an array `(recordings, steps, channels)`, or `(recordings, steps)` of one
            channel; or a long table, with a column `id` that tells recordings apart and a row a
            step.
        id, time: columns of a long table. Rows are put in the order of `time` where it is named,
            else they stay as they are.
        channels: those to take of tables; None takes every column of numbers.
        rate: Hz; where `time` is named (seconds, or timestamps), rows are put on steps of this
            rate, along lines between them.

    Raises:
        DataError: there is none, or one has no step, no numbers, an infinity, or other channels
            than the others.
    """
    if hasattr(X, "columns") and hasattr(X, "groupby"):
        return _long(where, X, id, time, channels, rate)
    if isinstance(X, str | bytes | Mapping) or not (
        isinstance(X, Iterable) or hasattr(X, "__array__")
    ):
        hint = " Read files with data.read_sequences." if isinstance(X, str) else ""
        raise DataError(
            f"{where}: X must be a list of arrays (steps, channels), an array (recordings, steps, "
            f"channels) or a long table, got {type(X).__name__}.{hint}"
        )
    if hasattr(X, "__array__"):
        table = np.asarray(X)
        if table.dtype != object and table.ndim not in (2, 3):
            raise DataError(
                f"{where}: X must have shape (recordings, steps, channels), or (recordings, steps) "
                f"of one channel, got {table.shape}. One recording alone is [recording]."
            )
    values, names = [], channels
    for row, each in enumerate(X):
        if hasattr(each, "columns") and hasattr(each, "to_numpy"):
            if names is None:
                names = [str(name) for name in each.columns]
            each = _columns(f"{where}: X[{row}]", each, names)
        values.append(_one(where, row, each))
    _check_alike(where, values)
    return Sequences(values, None if names is None else list(names))


def _one(where: str, row: int, each: Any) -> np.ndarray:
    """One recording as float32 `(steps, channels)`."""
    if isinstance(each, str | bytes):
        raise DataError(f"{where}: X[{row}] must be an array (steps, channels), got a text.")
    try:
        found = np.asarray(each)
        if found.dtype.kind not in "fiub":
            found = found.astype(np.float64) if found.dtype == object else None
    except (TypeError, ValueError):
        found = None
    if found is None or found.ndim not in (1, 2):
        shape = "" if found is None else f" of shape {found.shape}"
        raise DataError(
            f"{where}: X[{row}] must be an array of numbers (steps, channels), got "
            f"{type(each).__name__}{shape}."
        )
    found = found[:, None] if found.ndim == 1 else found
    if not found.size:
        raise DataError(
            f"{where}: X[{row}] is empty, of shape {found.shape}. Leave it out: there is nothing "
            "to tell its class by."
        )
    large = ~(np.abs(found) < LARGEST) & ~np.isnan(found) if found.dtype.kind == "f" else None
    if large is not None and large.any():
        step, channel = np.argwhere(large)[0]
        raise DataError(
            f"{where}: X[{row}] has {found[step, channel]} in channel {channel} at step {step}. "
            "Use NaN for what is missing."
        )
    return np.ascontiguousarray(found, dtype=np.float32)


def _check_alike(where: str, values: list[np.ndarray]) -> None:
    if not values:
        raise DataError(f"{where}: X must have at least 1 recording, got none.")
    first = values[0].shape[1]
    for row, each in enumerate(values):
        if each.shape[1] != first:
            raise DataError(
                f"{where}: X[{row}] has {each.shape[1]} channels, and X[0] has {first}. All must "
                "have the same, in the same order; a step is a row."
            )


def _columns(where: str, table: Any, names: Sequence[str]) -> np.ndarray:
    """The named columns of a table, as numbers."""
    known = {str(name): name for name in table.columns}
    for name in names:
        if name not in known:
            listed = ", ".join(list(known)[:20])
            raise DataError(
                f"{where}: no column {name!r}. Columns: {listed}.{suggestion(name, known)}"
            )
    try:
        chosen = table[[known[name] for name in names]]
        return chosen.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        texts = [name for name in names if table[known[name]].dtype.kind not in "fiub"]
        raise DataError(
            f"{where}: column {(texts or names)[0]!r} must hold numbers. Leave it out, or name "
            "the channels."
        ) from None


def _long(
    where: str,
    frame: Any,
    id: str,
    time: str | None,
    channels: Sequence[str] | None,
    rate: float | None,
) -> Sequences:
    known = [str(name) for name in frame.columns]
    for word, name in (("id", id), ("time", time)):
        if name is not None and name not in known:
            raise DataError(
                f"{where}: no column {name!r}. Columns: {', '.join(known[:20])}. Name the one "
                f"with {word}=.{suggestion(name, known)}"
            )
    if not len(frame):
        raise DataError(f"{where}: the table has no rows.")
    if frame[id].isna().any():
        row = int(np.asarray(frame[id].isna()).argmax())
        raise DataError(f"{where}: column {id!r} is empty in row {row}. Say whose row it is.")
    if channels is None:
        numbers = frame.select_dtypes(["number", "bool"]).columns
        channels = [str(name) for name in numbers if str(name) not in (id, time)]
    if not channels:
        raise DataError(f"{where}: there is no column of numbers beside {id!r}.")
    matrix = _columns(where, frame, channels)
    seconds = None if time is None else _seconds(where, frame[time], time)
    ids, values, rows = [], [], []
    for key, places in _groups(frame[id]).items():
        if seconds is not None:
            places = places[np.argsort(seconds[places], kind="stable")]
        part = matrix[places]
        if seconds is not None and rate is not None:
            part = at_pace(part, seconds[places], rate)
        ids.append(key)
        rows.append(places)
        values.append(_one(where, len(values), part))
    return Sequences(values, list(channels), ids, rows)


def _groups(column: Any) -> dict[Any, np.ndarray]:
    """The places of each value of a column, the values in the order in which they come."""
    found: dict[Any, list[int]] = {}
    for place, key in enumerate(column.tolist()):
        found.setdefault(key, []).append(place)
    return {key: np.array(places) for key, places in found.items()}


def _seconds(where: str, column: Any, name: str) -> np.ndarray:
    """A column of seconds or timestamps as seconds."""
    if column.dtype.kind not in "fiu":
        times = read_times(column, f"{where}: column {name!r}")
        return np.asarray((times - times[0]).total_seconds())
    found = column.to_numpy(np.float64)
    if np.isnan(found).any():
        row = int(np.isnan(found).argmax())
        raise DataError(f"{where}: column {name!r} is empty in row {row}. Every step needs a time.")
    return found
