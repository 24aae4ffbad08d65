"""`Forecaster`: what comes next in one or many series."""

from __future__ import annotations

import dataclasses
import logging
import os
from collections.abc import Sequence
from typing import Any, Self

import pandas as pd
import torch

from ostinato.data.series_table import Layout, held_out_table
from ostinato.errors import OptionError, check_number
from ostinato.figures import Figure
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.forecaster import learning, pictures
from ostinato.tasks.forecaster.answering import Answers
from ostinato.tasks.forecaster.at_once import without_training
from ostinato.tasks.forecaster.backtest import compare
from ostinato.tasks.forecaster.instant import PretrainedForecaster
from ostinato.tasks.forecaster.intervals import Intervals
from ostinato.tasks.forecaster.lengths import enough
from ostinato.tasks.forecaster.measures import judge, measure
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.online import LearningForecastStream
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.origins import tested
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.scaling import Scaling
from ostinato.tasks.forecaster.stream import ForecastStream
from ostinato.tasks.forecaster.windows import Windows

_LOG = logging.getLogger("ostinato")


class Forecaster(Estimator[ForecasterRows, ForecasterModule], ForecasterOptions):
    """Forecasts the next rows of one or many series from the rows before them.

    A recurrent network reads the last `past` rows and answers the next `horizon`. One model
    serves every series of the table. The rows to judge by are the last of each series.

    Attributes:
        history_: figures of each epoch.
        baseline_: `evaluate`'s figures on the held-out rows, and some of `pretrained`.
        intervals_: what these taught of errors; None, or what a distribution says of itself.
        held_out_: those rows, each series' after the `past` rows before them, as `evaluate` takes
            them; None without.
        past_, horizon_: rows that are read and answered, as given or as chosen by the data.
        skipped_: series too short to learn from; they are answered all the same.
        season_: rows after which series repeat; 1 if none was found.
        missing_: values filled in, by column.
    """

    kind = "forecaster"

    @property
    def layout_(self) -> Layout:
        self._check_fitted()
        return self.rows_.layout

    @property
    def scaler_(self) -> Scaling:
        self._check_fitted()
        return self.rows_.scaling

    @property
    def frequency_(self) -> str | None:
        self._check_fitted()
        return self.rows_.frequency

    @property
    def past_(self) -> int:
        self._check_fitted()
        return self.rows_.past

    @property
    def horizon_(self) -> int:
        self._check_fitted()
        return self.rows_.horizon

    @property
    def season_(self) -> int:
        self._check_fitted()
        return self.rows_.season

    @property
    def missing_(self) -> dict[str, int]:
        self._check_fitted()
        return self.rows_.filled

    @staticmethod
    def pretrained(**options: Any) -> PretrainedForecaster:
        """A forecaster that answers any table at once, without training; `options` are those of
        `PretrainedForecaster`, such as `horizon` and `series`."""
        return PretrainedForecaster(**options).check("Forecaster.pretrained")

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = 0.1,
        directory: str | os.PathLike[str] | None = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn from every window of `X`; what was found in it (time, pace, series, season) goes
        to the log "ostinato".

        Args:
            X: a DataFrame, a path or several, or numbers `(rows,)` or `(rows, columns)`.
            y: not used; the targets are columns of `X`.
            validation: the share of the rows, the last of each series, to judge by; or a table
                of rows that follow `X`; or None. Their windows read rows before them.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an argument is not allowed.
            DataError: the table cannot be used; the message says why and what to do.
        """
        where, options = "Forecaster.fit", self._training()
        _refuse(where, y)
        self.rows_, parts, cuts = ForecasterRows.learn(where, self, X, validation)
        for name, words in self.rows_.found(parts).items():
            _LOG.info("%s: %s", name, words)
        windows = self.rows_.windows(parts, cuts, where)
        self.skipped_ = windows.skipped
        self._build()
        self.intervals_: Intervals | None = None
        held_out = held_out_table(self.rows_.layout, parts, cuts, self.past_)
        self.held_out_ = self.rows_.regressors.decode(held_out)
        run = Run(directory=directory, resume=resume, progress=progress)
        self._train(windows, enough(self, options, len(windows.training)), run)
        self.baseline_, self.intervals_ = judge(self.rows_, self.module_, windows)
        self.baseline_ |= without_training(self.rows_, parts, windows)
        if self.intervals_ is None and self.output != "point":
            self.intervals_ = Intervals.told(self.horizon_)
        return self

    def partial_fit(self, X: Any, y: Any = None, *, progress: bool | None = False) -> Self:
        """Go on learning, for one epoch at the constant learning rate, from every window of `X`.

        Scaler, columns, time and season stay as `fit` learned them. A few rows that follow those
        of `fit` are enough, and rows without timestamps always follow. `forecast` then follows `X`
        for the series that it has, unless its rows are older than those that are known; the others
        go on from where they were.
        """
        where = "Forecaster.partial_fit"
        if not self._fitted:
            return self.fit(X, y, validation=None, progress=progress)
        _refuse(where, y)
        parts, filled = self.rows_.read(X, where)
        parts = self.rows_.following(parts, self.past_ + self.horizon_, where)
        windows = self.rows_.windows(parts, [len(part.values) for part in parts], where)
        further, before = self._further(learning_rate=self.learning_rate), self.history_
        self._train(windows, further, Run(progress=progress))
        self._append(before)
        known = self.rows_.filled
        known |= {name: known.get(name, 0) + number for name, number in filled.items()}
        self.rows_.remember(parts, self.past_)
        return self

    def _train(self, windows: Windows, options: TrainingOptions, run: Run) -> None:
        learn, judge = learning.batches_of(windows, options, self.past_, self.module_.horizon)
        if judge is None:  # the training loss tells nothing of when to stop
            options = dataclasses.replace(options, patience=None)
        self._learn(learn, judge, loss=learning.loss_of(self), options=options, run=run)

    # Answering.

    def predict(
        self,
        X: Any,
        future: Any = None,
        h: int | None = None,
        *,
        level: Any = None,
        quantiles: Any = None,
    ) -> pd.DataFrame:
        """The `h` rows (None for `horizon`) that follow the last row of each series of `X`.

        Beyond `horizon` the network reads its own forecasts, and features as they were last;
        intervals then grow with the root of the distance.

        Args:
            X: as in `fit`. Last rows with empty targets tell the future columns of rows to come.
            future: a table with the future columns of the rows to come, and their times and
                series as in `X`; further rows and columns are not read.
            level: how many per cent of the values to come an interval should cover, such as 80, or
                several.
            quantiles: levels between 0 and 1, such as [0.1, 0.5, 0.9], instead.

        Returns:
            the targets in the user's units; the index has the timestamps, after the series'
            name if there are many. The bits of a series do not depend on the others. With `level`
            or `quantiles` each target's quantiles follow it: NAME_q10, NAME_q90 for 80 per cent.

        Raises:
            OptionError: there are levels, and `fit` had no held-out rows to learn them from.
            DataError: a series of `X` has fewer than `past` rows, or cannot be read as in `fit`;
                or a future column has no value for a row to come.
        """
        answers, where = self._answers, "Forecaster.predict"
        parts, _ = self.rows_.read(X, where)
        return answers.ahead(parts, future, h, answers.levels(where, level, quantiles), where)

    def forecast(
        self,
        h: int | None = None,
        future: Any = None,
        *,
        level: Any = None,
        quantiles: Any = None,
    ) -> pd.DataFrame:
        """The `h` rows (None for `horizon`) that follow the last row given to `fit`, as in
        `predict`."""
        answers, where = self._answers, "Forecaster.forecast"
        levels = answers.levels(where, level, quantiles)
        return answers.ahead(self.rows_.known, future, h, levels, where)

    def sample(
        self,
        count: int,
        X: Any = None,
        future: Any = None,
        h: int | None = None,
        *,
        seed: int = 0,
    ) -> pd.DataFrame:
        """`count` ways in which the next `h` rows may go on, drawn by chance: for sums, maxima and
        the like over several rows, which quantiles of each row do not tell.

        Args:
            X, future, h: as in `predict`; without X they go on from the last row given to `fit`.
            seed: the same draws the same rows of a series, whatever the others.

        Returns:
            as `predict`, for one sample after another; the index begins with its number, "sample".
        """
        answers, where = self._answers, "Forecaster.sample"
        check_number(where, "count", count, low=1, whole=True)
        parts = self.rows_.known if X is None else self.rows_.read(X, where)[0]
        return answers.sample(parts, future, h, count, seed, where)

    def plot(
        self,
        X: Any = None,
        kind: str = "forecast",
        *,
        series: Any = None,
        target: str | None = None,
        future: Any = None,
        h: int | None = None,
    ) -> Figure:
        """A picture of one series, which shows itself in a notebook; `ostinato.figures.draw` writes
        it to a file.

        Args:
            X, future, h: as in `predict`; without X the last rows given to `fit`, or for "backtest"
                and "steps" the held-out rows.
            kind: "forecast": the last rows and a fan of intervals; "history": the rows; "backtest":
                forecasts that follow each other, beside the best naive ones; "steps": mean errors
                by how far ahead, of all series.
            series, target: the name of the series and the column; None takes the first.
        """
        how = {"series": series, "target": target, "future": future, "h": h}
        return pictures.draw(self, self._answers, X, kind, **how)

    @property
    def _answers(self) -> Answers:
        self._check_fitted()
        return Answers(rows=self.rows_, module=self.module_, intervals=self.intervals_)

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """Errors over every window of `X`, beside naive forecasts of the same windows.

        Rows before the first forecast count as inputs only: `X` should start with the `past`
        rows before the first row of interest. Figures are means over the windows of a series, and
        then over the series; `ostinato.measures` says what each is. With the prefix `baseline_`
        they are those of repeating the last value, with `seasonal_` of the last season, with
        `drift_` of a line, and of counts with many zeros with `croston_` of Croston's forecast.
        """
        self._check_fitted()
        where = "Forecaster.evaluate"
        _refuse(where, y)
        parts, _ = self.rows_.read(X, where)
        windows = self.rows_.windows(parts, [len(part.values) for part in parts], where)
        return measure(self.rows_, self.module_, windows, windows.training, self.intervals_)

    def backtest(
        self,
        X: Any,
        *,
        every: int | None = None,
        origins: int | None = None,
        level: Any = None,
        quantiles: Any = None,
        beside: str | Sequence[str] = (),
        refit: int | None = None,
    ) -> pd.DataFrame:
        """Forecasts from one row after another of `X`, each from the rows before it alone, as they
        would have been made (rolling origin).

        Args:
            X: as of `evaluate`: the first forecast is of the row after the first `past` rows.
            every: rows between two origins; None takes the horizon, so that where one forecast ends
                the next begins.
            origins: so many of each series at most, the last ones; None for all.
            level, quantiles: as in `predict`.
            beside: "ets" and "theta", statistical models (by statsmodels) that are fitted anew at
                every origin, each to all rows up to it, which takes about a tenth of a second.
            refit: fit another model with these options for every `refit` origins, to the rows of
                `X` up to the first of these; None takes this model for all.

        Returns:
            a row for each row ahead of each origin: the series' name if there are many; "origin",
            the time of the last row that was known; the row's own time; "step", 1 for the next row;
            and for each target what came, NAME_forecast, NAME_last and other naive forecasts,
            NAME_ets and NAME_theta as asked for, and quantiles as of `predict`.

        Raises:
            MissingDependencyError: statsmodels is not there.
        """
        levels = self._answers.levels("Forecaster.backtest", level, quantiles)
        how: dict[str, Any] = {"every": every, "origins": origins, "beside": beside, "refit": refit}
        return tested(self, X, levels, **how)

    def compare(self, tested: pd.DataFrame, by: str = "series") -> pd.DataFrame:
        """Figures of a table that `backtest` made, called as in `evaluate`: a row for each series,
        or with `by="step"` for each step ahead. `compare(tested).nlargest(10, "mase")` has the
        worst series; `wql`, `crps` and coverage are of the quantiles that the table has.
        """
        self._check_fitted()
        return compare(tested, self.rows_, by)

    def score(self, X: Any, y: Any = None) -> float:
        """Minus the mean absolute error over every window, in the user's units: more is better."""
        return -self.evaluate(X, y)["mae"]

    def stream(
        self,
        series: Any = None,
        *,
        learn: bool = False,
        snapshot: str | os.PathLike[str] | None = None,
        **online: Any,
    ) -> ForecastStream | LearningForecastStream:
        """A stream that takes row after row of one series: `series`, or the one that its first row
        names.

        Args:
            learn: learn from each row as it comes, in this model; otherwise it stays as it is.
            snapshot: a file; every `snapshot_every` rows all that is needed to go on is written to
                it, whole or not at all. Where it is there already, the stream goes on from it.
            online: options of `OnlineOptions`.
        """
        self._check_fitted()
        if learn:
            how = OnlineOptions(**online).check("Forecaster.stream")
            return LearningForecastStream(self, self.rows_, self.module_, series, how, snapshot)
        if online or snapshot is not None:
            raise OptionError("Forecaster.stream: options of learning need learn=True.")
        return ForecastStream(self, self.rows_, self.module_, series)

    # Files.

    def _make(self) -> ForecasterModule:
        return ForecasterModule(self.rows_.sized(self), **self.rows_.sizes)

    def _example(self) -> tuple[Any, ...]:
        sizes = self.rows_.sizes
        return (
            torch.zeros(1, self.past_, sizes["inputs"]),
            torch.zeros(1, self.module_.horizon, sizes["known"]),
            torch.zeros(1, sizes["statics"]),
        )

    def _document(self) -> dict[str, Any]:
        known = self.intervals_
        return super()._document() | {"intervals": None if known is None else known.to_dict()}

    def _restore(self, document: dict[str, Any]) -> None:
        self.intervals_ = Intervals.from_dict(document.get("intervals"))
        self.rows_ = ForecasterRows.from_dict(self, document)


def _refuse(where: str, y: Any) -> None:
    """Raise OptionError where there is a y: the targets are columns of X."""
    if y is not None:
        raise OptionError(
            f"{where}: y must be None, got {type(y).__name__}. "
            "The targets are columns of X: name them with Forecaster(target=...)."
        )
