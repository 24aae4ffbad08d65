"""The last rows of a stream, next to each other in memory."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ostinato.data.series_reading import fill


class Ring:
    """The last rows, next to each other in memory, for every row is written twice."""

    def __init__(self, past: int, columns: int, dtype: Any = np.float64) -> None:
        self.past, self.at, self.kept = past, 0, 0
        self.both = np.zeros((2 * past, columns), dtype)

    def take(self, values: np.ndarray) -> None:
        """Add a row; the oldest goes where there are `past`."""
        at, past = self.at, self.past
        self.both[at] = values
        self.both[at + past] = values
        self.at = (at + 1) % past
        if self.kept < past:
            self.kept += 1

    def rows(self) -> np.ndarray:
        """`(rows, columns)`, oldest first."""
        last = self.at + self.past
        return self.both[last - self.kept : last]


class LastRows(Ring):
    """The last rows as they came, and what fills their holes.

    Attributes:
        holes: rows with a missing value.
    """

    def __init__(self, past: int, columns: int) -> None:
        super().__init__(past, columns)
        # Of each column the last value before the window, and how many rows before its first.
        self._before, self._age = np.zeros(columns), np.zeros(columns, dtype=int)
        self.holes = 0

    def take(self, values: np.ndarray) -> None:
        if self.kept == self.past:
            oldest = self.both[self.at]
            if self.holes:
                known = ~np.isnan(oldest)
                self.holes -= int(not known.all())
                self._before = np.where(known, oldest, self._before)
                self._age = np.where(known, 1, self._age + 1)
            else:
                self._before[:] = oldest
                self._age[:] = 1
        super().take(values)
        self.holes += not all_finite(values)

    def before(self) -> dict[str, np.ndarray]:
        """What `go_on` needs beside the rows."""
        return {"before": self._before, "age": self._age}

    def go_on(self, arrays: Mapping[str, np.ndarray]) -> None:
        self._before[:], self._age[:] = arrays["before"], arrays["age"]

    def filled(self, missing: str) -> np.ndarray:
        """The rows without holes, as the whole series would be filled."""
        rows = self.rows()
        if not self.holes:
            return rows
        reach = int(self._age.max(initial=0))
        longer = np.full((reach + len(rows), rows.shape[1]), np.nan)
        longer[reach:] = rows
        for column in np.flatnonzero(self._age):
            longer[reach - self._age[column], column] = self._before[column]
        return fill(longer, missing)[reach:]


def all_finite(values: np.ndarray) -> bool:
    """For the few values of a row, which NumPy takes longer for."""
    return all(map(math.isfinite, values.tolist()))
