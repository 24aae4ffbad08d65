"""What is measured of a forecaster, and the naive forecasts beside it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from ostinato.measures.forecasts import (
    BASELINES,
    FORECASTS,
    measure_forecasts,
    repeat_last,
    repeat_season,
)
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.windows import gather

__all__ = ["BASELINES", "MEASURES", "measure"]

MEASURES = FORECASTS


def measure(
    answer: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    rows: ForecasterRows,
    values: torch.Tensor,
    starts: torch.Tensor,
    *,
    past: int,
    horizon: int,
) -> dict[str, float]:
    """Errors of the model and of two naive forecasts over every window.

    Args:
        answer: `(batch, past, inputs)` and the known columns of the rows to come
            `(batch, horizon, calendar)`, to `(batch, horizon, targets)`.
        values: scaled rows of all series.
        starts: the first row of each window.

    Returns:
        `MEASURES` of the model; with the prefixes of `BASELINES` those of repeating the last
        value and the last season. {} without a window.
    """
    if not len(starts):
        return {}
    targets, known = len(rows.layout.target), len(rows.layout.columns)
    sums: dict[str, np.ndarray] = {}
    for x, y in gather(values, starts, past, horizon):
        window, truth = x[..., :targets].double().numpy(), y[..., :targets].double().numpy()
        answers = {
            "": answer(x, y[..., known:]).double().numpy(),
            "baseline_": repeat_last(window, horizon),
            "seasonal_": repeat_season(window, rows.season, horizon),
        }
        for prefix, forecast in answers.items():
            gap = forecast - truth
            for name, value in (("abs", np.abs(gap)), ("square", gap**2)):
                key = prefix + name
                sums[key] = sums.get(key, 0) + value.sum(axis=(0, 1))
    count = len(starts) * horizon
    return {
        prefix + name: value
        for prefix in ("", "baseline_", "seasonal_")
        for name, value in measure_forecasts(
            sums[prefix + "abs"] / count,
            sums[prefix + "square"] / count,
            rows.scaler.scale[:targets],
            rows.naive_scale,
        ).items()
    }
