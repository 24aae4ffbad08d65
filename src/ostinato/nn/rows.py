"""A linear layer whose answer for a row does not depend on how many rows there are."""

from __future__ import annotations

import torch
from torch import Tensor

FEWEST = 8


class RowLinear(torch.nn.Linear):
    """`torch.nn.Linear` with at least 8 rows in every product outside training.

    For fewer, torch's matrix library takes another path, whose sums end in other bits.
    """

    def forward(self, input: Tensor) -> Tensor:
        if self.training:
            return super().forward(input)
        return row_linear(input, self.weight, self.bias)


def row_linear(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x Wᵀ + b, `(..., inputs)` to `(..., outputs)`; see `RowLinear`."""
    rows = x.reshape(-1, x.shape[-1])
    missing = max(0, FEWEST - len(rows))
    if missing:
        rows = torch.cat([rows, rows.new_zeros(missing, rows.shape[1])])
    y = torch.nn.functional.linear(rows, weight, bias)
    return y[: len(rows) - missing].view(*x.shape[:-1], len(weight))
