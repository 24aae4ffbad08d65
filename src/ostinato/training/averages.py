"""Means of the weights over optimizer steps, which are validated and kept in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.options import TrainingOptions


class Averages:
    """An exponential moving average (`average`), the plain mean of nt_asgd, or nothing.

    The mean of nt_asgd begins when the monitored value is worse than the best of those more than
    `nonmonotone` epochs ago (Merity et al., arXiv:1708.02182, algorithm 1).
    """

    def __init__(self, options: TrainingOptions, parameters: Sequence[Tensor]) -> None:
        self.options, self.parameters = options, list(parameters)
        self.tensors: list[Tensor] = []
        self.count = -1  # steps in the mean of nt_asgd, -1 before it begins

    @torch.no_grad()
    def after_step(self, step: int) -> None:
        """Take in the weights after optimizer step number `step`."""
        if self.count < 0 and not self.options.average:
            return
        first = not self.tensors
        if first:
            self.tensors = [each.detach().clone() for each in self.parameters]
        if self.count >= 0:
            self.count += 1
            share = 1 / self.count
        else:
            # Early on the average follows quickly, or it would remember the random start.
            share = 1 - min(self.options.average, (1 + step) / (10 + step))
        if not first:
            torch._foreach_lerp_(self.tensors, self.parameters, share)

    def after_epoch(self, values: Sequence[float]) -> None:
        """Begin the mean of nt_asgd, if the monitored values of all epochs call for it."""
        earlier = values[: -self.options.nonmonotone - 1]
        if self.options.optimizer != "nt_asgd" or self.count >= 0 or not earlier:
            return
        low = self.options.mode == "min"
        if values[-1] > min(earlier) if low else values[-1] < max(earlier):
            self.count = 0

    @torch.no_grad()
    def swap(self) -> None:
        """Exchange the weights with their averages; twice brings them back."""
        for average, parameter in zip(self.tensors, self.parameters, strict=False):
            held = parameter.detach().clone()
            parameter.copy_(average)
            average.copy_(held)

    def state(self) -> dict[str, Any]:
        return {"tensors": self.tensors, "count": self.count}

    def restore(self, state: dict[str, Any]) -> None:
        pairs = zip(state["tensors"], self.parameters, strict=False)
        self.tensors = [each.to(parameter.device) for each, parameter in pairs]
        self.count = state["count"]
