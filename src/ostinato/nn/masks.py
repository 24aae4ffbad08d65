"""Dropout made for sequences."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

from ostinato.errors import check_number


class SequenceDropout(torch.nn.Module):
    """Dropout with one mask for all steps of a sequence (Gal & Ghahramani, arXiv:1512.05287).

    Shape: `(batch, steps, size)` to the same.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        check_number("SequenceDropout", "p", p, low=0, below=1)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        keep = 1 - self.p
        kept = x.new_empty(x.shape[0], 1, x.shape[2]).bernoulli_(keep)
        return torch.where(kept > 0, x / keep, 0)

    def extra_repr(self) -> str:
        return f"p={self.p}"


class StepMask(torch.nn.Module):
    """Whole steps of the input hidden during training: each with probability p becomes zero.

    Shape: `(batch, steps, size)` to the same; nothing is scaled, as what is hidden is missing.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        check_number("StepMask", "p", p, low=0, below=1)
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or not self.p:
            return x
        kept = x.new_empty(x.shape[0], x.shape[1], 1).bernoulli_(1 - self.p)
        return torch.where(kept > 0, x, 0)  # a hidden NaN is hidden too

    def extra_repr(self) -> str:
        return f"p={self.p}"


def pack_like(packed: PackedSequence, values: Tensor, lengths: Tensor) -> PackedSequence:
    """`values` `(batch, steps, n)` packed in the order and sizes of `packed`."""
    order = packed.sorted_indices
    rows = values if order is None else values.index_select(0, order)
    sizes = lengths if order is None else lengths[order.cpu()]
    data = pack_padded_sequence(rows, sizes, batch_first=True).data
    return PackedSequence(data, packed.batch_sizes, order, packed.unsorted_indices)
