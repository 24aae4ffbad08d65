"""Linear maps that train quickly on a CPU."""

from __future__ import annotations

import functools
from typing import Any

import torch
from torch import Tensor

from ostinato.nn.linear import Linear
from ostinato.ops import private


class ProductLinear(Linear):
    """`nn.Linear` whose products under gradients are oneDNN's where torch has it.

    On an AMD processor that is twice as fast as the library which `torch.nn.functional.linear`
    calls, in float32 all the same; for a softmax over thousands of tokens it is a third of the
    training time.
    """

    def forward(self, input: Tensor) -> Tensor:
        if not torch.is_grad_enabled():
            return super().forward(input)
        return product(input, self.weight, self.bias)


def product(x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """x Wᵀ + b, `(..., inputs)` to `(..., outputs)`."""
    if _serves(x, weight, bias):
        return _Product.apply(x, weight, bias)  # pyright: ignore[reportReturnType]
    return torch.nn.functional.linear(x, weight, bias)


def _serves(x: Tensor, weight: Tensor, bias: Tensor | None) -> bool:
    if private.watched() or torch.is_autocast_enabled("cpu") or not private.linear_pointwise():
        return False
    tensors = (x, weight) if bias is None else (x, weight, bias)
    if not all(each.dtype is torch.float32 and private.dense(each) for each in tensors):
        return False
    return bool(x.numel() and weight.numel()) and x.shape[-1] == weight.shape[-1]


def _rounded(rows: int) -> int:
    """A number of rows at most an eighth larger: oneDNN keeps a program, and its memory, for each
    number it has met, and batches of sequences come in all of them."""
    step = max(8, 1 << (rows.bit_length() - 4) if rows >= 16 else 8)
    return -(-rows // step) * step


def _padded(x: Tensor, rows: int) -> Tensor:
    return torch.cat([x, x.new_zeros(rows - len(x), x.shape[1])]) if rows > len(x) else x


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    if not _reads_strides():
        x, weight = x.contiguous(), weight.contiguous()
    return private.linear_pointwise()(x, weight, bias, "none", [], "")


def _transposed(outer: Tensor, rows: Tensor) -> Tensor:
    """outerᵀ rows; oneDNN is up to twice as quick with the narrower one on the left."""
    if rows.shape[1] < outer.shape[1]:
        return _linear(rows.t(), outer.t()).t()
    return _linear(outer.t(), rows.t())


@functools.cache
def _reads_strides() -> bool:
    """Whether this torch's call takes transposed views as they are, which saves their copies."""
    x, weight = torch.arange(6.0).view(3, 2).t(), torch.arange(12.0).view(3, 4).t()
    found = private.linear_pointwise()(x, weight, None, "none", [], "")
    return torch.equal(found, x @ weight.t())


class _Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        ctx.save_for_backward(x, weight)
        rows = x.reshape(-1, x.shape[-1])
        found = _linear(_padded(rows, _rounded(len(rows))), weight, bias)[: len(rows)]
        return found.view(*x.shape[:-1], len(weight))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, ...]:
        x, weight = ctx.saved_tensors
        (grad,) = grads
        for_x, for_weight, for_bias = ctx.needs_input_grad
        rows, outer = x.reshape(-1, x.shape[-1]), grad.reshape(-1, len(weight))
        fast = all(map(private.dense, (x, weight, grad))) and not private.watched()
        if torch.is_grad_enabled() or not fast:  # a graph of the gradients, or a batch of them
            return (
                grad @ weight if for_x else None,
                outer.t() @ rows if for_weight else None,
                outer.sum(0) if for_bias else None,
            )
        count, size = len(rows), _rounded(len(rows))
        outer = _padded(outer, size)
        return (
            _linear(outer, weight.t())[:count].view(x.shape) if for_x else None,
            _transposed(outer, _padded(rows, size)) if for_weight else None,
            outer.sum(0) if for_bias else None,
        )
