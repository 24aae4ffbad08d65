"""Means of an epoch's figures, each batch weighted by its rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch import Tensor


def rows_of(batch: Any) -> int:
    """Rows in a batch: the length of the first tensor found in it."""
    if isinstance(batch, Tensor):
        return batch.shape[0]
    for each in batch.values() if isinstance(batch, Mapping) else batch:
        if isinstance(each, Tensor):
            return each.shape[0]
    return 1


class Means:
    """Means of named quantities over an epoch, each batch weighted by its rows."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.rows = 0

    def add(self, values: Mapping[str, Tensor], rows: int) -> None:
        for name, value in values.items():
            weighted = value.detach().double() * rows
            self.sums[name] = self.sums[name] + weighted if name in self.sums else weighted
        self.rows += rows

    def take(self, prefix: str) -> dict[str, float]:
        """The means so far, named with the prefix; the next begin anew."""
        found = {
            prefix + name: float(total) / max(1, self.rows) for name, total in self.sums.items()
        }
        self.sums, self.rows = {}, 0
        return found
