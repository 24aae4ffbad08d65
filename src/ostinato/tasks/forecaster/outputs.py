"""What a network says of each row to come: a number, quantiles, or a distribution.

Whatever it says, each value has a *score*: how far it lies from the middle, in units of what was
said. Scores of held-out rows tell how far to go for an interval (`Intervals`), and a value is found
from its score again. Of a number the score is the distance; of a distribution it is what a normal
one would have at the same share of values below.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

from ostinato.tasks.forecaster.scaling import Scales

_LEAST = 1e-3  # spread and dispersion
_RISE = 0.02  # of quantiles by a normal spread, at least: no score is beyond all bounds
_FREEDOM = 2.0  # at least, for a variance
_FAR = 7.5  # scores; beyond it a share of values is 0 or 1 in float64
_GAMMA = torch.lgamma
Criterion = Callable[[Tensor, Tensor], Tensor]


@dataclasses.dataclass(frozen=True)
class Output:
    """What is said of each row and target, by its name in the option `output`.

    Attributes:
        name: "point": the value; "quantiles": those at `levels`; "gaussian": mean and spread;
            "student_t": middle, spread and degrees of freedom; "negative_binomial": mean and
            dispersion.
        levels: between 0 and 1, rising, .5 among them.
    """

    name: str
    levels: tuple[float, ...] = ()

    @property
    def size(self) -> int:
        """Numbers for each row and target."""
        parts = {"point": 1, "gaussian": 2, "student_t": 3, "negative_binomial": 2}
        return parts.get(self.name, len(self.levels))

    @property
    def _middle(self) -> int:
        return self.levels.index(0.5) if self.name == "quantiles" else 0

    # Of tensors, `(..., size)`.

    def bounded(self, answer: Tensor) -> Tensor:
        """What the network says, spreads above zero."""
        if self.name in ("point", "quantiles"):
            return answer
        place, spread, *rest = answer.unbind(-1)
        parts = [place, softplus(spread) + _LEAST, *(softplus(each) + _FREEDOM for each in rest)]
        return torch.stack(parts, dim=-1)

    def stretched(self, answer: Tensor, spread: Tensor) -> Tensor:
        """The same of values that are `spread` `(...)` times as large."""
        if self.name in ("point", "quantiles"):
            return answer * spread[..., None]
        ends = 1 if self.name == "negative_binomial" else 2  # others are of no unit
        return torch.cat([answer[..., :ends] * spread[..., None], answer[..., ends:]], dim=-1)

    def moved(self, answer: Tensor, by: Tensor) -> Tensor:
        """The same of values that lie higher by `by` `(...)`."""
        if self.name == "point":  # gradients are summed in this order since the first version
            return (answer[..., 0] + by)[..., None]
        if self.name == "quantiles":
            return answer + by[..., None]
        return torch.cat([answer[..., :1] + by[..., None], answer[..., 1:]], dim=-1)

    def middle(self, answer: Tensor) -> Tensor:
        """The one value that stands for all, `(...)`."""
        return answer[..., self._middle]

    def loss(self, criterion: Criterion, answer: Tensor, truth: Tensor, level: Tensor) -> Tensor:
        """What is to become small: `criterion` of a point, the pinball loss of quantiles, or minus
        the log of the truth's probability.

        Args:
            truth: `(batch, horizon, targets)`, on the scale of training.
            level: `(batch, targets, 2)`, where zero lies on that scale, and how long one unit is.
        """
        if self.name == "point":
            return criterion(answer[..., 0], truth)
        if self.name == "quantiles":
            gap, share = truth[..., None] - answer, answer.new_tensor(self.levels)
            return torch.maximum(share * gap, (share - 1) * gap).mean()
        place, spread, *rest = answer.unbind(-1)
        if self.name == "negative_binomial":
            zero, unit = (each[:, None] for each in level.unbind(-1))
            counts = torch.round((truth - zero) / unit).clamp(min=0)
            mean, size = softplus(place - zero) / unit + _LEAST, 1 / spread
            part = size * torch.log1p(mean / size) + counts * torch.log1p(size / mean)
            part = part + _GAMMA(counts + 1) + _GAMMA(size) - _GAMMA(counts + size)
            return part.mean()
        gap = (truth - place) / spread
        if self.name == "gaussian":
            return (spread.log() + gap**2 / 2).mean()
        freedom = rest[0]
        part = (freedom + 1) / 2 * torch.log1p(gap**2 / freedom) + freedom.log() / 2
        part = part + _GAMMA(freedom / 2) - _GAMMA((freedom + 1) / 2)
        return (spread.log() + part).mean()

    # Of arrays, `(batch, steps, targets, size)`.

    def values(self, said: np.ndarray, scores: Any, scales: Scales, series: Any) -> np.ndarray:
        """The values with some scores (0 for the middle), `(batch, steps, targets)`, in the user's
        units.

        Args:
            scores: a number, or an array for `(batch, steps, targets)`.
            series: the number of each row's series.
        """
        place, spread = said[..., 0], said[..., min(1, said.shape[-1] - 1)]
        if self.name == "point":
            return scales.inverse(place + scores, series)
        if self.name == "gaussian":
            return scales.inverse(place + spread * scores, series)
        scores = np.broadcast_to(scores, place.shape)
        if self.name == "quantiles":
            return scales.inverse(_between(*self._points(said), scores), series)
        from scipy import special

        scores = np.clip(scores, -_FAR, _FAR)
        if self.name == "student_t":
            gap = special.stdtrit(said[..., 2], special.ndtr(scores))
            return scales.inverse(place + spread * gap, series)
        from scipy.stats import nbinom

        mean, size = self._counts(said, scales, series)
        return nbinom.ppf(special.ndtr(scores), size, size / (size + mean))

    def scores(
        self, said: np.ndarray, scaled: np.ndarray, truth: np.ndarray, scales: Scales, series: Any
    ) -> np.ndarray:
        """The scores of what came, float64 `(batch, steps, targets)`; it is given on the scale of
        training, float32 as `said`, and in the user's units."""
        if self.name == "point":
            return (scaled - said[..., 0]).astype(np.float64)
        said, scaled = said.astype(np.float64), scaled.astype(np.float64)
        place, spread = said[..., 0], said[..., 1]
        if self.name == "gaussian":
            return (scaled - place) / spread
        if self.name == "quantiles":
            known, values = self._points(said)
            return _between(values, known, scaled)
        from scipy import special

        if self.name == "student_t":
            below = special.stdtr(said[..., 2], (scaled - place) / spread)
        else:
            from scipy.stats import nbinom

            mean, size = self._counts(said, scales, series)
            share = size / (size + mean)
            below = nbinom.cdf(truth - 1, size, share) + nbinom.pmf(truth, size, share) / 2
        return np.clip(special.ndtri(below), -_FAR, _FAR)

    def _points(self, said: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Scores of the levels, and quantiles that rise with them, each at least a little; the
        middle one stays."""
        from scipy.special import ndtri

        known, middle = ndtri(np.array(self.levels)), self._middle
        said = np.sort(said, axis=-1)
        steps = np.maximum(np.diff(said), _RISE * np.diff(known))
        sums = np.concatenate([np.zeros_like(said[..., :1]), np.cumsum(steps, axis=-1)], axis=-1)
        values = said[..., middle : middle + 1] + sums - sums[..., middle : middle + 1]
        return np.broadcast_to(known, said.shape), values

    def _counts(self, said: np.ndarray, scales: Scales, series: Any) -> tuple[Any, Any]:
        """Mean, in counts, and size of negative binomials."""
        level = level_of(scales, said.shape[2])[series][:, None]
        place, zero, unit = said[..., 0], level[..., 0], level[..., 1]
        return np.logaddexp(place - zero, 0.0) / unit + _LEAST, 1 / said[..., 1]


def level_of(scales: Scales, targets: int) -> np.ndarray:
    """`(series, targets, 2)`: where zero lies on the scale of training, how long one unit is."""
    center, scale = scales.center[:, :targets], scales.scale[:, :targets]
    return np.stack([-center / scale, 1 / scale], axis=-1)


def _between(x: np.ndarray, y: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Lines through the points `(x, y)` `(..., points)`, x rising, at `(...)`; the first and the
    last line go on."""
    after = (at[..., None] >= x[..., 1:-1]).sum(-1)[..., None]

    def ends(values: np.ndarray) -> Sequence[np.ndarray]:
        return [np.take_along_axis(values, after + k, axis=-1)[..., 0] for k in (0, 1)]

    (left, right), (low, high) = ends(x), ends(y)
    return low + (at - left) * (high - low) / (right - left)
