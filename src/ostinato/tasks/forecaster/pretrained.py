"""Forecasts at once, without training: the network of `prior.py` with the weights we ship."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from statistics import NormalDist

import numpy as np
import torch
from safetensors.torch import load_file

from ostinato.tasks.forecaster.prior import (
    LAGS,
    LEVELS,
    LONG_LAGS,
    MIDDLE,
    PATCH,
    Prior,
    context_of,
)

WEIGHTS = Path(__file__).with_name("prior.safetensors")
_AT_ONCE = 256  # series that the network reads together
_KNOWN = 2048  # rows of history that training knew at most
# Real series are a little less sure than made-up ones: with so much more distance from the median,
# 80 % intervals covered 80 % on the earlier halves of the collections of quality_pretrained.
_WIDER = 1.06


@cache
def network(weights: Path = WEIGHTS) -> Prior:
    """The network with the weights of the package, ready to answer."""
    state = {name: value.float() for name, value in load_file(weights).items()}
    made = Prior(state["reading.0.weight_hh_l0"].shape[1])
    made.load_state_dict(state)
    return made.eval()


def quantiles(
    series: Sequence[np.ndarray],
    seasons: Sequence[tuple[int, int]],
    horizon: int,
    *,
    prior: Prior | None = None,
) -> np.ndarray:
    """What comes after each series.

    Args:
        series: values of each, `(rows,)`, in order; NaN where one is missing.
        seasons: rows of the season of each and of a longer one; 1 where there is none.
        horizon: rows to answer.

    Returns:
        `(series, horizon, levels)`, the quantiles of `LEVELS`. The bits of a series do not depend
        on the others. None is below zero where no value given was.
    """
    prior = prior or network()
    answers = []
    for first in range(0, len(series), _AT_ONCE):
        part = slice(first, first + _AT_ONCE)
        answers.append(_quantiles(prior, series[part], seasons[part], horizon))
    return np.concatenate(answers)


def _quantiles(
    prior: Prior, series: Sequence[np.ndarray], seasons: Sequence[tuple[int, int]], horizon: int
) -> np.ndarray:
    filled = [
        fill(values, season)[-max(_KNOWN, LAGS * season, LONG_LAGS * longer) :]
        for values, (season, longer) in zip(series, seasons, strict=True)
    ]
    longest = max(map(len, filled))
    history = np.full((len(filled), longest), np.nan)
    for row, values in enumerate(filled):
        history[row, longest - len(values) :] = values
    with torch.no_grad():
        steps = -(-horizon // PATCH) * PATCH
        given = context_of(torch.from_numpy(history), torch.tensor(seasons), steps)
        scaled = prior(given)[:, :horizon].double()
        found = (scaled * given.spread[..., None] + given.level[..., None]).numpy()
    middle = found[..., MIDDLE : MIDDLE + 1]
    found = middle + _WIDER * (found - middle)
    low = np.nanmin(history, axis=1)[:, None, None]
    return np.where((low >= 0) & (found < 0), 0.0, found)


def at_levels(found: np.ndarray, levels: Sequence[float]) -> np.ndarray:
    """Quantiles of other levels, `(..., levels)`, from those of `LEVELS`.

    Between two levels, and beyond the outermost, a quantile moves as a normal distribution's does.
    """
    normal = NormalDist()
    known = np.array([normal.inv_cdf(level) for level in LEVELS])
    made = []
    for level in levels:
        place = normal.inv_cdf(level)
        after = int(np.clip(np.searchsorted(known, place), 1, len(known) - 1))
        share = (place - known[after - 1]) / (known[after] - known[after - 1])
        made.append(found[..., after - 1] * (1 - share) + found[..., after] * share)
    answer = np.stack(made, -1)
    low = np.minimum(found[..., :1], 0.0)  # beyond the levels known, still not below zero
    return np.where(low >= 0, np.maximum(answer, 0.0), answer)


def fill(values: np.ndarray, season: int) -> np.ndarray:
    """Values without those missing: before the first they are left out; a hole takes the value a
    season before, changed as the values around the hole have changed since theirs, or without one
    lies on the line between its neighbours."""
    missing = np.isnan(values)
    if not missing.any():
        return values
    first = int(np.argmin(missing))
    values, missing = values[first:].copy(), missing[first:]
    rows = np.arange(len(values))
    line = np.interp(rows, rows[~missing], values[~missing])
    change = np.full(len(values), np.nan)
    change[season:] = values[season:] - values[:-season]
    told = np.flatnonzero(~np.isnan(change))
    if season < 2 or not len(told):
        return np.where(missing, line, values)
    change = np.interp(rows, told, change[told])
    for row in np.flatnonzero(missing):
        values[row] = values[row - season] + change[row] if row >= season else line[row]
    return values
