"""The native CPU kernels under autograd: which calls they serve, and their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.ops.call import DTYPES, TENSORS, Call
from ostinato.ops.native import load
from ostinato.ops.shared import Cell

NARROW = (torch.bfloat16, torch.float16)  # widened to float32 before the kernels, as sums need


def allows(options: dict[str, Any], device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the kernels are installed and serve these options on this device and dtype."""
    module = load()
    if module is None or not hasattr(module, "CallFloat"):
        return False
    known = options.get("activation", "tanh") in ("tanh", "relu")
    return known and device.type == "cpu" and dtype in (*DTYPES, *NARROW)


def plain() -> bool:
    """Whether no compiler traces, and no transform of torch.func is at work."""
    return not (
        torch.compiler.is_compiling() or torch._C._functorch.peek_interpreter_stack() is not None  # pyright: ignore
    )


def steps() -> bool:
    """Whether a step may run beside autograd, a compiler's tracing and torch.func's transforms."""
    return not torch.is_grad_enabled() and plain()


def serves(arguments: dict[str, Any]) -> bool:
    """Whether the kernels serve this call."""
    x, mask, dtype = arguments["x"], arguments["recurrent_mask"], arguments["x"].dtype
    if dtype not in DTYPES or (mask is not None and mask.requires_grad):
        return False
    for name in TENSORS:
        each = arguments.get(name)
        if each is not None and not (each.dtype is dtype and each.is_cpu):
            return False
    if not (x.numel() and arguments["w_hh"].numel()):
        return False
    return allows(arguments, x.device, dtype)


def widened(arguments: dict[str, Any]) -> dict[str, Any] | None:
    """The arguments in float32 where bfloat16 or float16 is among them and the kernels serve them
    then, else None. Gradients come back through the casts."""
    given = {name: arguments[name] for name in TENSORS if arguments.get(name) is not None}
    dtypes = {each.dtype for each in given.values()}
    if dtypes.isdisjoint(NARROW) or not dtypes <= {*NARROW, torch.float32}:
        return None
    wide = arguments | {name: each.float() for name, each in given.items()}
    return wide if serves(wide) else None


def native(cell: Cell, arguments: dict[str, Any]) -> tuple[Any, ...]:
    """What `cell.reference` returns, from the kernels; without `cell_sequence` an LSTM's cells are
    an empty tensor."""
    tensors = [arguments.get(name) for name in TENSORS]
    needs_gradient = torch.is_grad_enabled() and any(
        each is not None and each.requires_grad for each in tensors
    )
    if needs_gradient:
        results = _Native.apply(cell, arguments, *tensors)  # pyright: ignore
    else:
        results, _ = Call(cell, arguments).forward(keep=False)
    return results


class _Native(torch.autograd.Function):
    @staticmethod
    def forward(ctx, cell: Cell, arguments: dict[str, Any], *tensors: Tensor | None):
        ctx.cell, ctx.arguments = cell, arguments
        ctx.call = Call(cell, arguments)
        results, saved = ctx.call.forward(keep=True)
        ctx.save_for_backward(*tensors, results[0], *saved)
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    def backward(ctx, *grads):
        count = len(TENSORS)
        tensors, (out, *saved) = ctx.saved_tensors[:count], ctx.saved_tensors[count:]
        if torch.is_grad_enabled():
            return (None, None, *_differentiable(ctx, tensors, grads))
        needed = zip(TENSORS, ctx.needs_input_grad[2:], strict=True)
        found = ctx.call.backward(out, saved, grads, {name for name, need in needed if need})
        return (None, None, *map(found.get, TENSORS))


def _differentiable(ctx, tensors: Sequence[Tensor | None], grads: tuple[Tensor, ...]):
    """The gradients as a graph of their own, through the reference: for double backward."""
    with torch.enable_grad():
        given = dict(zip(TENSORS, tensors, strict=True))
        given = {name: given[name] for name in TENSORS if name in ctx.cell.names}
        results = ctx.cell.reference(**ctx.arguments | given)
        wanted = [
            each
            for each, needed in zip(tensors, ctx.needs_input_grad[2:], strict=True)
            if needed and each is not None
        ]
        pairs = [
            (r, g)
            for r, g in zip(results, grads, strict=False)
            if g is not None and r.requires_grad
        ]
        found = iter(
            torch.autograd.grad(
                [r for r, _ in pairs],
                wanted,
                [g for _, g in pairs],
                create_graph=True,
                allow_unused=True,
            )
        )
    return [
        next(found) if needed and each is not None else None
        for each, needed in zip(tensors, ctx.needs_input_grad[2:], strict=True)
    ]
