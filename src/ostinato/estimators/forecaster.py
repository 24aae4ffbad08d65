"""`Forecaster`: what comes next in one or many series."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato import data
from ostinato.errors import DataError, OptionError, check_number
from ostinato.estimators.forecast_core import ForecasterCore
from ostinato.estimators.forecast_stream import ForecastStream
from ostinato.estimators.forecast_table import Series, find_layout, to_table
from ostinato.estimators.forecast_windows import find_season, naive_scale


class Forecaster(ForecasterCore):
    """Forecasts the next rows of one or many series from the rows before them.

    A recurrent network reads the last `past` rows and answers the next `horizon`. One model
    serves every series of the table. The rows to judge by are the last of each series.

    Args:
        target: columns to forecast; None for every numeric column.
        time: column of timestamps; None finds it (a datetime index, a column of datetimes, or
            one named date, time and the like); without one, rows are numbered.
        series: column that tells several series apart.
        features: further columns to read, known up to now only.
        past: rows read.
        horizon: rows answered.
        strategy: "direct" answers all `horizon` rows at once; "recursive" learns the next
            `segment` rows and reads its own forecasts for the rest.
        segment: rows that make one step of the network; None for the largest common divisor of
            `past` and `horizon` up to 48; 1 reads row by row.
        calendar: "none", "auto", or names with commas, such as "hour,weekday": where each row
            lies in the day, week and year.
        scaler: "standard", "minmax" or "none", learned on training rows.
        missing: "error", or how gaps in the values are filled: "interpolate" (a straight line
            between neighbours, which for a gap at the border of the held-out rows looks into
            them) or "ffill" (the value before). `missing_` has the counts.
        gaps: "allow" takes timestamps with gaps as if they followed each other.
        subtract_last: forecasts are made relative to the last value.
        cell: "gru", "lstm" or "rnn".
        hidden_size: units, of each layer if several.
        dropout: share of values hidden between layers and before the last map.
        recurrent_dropout: share of the state hidden, one mask per window.
        loss: "mae", "mse" or "huber", on the scaled values.
        epochs: times through the windows.
        batch_size: windows in one optimizer step.
        patience: epochs without a better validation loss after which to stop; None never stops.
        average: decay of the moving average of the weights that is kept, 0 for none.

    The other arguments are those of `training.TrainingOptions`.

    Attributes:
        history_: figures of each epoch.
        baseline_: `evaluate`'s figures on the held-out rows.
        season_: rows after which the series repeats best, 1 if none was found.
        missing_: values filled in, by column.
    """

    kind = "forecaster"

    def __init__(
        self,
        *,
        target: str | Sequence[str] | None = None,
        time: str | None = None,
        series: str | None = None,
        features: Sequence[str] = (),
        past: int = 96,
        horizon: int = 24,
        strategy: str = "direct",
        segment: int | None = None,
        calendar: str = "none",
        scaler: str = "standard",
        missing: str = "error",
        gaps: str = "error",
        subtract_last: bool = True,
        cell: str = "gru",
        hidden_size: int | tuple[int, ...] = 128,
        dropout: float = 0.2,
        recurrent_dropout: float = 0.0,
        loss: str = "mae",
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        schedule: str = "cosine",
        warmup: float = 0.0,
        decay: float = 0.5,
        decay_every: int = 1,
        patience: int | None = 5,
        seed: int = 0,
        precision: str = "32",
        accumulate: int = 1,
        average: float = 0.0,
    ) -> None:
        self.target = target
        self.time = time
        self.series = series
        self.features = features
        self.past = past
        self.horizon = horizon
        self.strategy = strategy
        self.segment = segment
        self.calendar = calendar
        self.scaler = scaler
        self.missing = missing
        self.gaps = gaps
        self.subtract_last = subtract_last
        self.cell = cell
        self.hidden_size = hidden_size
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.loss = loss
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.schedule = schedule
        self.warmup = warmup
        self.decay = decay
        self.decay_every = decay_every
        self.patience = patience
        self.seed = seed
        self.precision = precision
        self.accumulate = accumulate
        self.average = average

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = 0.1,
        directory: str | os.PathLike[str] | None = None,
        resume: bool = False,
        progress: bool = True,
    ) -> Forecaster:
        """Learn from every window of `X`.

        Args:
            X: a DataFrame, a path or several, or numbers `(rows,)` or `(rows, columns)`.
            y: not used; the targets are columns of `X`.
            validation: the share of the rows, the last of each series, to judge by; or a table
                of rows that follow `X`; or None. Their windows read rows before them.
            directory: where checkpoints and logs go.
            resume: continue what `directory` has.
            progress: show a bar.

        Raises:
            OptionError: an argument is not allowed.
            DataError: the table cannot be used; the message says why and what to do.
        """
        where = "Forecaster.fit"
        self._check(where, y)
        frame = to_table(X, where)
        self.layout_ = find_layout(
            frame,
            target=self.target,
            features=self.features,
            time=self.time,
            series=self.series,
            where=where,
        )
        known, self.missing_ = self._read(frame, where)
        parts, cuts = self._split(known, validation, where)
        if self.strategy == "recursive" and self.layout_.features:
            raise OptionError(
                f"{where}: strategy 'recursive' would need the features of rows to come. "
                "Use strategy='direct' or leave the features out."
            )
        self.frequency_ = known[0].frequency
        self.calendar_ = self._calendar_names(where)
        learn = [part.values[:cut] for part, cut in zip(parts, cuts, strict=True)]
        self.scaler_ = data.Scaler(self.scaler).fit(np.concatenate(learn), self.layout_.columns)
        count = len(self.layout_.target)
        own = [values[:, :count] for values in learn]
        self.season_ = find_season(own, self.frequency_, self.past)
        windows = self._windows(parts, cuts, where)
        self.naive_scale_ = naive_scale(own, self.season_)
        self._build()
        self._train(windows, self._training_options(), directory, resume, progress)
        self._remember(known)
        self.baseline_ = self._measure(windows.values, windows.validation)
        return self

    def partial_fit(self, X: Any, y: Any = None, *, progress: bool = False) -> Forecaster:
        """Go on learning, for one epoch at the constant learning rate, from every window of `X`.

        Scaler, columns and season stay as `fit` learned them; `forecast` then follows `X`.
        """
        where = "Forecaster.partial_fit"
        if not hasattr(self, "module_"):
            return self.fit(X, y, validation=None, progress=progress)
        self._check(where, y)
        known, filled = self._read(to_table(X, where), where)
        for name, number in filled.items():
            self.missing_[name] = self.missing_.get(name, 0) + number
        windows = self._windows(known, [len(part.values) for part in known], where)
        options = dataclasses.replace(
            self._training_options(), epochs=1, schedule="constant", warmup=0.0, average=0.0
        )
        before = self.history_
        self._train(windows, options, None, False, progress)
        self.history_ = {
            name: [*values, *self.history_.get(name, [])] for name, values in before.items()
        }
        self.fit_result_ = dataclasses.replace(self.fit_result_, history=self.history_)
        self._remember(known)
        return self

    def predict(self, X: Any) -> pd.DataFrame:
        """The `horizon` rows that follow the last row of each series of `X`.

        Returns:
            the targets in the user's units; the index has the timestamps, after the series'
            name if there are many.

        Raises:
            DataError: a series of `X` has fewer than `past` rows, or cannot be read as in `fit`.
        """
        self._check_fitted()
        known, _ = self._read(to_table(X, "Forecaster.predict"), "Forecaster.predict")
        return self._join([self.answer(part, self.horizon) for part in known], known)

    def forecast(self, h: int | None = None) -> pd.DataFrame:
        """The `h` rows (None for `horizon`) that follow the last row given to `fit`.

        Beyond what the network answers at once, it reads its own forecasts.
        """
        self._check_fitted()
        steps = self.horizon if h is None else h
        check_number("Forecaster.forecast", "h", steps, low=1, whole=True)
        return self._join([self.answer(part, steps) for part in self.known_], self.known_)

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """Errors over every window of `X`, beside two naive forecasts of the same windows.

        Rows before the first forecast count as inputs only: `X` should start with the `past`
        rows before the first row of interest. See `forecast_windows.measure` for the names;
        figures are means over rows, targets and windows, lower is better.
        """
        self._check_fitted()
        where = "Forecaster.evaluate"
        known, _ = self._read(to_table(X, where), where)
        windows = self._windows(known, [len(part.values) for part in known], where)
        return self._measure(windows.values, windows.training)

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the mean absolute error over every window, in the user's units: more is better."""
        return -self.evaluate(X)["mae"]

    def stream(self) -> ForecastStream:
        """A stream that takes row after row of one series."""
        self._check_fitted()
        return ForecastStream(self)

    def answer(self, series: Series, steps: int) -> pd.DataFrame:
        """The `steps` rows after a series' last, in the user's units.

        Raises:
            DataError: the series is shorter than `past`.
            OptionError: `steps` is beyond the horizon and the features to come are not known.
        """
        if len(series.values) < self.past:
            place = "" if series.name is None else f"series {series.name!r}: "
            raise DataError(
                f"Forecaster: {place}a forecast reads {self.past} rows, got {len(series.values)}. "
                "Give the rows before them too."
            )
        recent = dataclasses.replace(
            series,
            values=series.values[-self.past :],
            index=series.index[-self.past :],
            frequency=self.frequency_ or series.frequency,
        )
        index = recent.after(steps)
        x = torch.from_numpy(self._scaled(recent).astype(np.float32))[None]
        future = np.zeros((1, steps, x.shape[-1]), dtype=np.float32)
        if self.calendar_:
            future[0, :, -len(self.calendar_) :] = data.calendar_features(index, self.calendar_)
        scaled = self._roll(x, torch.from_numpy(future))[0].double().numpy()
        columns = self.layout_.target
        values = self.scaler_.select(range(len(columns))).inverse(scaled)
        return pd.DataFrame(
            values, index=index.rename(self.layout_.time or None), columns=pd.Index(columns)
        )
