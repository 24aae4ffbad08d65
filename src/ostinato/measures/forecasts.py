"""How good forecasts are: errors in the user's units, in units of the data's spread, and in units
of a naive forecast's error."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato.measures.base import Baseline, Measure

FORECASTS = (
    Measure(
        name="mae",
        unit="data",
        higher_is_better=False,
        sentence="The mean distance between forecast and truth, in the units of the data.",
    ),
    Measure(
        name="rmse",
        unit="data",
        higher_is_better=False,
        sentence="The root of the mean squared distance: large errors count more.",
    ),
    Measure(
        name="mse", unit="data²", higher_is_better=False, sentence="The mean squared distance."
    ),
    Measure(
        name="mase",
        unit="naive errors",
        higher_is_better=False,
        sentence="The mean distance in units of a seasonal naive forecast's on the training rows: "
        "below 1 is better than that (Hyndman & Koehler 2006).",
    ),
    Measure(
        name="scaled_mae",
        unit="standard deviations",
        higher_is_better=False,
        sentence="The mean distance after each column was scaled to a spread of 1.",
    ),
    Measure(
        name="scaled_mse",
        unit="squared standard deviations",
        higher_is_better=False,
        sentence="The mean squared distance after each column was scaled to a spread of 1.",
    ),
    Measure(
        name="wql",
        higher_is_better=False,
        sentence="The weighted quantile loss: how far the quantiles .1 to .9 err, by the size of "
        "the values. Of a forecast without intervals it is the distance by the size of the values.",
    ),
    Measure(
        name="coverage_80",
        higher_is_better=None,
        sentence="The share of values inside the 80 % interval. It should be .8.",
    ),
)

BASELINES = (
    Baseline(
        prefix="baseline_",
        name="last value repeated",
        sentence="Forecasts that everything stays as it was at the last known row.",
    ),
    Baseline(
        prefix="seasonal_",
        name="last season repeated",
        sentence="Forecasts that the last day, week or year comes again.",
    ),
    Baseline(
        prefix="linear_",
        name="linear model",
        sentence="A linear map of the last rows, which learns from each row of a stream as it "
        "comes.",
    ),
)


def measure_forecasts(
    absolute: np.ndarray, square: np.ndarray, scale: np.ndarray, naive: np.ndarray
) -> dict[str, float]:
    """`FORECASTS` from mean errors of each column.

    Args:
        absolute: mean absolute error in the user's units, `(columns,)`.
        square: mean squared error in the user's units, `(columns,)`.
        scale: the spread of each column, in the user's units, `(columns,)`.
        naive: mean absolute error of a seasonal naive forecast on the training rows, in the
            user's units, `(columns,)`; columns where it is zero do not count for `mase`.

    Returns:
        Means over the columns; `mase` is left out where every column repeats exactly.
    """
    squared = float(square.mean())
    found = {
        "mae": float(absolute.mean()),
        "mse": squared,
        "rmse": squared**0.5,
        "scaled_mae": float((absolute / scale).mean()),
        "scaled_mse": float((square / scale**2).mean()),
    }
    known = naive > 1e-9 * scale  # a series that repeats exactly has no unit to compare with
    if known.any():
        found["mase"] = float((absolute[known] / naive[known]).mean())
    return found


def repeat_last(window: np.ndarray, horizon: int) -> np.ndarray:
    """`(batch, past, columns)` to `(batch, horizon, columns)`: the last row again and again."""
    return np.repeat(window[:, -1:], horizon, axis=1)


def repeat_season(window: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """`(batch, past, columns)` to `(batch, horizon, columns)`: the last season again and again."""
    times = -(-horizon // season)
    return np.tile(window[:, -season:], (1, times, 1))[:, :horizon]


def pinball_loss(quantiles: np.ndarray, truth: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """What quantiles err, as the mean over levels, `(...,)`: `level` for each unit that the truth
    lies above one, `1 - level` for each unit below (Koenker & Bassett 1978).

    Args:
        quantiles: `(..., levels)`.
        truth: `(...,)`.
    """
    gap, level = truth[..., None] - quantiles, np.asarray(levels)
    return np.maximum(level * gap, (level - 1) * gap).mean(-1)
