"""How far off a forecast may be: intervals as wide as errors on held-out rows say.

Split conformal prediction (Lei et al., arXiv:1604.04173) for each step ahead and each level by
itself: so many of the held-out values lay further up or down. Nothing is assumed of the form of the
errors. Rows that come later are covered as well as they resemble the held-out ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import OptionError, check_number
from ostinato.tasks.forecaster.scaling import Scales

LEVELS = (0.005, 0.01, 0.025, 0.05, *(k / 10 for k in range(1, 10)), 0.95, 0.975, 0.99, 0.995)
ENOUGH = 400  # held-out errors for one step; steps beside it make them up


@dataclasses.dataclass(frozen=True, kw_only=True)
class Intervals:
    """Errors of forecasts on the scale of training.

    Attributes:
        errors: `(horizon, levels)`, the quantiles `LEVELS` of truth minus forecast, so many rows
            ahead; they rise with the level.
        count: held-out errors behind each row.
    """

    errors: np.ndarray
    count: int

    @classmethod
    def of(cls, gaps: np.ndarray) -> Intervals:
        """From errors `(windows, horizon, targets)`."""
        windows, horizon, targets = gaps.shape
        reach = 0  # fewer errors than ENOUGH would make a row's quantiles mere chance
        while windows * targets * (2 * reach + 1) < ENOUGH and reach < horizon:
            reach += 1
        rows = []
        for step in range(horizon):
            near = gaps[:, max(0, step - reach) : step + reach + 1].ravel()
            rows.append([_quantile(near, level) for level in LEVELS])
        return cls(errors=np.array(rows), count=windows * targets * min(2 * reach + 1, horizon))

    def at(self, steps: int, levels: Sequence[float]) -> np.ndarray:
        """Errors `(steps, levels)`. Beyond the horizon they grow with the root of the distance, as
        those of a walk do."""
        ahead = np.arange(steps)
        known = np.minimum(ahead, len(self.errors) - 1)
        growth = np.sqrt((ahead + 1) / (known + 1))
        found = [np.interp(levels, LEVELS, self.errors[k]) for k in known]
        return np.stack(found) * growth[:, None]

    def around(
        self, scaled: np.ndarray, scales: Scales, series: np.ndarray, levels: Sequence[float]
    ) -> np.ndarray:
        """Quantiles `(batch, steps, targets, levels)` in the user's units, around forecasts
        `(batch, steps, targets)` on the scale of training."""
        shift = self.at(scaled.shape[1], levels)
        parts = [scales.inverse(scaled + shift[:, k, None], series) for k in range(len(levels))]
        return np.stack(parts, axis=-1)

    def to_dict(self) -> dict[str, Any]:
        return {"errors": self.errors.tolist(), "count": self.count}

    @classmethod
    def from_dict(cls, document: dict[str, Any] | None) -> Intervals | None:
        if document is None:
            return None
        return cls(errors=np.array(document["errors"], dtype=np.float64), count=document["count"])


def _quantile(errors: np.ndarray, level: float) -> float:
    """The error of that rank among so many and one more, which is not known yet: away from the
    middle, so that intervals are too wide rather than too narrow."""
    rank = (len(errors) + 1) * level - 0.5
    rank = np.ceil(rank) if level > 0.5 else np.floor(rank) if level < 0.5 else rank
    return float(np.interp(rank, np.arange(len(errors)), np.sort(errors)))


def is_late(series: np.ndarray) -> np.ndarray:
    """Which windows are of the later half of their series: `(windows,)` truth values, for the
    number of each one's series, rising."""
    first = np.searchsorted(series, series, side="left")
    count = np.searchsorted(series, series, side="right") - first
    return np.arange(len(series)) - first >= count / 2


def levels_of(where: str, level: Any, quantiles: Any) -> list[float]:
    """Quantiles that the user asks for, rising: by the share in per cent that intervals are to
    cover (`level=80` asks for 0.1 and 0.9), or one by one.

    Raises:
        OptionError: both are given, or a number lies outside its range.
    """
    if level is not None and quantiles is not None:
        raise OptionError(f"{where}: give level or quantiles, not both.")
    wanted: set[float] = set()
    for each in [] if level is None else np.atleast_1d(level).tolist():
        check_number(where, "level", each, above=0, below=100)
        wanted |= {round(0.5 - each / 200, 6), round(0.5 + each / 200, 6)}
    for each in [] if quantiles is None else np.atleast_1d(quantiles).tolist():
        check_number(where, "quantiles", each, above=0, below=1)
        wanted.add(float(each))
    return sorted(wanted)
