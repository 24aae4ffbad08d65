"""Numbers in the order of time: scaled, checked, and cut into windows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from ostinato.errors import DataError, NotFittedError, check_choice, check_number


class Scaler:
    """Columns on a common scale: `(x - center) / scale`, learned column by column.

    "standard" uses the mean and the standard deviation (scikit-learn's StandardScaler),
    "minmax" the least value and the range (MinMaxScaler: training values lie in [0, 1]),
    "none" leaves the values. Missing values (NaN) are left out in `fit` and stay missing in
    `transform`; a constant column is only moved to zero. Fit it on training rows alone.
    """

    def __init__(self, kind: str = "standard") -> None:
        check_choice("Scaler", "kind", kind, ["standard", "minmax", "none"])
        self.kind = kind
        self._center: np.ndarray | None = None
        self._scale: np.ndarray | None = None

    def fit(self, values: np.ndarray, names: Sequence[str] | None = None) -> Scaler:
        """Learn centre and scale from `(rows, columns)`; `names` are for messages.

        Raises:
            DataError: a column holds an infinity or not one value.
        """
        from sklearn.preprocessing import MinMaxScaler, StandardScaler

        values = _matrix("Scaler", values)
        if len(values) == 0:
            raise DataError("Scaler: there are no rows to learn from.")
        check_values(values, names, where="Scaler", missing="allow")
        empty = np.flatnonzero(np.isnan(values).all(axis=0))
        if len(empty):
            raise DataError(
                f"Scaler: {_column(names, empty[0])} has no value at all. Leave it out."
            )
        columns = values.shape[1]
        self._center, self._scale = np.zeros(columns), np.ones(columns)
        if self.kind == "standard":
            standard: Any = StandardScaler().fit(values)
            self._center, self._scale = standard.mean_, standard.scale_
        elif self.kind == "minmax":
            bounds: Any = MinMaxScaler().fit(values)
            self._center, self._scale = bounds.data_min_, 1 / bounds.scale_
        return self

    def transform(self, values: np.ndarray) -> np.ndarray:
        """Scaled float64 values; the last axis holds the columns, any axes go before it."""
        center, scale = self._learned(values)
        return (np.asarray(values, dtype=np.float64) - center) / scale

    def inverse(self, values: np.ndarray) -> np.ndarray:
        """The values that `transform` would turn into these, in the user's units."""
        center, scale = self._learned(values)
        return np.asarray(values, dtype=np.float64) * scale + center

    def select(self, columns: Sequence[int]) -> Scaler:
        """The scaler of some of the columns, such as the targets."""
        center, scale = self._learned()
        chosen = Scaler(self.kind)
        chosen._center, chosen._scale = center[list(columns)], scale[list(columns)]
        return chosen

    @property
    def center(self) -> np.ndarray:
        """What each column is moved by: `(columns,)`."""
        return self._learned()[0]

    @property
    def scale(self) -> np.ndarray:
        """What each column is divided by: `(columns,)`."""
        return self._learned()[1]

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        center, scale = self._learned()
        return {"kind": self.kind, "center": center.tolist(), "scale": scale.tolist()}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Scaler:
        """The scaler that `to_dict` described, to the last bit."""
        scaler = cls(state["kind"])
        scaler._center = np.array(state["center"], dtype=np.float64)
        scaler._scale = np.array(state["scale"], dtype=np.float64)
        return scaler

    def _learned(self, values: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
        if self._center is None or self._scale is None:
            raise NotFittedError("Scaler: nothing learned yet. Call fit(values) first.")
        if values is not None and (
            np.ndim(values) == 0 or np.shape(values)[-1] != len(self._scale)
        ):
            raise DataError(
                f"Scaler: the last axis must have {len(self._scale)} columns as in fit, got shape "
                f"{np.shape(values)}."
            )
        return self._center, self._scale


def check_values(
    values: np.ndarray,
    names: Sequence[str] | None = None,
    *,
    where: str = "series",
    missing: Literal["error", "allow"] = "error",
) -> dict[str, list[int]]:
    """Look for missing and infinite values in `(rows, columns)`.

    Returns:
        for each column with missing values its rows, counted from 0.

    Raises:
        DataError: a value is infinite, or missing unless `missing="allow"`; the message has
            counts and rows.
    """
    check_choice("check_values", "missing", missing, ["error", "allow"])
    values = _matrix(where, values)
    problems, found = [], {}
    for kind, mask in (("missing", np.isnan(values)), ("infinite", np.isinf(values))):
        for column in np.flatnonzero(mask.any(axis=0)).tolist():
            rows = np.flatnonzero(mask[:, column]).tolist()
            if kind == "missing":
                found[str(names[column]) if names is not None else str(column)] = rows
            if kind == "infinite" or missing == "error":
                problems.append(
                    f"{_column(names, column)} has {len(rows)} {kind} of {len(values)} values "
                    f"({_rows(rows)})"
                )
    if problems:
        raise DataError(
            f"{where}: {'; '.join(problems)}. Fill them first, for example with "
            "DataFrame.interpolate(), or drop those rows."
        )
    return found


def windows(
    values: np.ndarray, past: int, horizon: int, stride: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Every stretch of `past` rows, and the `horizon` rows that follow each.

    Both are read-only views: nothing is copied, whatever the overlap. Window i starts at row
    `i * stride`; the last one ends no later than the last row.

    Args:
        values: `(rows, columns)`, or `(rows,)` for one column.
        past: rows in, at least 1.
        horizon: rows out, 0 or more.
        stride: rows between the starts of two windows.

    Returns:
        X `(windows, past, columns)` and Y `(windows, horizon, columns)`.

    Raises:
        DataError: there are fewer than `past + horizon` rows.
    """
    check_number("windows", "past", past, low=1, whole=True)
    check_number("windows", "horizon", horizon, low=0, whole=True)
    check_number("windows", "stride", stride, low=1, whole=True)
    values = np.asarray(values)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(f"windows: values must have shape (rows, columns), got {values.shape}.")
    length = past + horizon
    if len(values) < length:
        raise DataError(
            f"windows: {len(values)} rows are too few for past {past} and horizon {horizon}, "
            f"which need {length}. Choose a smaller past or horizon, or give more rows."
        )
    view = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)
    view = view[::stride].transpose(0, 2, 1)
    return view[:, :past], view[:, past:]


def _matrix(where: str, values: Any) -> np.ndarray:
    try:
        values = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: values must be numbers: {error}.") from error
    if values.ndim != 2:
        raise DataError(f"{where}: values must have shape (rows, columns), got {values.shape}.")
    return values


def _column(names: Sequence[str] | None, column: int) -> str:
    return f"column {names[column]!r}" if names is not None else f"column {column}"


def _rows(rows: list[int]) -> str:
    listed = ", ".join(map(str, rows[:5]))
    return f"row{'s' if len(rows) > 1 else ''} {listed}{', ...' if len(rows) > 5 else ''}"
