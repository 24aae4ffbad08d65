"""What is measured of a forecaster, and the naive forecasts beside it."""

from __future__ import annotations

from collections.abc import Callable

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
from ostinato.tasks.forecaster.intervals import Intervals
from ostinato.tasks.forecaster.windows import Windows

__all__ = ["BASELINES", "MEASURES", "measure", "measure_series"]

MEASURES = FORECASTS
DECILES = tuple(k / 10 for k in range(1, 10))
Answer = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


def measure(
    answer: Answer,
    windows: Windows,
    starts: torch.Tensor,
    *,
    season: int,
    naive: np.ndarray,
    past: int,
    horizon: int,
) -> dict[str, float]:
    """The mean over the series of what `measure_series` finds: each series counts alike."""
    if not len(starts):
        return {}
    found = measure_series(
        answer, windows, starts, season=season, naive=naive, past=past, horizon=horizon
    )
    names = dict.fromkeys(name for scores in found.values() for name in scores)
    means = {
        name: float(np.mean([scores[name] for scores in found.values() if name in scores]))
        for name in names
    }
    for prefix in ("", "baseline_", "seasonal_"):
        if prefix + "mse" in means:
            means[prefix + "rmse"] = means[prefix + "mse"] ** 0.5
    return means


def measure_series(
    answer: Answer,
    windows: Windows,
    starts: torch.Tensor,
    *,
    season: int,
    naive: np.ndarray,
    past: int,
    horizon: int,
) -> dict[int, dict[str, float]]:
    """Errors of the model and of two naive forecasts over every window of each series.

    Args:
        answer: `(batch, past, inputs)`, the known columns of the rows to come `(batch, horizon,
            known)` and statics `(batch, statics)`, to `(batch, horizon, targets)`.
        starts: the first row of each window.
        naive: `(series, targets)`, mean error of repeating the season on training rows.

    Returns:
        for each series, by its number, `MEASURES` of the model; with the prefixes of `BASELINES`
        those of repeating the last value and the last season. {} without a window.
    """
    targets = windows.targets
    sums: dict[str, np.ndarray] = {}
    counts = np.zeros(len(windows.names), dtype=np.int64)
    for chosen in windows.some(starts):
        batch = windows.take(chosen, past, horizon)
        own = windows.series[chosen].numpy()
        rows = windows.truth[chosen.numpy()[:, None] + np.arange(past + horizon)]
        window, truth = rows[:, :past], rows[:, past:]
        scaled = answer(batch["x"], batch["future"], batch["static"]).double().numpy()
        answers = {
            "": windows.scales.inverse(scaled, own),
            "baseline_": repeat_last(window, horizon),
            "seasonal_": repeat_season(window, season, horizon),
        }
        np.add.at(counts, own, horizon)
        for prefix, forecast in answers.items():
            gap = np.abs(forecast - truth)
            for name, value in (("abs", gap), ("square", gap**2)):
                table = sums.setdefault(prefix + name, np.zeros((len(counts), targets)))
                np.add.at(table, own, value.sum(1))
    return {
        int(k): {
            prefix + name: value
            for prefix in ("", "baseline_", "seasonal_")
            for name, value in measure_forecasts(
                sums[prefix + "abs"][k] / counts[k],
                sums[prefix + "square"][k] / counts[k],
                windows.scales.spread[k],
                naive[k],
            ).items()
        }
        for k in np.flatnonzero(counts)
    }


def measure_intervals(
    answer: Answer,
    windows: Windows,
    starts: torch.Tensor,
    intervals: Intervals,
    *,
    season: int,
    past: int,
    horizon: int,
) -> dict[str, float]:
    """`coverage_80` and `wql` over windows, means over the series; `wql` of the two naive forecasts
    beside it, whose quantiles are all the same."""
    covered, pinball, size = (np.zeros(len(windows.names)) for _ in range(3))
    naive = {prefix: np.zeros(len(windows.names)) for prefix in ("baseline_", "seasonal_")}
    counts = np.zeros(len(windows.names))
    for chosen in windows.some(starts):
        batch = windows.take(chosen, past, horizon)
        own = windows.series[chosen].numpy()
        rows = windows.truth[chosen.numpy()[:, None] + np.arange(past + horizon)]
        window, truth = rows[:, :past], rows[:, past:]
        scaled = answer(batch["x"], batch["future"], batch["static"]).double().numpy()
        found = intervals.around(scaled, windows.scales, own, DECILES)
        inside = (found[..., 0] <= truth) & (truth <= found[..., -1])
        points = (
            ("baseline_", repeat_last(window, horizon)),
            ("seasonal_", repeat_season(window, season, horizon)),
        )
        for table, values in (
            (covered, inside),
            (pinball, 2 * pinball_loss(found, truth, DECILES)),
            (size, np.abs(truth)),
            (counts, np.ones_like(truth)),
            *((naive[prefix], np.abs(truth - point)) for prefix, point in points),
        ):
            np.add.at(table, own, values.sum((1, 2)))
    seen = counts > 0
    if not seen.any():
        return {}
    scores = {"coverage_80": float((covered[seen] / counts[seen]).mean())}
    sized = seen & (size > 0)
    if sized.any():
        for prefix, table in (("", pinball), *naive.items()):
            scores[f"{prefix}wql"] = float((table[sized] / size[sized]).mean())
    return scores
