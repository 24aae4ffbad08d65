"""A fitted forecaster fed row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_reading import fill
from ostinato.data.series_table import Series
from ostinato.errors import DataError
from ostinato.tasks.forecaster.answering import forecast, table
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.rows import ForecasterRows

_WHERE = "ForecastStream.step"
_BLOCK = 512  # timestamps to come that are worked out at once


class ForecastStream:
    """Keeps the last `past` rows of one series and answers after each row.

    The forecast equals `predict` on the same rows, bit for bit. Memory does not grow. Times are
    read as in `fit`, and a row must come at the time that follows at the pace of `fit`; missing
    values are filled as in `fit`, where the option `missing` says how.

    Args:
        series: which series of `fit` it is, or None: then the first row that names one tells, and
            without any a series that `fit` did not see is taken.
    """

    def __init__(
        self,
        options: ForecasterOptions,
        rows: ForecasterRows,
        module: ForecasterModule,
        series: Any = None,
    ) -> None:
        self.past, self.horizon = rows.past, rows.horizon
        self.rows, self.module = rows, module
        self._given = None if series is None else data.plain_name(series)
        self.reset()

    def reset(self) -> None:
        """Forget every row."""
        self._window = _Window(self.past, len(self.rows.layout.columns))
        self._times = None if self.rows.clock is None else _Times(self.rows, self.past)
        self._name = self._given
        self._count = 0

    def step(
        self,
        row: Mapping[str, Any] | Sequence[float] | float,
        *,
        time: Any = None,
        future: Any = None,
    ) -> pd.DataFrame | None:
        """Take one row; the forecast of the next `horizon` rows, or None before `past` rows came.

        Args:
            row: columns by name, or the values of targets, features and future columns in order.
            time: the row's timestamp, if `row` is not a mapping that has it.
            future: as in `Forecaster.predict`.

        Raises:
            DataError: a value is missing or no finite number, or the time is missing, not after
                the last, or not the next at the pace of `fit`.
        """
        if isinstance(row, (Mapping, pd.Series)):
            row, time = self._of_mapping(row, time)
        values = self._values(row)
        stamp = self._times.read(time, self._name) if self._times is not None else None
        if self._window.empty and np.isnan(values[: len(self.rows.layout.target)]).all():
            return None  # as predict leaves out rows before the first value
        if self._times is not None:
            self._times.take(stamp)
        self._window.take(values)
        self._count += 1
        return None if self._count < self.past else self._answer(future)

    def _answer(self, future: Any) -> pd.DataFrame:
        rows, clock = self.rows, self.rows.clock
        index: Any = pd.RangeIndex(self._count - self.past, self._count)
        if self._times is not None:
            index = self._times.behind()
        part = Series(
            name=self._name,
            values=self._window.filled(rows.missing),
            index=index,
            pace=None if clock is None else clock.paces.get(self._name, clock.usual),
        )
        if rows.layout.static:
            part = rows.regressors.with_statics(pd.DataFrame(), rows.layout, [part], _WHERE)[0]
        parts = rows.with_future([part], future, self.horizon, _WHERE)
        answer = table(rows, parts, *forecast(rows, self.module, parts, self.horizon))
        return answer if rows.layout.series is None else answer.droplevel(0)

    def _of_mapping(self, row: Any, time: Any) -> tuple[list[Any], Any]:
        """Values in order, and the time."""
        layout = self.rows.layout
        row = {str(name): value for name, value in row.items()}
        for name in layout.columns:
            if name not in row:
                raise DataError(f"{_WHERE}: no value for {name!r}.")
        if time is None and self._times is not None:
            time = row.get(layout.time or str(self._times.clock.name))
        if layout.series in row:
            self._tell(data.plain_name(row[layout.series]))
        return [row[name] for name in layout.columns], time

    def _tell(self, name: Any) -> None:
        """See that rows are of one series."""
        if self._name is None and self._window.empty:
            self._name = name
        elif name != self._name:
            raise DataError(
                f"{_WHERE}: the row is of series {name!r}, and those before it of "
                f"{self._name!r}. Use a stream for each series."
            )

    def _values(self, row: Any) -> np.ndarray:
        layout, words = self.rows.layout, self.rows.regressors.words
        if words:
            codes = self.rows.regressors.encode(pd.DataFrame([row], columns=layout.columns))
            row = codes.iloc[0].tolist()
        try:
            values = np.atleast_1d(np.asarray(row, dtype=np.float64))
        except (TypeError, ValueError):
            values = np.array([np.inf])
        missing = np.isnan(values).any()
        if (
            values.shape != (len(layout.columns),)
            or np.isinf(values).any()
            or (missing and self.rows.missing == "error")
        ):
            hint = " Forecaster(missing='ffill') fills missing values in." if missing else ""
            raise DataError(
                f"{_WHERE}: row must be {len(layout.columns)} finite numbers "
                f"({', '.join(layout.columns)}), got {row!r:.200}.{hint}"
            )
        return values

    @property
    def state(self) -> np.ndarray:
        """The rows kept, oldest first, as they came: `(rows, columns)`."""
        return self._window.rows().copy()


class _Window:
    """The last rows, next to each other in memory; every row is written twice."""

    def __init__(self, past: int, columns: int) -> None:
        self.past, self._at, self._kept = past, 0, 0
        self._rows = np.full((2 * past, columns), np.nan)
        # Of each column the last value before the window, and how many rows before its first.
        self._before, self._age = np.full(columns, np.nan), np.zeros(columns, dtype=int)
        self._holes = 0

    @property
    def empty(self) -> bool:
        return self._kept == 0

    def take(self, values: np.ndarray) -> None:
        """Add a row, and forget the oldest where the window is full."""
        if self._kept == self.past:
            oldest = self._rows[self._at]
            known = ~np.isnan(oldest)
            self._holes -= int(not known.all())
            self._before = np.where(known, oldest, self._before)
            self._age = np.where(known, 1, self._age + 1)
        else:
            self._kept += 1
        self._rows[self._at] = self._rows[self._at + self.past] = values
        self._holes += int(np.isnan(values).any())
        self._at = (self._at + 1) % self.past

    def rows(self) -> np.ndarray:
        """`(rows, columns)`, oldest first."""
        last = self._at + self.past
        return self._rows[last - self._kept : last]

    def filled(self, missing: str) -> np.ndarray:
        """The rows without holes, as the whole series would be filled."""
        rows = self.rows()
        if not self._holes:
            return rows
        reach = int(self._age.max(initial=0))
        longer = np.full((reach + len(rows), rows.shape[1]), np.nan)
        longer[reach:] = rows
        for column in np.flatnonzero(self._age):
            longer[reach - self._age[column], column] = self._before[column]
        return fill(longer, missing)[reach:]


class _Times:
    """The times of the rows, read as in `fit`, each of which must follow the last."""

    def __init__(self, rows: ForecasterRows, past: int) -> None:
        assert rows.clock is not None
        self.clock, self._past = rows.clock, past
        self._last: Any = None
        self._kept: list[Any] = []
        self._next: dict[Any, Any] = {}

    def read(self, time: Any, name: Any) -> Any:
        """The timestamp of the next row."""
        if time is None or time is pd.NaT:
            raise DataError(f"{_WHERE}: time is missing. Give step(row, time=...).")
        stamp = self.clock.read_one(time, _WHERE)
        if self._last is not None and self._next.get(self._last) != stamp:
            if stamp <= self._last:
                raise DataError(f"{_WHERE}: {stamp} is not after the last row's {self._last}.")
            self.clock.follows(name, self._last, stamp, _WHERE)
        return stamp

    def take(self, stamp: Any) -> None:
        """Keep the timestamp of a row."""
        self._last = stamp
        self._kept.append(stamp)
        if len(self._kept) > 2 * self._past:
            del self._kept[: -self._past]

    def behind(self) -> Any:
        """The timestamps of the last `past` rows."""
        return pd.DatetimeIndex(self._kept[-self._past :])
