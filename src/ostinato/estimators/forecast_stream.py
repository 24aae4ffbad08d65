"""A fitted forecaster fed row by row."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError
from ostinato.estimators.forecast_table import Series

if TYPE_CHECKING:
    from ostinato.estimators.forecaster import Forecaster


class ForecastStream:
    """Keeps the last `past` rows of one series and answers after each row.

    The forecast equals `predict` on the same rows, bit for bit. Memory does not grow.
    """

    def __init__(self, estimator: Forecaster) -> None:
        self._estimator = estimator
        self._rows: deque[tuple[np.ndarray, Any]] = deque(maxlen=estimator.past)
        self._count = 0

    def step(
        self, row: Mapping[str, Any] | Sequence[float] | float, *, time: Any = None
    ) -> pd.DataFrame | None:
        """Take one row; the forecast of the next `horizon` rows, or None before `past` rows came.

        Args:
            row: columns by name, or the targets' and then the features' values in order.
            time: the row's timestamp, if `row` is not a mapping that has it.

        Raises:
            DataError: a value is missing or no finite number, or the time is missing or not
                after the last.
        """
        layout = self._estimator.layout_
        where = "ForecastStream.step"
        if isinstance(row, (Mapping, pd.Series)):
            absent = [name for name in layout.columns if name not in row]
            if absent:
                raise DataError(f"{where}: no value for {absent[0]!r}.")
            if time is None and layout.time:
                time = row.get(layout.time)
            row = [row[name] for name in layout.columns]
        values = np.atleast_1d(np.asarray(row, dtype=np.float64))
        if values.shape != (len(layout.columns),) or not np.isfinite(values).all():
            raise DataError(
                f"{where}: row must be {len(layout.columns)} finite numbers "
                f"({', '.join(layout.columns)}), got {row!r}."
            )
        if layout.time is not None:
            time = pd.NaT if time is None else pd.Timestamp(time)
            if time is pd.NaT:
                raise DataError(f"{where}: time is missing. Give step(row, time=...).")
            if self._rows and time <= self._rows[-1][1]:
                raise DataError(f"{where}: {time} is not after the last row's {self._rows[-1][1]}.")
        self._rows.append((values, time))
        self._count += 1
        if len(self._rows) < self._estimator.past:
            return None
        index: Any = pd.RangeIndex(self._count - len(self._rows), self._count)
        if layout.time is not None:
            index = pd.DatetimeIndex([stamp for _, stamp in self._rows])
        rows = np.stack([values for values, _ in self._rows])
        series = Series(name=None, values=rows, index=index, frequency=self._estimator.frequency_)
        return self._estimator.answer(series, self._estimator.horizon)

    @property
    def state(self) -> np.ndarray:
        """The rows kept, oldest first: `(rows, columns)`."""
        kept = [values for values, _ in self._rows]
        return np.stack(kept) if kept else np.empty((0, len(self._estimator.layout_.columns)))

    def reset(self) -> None:
        """Forget every row."""
        self._rows.clear()
        self._count = 0
