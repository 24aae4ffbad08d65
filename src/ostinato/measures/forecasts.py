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
        name="smape",
        unit="%",
        higher_is_better=False,
        sentence="The mean distance by half the size of forecast and truth together: 0 to 200.",
    ),
    Measure(
        name="better_share",
        sentence="The share of series whose mean distance is below that of the best naive forecast "
        "of the series.",
    ),
    Measure(
        name="wql",
        higher_is_better=False,
        sentence="The weighted quantile loss: how far the quantiles .1 to .9 err, by the size of "
        "the values. Of a forecast without intervals it is the distance by the size of the values.",
    ),
    Measure(
        name="crps",
        unit="data",
        higher_is_better=False,
        sentence="The continuous ranked probability score, as nearly as the quantiles .1 to .9 "
        "give it. Of a forecast without intervals it is the mean distance.",
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
        prefix="drift_",
        name="drift",
        sentence="Forecasts that the line from the first to the last known row goes on.",
    ),
    Baseline(
        prefix="croston_",
        name="Croston's forecast",
        sentence="The usual demand by the usual gap between demands, smoothed and corrected "
        "(Syntetos & Boylan 2005); for counts of which many are zero.",
    ),
    Baseline(
        prefix="ets_",
        name="exponential smoothing",
        sentence="The best by AICc of simple, damped and seasonal smoothing, fitted anew at every "
        "origin.",
    ),
    Baseline(
        prefix="theta_",
        name="Theta",
        sentence="Half the trend, and simple smoothing, of what is left without the season "
        "(Assimakopoulos & Nikolopoulos 2000), fitted anew at every origin.",
    ),
    Baseline(
        prefix="pretrained_",
        name="without training",
        sentence="What `Forecaster.pretrained`, which comes with the package, says of some windows "
        "that lie as far apart as they can.",
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


def drift(window: np.ndarray, horizon: int) -> np.ndarray:
    """`(batch, past, columns)` to `(batch, horizon, columns)`: the line from the first to the last
    row goes on."""
    slope = (window[:, -1:] - window[:, :1]) / max(1, window.shape[1] - 1)
    return window[:, -1:] + slope * np.arange(1, horizon + 1)[:, None]


def croston(window: np.ndarray, horizon: int, rate: float = 0.1) -> np.ndarray:
    """`(batch, past, columns)` to `(batch, horizon, columns)`: the usual demand by the usual gap
    between demands (Croston 1972), made smaller by half of `rate` (Syntetos & Boylan 2005).

    Both are smoothed with `rate` at each row that is not zero; they begin with the first demand and
    its gap.
    """
    size, between = np.zeros_like(window[:, 0]), np.ones_like(window[:, 0])
    gap, begun = np.ones_like(size), np.zeros_like(size, dtype=bool)
    for row in np.moveaxis(window, 1, 0):
        sold = row != 0
        share = np.where(begun, rate, 1.0) * sold
        size, between = size + share * (row - size), between + share * (gap - between)
        gap, begun = np.where(sold, 1.0, gap + 1), begun | sold
    return np.repeat(((1 - rate / 2) * size / between)[:, None], horizon, axis=1)


def percent_errors(forecast: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The distance by half the size of both, in per cent (sMAPE's terms); 0 where both are zero."""
    size = (np.abs(forecast) + np.abs(truth)) / 2
    return 100 * np.abs(forecast - truth) / np.where(size > 0, size, 1.0)


def pinball_loss(quantiles: np.ndarray, truth: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """What quantiles err, as the mean over levels, `(...,)`: `level` for each unit that the truth
    lies above one, `1 - level` for each unit below (Koenker & Bassett 1978).

    Args:
        quantiles: `(..., levels)`.
        truth: `(...,)`.
    """
    gap, level = truth[..., None] - quantiles, np.asarray(levels)
    return np.maximum(level * gap, (level - 1) * gap).mean(-1)
