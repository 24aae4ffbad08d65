"""Batch normalisation over the steps that count."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.errors import ShapeError, check_number
from ostinato.nn.inputs import settled
from ostinato.ops.shared import live_steps


class BatchNorm(torch.nn.Module):
    """Each channel by its mean and variance (Ioffe & Szegedy, arXiv:1502.03167), padding left out:

        y = weight ⊙ (x − mean) / √(variance + eps) + bias

    In training they are those of the batch's steps that count; afterwards running means of them,
    as in `torch.nn.BatchNorm1d`, so that a step's answer depends on no other.

    Args:
        size: numbers of a step.
        momentum: share of a batch in the running means.
        eps: what is added to a variance.

    Shape: `(batch, steps, size)` and lengths `(batch,)` to the same, zero past each length.

    Raises:
        ShapeError: the input does not fit `size`.
    """

    running_mean: Tensor
    running_var: Tensor

    def __init__(self, size: int, *, momentum: float = 0.1, eps: float = 1e-5) -> None:
        super().__init__()
        check_number("BatchNorm", "size", size, low=1, whole=True)
        self.size, self.momentum, self.eps = size, momentum, eps
        self.weight = torch.nn.Parameter(torch.ones(size))
        self.bias = torch.nn.Parameter(torch.zeros(size))
        self.register_buffer("running_mean", torch.zeros(size))
        self.register_buffer("running_var", torch.ones(size))

    def forward(self, x: Tensor, lengths: Tensor | None = None) -> Tensor:
        if x.dim() != 3 or x.shape[2] != self.size:
            raise ShapeError(
                f"BatchNorm: input must have shape (batch, steps, {self.size}), got "
                f"{tuple(x.shape)}."
            )
        batch, steps, _ = x.shape
        if lengths is None:
            lengths = torch.full((batch,), steps, device=x.device)
        live = live_steps(settled("BatchNorm", lengths, batch, steps, x.device), steps)
        rows = x[live]
        if not self.training or len(rows) < 2:  # one step has no variance
            there = live.unsqueeze(2)
            # Before the product too: NaN in the padding would reach the weights' gradients.
            return torch.where(there, self.step(torch.where(there, x, 0)), 0)
        found = torch.nn.functional.batch_norm(
            rows,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            True,
            self.momentum,
            self.eps,
        )
        return x.new_zeros(x.shape).masked_scatter(live.unsqueeze(2), found)

    def step(self, x: Tensor) -> Tensor:
        """One step, or any, `(..., size)`, by the running means."""
        scale, shift = self.line()
        return x * scale + shift

    def line(self) -> tuple[Tensor, Tensor]:
        """What a step is multiplied by, and what is added then, `(size,)` each."""
        scale = self.weight * torch.rsqrt(self.running_var + self.eps)
        return scale, self.bias - self.running_mean * scale

    def extra_repr(self) -> str:
        return f"{self.size}"
