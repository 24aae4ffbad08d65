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
    percent_errors,
    pinball_loss,
)
from ostinato.tasks.forecaster.intervals import Intervals, is_late
from ostinato.tasks.forecaster.naive import Naive
from ostinato.tasks.forecaster.windows import Windows

__all__ = ["BASELINES", "MEASURES", "judge", "measure"]

MEASURES = FORECASTS
DECILES = tuple(k / 10 for k in range(1, 10))
MOST = 4000  # held-out windows that intervals are learned from
Answer = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


class Asked(NamedTuple):
    """Some windows and what was answered to them.

    Attributes:
        series: `(windows,)`, the number of each one's series.
        truth: `(windows, horizon, targets)`, in the user's units.
        naive: the same of each naive forecast, by its prefix.
        scaled: what the network answered, on the scale of training.
        gaps: truth minus answer, on that scale.
    """

    series: np.ndarray
    truth: np.ndarray
    naive: dict[str, np.ndarray]
    scaled: np.ndarray
    gaps: np.ndarray

    def only(self, rows: np.ndarray) -> Asked:
        """Some of them."""
        naive = {prefix: forecast[rows] for prefix, forecast in self.naive.items()}
        return Asked(self.series[rows], self.truth[rows], naive, self.scaled[rows], self.gaps[rows])


def ask(
    answer: Answer, windows: Windows, starts: torch.Tensor, *, past: int, naive: Naive
) -> Iterator[Asked]:
    """The network's answers to the windows that begin at `starts`, some hundred at a time.

    Args:
        answer: `(batch, past, inputs)`, the known columns of the rows to come `(batch, horizon,
            known)` and statics `(batch, statics)`, to `(batch, horizon, targets)`.
    """
    for chosen in windows.some(starts):
        batch = windows.take(chosen, past, naive.horizon)
        rows = windows.truth[chosen.numpy()[:, None] + np.arange(past + naive.horizon)]
        found = answer(batch["x"], batch["future"], batch["static"])
        yield Asked(
            windows.series[chosen].numpy(),
            rows[:, past:],
            naive.of(rows[:, :past]),
            found.double().numpy(),
            (batch["y"] - found).double().numpy(),
        )


class _Errors:
    """Errors of the model and of naive forecasts, series by series."""

    def __init__(self, windows: Windows, units: np.ndarray, naive: Naive) -> None:
        self.windows, self.units, self.prefixes = windows, units, ("", *naive.prefixes)
        shape = (len(self.prefixes), len(windows.names), windows.targets)
        self.absolute, self.square, self.percent = (np.zeros(shape) for _ in range(3))
        self.counts = np.zeros(len(windows.names), dtype=np.int64)

    def add(self, asked: Asked) -> None:
        own = self.windows.scales.inverse(asked.scaled, asked.series)
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

    def __init__(self, windows: Windows, intervals: Intervals, naive: Naive) -> None:
        self.windows, self.intervals, self.prefixes = windows, intervals, ("", *naive.prefixes)
        self.sums = np.zeros((3 + len(self.prefixes), len(windows.names)))

    def add(self, asked: Asked) -> None:
        scales, truth = self.windows.scales, asked.truth
        found = self.intervals.around(asked.scaled, scales, asked.series, DECILES)
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
    answer: Answer,
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
        answer: as of `ask`.
        intervals: what is known of errors; without it there are no figures of intervals.
        units: `(series, targets)`, mean error of repeating the season on training rows.
    """
    sums: list[_Errors | _Cover] = [_Errors(windows, units, naive)]
    if intervals is not None:
        sums.append(_Cover(windows, intervals, naive))
    for asked in ask(answer, windows, starts, past=past, naive=naive):
        for each in sums:
            each.add(asked)
    return {name: value for each in sums for name, value in each.scores().items()}


def judge(
    answer: Answer, windows: Windows, *, units: np.ndarray, naive: Naive, past: int
) -> tuple[dict[str, float], Intervals | None]:
    """`measure` over the windows to judge by, and intervals from their errors. The figures of
    intervals are of the later half of each series' windows, with what the earlier half taught."""
    starts = windows.validation
    if not len(starts):
        return {}, None
    sample = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), MOST)).round().astype(int))
    late = is_late(windows.series[starts].numpy())[sample]
    errors, kept, done = _Errors(windows, units, naive), [], 0
    for asked in ask(answer, windows, starts, past=past, naive=naive):
        errors.add(asked)
        count = len(asked.series)
        kept.append(asked.only(sample[(sample >= done) & (sample < done + count)] - done))
        done += count
    gaps = np.concatenate([each.gaps for each in kept])
    scores = errors.scores()
    if not late.all():
        cover, done = _Cover(windows, Intervals.of(gaps[~late]), naive), 0
        for each in kept:
            cover.add(each.only(late[done : done + len(each.series)]))
            done += len(each.series)
        scores |= cover.scores()
    return scores, Intervals.of(gaps)
