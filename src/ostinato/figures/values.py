"""A user's numbers, times and words as arrays that a figure keeps, and as JSON and back."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.errors import DataError


def numbers(where: str, values: Any, ndim: int = 1) -> np.ndarray:
    """float64 of `ndim` axes, read-only; None, NaN and infinity are gaps and become NaN.

    Raises:
        DataError: the values are not numbers, or have another number of axes.
    """
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{where}: must be numbers, got {_shown(values)}. None or NaN leaves a gap."
        ) from error
    if array.size == 0:
        array = array.reshape((0,) * ndim)
    if array.ndim != ndim:
        axes = "axis" if ndim == 1 else "axes"
        raise DataError(f"{where}: must have {ndim} {axes}, got shape {array.shape}.")
    array[~np.isfinite(array)] = np.nan
    array.flags.writeable = False
    return array


def places(where: str, values: Any) -> np.ndarray:
    """Positions on an axis: float64, or datetime64[us] without a time zone, read-only.

    Times keep what their own clock says: a zone is dropped, so that ticks say what the data say.

    Raises:
        DataError: neither numbers nor times.
    """
    if isinstance(values, Mapping):
        values = np.array(values["times"], dtype="datetime64[us]")
    if hasattr(values, "reset_index"):  # a column of a table, which has an index's words too
        values = values.array
    if hasattr(values, "to_timestamp"):
        values = values.to_timestamp()
    if hasattr(values, "tz_localize"):
        values = values.tz_localize(None)
    array = np.asarray(values)
    if array.dtype == object and any(isinstance(each, datetime.date) for each in array.ravel()):
        array = np.array([_clock(each) for each in array.ravel()], dtype="datetime64[us]")
    if not np.issubdtype(array.dtype, np.datetime64):
        return numbers(where, array)
    array = array.astype("datetime64[us]").reshape(-1)
    array.flags.writeable = False
    return array


def word(value: Any) -> str:
    """A value in words; half of a pair of surrogates, which no file can hold, becomes "�"."""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def names(values: Any) -> tuple[str, ...]:
    """Words, one each."""
    return tuple(word(each) for each in values)


def plain(value: Any) -> Any:
    """What JSON can hold: lists for arrays, None for gaps, `{"times": [...]}` for times."""
    if isinstance(value, np.ndarray):
        if np.issubdtype(value.dtype, np.datetime64):
            return {"times": [None if t == "NaT" else t for t in np.datetime_as_string(value)]}
        return _without_nan(value.tolist())
    if isinstance(value, (tuple, list)):
        return [plain(each) for each in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    return None if isinstance(value, float) and value != value else value


def _without_nan(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nan(each) for each in value]
    return None if value != value else value


def _clock(value: Any) -> Any:
    if value is None or value != value:
        return np.datetime64("NaT")
    if isinstance(value, datetime.datetime):
        return np.datetime64(value.replace(tzinfo=None))
    return np.datetime64(value)


def _shown(values: Any) -> str:
    first = next(iter(values), values) if isinstance(values, (Sequence, np.ndarray)) else values
    return f"{type(values).__name__} with {str(first)[:40]!r}"
