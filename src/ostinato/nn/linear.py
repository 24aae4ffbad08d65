"""A linear map whose answer for a row does not depend on the batch around it."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from ostinato.nn.packing import fixed_table
from ostinato.ops import call, native, private

# Products before a second thread is worth waking, which on a busy machine takes long.
THREAD_WORK = 4 * call.THREAD_WORK


class Linear(torch.nn.Linear):
    """`torch.nn.Linear`, whose rows have the same bits alone or in any batch.

    torch's product chooses its order of sums by the number of rows. Without gradients, for float32
    and float64 on a CPU, ours sums in one order. It keeps the packed weights, and packs them again
    when a comparison, bit for bit, finds that one changed, in whatever way; `nn.FixedWeights` saves
    the comparison. With gradients, under autocast, and elsewhere, torch's product serves.

    Shape: `(..., in_features)` to `(..., out_features)`.
    """

    def forward(self, input: Tensor) -> Tensor:
        weight, bias = self.weight, self.bias
        packed = None
        if not (torch.is_grad_enabled() or private.watched() or torch.is_autocast_enabled("cpu")):
            packed = self._packed_of(input, weight, bias)
        if packed is None:
            return torch.nn.functional.linear(input, weight, bias)
        rows = input if input.is_contiguous() else input.contiguous()
        outputs, size = weight.shape
        count = rows.numel() // size
        out = rows.new_empty(*input.shape[:-1], outputs)
        more = count * size * outputs // THREAD_WORK
        threads = 1 + min(torch.get_num_threads() - 1, more) if more else 1
        packed.run(rows=count, x=rows.data_ptr(), x_row=size, out=out.data_ptr(), threads=threads)
        return out

    def _packed_of(self, input: Tensor, weight: Tensor, bias: Tensor | None) -> Any:
        """The packed weights, or None where the kernels do not serve."""
        shape, dtype = weight.shape, input.dtype
        given = (input, weight) if bias is None else (input, weight, bias)
        module = cast(Any, native.load())
        if not (
            hasattr(module, "LinearFloat")
            and dtype in call.DTYPES
            and all(each.dtype is dtype and private.dense(each) for each in given)
            and input.numel()
            and weight.numel()
            and len(shape) == 2
            and input.shape[-1] == shape[1]
            and (bias is None or bias.shape == shape[:1])
        ):
            return None
        looks, table = (shape, dtype, bias is None), fixed_table()
        if table is not None and (known := table.get(self)) is not None and known[0] == looks:
            return known[1]
        dense = [each if each.is_contiguous() else each.contiguous() for each in given[1:]]
        places = {"weight": dense[0].data_ptr(), "bias": 0 if bias is None else dense[1].data_ptr()}
        held = self.__dict__.get("_packed")
        if held is None or held[0] != looks or not held[1].same(**places):
            kind = module.LinearFloat if dtype is torch.float32 else module.LinearDouble
            held = (looks, kind(inputs=shape[1], outputs=shape[0], **places))
            self.__dict__["_packed"] = held
        if table is not None:
            table[self] = held
        return held[1]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_packed"}  # a copy packs its own
