"""What is measured of a forecaster, and the naive forecasts beside it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch

from ostinato.measures.forecasts import (
    BASELINES,
    FORECASTS,
    measure_forecasts,
    percent_errors,
    pinball_loss,
)
from ostinato.tasks.forecaster.intervals import Intervals, is_late
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.naive import Naive
from ostinato.tasks.forecaster.outputs import Output
from ostinato.tasks.forecaster.windows import Windows

__all__ = ["BASELINES", "MEASURES", "judge", "measure"]

MEASURES = FORECASTS
DECILES = tuple(k / 10 for k in range(1, 10))
MOST = 4000  # held-out windows that intervals are learned from


class Asked(NamedTuple):
    """Some windows and what was answered to them.

    Attributes:
        series: `(windows,)`, the number of each one's series.
        truth: `(windows, horizon, targets)`, in the user's units.
        naive: the same of each naive forecast, by its prefix.
        said: `(windows, horizon, targets, size)`, what the network said, as `Output` has it.
        gaps: the scores of the truth: of a point, its distance on the scale of training.
    """

    series: np.ndarray
    truth: np.ndarray
    naive: dict[str, np.ndarray]
    said: np.ndarray
    gaps: np.ndarray

    def only(self, rows: np.ndarray) -> Asked:
        """Some of them."""
        naive = {prefix: forecast[rows] for prefix, forecast in self.naive.items()}
        return Asked(self.series[rows], self.truth[rows], naive, self.said[rows], self.gaps[rows])


def ask(
    module: ForecasterModule, windows: Windows, starts: torch.Tensor, *, past: int, naive: Naive
) -> Iterator[Asked]:
    """The network's answers to the windows that begin at `starts`, some hundred at a time."""
    for chosen in windows.some(starts):
        batch = windows.take(chosen, past, naive.horizon)
        rows = windows.truth[chosen.numpy()[:, None] + np.arange(past + naive.horizon)]
        said = module.roll(batch["x"], batch["future"], batch["static"]).numpy()
        series, truth = windows.series[chosen].numpy(), rows[:, past:]
        gaps = module.output.scores(said, batch["y"].numpy(), truth, windows.scales, series)
        yield Asked(series, truth, naive.of(rows[:, :past]), said.astype(np.float64), gaps)


class _Errors:
    """Errors of the model and of naive forecasts, series by series."""

    def __init__(self, output: Output, windows: Windows, units: np.ndarray, naive: Naive) -> None:
        self.output, self.windows, self.units = output, windows, units
        self.prefixes = ("", *naive.prefixes)
        shape = (len(self.prefixes), len(windows.names), windows.targets)
        self.absolute, self.square, self.percent = (np.zeros(shape) for _ in range(3))
        self.counts = np.zeros(len(windows.names), dtype=np.int64)

    def add(self, asked: Asked) -> None:
        own = self.output.values(asked.said, 0.0, self.windows.scales, asked.series)
        np.add.at(self.counts, asked.series, asked.truth.shape[1])
        for k, forecast in enumerate((own, *asked.naive.values())):
            gap = np.abs(forecast - asked.truth)
            np.add.at(self.absolute[k], asked.series, gap.sum(1))
            np.add.at(self.square[k], asked.series, (gap**2).sum(1))
            percent = percent_errors(forecast, asked.truth)
            np.add.at(self.percent[k], asked.series, percent.sum(1))

    def scores(self) -> dict[str, float]:
        """Means over the series: each counts alike."""
        seen = np.flatnonzero(self.counts)
        means = {}
        for k, prefix in enumerate(self.prefixes):
            found = [
                measure_forecasts(
                    self.absolute[k, n] / self.counts[n],
                    self.square[k, n] / self.counts[n],
                    self.windows.scales.spread[n],
                    self.units[n],
                )
                for n in seen
            ]
            for name in dict.fromkeys(name for each in found for name in each):
                values = [each[name] for each in found if name in each]
                means[prefix + name] = float(np.mean(values))
            if len(seen):
                means[prefix + "rmse"] = means[prefix + "mse"] ** 0.5
                percent = self.percent[k, seen] / self.counts[seen, None]
                means[prefix + "smape"] = float(percent.mean())
        if len(seen) > 1:
            own, *others = self.absolute[:, seen].sum(2)
            means["better_share"] = float((own < np.min(others, axis=0)).mean())
        return means


class _Cover:
    """How often intervals hold the truth, and what quantiles err, series by series; naive
    forecasts beside them are quantiles that are all the same."""

    def __init__(
        self, output: Output, windows: Windows, intervals: Intervals, naive: Naive
    ) -> None:
        self.output, self.windows, self.intervals = output, windows, intervals
        self.prefixes = ("", *naive.prefixes)
        self.sums = np.zeros((3 + len(self.prefixes), len(windows.names)))

    def add(self, asked: Asked) -> None:
        scales, truth = self.windows.scales, asked.truth
        found = self.intervals.around(self.output, asked.said, scales, asked.series, DECILES)
        inside = (found[..., 0] <= truth) & (truth <= found[..., -1])
        errors = (
            2 * pinball_loss(found, truth, DECILES),
            *(np.abs(truth - point) for point in asked.naive.values()),
        )
        for table, values in zip(
            self.sums, (np.ones_like(truth), inside, np.abs(truth), *errors), strict=True
        ):
            np.add.at(table, asked.series, values.sum((1, 2)))

    def scores(self) -> dict[str, float]:
        """`coverage_80`, `wql` and `crps`, means over the series."""
        count, inside, size, *errors = self.sums
        seen = count > 0
        if not seen.any():
            return {}
        scores = {"coverage_80": float((inside[seen] / count[seen]).mean())}
        sized = seen & (size > 0)
        for prefix, table in zip(self.prefixes, errors, strict=True):
            if sized.any():
                scores[f"{prefix}wql"] = float((table[sized] / size[sized]).mean())
            scores[f"{prefix}crps"] = float((table[seen] / count[seen]).mean())
        return scores


def measure(
    module: ForecasterModule,
    windows: Windows,
    starts: torch.Tensor,
    intervals: Intervals | None,
    *,
    units: np.ndarray,
    naive: Naive,
    past: int,
) -> dict[str, float]:
    """`MEASURES` of the model over windows; with the prefixes of `BASELINES` those of naive
    forecasts. {} without a window.

    Args:
        intervals: what is known of errors; without it there are no figures of intervals.
        units: `(series, targets)`, mean error of repeating the season on training rows.
    """
    sums: list[_Errors | _Cover] = [_Errors(module.output, windows, units, naive)]
    if intervals is not None:
        sums.append(_Cover(module.output, windows, intervals, naive))
    for asked in ask(module, windows, starts, past=past, naive=naive):
        for each in sums:
            each.add(asked)
    return {name: value for each in sums for name, value in each.scores().items()}


def judge(
    module: ForecasterModule, windows: Windows, *, units: np.ndarray, naive: Naive, past: int
) -> tuple[dict[str, float], Intervals | None]:
    """`measure` over the windows to judge by, and intervals from their errors. The figures of
    intervals are of the later half of each series' windows, with what the earlier half taught."""
    starts = windows.validation
    if not len(starts):
        return {}, None
    sample = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), MOST)).round().astype(int))
    late = is_late(windows.series[starts].numpy())[sample]
    output = module.output
    errors, kept, done = _Errors(output, windows, units, naive), [], 0
    for asked in ask(module, windows, starts, past=past, naive=naive):
        errors.add(asked)
        count = len(asked.series)
        kept.append(asked.only(sample[(sample >= done) & (sample < done + count)] - done))
        done += count
    gaps = np.concatenate([each.gaps for each in kept])
    scores = errors.scores()
    if not late.all():
        cover, done = _Cover(output, windows, Intervals.of(gaps[~late]), naive), 0
        for each in kept:
            cover.add(each.only(late[done : done + len(each.series)]))
            done += len(each.series)
        scores |= cover.scores()
    return scores, Intervals.of(gaps)
