"""The native CPU kernels under autograd: which calls they serve, and their gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import ShapeError
from ostinato.ops import private
from ostinato.ops.call import CHOICES, DTYPES, TENSORS, Call
from ostinato.ops.native import load
from ostinato.ops.shared import Cell

NARROW = (torch.bfloat16, torch.float16)  # widened to float32 before the kernels, as sums need
READ = (*TENSORS, *CHOICES)  # every tensor of a call


def allows(options: dict[str, Any], device: torch.device, dtype: torch.dtype) -> bool:
    """Whether the kernels are installed and serve these options on this device and dtype."""
    module = load()
    if module is None or not hasattr(module, "CallFloat"):
        return False
    known = options.get("activation", "tanh") in ("tanh", "relu")
    return known and device.type == "cpu" and dtype in (*DTYPES, *NARROW)


def plain(*tensors: Tensor | None) -> bool:
    """Whether a kernel may read these tensors' memory directly, unseen by torch: nobody traces,
    transforms, fakes or counts, and each is an ordinary tensor on a CPU."""
    return not private.watched() and all(each is None or private.dense(each) for each in tensors)


def serves(arguments: dict[str, Any]) -> bool:
    """Whether the kernels serve this call."""
    x, mask, dtype = arguments["x"], arguments["recurrent_mask"], arguments["x"].dtype
    if dtype not in DTYPES or (mask is not None and mask.requires_grad):
        return False
    if private.watched():
        return False
    for name in READ:
        each = arguments.get(name)
        if each is not None and not private.dense(each):
            return False
        if each is not None and name in TENSORS and each.dtype is not dtype:
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
    if torch.is_grad_enabled():
        tensors = [arguments.get(name) for name in READ]
        if any(each is not None and each.requires_grad for each in tensors):
            settings = {name: value for name, value in arguments.items() if name not in READ}
            return _Native.apply(cell, settings, *tensors)  # pyright: ignore
    return Call(cell, arguments).forward(keep=False)[0]


class _Native(torch.autograd.Function):
    """Keeps nothing of the call but through autograd, which counts changes in place, frees what a
    backward pass has used, and hands it to whoever stores or recomputes what is saved."""

    @staticmethod
    def forward(ctx, cell: Cell, settings: dict[str, Any], *tensors: Tensor | None):
        results, saved = Call(cell, _with(cell, settings, tensors)).forward(keep=True)
        everything = (*tensors, results[0], *saved)
        ctx.save_for_backward(*everything)
        ctx.looks = [None if each is None else (each.shape, each.dtype) for each in everything]
        ctx.cell, ctx.settings = cell, settings
        ctx.set_materialize_grads(False)
        return results

    @staticmethod
    def backward(ctx, *grads):
        everything = ctx.saved_tensors
        looks = [None if each is None else (each.shape, each.dtype) for each in everything]
        if looks != ctx.looks:
            raise ShapeError(
                f"ops.{ctx.cell.name}: saved_tensors_hooks must give back what they were given, "
                f"got {looks} for {ctx.looks}."
            )
        tensors, (out, *saved) = everything[: len(READ)], everything[len(READ) :]
        if torch.is_grad_enabled() or not plain(*everything, *grads):
            return (None, None, *_differentiable(ctx, tensors, grads))
        call = Call(ctx.cell, _with(ctx.cell, ctx.settings, tensors))
        dense = [None if each is None else each.contiguous() for each in saved]
        needed = zip(READ, ctx.needs_input_grad[2:], strict=True)
        wanted = {name for name, need in needed if need}
        found = call.backward(out.contiguous(), dense, grads, wanted)
        return (None, None, *map(found.get, READ))


def _with(cell: Cell, settings: dict[str, Any], tensors: Sequence[Tensor | None]) -> dict[str, Any]:
    named = zip(READ, tensors, strict=True)
    return settings | {name: each for name, each in named if name in cell.names}


def _differentiable(
    ctx: Any, tensors: Sequence[Tensor | None], grads: tuple[Tensor, ...]
) -> list[Tensor | None]:
    """The gradients through the reference: a graph of their own for double backward, and plain
    operations where they come in a batch or somebody watches."""
    graph = torch.is_grad_enabled()
    needed = ctx.needs_input_grad[2:]
    with torch.enable_grad():
        if not graph:  # leaves of their own: what made these tensors has no part in it
            tensors = [
                each.detach().requires_grad_(need) if each is not None and need else each
                for each, need in zip(tensors, needed, strict=True)
            ]
        results = ctx.cell.reference(**_with(ctx.cell, ctx.settings, tensors))
        wanted = [
            each for each, need in zip(tensors, needed, strict=True) if need and each is not None
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
                create_graph=graph,
                allow_unused=True,
            )
        )
    return [
        next(found) if need and each is not None else None
        for each, need in zip(tensors, needed, strict=True)
    ]
