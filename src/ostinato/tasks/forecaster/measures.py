"""What is measured of a forecaster, and the naive forecasts beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
from ostinato.tasks.forecaster.rows import ForecasterRows
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
    rows: ForecasterRows, module: ForecasterModule, windows: Windows, starts: torch.Tensor
) -> Iterator[Asked]:
    """The network's answers to the windows that begin at `starts`, some hundred at a time."""
    past, naive = rows.past, rows.naive
    for chosen in windows.some(starts):
        batch = windows.take(chosen, past, naive.horizon)
        values = windows.truth[chosen.numpy()[:, None] + np.arange(past + naive.horizon)]
        said = module.roll(batch["x"], batch["future"], batch["static"]).numpy()
        series, truth = windows.series[chosen].numpy(), values[:, past:]
        gaps = module.output.scores(said, batch["y"].numpy(), truth, windows.scales, series)
        yield Asked(series, truth, naive.of(values[:, :past]), said.astype(np.float64), gaps)


class Errors:
    """Errors of several forecasts, series by series.

    Args:
        prefixes: of their figures; the model's, if it is among them, is "" and first.
    """

    def __init__(self, rows: ForecasterRows, windows: Windows, prefixes: Sequence[str]) -> None:
        self.windows, self.units, self.prefixes = windows, rows.units_of(windows), prefixes
        shape = (len(self.prefixes), len(windows.names), windows.targets)
        self.absolute, self.square, self.percent = (np.zeros(shape) for _ in range(3))
        self.counts = np.zeros(len(windows.names), dtype=np.int64)

    def add(self, series: np.ndarray, truth: np.ndarray, forecasts: Sequence[np.ndarray]) -> None:
        """Take the forecasts of some windows, in the order of the prefixes."""
        np.add.at(self.counts, series, truth.shape[1])
        for k, forecast in enumerate(forecasts):
            gap = np.abs(forecast - truth)
            np.add.at(self.absolute[k], series, gap.sum(1))
            np.add.at(self.square[k], series, (gap**2).sum(1))
            np.add.at(self.percent[k], series, percent_errors(forecast, truth).sum(1))

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
        if len(seen) > 1 and self.prefixes[0] == "":
            own, *others = self.absolute[:, seen].sum(2)
            means["better_share"] = float((own < np.min(others, axis=0)).mean())
        return means


class Cover:
    """How often intervals of the first forecast hold the truth, and what its quantiles err, series
    by series; the forecasts beside it are quantiles that are all the same."""

    def __init__(self, windows: Windows, prefixes: Sequence[str]) -> None:
        self.windows, self.prefixes = windows, prefixes
        self.sums = np.zeros((3 + len(prefixes), len(windows.names)))

    def add(
        self,
        series: np.ndarray,
        truth: np.ndarray,
        deciles: np.ndarray,
        others: Iterable[np.ndarray] = (),
    ) -> None:
        """Take some windows: quantiles `(windows, horizon, targets, 9)`, and other forecasts."""
        inside = (deciles[..., 0] <= truth) & (truth <= deciles[..., -1])
        errors = (
            2 * pinball_loss(deciles, truth, DECILES),
            *(np.abs(truth - point) for point in others),
        )
        for table, values in zip(
            self.sums, (np.ones_like(truth), inside, np.abs(truth), *errors), strict=True
        ):
            np.add.at(table, series, values.sum((1, 2)))

    def scores(self) -> dict[str, float]:
        """`coverage_80`, `wql` and `crps`, means over the series."""
        count, inside, size, *errors = self.sums
        seen = count > 0
        if not seen.any():
            return {}
        scores = {f"{self.prefixes[0]}coverage_80": float((inside[seen] / count[seen]).mean())}
        sized = seen & (size > 0)
        for prefix, table in zip(self.prefixes, errors, strict=True):
            if sized.any():
                scores[f"{prefix}wql"] = float((table[sized] / size[sized]).mean())
            scores[f"{prefix}crps"] = float((table[seen] / count[seen]).mean())
        return scores


def measure(
    rows: ForecasterRows,
    module: ForecasterModule,
    windows: Windows,
    starts: torch.Tensor,
    intervals: Intervals | None,
) -> dict[str, float]:
    """`MEASURES` of the model over windows; with the prefixes of `BASELINES` those of naive
    forecasts. {} without a window.

    Args:
        intervals: what is known of errors; without it there are no figures of intervals.
    """
    prefixes = ("", *rows.naive.prefixes)
    errors, cover = Errors(rows, windows, prefixes), Cover(windows, prefixes)
    for asked in ask(rows, module, windows, starts):
        _add(errors, module, asked)
        if intervals is not None:
            _add_cover(cover, module, asked, intervals)
    return errors.scores() | cover.scores()


def _add(errors: Errors, module: ForecasterModule, asked: Asked) -> None:
    own = module.output.values(asked.said, 0.0, errors.windows.scales, asked.series)
    errors.add(asked.series, asked.truth, [own, *asked.naive.values()])


def _add_cover(cover: Cover, module: ForecasterModule, asked: Asked, intervals: Intervals) -> None:
    scales = cover.windows.scales
    deciles = intervals.around(module.output, asked.said, scales, asked.series, DECILES)
    cover.add(asked.series, asked.truth, deciles, asked.naive.values())


def judge(
    rows: ForecasterRows, module: ForecasterModule, windows: Windows
) -> tuple[dict[str, float], Intervals | None]:
    """`measure` over the windows to judge by, and intervals from their errors. The figures of
    intervals are of the later half of each series' windows, with what the earlier half taught."""
    starts = windows.validation
    if not len(starts):
        return {}, None
    sample = np.unique(np.linspace(0, len(starts) - 1, min(len(starts), MOST)).round().astype(int))
    late = is_late(windows.series[starts].numpy())[sample]
    prefixes = ("", *rows.naive.prefixes)
    errors, kept, done = Errors(rows, windows, prefixes), [], 0
    for asked in ask(rows, module, windows, starts):
        _add(errors, module, asked)
        count = len(asked.series)
        kept.append(asked.only(sample[(sample >= done) & (sample < done + count)] - done))
        done += count
    gaps = np.concatenate([each.gaps for each in kept])
    scores = errors.scores()
    if not late.all():
        cover, done, early = Cover(windows, prefixes), 0, Intervals.of(gaps[~late])
        for each in kept:
            _add_cover(cover, module, each.only(late[done : done + len(each.series)]), early)
            done += len(each.series)
        scores |= cover.scores()
    return scores, Intervals.of(gaps)
