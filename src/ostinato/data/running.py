"""Mean and spread of columns, kept up row by row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import check_number

LIMIT = 5.0  # spreads; what lies further out is drawn in
BOUND = 20.0  # spreads; no row moves mean and spread further
_WIDE = 1e100
_LEAST = 1e-4  # of a column's size: a spread below is that of a constant column


class RunningScale:
    """Columns on common scales by the mean and the spread of the rows so far, one scale or several
    that look back differently far.

    The first rows all count alike; once there are more than `memory`, a row that lies k rows back
    counts (1 - 1/memory)**k (exponential forgetting), so that a scale learned on one stretch does
    not hold for ever. A column that was constant until now gives zeros; once it moves, its spread
    follows within some rows. A value far out counts as one 20 spreads away, so that a single wrong
    reading does not blind the scale; where more follow, the spread grows to theirs. Answers lie in
    -5 to 5.

    Args:
        columns: how many.
        memories: of each scale: rows, about; how far back it looks.
    """

    def __init__(self, columns: int, memories: Sequence[int]) -> None:
        for each in memories:
            check_number("RunningScale", "memory", each, low=1, whole=True)
        self.memories, self.count = [int(each) for each in memories], 0
        self.mean = np.zeros((len(self.memories), columns))
        self.variance = np.zeros((len(self.memories), columns))
        self._least, self._furthest = self._limits()

    def _limits(self) -> tuple[np.ndarray, np.ndarray]:
        """The variance of a constant column, and how far from the mean the next row may lie."""
        least = (_LEAST * self.mean) ** 2 + 1e-30
        return least, np.where(self.variance > least, BOUND * np.sqrt(self.variance), _WIDE)

    def step(self, row: np.ndarray) -> np.ndarray:
        """Take the next row `(columns,)` and scale it, this row counted in: `(scales, columns)`."""
        self.count += 1
        share = np.array([[1 / min(self.count, each)] for each in self.memories])
        gap = np.minimum(np.maximum(row - self.mean, -self._furthest), self._furthest)
        self.mean += share * gap
        # West, Communications of the ACM 22(9), 1979, with the weights above.
        self.variance = (1 - share) * (self.variance + share * gap * gap)
        self._least, self._furthest = self._limits()
        scaled = (row - self.mean) / np.sqrt(self.variance + self._least)
        return np.minimum(np.maximum(scaled, -LIMIT), LIMIT)

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return {
            "memories": self.memories,
            "count": self.count,
            "mean": self.mean.tolist(),
            "variance": self.variance.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> RunningScale:
        """The scale that `to_dict` described, to the last bit."""
        made = cls(len(state["mean"][0]), state["memories"])
        made.count = int(state["count"])
        made.mean[:] = np.array(state["mean"], dtype=np.float64)
        made.variance[:] = np.array(state["variance"], dtype=np.float64)
        if not (np.isfinite(made.mean).all() and (made.variance >= 0).all()):
            raise ValueError("means must be finite, and variances at least 0")
        made._least, made._furthest = made._limits()
        return made

    def copy(self) -> RunningScale:
        return self.from_dict(self.to_dict())
