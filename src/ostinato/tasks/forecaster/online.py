"""A forecaster that learns from each row as it comes."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato import data
from ostinato.measures.drift import PageHinkley
from ostinato.measures.forecasts import repeat_last, repeat_season
from ostinato.measures.prequential import ForecastErrors, LinearForecaster
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.tasks.forecaster.learning import loss_of
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.stream import ForecastStream
from ostinato.training.online import OnlineLearner
from ostinato.training.snapshots import check_columns, read_snapshot, write_snapshot

KIND = "forecaster"
PREFIXES = ("", "baseline_", "seasonal_", "linear_")
_LAGS = 48  # most rows that the linear model reads
_FAR = 5.0  # spreads; a larger miss counts no more for the alarm


class LearningForecastStream:
    """As `ForecastStream`, and the network learns from each row that completes a window; the
    scales stay as `fit` learned them.

    Memory does not grow. A row that cannot be used is an error, and changes nothing.

    Args:
        online: how to learn.
        snapshot: a file for all that is needed to go on; the stream goes on from it where it is
            there.

    Attributes:
        alarms: rows at which errors became larger than they were.

    Raises:
        StorageError: the snapshot is damaged, or of another model.
        OptionError: the snapshot was made with other options, or `memory` is too small.
    """

    def __init__(
        self,
        options: ForecasterOptions,
        rows: ForecasterRows,
        module: ForecasterModule,
        series: Any,
        online: OnlineOptions,
        snapshot: str | os.PathLike[str] | None = None,
    ) -> None:
        self.options, self.rows, self.module = options, rows, module
        self.online, self.snapshot = online, snapshot
        self.stream = ForecastStream(options, rows, module, series)
        self.targets = len(rows.layout.target)
        rate = options.learning_rate if online.rate is None else online.rate
        self.learner = OnlineLearner(
            module,
            self._loss,
            {"values": np.zeros(len(rows.layout.columns)), "time": np.int64(0)},
            length=rows.past + rows.horizon,
            latest=online.every,
            training=dataclasses.replace(options.part(TrainingOptions), learning_rate=rate),
            online=online,
        )
        self._criterion = loss_of(options)
        self.errors = ForecastErrors(PREFIXES, rows.horizon, self.targets)
        self.linear: LinearForecaster | None = None
        self.drift = None if online.alarm is None else PageHinkley(online.alarm)
        self.alarms: list[int] = []
        self.saved = 0
        if snapshot is not None and os.path.exists(snapshot):
            self._restore(snapshot)

    @property
    def count(self) -> int:
        """Rows taken."""
        return self.learner.memory.count

    def step(
        self,
        row: Mapping[str, Any] | Sequence[float] | float,
        *,
        time: Any = None,
        future: Any = None,
    ) -> pd.DataFrame | None:
        """Take one row, learn where a step is due, and answer as `ForecastStream.step`.

        Raises:
            DataError: as there; nothing was changed then.
        """
        if self.snapshot is not None and self.count - self.saved >= self.online.snapshot_every:
            self.save(self.snapshot)
        taken = self.stream.take(row, time)
        if not taken:
            return None
        window, index = self.stream.filled(), self.stream.index()
        stamp = index[-1] if self.rows.clock is None else index.asi8[-1]
        number = self.learner.memory.add({"values": window[-1], "time": stamp})
        own = window[:, : self.targets]
        self._judge(number, own, self._spread(window, index))
        self.learner.known(number)
        answer = self.stream.answer(future)
        if answer is not None:
            assert self.linear is not None
            found = answer.to_numpy()
            horizon = self.rows.horizon
            naive = (
                repeat_last(own[None], horizon),
                repeat_season(own[None], min(self.rows.season, len(own)), horizon),
            )
            self.errors.said([found, naive[0][0], naive[1][0], self.linear.answer(own)])
        return answer

    def _judge(self, number: int, own: np.ndarray, spread: np.ndarray) -> None:
        """Compare what was said with the row that came; the linear model learns."""
        missed = self.errors.came(own[-1])[0]
        horizon = self.rows.horizon
        if self.drift is not None and not np.isnan(missed).any():
            error = float(np.minimum(missed / spread, _FAR).mean())
            if self.drift.step(error):
                self.alarms.append(number)
        if len(own) < self.rows.past:
            return
        if self.linear is None:
            self.linear = LinearForecaster(spread, min(self.rows.past, _LAGS), horizon)
        memory, lags = self.learner.memory, self.linear.lags
        if number + 1 - memory.first >= lags + horizon:
            places = np.arange(number + 1 - lags - horizon, number + 1) % memory.size
            last = memory.arrays["values"][places][:, : self.targets]
            self.linear.learn(last[:lags], last[lags:])

    def _spread(self, values: np.ndarray, index: Any) -> np.ndarray:
        """`(targets,)`, the spread of the series with these rows, in the user's units."""
        part = self.stream.part(values, index)
        return self.rows.scales([part]).spread[0, : self.targets]

    def _loss(self, module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> Any:
        """The loss of windows of rows in the user's units."""
        values, times = batch["values"].numpy(), batch["time"].numpy()
        parts = [
            self.stream.part(rows, self._index(each))
            for rows, each in zip(values, times, strict=True)
        ]
        windows = self.rows.windows(parts, [values.shape[1]] * len(parts), "stream")
        batch = windows.take(windows.training, self.rows.past, self.module.horizon)
        return self._criterion(module, batch)

    def _index(self, times: np.ndarray) -> Any:
        """Timestamps, or positions, of rows that follow each other."""
        if self.rows.clock is None:
            return pd.RangeIndex(int(times[0]), int(times[-1]) + 1)
        index = self.stream.index()
        packed = data.pack_times(index[-1:]) | {"times": times.tolist()}
        return data.unpack_times(packed)

    def scores(self) -> dict[str, float]:
        """The measures of `evaluate`, of all forecasts made so far, each before its rows came; with
        the prefixes `baseline_`, `seasonal_` and `linear_` those of the last value, of the last
        season, and of a linear model that learns row by row too."""
        if not self.errors.count:
            return {}
        values, index = self.stream.filled(), self.stream.index()
        part, names = self.stream.part(values, index), self.rows.scaling.names
        naive = np.zeros(self.targets)
        if part.name in names:
            naive = self.rows.naive_scale[names.index(part.name)]
        return self.errors.scores(self._spread(values, index), naive)

    # To go on later.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write all that is needed to go on, whole or not at all. A stream that goes on from it
        has the bits of one that never stopped.

        Raises:
            StorageError: the file cannot be written; the one before is whole.
        """
        tensors, numbers = self.learner.state()
        arrays, stream = self.stream.pack()
        arrays = {f"stream.{name}": each for name, each in arrays.items()}
        for name in ("answers", "absolute", "square"):
            arrays[f"errors.{name}"] = getattr(self.errors, name)
        if self.linear is not None:
            for name in ("scale", "inverse", "weights"):
                arrays[f"linear.{name}"] = getattr(self.linear, name)
        tensors |= {f"own.{name}": torch.from_numpy(each) for name, each in arrays.items()}
        document = {
            "columns": self.rows.layout.columns,
            "learner": numbers,
            "stream": stream,
            "errors": [self.errors.rows, self.errors.count],
            "alarms": self.alarms,
            "drift": None if self.drift is None else self.drift.to_dict(),
        }
        write_snapshot(path, KIND, self.options, self.online, tensors, document)
        self.saved = self.count

    def _restore(self, path: Any) -> None:
        with read_snapshot(path, KIND, self.options, self.online) as archive:
            document = archive.document
            check_columns(document["columns"], self.rows.layout.columns)
            parts: dict[str, dict[str, np.ndarray]] = {"stream": {}, "errors": {}, "linear": {}}
            tensors = {}
            for name, each in archive.tensors.items():
                if name.startswith("own."):
                    _, part, rest = name.split(".")
                    parts[part][rest] = each.numpy()
                else:
                    tensors[name] = each
            self.learner.restore(tensors, document["learner"])
            self.stream.unpack(parts["stream"], document["stream"])
            for name, array in parts["errors"].items():
                getattr(self.errors, name)[:] = array
            self.errors.rows, self.errors.count = map(int, document["errors"])
            if parts["linear"]:
                scale, weights = parts["linear"]["scale"].copy(), parts["linear"]["weights"].copy()
                self.linear = LinearForecaster(scale, weights.shape[1], weights.shape[2])
                self.linear.weights = weights
                self.linear.inverse = parts["linear"]["inverse"].copy()
            self.alarms = [int(each) for each in document["alarms"]]
            if self.drift is not None:
                self.drift = PageHinkley.from_dict(document["drift"])
            self.saved = self.count
