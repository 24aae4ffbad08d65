"""Naive forecasts of windows: what a network has to beat."""

from __future__ import annotations

import dataclasses

import numpy as np

from ostinato.measures.forecasts import croston, drift, repeat_last, repeat_season

MANY_ZEROS = 0.25  # the share of zeros from which counts are as Croston's


@dataclasses.dataclass(frozen=True, kw_only=True)
class Naive:
    """Naive forecasts of windows.

    Attributes:
        season: rows after which series repeat.
        horizon: rows to answer.
        sparse: whether targets are counts of which many are zero.
    """

    season: int
    horizon: int
    sparse: bool

    @property
    def prefixes(self) -> tuple[str, ...]:
        """Of `BASELINES`, in the order of `of`."""
        return ("baseline_", "seasonal_", "drift_", *(("croston_",) if self.sparse else ()))

    def of(self, before: np.ndarray) -> dict[str, np.ndarray]:
        """Rows `(batch, past, targets)` to the forecasts `(batch, horizon, targets)` after them, by
        prefix."""
        found = [
            repeat_last(before, self.horizon),
            repeat_season(before, self.season, self.horizon),
            drift(before, self.horizon),
        ]
        if self.sparse:
            found.append(croston(before, self.horizon))
        return dict(zip(self.prefixes, found, strict=True))
