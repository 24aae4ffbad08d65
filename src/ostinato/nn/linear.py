"""A linear map whose answer for a row does not depend on the batch around it."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from ostinato.nn.stepping import versions
from ostinato.ops import call, kernels, native

# Products before a second thread is worth waking, which on a busy machine takes long.
THREAD_WORK = 8 * call.THREAD_WORK


class Linear(torch.nn.Linear):
    """`torch.nn.Linear`, whose rows have the same bits alone or in any batch.

    torch's product chooses its order of sums by the number of rows. Without gradients, for float32
    and float64 on a CPU, ours sums in one order and keeps the packed weights until they change.
    With gradients, and elsewhere, torch's product serves. A change through `weight.data` is one
    that torch does not count, and stays unseen.

    Shape: `(..., in_features)` to `(..., out_features)`.
    """

    def forward(self, input: Tensor) -> Tensor:
        if not kernels.steps():
            return super().forward(input)
        packed = self._pack(input)
        if packed is None:
            return super().forward(input)
        rows = input if input.is_contiguous() else input.contiguous()
        size = self.in_features
        count = rows.numel() // size
        out = rows.new_empty(*input.shape[:-1], self.out_features)
        more = count * size * self.out_features // THREAD_WORK
        threads = 1 + min(torch.get_num_threads() - 1, more) if more else 1
        packed.run(rows=count, x=rows.data_ptr(), x_row=size, out=out.data_ptr(), threads=threads)
        return out

    def _pack(self, input: Tensor) -> Any:
        """The packed weights, or None where the kernels do not serve."""
        weight, bias = self.weight, self.bias
        seen = versions(self._parameters.values())
        if not (
            seen is not None
            and input.is_cpu
            and weight.is_cpu
            and input.dtype == weight.dtype
            and input.dtype in call.DTYPES
            and input.numel()
            and input.shape[-1] == self.in_features
        ):
            return None
        held = self.__dict__.get("_packed")
        if held is None or held[0] != seen:
            module = cast(Any, native.load())
            if not hasattr(module, "LinearFloat"):
                return None
            kind = module.LinearFloat if weight.dtype == torch.float32 else module.LinearDouble
            dense = weight.detach().contiguous()
            offset = None if bias is None else bias.detach().contiguous()
            made = kind(
                inputs=self.in_features,
                outputs=self.out_features,
                weight=dense.data_ptr(),
                bias=0 if offset is None else offset.data_ptr(),
            )
            held = self.__dict__["_packed"] = (seen, made)
        return held[1]

    def __getstate__(self) -> dict[str, Any]:
        return {k: v for k, v in self.__dict__.items() if k != "_packed"}  # a copy packs its own
