"""What is measured of a forecaster, and the naive forecasts beside it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import torch

from ostinato.measures.forecasts import (
    BASELINES,
    FORECASTS,
    measure_forecasts,
    pinball_loss,
    repeat_last,
    repeat_season,
)
from ostinato.tasks.forecaster.intervals import Intervals, is_late
from ostinato.tasks.forecaster.windows import Windows

__all__ = ["BASELINES", "MEASURES", "judge", "measure"]

MEASURES = FORECASTS
DECILES = tuple(k / 10 for k in range(1, 10))
MOST = 4000  # held-out windows that intervals are learned from
PREFIXES = ("", "baseline_", "seasonal_")
Answer = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


class Asked(NamedTuple):
    """Some windows and what was answered to them.

    Attributes:
        series: `(windows,)`, the number of each one's series.
        truth: `(windows, horizon, targets)`, in the user's units.
        naive: the same of repeating the last value, and the last season.
        scaled: what the network answered, on the scale of training.
        gaps: truth minus answer, on that scale.
    """

    series: np.ndarray
    truth: np.ndarray
    naive: tuple[np.ndarray, np.ndarray]
    scaled: np.ndarray
    gaps: np.ndarray

    def only(self, rows: np.ndarray) -> Asked:
        """Some of them."""
        last, season = self.naive
        return Asked(
            self.series[rows],
            self.truth[rows],
            (last[rows], season[rows]),
            self.scaled[rows],
            self.gaps[rows],
        )


def ask(
    answer: Answer, windows: Windows, starts: torch.Tensor, *, season: int, past: int, horizon: int
) -> Iterator[Asked]:
    """The network's answers to the windows that begin at `starts`, some hundred at a time.

    Args:
        answer: `(batch, past, inputs)`, the known columns of the rows to come `(batch, horizon,
            known)` and statics `(batch, statics)`, to `(batch, horizon, targets)`.
    """
    for chosen in windows.some(starts):
        batch = windows.take(chosen, past, horizon)
        rows = windows.truth[chosen.numpy()[:, None] + np.arange(past + horizon)]
        before = rows[:, :past]
        found = answer(batch["x"], batch["future"], batch["static"])
        yield Asked(
            windows.series[chosen].numpy(),
            rows[:, past:],
            (repeat_last(before, horizon), repeat_season(before, season, horizon)),
            found.double().numpy(),
            (batch["y"] - found).double().numpy(),
        )


class _Errors:
    """Errors of the model and of two naive forecasts, series by series."""

    def __init__(self, windows: Windows, naive: np.ndarray) -> None:
        self.windows, self.naive = windows, naive
        shape = (len(PREFIXES), len(windows.names), windows.targets)
        self.absolute, self.square = np.zeros(shape), np.zeros(shape)
        self.counts = np.zeros(len(windows.names), dtype=np.int64)

    def add(self, asked: Asked) -> None:
        own = self.windows.scales.inverse(asked.scaled, asked.series)
        np.add.at(self.counts, asked.series, asked.truth.shape[1])
        for k, forecast in enumerate((own, *asked.naive)):
            gap = np.abs(forecast - asked.truth)
            np.add.at(self.absolute[k], asked.series, gap.sum(1))
            np.add.at(self.square[k], asked.series, (gap**2).sum(1))

    def scores(self) -> dict[str, float]:
        """Means over the series: each counts alike."""
        seen = np.flatnonzero(self.counts)
        means = {}
        for k, prefix in enumerate(PREFIXES):
            found = [
                measure_forecasts(
                    self.absolute[k, n] / self.counts[n],
                    self.square[k, n] / self.counts[n],
                    self.windows.scales.spread[n],
                    self.naive[n],
                )
                for n in seen
            ]
            for name in dict.fromkeys(name for each in found for name in each):
                values = [each[name] for each in found if name in each]
                means[prefix + name] = float(np.mean(values))
            if prefix + "mse" in means:
                means[prefix + "rmse"] = means[prefix + "mse"] ** 0.5
        return means


class _Cover:
    """How often intervals hold the truth, and what quantiles err, series by series; naive
    forecasts beside them are quantiles that are all the same."""

    def __init__(self, windows: Windows, intervals: Intervals) -> None:
        self.windows, self.intervals = windows, intervals
        self.sums = np.zeros((3 + len(PREFIXES), len(windows.names)))

    def add(self, asked: Asked) -> None:
        scales, truth = self.windows.scales, asked.truth
        found = self.intervals.around(asked.scaled, scales, asked.series, DECILES)
        inside = (found[..., 0] <= truth) & (truth <= found[..., -1])
        errors = (
            2 * pinball_loss(found, truth, DECILES),
            *(np.abs(truth - point) for point in asked.naive),
        )
        for table, values in zip(
            self.sums, (np.ones_like(truth), inside, np.abs(truth), *errors), strict=True
        ):
            np.add.at(table, asked.series, values.sum((1, 2)))

    def scores(self) -> dict[str, float]:
        """`coverage_80` and `wql`, means over the series."""
        count, inside, size, *errors = self.sums
        seen = count > 0
        if not seen.any():
            return {}
        scores = {"coverage_80": float((inside[seen] / count[seen]).mean())}
        sized = seen & (size > 0)
        if sized.any():
            for prefix, table in zip(PREFIXES, errors, strict=True):
                scores[f"{prefix}wql"] = float((table[sized] / size[sized]).mean())
        return scores


def measure(
    answer: Answer,
    windows: Windows,
    starts: torch.Tensor,
    intervals: Intervals | None,
    *,
    naive: np.ndarray,
    season: int,
    past: int,
    horizon: int,
) -> dict[str, float]:
    """`MEASURES` of the model over windows; with the prefixes of `BASELINES` those of repeating the
    last value and the last season. {} without a window.

    Args:
        answer: as of `ask`.
        intervals: what is known of errors; without it there are no figures of intervals.
        naive: `(series, targets)`, mean error of repeating the season on training rows.
    """
    sums: list[_Errors | _Cover] = [_Errors(windows, naive)]
    if intervals is not None:
        sums.append(_Cover(windows, intervals))
    for asked in ask(answer, windows, starts, season=season, past=past, horizon=horizon):
        for each in sums:
            each.add(asked)
    return {name: value for each in sums for name, value in each.scores().items()}


def judge(
    answer: Answer,
    windows: Windows,
    *,
    naive: np.ndarray,
    season: int,
    past: int,
    horizon: int,
) -> tuple[dict[str, float], Intervals | None]:
    """`measure` over the windows to judge by, and intervals from their errors. The figures of
    intervals are of the later half of each series' windows, with what the earlier half taught."""
    starts = windows.validation
    if not len(starts):
        return {}, None
    sample = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), MOST)).round().astype(int))
    late = is_late(windows.series[starts].numpy())[sample]
    errors, kept, done = _Errors(windows, naive), [], 0
    for asked in ask(answer, windows, starts, season=season, past=past, horizon=horizon):
        errors.add(asked)
        count = len(asked.series)
        kept.append(asked.only(sample[(sample >= done) & (sample < done + count)] - done))
        done += count
    gaps = np.concatenate([each.gaps for each in kept])
    scores = errors.scores()
    if not late.all():
        cover, done = _Cover(windows, Intervals.of(gaps[~late])), 0
        for each in kept:
            cover.add(each.only(late[done : done + len(each.series)]))
            done += len(each.series)
        scores |= cover.scores()
    return scores, Intervals.of(gaps)
