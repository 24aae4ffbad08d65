"""Dropout whose mask costs little."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import check_number
from ostinato.ops import native, private

LEVELS = 1 << 16


def highest_of(p: float) -> int:
    """The highest of p * LEVELS signed numbers of 16 bits, counted from the lowest."""
    return round(p * LEVELS) - LEVELS // 2 - 1


def chosen(shape: Sequence[int], p: float, device: torch.device) -> Tensor:
    """Booleans of that shape, each True with probability p rounded to a multiple of 2⁻¹⁶: every 64
    random bits serve four."""
    if not round(p * LEVELS):
        return torch.zeros(*shape, dtype=torch.bool, device=device)
    if private.watched():  # a compiler follows no random_
        return torch.rand(*shape, device=device) < round(p * LEVELS) / LEVELS
    count = math.prod(shape)
    bits = torch.empty((count + 3) // 4, dtype=torch.int64, device=device)
    bits.random_(-(1 << 63), None)
    return bits.view(torch.int16)[:count].view(shape) <= highest_of(p)


def chosen_quickly(shape: Sequence[int], p: float, device: torch.device) -> Tensor:
    """`chosen`, several times faster where the kernels are, which make other bits, from one number
    of torch's generator."""
    if (
        device.type != "cpu" or private.watched()
    ):  # which a compiler follows, unlike what comes next
        return chosen(shape, p, device)
    module: Any = native.load()
    if not hasattr(module, "choose"):
        return chosen(shape, p, device)
    if not round(p * LEVELS):
        return torch.zeros(*shape, dtype=torch.bool, device=device)
    flags = torch.empty(*shape, dtype=torch.bool, device=device)
    seed = int(torch.empty((), dtype=torch.int64, device=device).random_())
    module.choose(out=flags.data_ptr(), count=flags.numel(), highest=highest_of(p), seed=seed)
    return flags


class Dropout(torch.nn.Module):
    """`torch.nn.Dropout`, several times faster on a CPU.

    There torch draws one random number for each element. Here each 64 random bits serve four, so
    that p is rounded to a multiple of 2⁻¹⁶. The mask comes from torch's generator, as torch's
    own does, but is another one.

    Shape: any; returns the same.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        check_number("Dropout", "p", p, low=0, below=1)
        self.p = p
        self.dropped = round(p * LEVELS)

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.dropped:
            return x
        if x.device.type != "cpu":
            return torch.dropout(x, self.p, True)
        kept = ~chosen(x.shape, self.p, x.device)
        return x * (kept.to(x.dtype) * (LEVELS / (LEVELS - self.dropped)))

    def extra_repr(self) -> str:
        return f"p={self.p}"
