"""How far numbers are from the truth."""

from __future__ import annotations

import numpy as np

from ostinato.measures.base import Baseline, Measure

NUMBERS = (
    Measure(
        name="r2",
        sentence="The share of the truth's variance that answers explain: 1 is perfect, 0 no "
        "better than the truth's own mean, below 0 worse.",
    ),
    Measure(
        name="mae",
        unit="data",
        higher_is_better=False,
        sentence="Mean absolute error, in the unit of the numbers.",
    ),
    Measure(
        name="rmse",
        unit="data",
        higher_is_better=False,
        sentence="Root of the mean squared error, in the unit of the numbers; large errors count "
        "more.",
    ),
)
MEAN = Baseline(
    prefix="mean_",
    name="training's mean",
    sentence="Answers the mean of the training rows' numbers, whatever the row.",
)


def measure_numbers(truth: np.ndarray, answers: np.ndarray) -> dict[str, float]:
    """R2, mean absolute and root mean squared error, each the mean over the targets.

    Args:
        truth, answers: `(rows, targets)`. With one row, or where all rows have the same truth, R2
            is NaN.
    """
    gap = answers - truth
    about = ((truth - truth.mean(0)) ** 2).sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.where(about > 0, 1 - (gap**2).sum(0) / about, np.nan)
    return {
        "r2": float(explained.mean()),
        "mae": float(np.abs(gap).mean()),
        "rmse": float(np.sqrt((gap**2).mean(0)).mean()),
    }
