"""A fitted forecaster fed row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato import data
from ostinato.data.series_reading import stamps_of
from ostinato.data.series_table import Series
from ostinato.data.time_columns import JOINED
from ostinato.errors import DataError
from ostinato.nn.plan import Plan
from ostinato.tasks.forecaster.answering import forecast, table
from ostinato.tasks.forecaster.indicators import with_indicators
from ostinato.tasks.forecaster.last_rows import LastRows, Ring, all_finite
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.rows import ForecasterRows

_WHERE = "ForecastStream.step"
_FIRST = np.array([0])
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
        self.rows, self.module, self.layout = rows, module, rows.base
        self._given = None if series is None else data.plain_name(series)
        self._columns, self._targets = pd.Index(rows.layout.target), len(rows.layout.target)
        self._width = len(self.layout.columns)
        self.reset()

    def reset(self) -> None:
        """Forget every row."""
        kept = self.past + self.rows.reach
        self._window = LastRows(kept, self._width)
        self._times = None if self.rows.clock is None else _Times(self.rows, kept, self.horizon)
        self._name = self._given
        self._count = 0
        self._quick: _Quick | None = None

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
        return self.answer(future) if self.take(row, time) else None

    def take(self, row: Mapping[str, Any] | Sequence[float] | float, time: Any = None) -> bool:
        """Take one row, as `step`, without an answer; whether it counts: rows before the first
        value of a target do not."""
        if isinstance(row, (Mapping, pd.Series)):
            row, time = self._of_mapping(row, time)
        values = self._values(row)
        stamp = self._times.read(time, self._name) if self._times is not None else None
        if not self._window.kept and np.isnan(values[: self._targets]).all():
            return False  # as predict leaves out rows before the first value
        self._keep(values, stamp)
        return True

    def _keep(self, values: np.ndarray, stamp: Any) -> None:
        if self._times is not None:
            self._times.take(stamp, self._name)
        self._window.take(values)
        self._count += 1
        if self._quick is None:
            self._quick = _Quick(self.rows, self.module, self._name, self.past, self.horizon)
        if self._quick.works:
            self._quick.take(values, self._times)

    def answer(self, future: Any = None) -> pd.DataFrame | None:
        """The forecast after the last row, or None before `past` rows came."""
        if self._count < self.past or self._quick is None:
            return None
        quick = self._quick
        if not quick.works or self._window.holes or future is not None:
            return self._answer(future)
        found = self._answer_of(quick)
        if not quick.proven:  # once, against the way that everything else takes
            slow = self._answer(None)
            quick.proven, quick.works = True, found.equals(slow)
            return slow
        return found

    def _answer_of(self, quick: _Quick) -> pd.DataFrame:
        if self._times is None:
            index: Any = pd.RangeIndex(self._count, self._count + self.horizon)
        else:
            index = self._times.ahead(self.horizon)
        return pd.DataFrame(quick.answer(self._times), index=index, columns=self._columns)

    def _answer(self, future: Any) -> pd.DataFrame:
        rows = self.rows
        part = self.part(self.filled(), self.index())
        parts = rows.with_future([part], future, self.horizon, _WHERE)
        found = forecast(rows, self.module, parts, self.horizon)
        answer = table(rows.layout, rows.time_name, parts, *found)
        return answer if rows.layout.series is None else answer.droplevel(0)

    def _of_mapping(self, row: Any, time: Any) -> tuple[list[Any], Any]:
        """Values in order, and the time."""
        layout = self.layout
        # A row of a DataFrame is named by its index.
        label = row.name if isinstance(row, pd.Series) and layout.time == "" else None
        row = {str(name): value for name, value in row.items()}
        for name in layout.columns:
            if name not in row:
                raise DataError(f"{_WHERE}: no value for {name!r}.")
        if time is None and self._times is not None:
            time = row.get(layout.time or str(self._times.clock.name), label)
            if time is None and JOINED in str(layout.time):
                time = stamps_of(pd.DataFrame([row]), layout, _WHERE).iloc[0]
        if layout.series in row:
            self._tell(data.plain_name(row[layout.series]))
        return [row[name] for name in layout.columns], time

    def _tell(self, name: Any) -> None:
        """See that rows are of one series."""
        if self._name is None and not self._window.kept:
            self._name = name
        elif name != self._name:
            raise DataError(
                f"{_WHERE}: the row is of series {name!r}, and those before it of "
                f"{self._name!r}. Use a stream for each series."
            )

    def _values(self, row: Any) -> np.ndarray:
        layout, words = self.layout, self.rows.regressors.words
        if words:
            codes = self.rows.regressors.encode(pd.DataFrame([row], columns=layout.columns))
            row = codes.iloc[0].tolist()
        try:
            values = np.atleast_1d(np.asarray(row, dtype=np.float64))
        except (TypeError, ValueError):
            values = np.array([np.inf])
        if values.shape != (self._width,) or not all_finite(values):
            self._check_holes(values, row)
        return values

    def _check_holes(self, values: np.ndarray, row: Any) -> None:
        """Raise DataError where values cannot be filled."""
        missing = np.isnan(values).any()
        wrong = values.shape != (self._width,) or bool(np.isinf(values).any())
        if wrong or self.rows.missing == "error":
            hint = " Forecaster(missing='ffill') fills missing values in." if missing else ""
            raise DataError(
                f"{_WHERE}: row must be {self._width} finite numbers "
                f"({', '.join(self.layout.columns)}), got {row!r:.200}.{hint}"
            )

    def filled(self) -> np.ndarray:
        """The rows kept, oldest first, missing values filled in: `(rows, columns)`."""
        return self._window.filled(self.rows.missing)

    def index(self) -> Any:
        """The timestamps, or positions, of the rows kept."""
        if self._times is not None:
            return self._times.behind()
        return pd.RangeIndex(max(0, self._count - self.past - self.rows.reach), self._count)

    def part(self, values: np.ndarray, index: Any) -> Series:
        """Rows of this stream's series."""
        rows, clock = self.rows, self.rows.clock
        part = Series(
            name=self._name,
            values=values,
            index=index,
            pace=None if clock is None else clock.paces.get(self._name, clock.usual),
        )
        part = with_indicators([part], self.layout, rows.indicators)[0]
        if rows.layout.static:
            part = rows.regressors.with_statics(pd.DataFrame(), rows.layout, [part], _WHERE)[0]
        return part

    def pack(self) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        """Arrays and plain values by which `unpack` goes on."""
        times = [] if self._times is None or not self._count else [self._times.behind()]
        return {"rows": self.state, **self._window.before()}, {
            "times": [data.pack_times(each) for each in times],
            "name": data.pack_name(self._name),
            "count": self._count,
        }

    def unpack(self, arrays: Mapping[str, np.ndarray], document: Mapping[str, Any]) -> None:
        """Go on from what `pack` gave."""
        self.reset()
        self._name = data.unpack_name(document["name"])
        rows = arrays["rows"]
        stamps: Any = [None] * len(rows)
        for packed in document["times"]:
            stamps = data.unpack_times(packed)
        for values, stamp in zip(rows, stamps, strict=True):
            self._keep(values, stamp)
        self._window.go_on(arrays)
        self._count = int(document["count"])

    @property
    def state(self) -> np.ndarray:
        """The rows kept, oldest first, as they came: `(rows, columns)`."""
        return self._window.rows().copy()


class _Times:
    """The times of the rows, read as in `fit`, each of which must follow the last. Those to come
    are worked out many at once, with what they tell the network.

    Attributes:
        known: `(timestamps, columns)`, what the timestamps of the block tell.
        at: the place of the last row in the block.
    """

    def __init__(self, rows: ForecasterRows, past: int, horizon: int) -> None:
        assert rows.clock is not None
        self.clock, self._dates, self._past, self._horizon = rows.clock, rows.dates, past, horizon
        self._last: Any = None
        self._kept: list[Any] = []
        self._stamps: list[int] = []  # of the block, in nanoseconds since 1970
        self.known, self.at = np.zeros((0, rows.dates.width), np.float32), 0

    def read(self, time: Any, name: Any) -> Any:
        """The timestamp of the next row."""
        if time is None or time is pd.NaT:
            raise DataError(f"{_WHERE}: time is missing. Give step(row, time=...).")
        stamp = self.clock.read_one(time, _WHERE)
        if self._last is not None and not self._is_next(stamp):
            if stamp <= self._last:
                raise DataError(f"{_WHERE}: {stamp} is not after the last row's {self._last}.")
            self.clock.follows(name, self._last, stamp, _WHERE)
        return stamp

    def _is_next(self, stamp: Any) -> bool:
        place = self.at + 1
        return place < len(self._stamps) and stamp.value == self._stamps[place]

    def take(self, stamp: Any, name: Any) -> None:
        """Keep the timestamp of a row."""
        follows = self._last is not None and self._is_next(stamp)
        self._last = stamp
        self._kept.append(stamp)
        if len(self._kept) > 2 * self._past:
            del self._kept[: -self._past]
        self.at += 1
        if not follows or self.at + self._horizon >= len(self._stamps):
            self._look_ahead(stamp, name)

    def _look_ahead(self, stamp: Any, name: Any) -> None:
        pace = self.clock.paces.get(name, self.clock.usual)
        index: Any = pd.DatetimeIndex([stamp])
        if pace is not None:
            index = index.append(pace.after(stamp, _BLOCK + self._horizon))
        self._stamps, self.at = index.as_unit("ns").asi8.tolist(), 0
        self.known = self._dates.of(index).astype(np.float32)
        self._index = index.rename(self.clock.name)

    def behind(self) -> Any:
        """The timestamps of the last `past` rows."""
        return pd.DatetimeIndex(self._kept[-self._past :])

    def ahead(self, steps: int) -> Any:
        """The timestamps of the next rows."""
        return self._index[self.at + 1 : self.at + 1 + steps]


class _Quick:
    """The same answers without torch: for series whose scale is known, and modules that a plan can
    write down.

    Attributes:
        works: whether there is such a plan.
        proven: whether an answer was compared.
    """

    proven = False

    def __init__(
        self, rows: ForecasterRows, module: ForecasterModule, name: Any, past: int, horizon: int
    ) -> None:
        layout, sizes = rows.layout, rows.sizes
        self.works = False
        if layout.future or rows.indicators or module.horizon != horizon:
            return
        if module.output.size > 1:
            return
        if rows.scaling.apart.any() and name not in rows.scaling.names:
            return
        if rows.clock is not None and rows.clock.usual is None:
            return
        scales = rows.scaling.of([name], [np.zeros((1, len(layout.columns)))])
        static: Any = rows.regressors.statics.get(name, np.zeros(0))
        part = Series(name=name, values=np.zeros((0, 0)), index=None, static=static)
        static = rows.statics_of([part], scales)[0]
        if len(static) != sizes["statics"]:
            return
        example = [(1, past, sizes["inputs"]), (1, horizon, sizes["known"]), (1, sizes["statics"])]
        self._plan = Plan(module, [torch.zeros(*each) for each in example])
        self.works = self._plan.works
        self._plan.inputs[2][0] = static
        self._rows, self._columns, self._horizon = rows, layout.columns, horizon
        self._scales = scales
        self._own = sizes["inputs"] - sizes["known"]
        self._words = bool(rows.regressors.words)
        self._window = Ring(past, sizes["inputs"], np.float32)
        self._row = np.zeros(sizes["inputs"], np.float32)

    def take(self, values: np.ndarray, times: _Times | None) -> None:
        """Read a row."""
        row = values[None]
        scaled = self._scales.forward(row, 0)
        if self._words:
            scaled = self._rows.regressors.spread(scaled, row, self._columns)
        self._row[: self._own] = scaled[0]
        if times is not None:
            self._row[self._own :] = times.known[times.at]
        self._window.take(self._row)

    def answer(self, times: _Times | None) -> np.ndarray:
        """`(horizon, targets)` after the last row."""
        x, future, _ = self._plan.inputs
        x[0] = self._window.rows()
        if times is not None:
            future[0] = times.known[times.at + 1 : times.at + 1 + self._horizon]
        return self._scales.inverse(self._plan.run()[..., 0].astype(np.float64), _FIRST)[0]
