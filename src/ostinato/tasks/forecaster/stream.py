"""A fitted forecaster fed row by row."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError
from ostinato.tasks.forecaster.answering import forecast, table
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.table import Series


class ForecastStream:
    """Keeps the last `past` rows of one series and answers after each row.

    The forecast equals `predict` on the same rows, bit for bit. Memory does not grow.
    """

    def __init__(
        self, options: ForecasterOptions, rows: ForecasterRows, module: ForecasterModule
    ) -> None:
        self.past, self.horizon = options.past, options.horizon
        self.rows, self.module = rows, module
        self._kept: deque[tuple[np.ndarray, Any]] = deque(maxlen=options.past)
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
        layout = self.rows.layout
        where = "ForecastStream.step"
        if isinstance(row, (Mapping, pd.Series)):
            row = {str(name): value for name, value in row.items()}
            absent = [name for name in layout.columns if name not in row]
            if absent:
                raise DataError(f"{where}: no value for {absent[0]!r}.")
            if time is None and layout.time:
                time = row.get(layout.time)
            row = [row[name] for name in layout.columns]
        try:
            values = np.atleast_1d(np.asarray(row, dtype=np.float64))
        except (TypeError, ValueError):
            values = np.array([np.nan])
        if values.shape != (len(layout.columns),) or not np.isfinite(values).all():
            raise DataError(
                f"{where}: row must be {len(layout.columns)} finite numbers "
                f"({', '.join(layout.columns)}), got {row!r:.200}."
            )
        if layout.time is not None:
            time = pd.NaT if time is None else pd.Timestamp(time)
            if time is pd.NaT:
                raise DataError(f"{where}: time is missing. Give step(row, time=...).")
            if self._kept and time <= self._kept[-1][1]:
                raise DataError(f"{where}: {time} is not after the last row's {self._kept[-1][1]}.")
        self._kept.append((values, time))
        self._count += 1
        if len(self._kept) < self.past:
            return None
        index: Any = pd.RangeIndex(self._count - len(self._kept), self._count)
        if layout.time is not None:
            index = pd.DatetimeIndex([stamp for _, stamp in self._kept])
        part = Series(
            name=None,
            values=self.state,
            index=index,
            pace=None if self.rows.clock is None else self.rows.clock.usual,
        )
        answer = table(self.rows, [part], *forecast(self.rows, self.module, [part], self.horizon))
        return answer if layout.series is None else answer.droplevel(0)

    @property
    def state(self) -> np.ndarray:
        """The rows kept, oldest first: `(rows, columns)`."""
        kept = [values for values, _ in self._kept]
        return np.stack(kept) if kept else np.empty((0, len(self.rows.layout.columns)))

    def reset(self) -> None:
        """Forget every row."""
        self._kept.clear()
        self._count = 0
