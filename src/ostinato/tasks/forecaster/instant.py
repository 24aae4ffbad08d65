"""Forecasts of any table at once, by the network that comes with the package."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_reading import open_table, read_series
from ostinato.data.series_table import Layout, Series
from ostinato.errors import DataError, check_number
from ostinato.tasks.forecaster import pretrained
from ostinato.tasks.forecaster.answering import table
from ostinato.tasks.forecaster.intervals import levels_of
from ostinato.tasks.forecaster.options import PretrainedOptions
from ostinato.tasks.forecaster.periods import seasons_of
from ostinato.tasks.forecaster.prior import LEVELS

_LEAST = 3  # rows of a series


class PretrainedForecaster(PretrainedOptions):
    """Forecasts any table at once, with intervals and without training.

    The network was trained on made-up series alone (docs: Forecast at once). It reads each column
    of each series by itself: at most 2048 rows back, through its last 256 rows and values some
    seasons before.

    A table may have missing values (they are filled, a season before if there is one) and missing
    timestamps; values before the first are left out. Where no value of a series is below zero, no
    answer is.

    Attributes:
        found_: what `predict` found of the table, in a sentence.
    """

    def predict(self, X: Any, *, horizon: int | None = None) -> pd.DataFrame:
        """The rows that follow the last row of each series of `X`.

        Args:
            X: a DataFrame, a path or several, or numbers `(rows,)` or `(rows, columns)`.
            horizon: rows to answer; None for the one given at first.

        Returns:
            for each target its median, then the quantiles at the ends of its intervals, as
            `NAME_q10` and `NAME_q90`; the index has the timestamps, after the series' name if
            there are many.

        Raises:
            DataError: the table cannot be read, or a series has fewer than three values.
        """
        where = "Forecaster.pretrained.predict"
        steps = self.horizon if horizon is None else horizon
        check_number(where, "horizon", steps, low=1, whole=True)
        layout, parts = self._read(X, where)
        answers = self.quantiles(parts, steps, where)
        levels = levels_of(where, self.level, None)
        found = pretrained.at_levels(answers, [0.5, *levels])
        indices = [part.after(steps) for part in parts]
        time = layout.time or None
        return table(layout, time, parts, found, indices, levels)

    def evaluate(self, X: Any, *, horizon: int | None = None) -> dict[str, float]:
        """How well the last `horizon` rows of each series are forecast from those before them.

        Returns:
            means over series and columns: `mase` (mean absolute error by the error of repeating
            the season on the rows before), `seasonal_mase` of repeating the season, and
            `coverage` of the widest interval.
        """
        where = "Forecaster.pretrained.evaluate"
        steps = self.horizon if horizon is None else horizon
        _, parts = self._read(X, where)
        short = min(len(part.values) for part in parts)
        if short < steps + _LEAST:
            raise DataError(
                f"{where}: a series has {short} rows, fewer than the horizon {steps} and "
                f"{_LEAST} before it. Give more rows, or choose a smaller horizon."
            )
        cut = [
            dataclasses.replace(p, values=p.values[:-steps], index=p.index[:-steps]) for p in parts
        ]
        levels = levels_of(where, self.level, None)
        answers = self.quantiles(cut, steps, where)
        found = pretrained.at_levels(answers, [0.5, levels[0], levels[-1]])
        figures = []
        for part, before, answer in zip(parts, cut, found, strict=True):
            for k in range(part.values.shape[1]):
                truth, (season, _) = part.values[-steps:, k], self._seasons(before, k)
                known = pretrained.fill(before.values[:, k], season)
                lag = season if len(known) > season else 1
                unit = np.abs(known[lag:] - known[:-lag]).mean() or 1.0
                middle, low, high = answer[:, k].T
                figures.append(
                    (
                        np.nanmean(np.abs(middle - truth)) / unit,
                        np.nanmean(np.abs(np.resize(known[-lag:], steps) - truth)) / unit,
                        np.nanmean(((low <= truth) & (truth <= high))[~np.isnan(truth)]),
                    )
                )
        mean = np.mean(figures, axis=0)
        return dict(zip(("mase", "seasonal_mase", "coverage"), map(float, mean), strict=True))

    def quantiles(self, parts: list[Series], steps: int, where: str) -> np.ndarray:
        """`(series, steps, targets, levels)`."""
        columns, seasons = [], []
        for part in parts:
            for k in range(part.values.shape[1]):
                values = part.values[:, k]
                if np.count_nonzero(~np.isnan(values)) < _LEAST:
                    place = "" if part.name is None else f"series {part.name!r}: "
                    raise DataError(
                        f"{where}: {place}at least {_LEAST} values are needed to forecast, got "
                        f"{np.count_nonzero(~np.isnan(values))}. Give more rows, or leave it out."
                    )
                columns.append(values)
                seasons.append(self._seasons(part, k))
        found = pretrained.quantiles(columns, seasons, steps)
        return found.reshape(len(parts), -1, steps, len(LEVELS)).transpose(0, 2, 1, 3)

    def _seasons(self, part: Series, column: int) -> tuple[int, int]:
        if self.season is not None:
            told = self.season if isinstance(self.season, tuple) else (self.season,)
            return told[0], told[-1] if len(told) > 1 else 1
        return seasons_of(part.values[:, column], part.pace)

    def _read(self, X: Any, where: str) -> tuple[Layout, list[Series]]:
        self.check("Forecaster.pretrained")
        frame, layout, clock = open_table(X, self, where, gaps="allow", target=self.target)
        parts, _ = read_series(frame, layout, clock=clock, missing="allow", where=where)
        for part in parts:
            place = where if part.name is None else f"{where}: series {part.name!r}"
            data.check_values(part.values, layout.columns, where=place, missing="allow")
        if clock is not None:
            paces = [clock.paces.get(part.name, clock.usual) for part in parts]
            parts = [_whole(part, pace) for part, pace in zip(parts, paces, strict=True)]
        self.found_ = self._words(layout, parts, clock)
        return layout, parts

    def _words(self, layout: Layout, parts: list[Series], clock: data.Clock | None) -> str:
        """What was read, for people to check."""
        seasons = {self._seasons(part, k) for part in parts for k in range(len(layout.target))}
        told = [
            " and ".join(str(n) for n in each if n > 1) or "none" for each in sorted(seasons)[:3]
        ]
        more = f" and {len(seasons) - 3} others" if len(seasons) > 3 else ""
        time = "rows are numbered" if clock is None else clock.words()
        count = sum(len(part.values) for part in parts)
        return (
            f"{len(parts):,} series, {count:,} rows, forecast {', '.join(layout.target)}; {time}; "
            f"season in rows: {', or '.join(told)}{more}"
        )


def _whole(part: Series, pace: data.Pace | None) -> Series:
    """The series with a row, of missing values, at each point that its pace asks for."""
    part = dataclasses.replace(part, pace=pace)
    if pace is None or not pace.steady or len(part.index) < 3:
        return part
    points = pd.date_range(part.index[0], part.index[-1], freq=pace.grid)
    points = points[pace.is_open(points)].union(part.index)
    if not len(part.index) < len(points) <= 2 * len(part.index):
        return part
    values = np.full((len(points), part.values.shape[1]), np.nan)
    values[points.get_indexer(part.index)] = part.values
    return dataclasses.replace(part, values=values, index=points)
