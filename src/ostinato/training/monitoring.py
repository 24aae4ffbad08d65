"""What the monitored figure decides at the end of an epoch: best weights, stopping, the rate."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor


class Best:
    """The epoch (from 1) with the best value so far, and the weights it had.

    Only finite values count: neither NaN nor an infinity is ever the best.
    """

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.epoch, self.value = 0, math.nan
        self.weights: dict[str, Tensor] | None = None

    def beaten_by(self, value: float) -> bool:
        if not math.isfinite(value):
            return False
        if math.isnan(self.value):
            return True
        return value < self.value if self.mode == "min" else value > self.value

    def keep(self, epoch: int, value: float, weights: dict[str, Tensor]) -> None:
        self.epoch, self.value, self.weights = epoch, value, weights

    def state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "value": self.value, "weights": self.weights}

    def restore(self, state: dict[str, Any]) -> None:
        self.epoch, self.value, self.weights = state["epoch"], state["value"], state["weights"]


class Patience:
    """Stops a fit after `limit` epochs in a row without a better value; None never does."""

    def __init__(self, limit: int | None) -> None:
        self.limit, self.waited = limit, 0

    def see(self, better: bool) -> None:
        self.waited = 0 if better else self.waited + 1

    @property
    def spent(self) -> bool:
        return self.limit is not None and self.waited >= self.limit

    def state(self) -> dict[str, Any]:
        return {"waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        self.waited = state["waited"]


class Plateau:
    """The schedule "plateau": after `every` epochs without a better value the rate falls."""

    def __init__(self, on: bool, decay: float, every: int) -> None:
        self.on, self.decay, self.every = on, decay, every
        self.drops = 0
        self.waited = 0  # epochs without a better value since the last drop

    def see(self, better: bool) -> None:
        self.waited = 0 if better else self.waited + 1
        if self.on and self.waited >= self.every:
            self.drops, self.waited = self.drops + 1, 0

    @property
    def factor(self) -> float:
        """What multiplies the rate."""
        return self.decay**self.drops

    def state(self) -> dict[str, Any]:
        return {"drops": self.drops, "waited": self.waited}

    def restore(self, state: dict[str, Any]) -> None:
        self.drops, self.waited = state["drops"], state["waited"]
