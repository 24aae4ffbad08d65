"""Second derivatives for kernels that have only first ones, as cuDNN's."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.ops.fused import fused
from ostinato.ops.shared import Cell

NAMES = ("x", "h0", "c0", "w_ih", "w_hh", "b_ih", "b_hh", "w_hr")


def differentiable_twice(
    cell: Cell, arguments: dict[str, Any], need_cell: bool = True
) -> tuple[Any, ...]:
    """`fused`, whose gradient, where a graph of it is asked for, goes through the reference."""
    tensors = [arguments.get(name) for name in NAMES]
    return _FusedWithDoubleBackward.apply(cell, arguments, need_cell, *tensors)  # pyright: ignore


class _FusedWithDoubleBackward(torch.autograd.Function):
    @staticmethod
    def forward(ctx, cell: Cell, arguments: dict[str, Any], need_cell: bool, *tensors):
        leaves = [
            None if t is None else t.detach().requires_grad_(t.requires_grad) for t in tensors
        ]
        with torch.enable_grad():
            results = fused(cell, _with(cell, arguments, leaves), need_cell)
        ctx.cell, ctx.leaves, ctx.results = cell, leaves, results
        ctx.settings = {k: v for k, v in arguments.items() if k not in NAMES}
        ctx.save_for_backward(*tensors)
        ctx.set_materialize_grads(False)
        return tuple(None if r is None else r.detach() for r in results)

    @staticmethod
    def backward(ctx, *grads):
        if torch.is_grad_enabled():
            tensors = list(ctx.saved_tensors)
            results = ctx.cell.reference(**_with(ctx.cell, ctx.settings, tensors))
            found = _gradients(results, tensors, grads, create_graph=True)
        else:
            found = _gradients(ctx.results, ctx.leaves, grads, retain_graph=True)
        return (None, None, None, *found)


def _with(cell: Cell, arguments: dict[str, Any], tensors: list[Tensor | None]) -> dict[str, Any]:
    named = dict(zip(NAMES, tensors, strict=True))
    return arguments | {name: each for name, each in named.items() if name in cell.names}


def _gradients(results: Any, tensors: list[Any], grads: Any, **how: bool) -> list[Tensor | None]:
    pairs = [
        (result, grad)
        for result, grad in zip(results, grads, strict=True)
        if grad is not None and result is not None and result.requires_grad
    ]
    wanted = [each for each in tensors if each is not None and each.requires_grad]
    found = iter(
        torch.autograd.grad(
            [r for r, _ in pairs], wanted, [g for _, g in pairs], allow_unused=True, **how
        )
    )
    return [next(found) if t is not None and t.requires_grad else None for t in tensors]
