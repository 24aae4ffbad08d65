"""How far off a forecast may be: intervals as wide as errors on held-out rows say.

Split conformal prediction (Lei et al., arXiv:1604.04173) for each step ahead and each level by
itself: so many of the held-out values lay further up or down, in the units of `Output`'s scores
(where quantiles are learned, much as in Romano et al., arXiv:1905.03222). Nothing is assumed of the
form of the errors. Rows that come later are covered as well as they resemble the held-out ones.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import OptionError, check_number
from ostinato.tasks.forecaster.outputs import Output
from ostinato.tasks.forecaster.scaling import Scales

LEVELS = (0.005, 0.01, 0.025, 0.05, *(k / 10 for k in range(1, 10)), 0.95, 0.975, 0.99, 0.995)
ENOUGH = 400  # held-out errors for one step; steps beside it make them up


@dataclasses.dataclass(frozen=True, kw_only=True)
class Intervals:
    """Errors of forecasts, as scores of `Output`: of a point, on the scale of training.

    Attributes:
        errors: `(horizon, levels)`, the quantiles `LEVELS` of the scores, so many rows ahead; they
            rise with the level.
        count: held-out errors behind each row; 0 where what was learned is taken at its word.
        along: how much errors of rows beside each other are alike, a correlation.
    """

    errors: np.ndarray
    count: int
    along: float = 0.0

    @classmethod
    def told(cls, horizon: int) -> Intervals:
        """Of a distribution that is taken at its word."""
        from scipy.special import ndtri

        return cls(errors=np.tile(ndtri(np.array(LEVELS)), (horizon, 1)), count=0)

    @classmethod
    def of(cls, gaps: np.ndarray) -> Intervals:
        """From scores `(windows, horizon, targets)`."""
        windows, horizon, targets = gaps.shape
        reach = 0  # fewer errors than ENOUGH would make a row's quantiles mere chance
        while windows * targets * (2 * reach + 1) < ENOUGH and reach < horizon:
            reach += 1
        rows = []
        for step in range(horizon):
            near = gaps[:, max(0, step - reach) : step + reach + 1].ravel()
            rows.append([_quantile(near, level) for level in LEVELS])
        count = windows * targets * min(2 * reach + 1, horizon)
        return cls(errors=np.array(rows), count=count, along=_along(gaps))

    def at(self, steps: int, levels: Sequence[float]) -> np.ndarray:
        """Errors `(steps, levels)`. Beyond the horizon they grow with the root of the distance, as
        those of a walk do."""
        ahead = np.arange(steps)
        known = np.minimum(ahead, len(self.errors) - 1)
        growth = np.sqrt((ahead + 1) / (known + 1))
        found = [np.interp(levels, LEVELS, self.errors[k]) for k in known]
        return np.stack(found) * growth[:, None]

    def around(
        self,
        output: Output,
        said: np.ndarray,
        scales: Scales,
        series: np.ndarray,
        levels: Sequence[float],
    ) -> np.ndarray:
        """Quantiles `(batch, steps, targets, levels)` in the user's units, from what was `said`
        `(batch, steps, targets, size)`."""
        shift = self.at(said.shape[1], levels)
        parts = [output.values(said, shift[:, k, None], scales, series) for k in range(len(levels))]
        return np.stack(parts, axis=-1)

    def draw(self, shape: tuple[int, int, int], random: np.random.Generator) -> np.ndarray:
        """Scores `(samples, steps, targets)` drawn by chance, alike along the steps."""
        from scipy.special import ndtr

        noise = random.standard_normal(shape)
        for step in range(1, shape[1]):
            fresh = (1 - self.along**2) ** 0.5 * noise[:, step]
            noise[:, step] = self.along * noise[:, step - 1] + fresh
        share, known = ndtr(noise), len(self.errors) - 1
        for step in range(shape[1]):
            growth = ((step + 1) / (min(step, known) + 1)) ** 0.5
            found = np.interp(share[:, step], LEVELS, self.errors[min(step, known)])
            noise[:, step] = found * growth
        return noise

    def to_dict(self) -> dict[str, Any]:
        return {"errors": self.errors.tolist(), "count": self.count, "along": self.along}

    @classmethod
    def from_dict(cls, document: dict[str, Any] | None) -> Intervals | None:
        if document is None:
            return None
        errors = np.array(document["errors"], dtype=np.float64)
        return cls(errors=errors, count=document["count"], along=document.get("along", 0.0))


def _quantile(errors: np.ndarray, level: float) -> float:
    """The error of that rank among so many and one more, which is not known yet: away from the
    middle, so that intervals are too wide rather than too narrow."""
    rank = (len(errors) + 1) * level - 0.5
    rank = np.ceil(rank) if level > 0.5 else np.floor(rank) if level < 0.5 else rank
    return float(np.interp(rank, np.arange(len(errors)), np.sort(errors)))


def _along(gaps: np.ndarray) -> float:
    """The correlation of errors `(windows, horizon, targets)` one row apart."""
    if gaps.shape[1] < 2:
        return 0.0
    gaps = gaps - gaps.mean(0)
    gaps = gaps / np.maximum(gaps.std(0), 1e-12)
    return float(np.clip((gaps[:, 1:] * gaps[:, :-1]).mean(), 0.0, 0.999))


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
