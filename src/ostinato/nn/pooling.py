"""From a sequence of outputs to one vector."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ostinato.errors import check_choice
from ostinato.nn.inputs import settled
from ostinato.nn.linear import Linear
from ostinato.ops.shared import live_steps

POOLINGS = ("last", "mean", "max", "attention", "meanmax")


class Pooling(torch.nn.Module):
    """Outputs `(batch, steps, size)` and their lengths to one vector a sequence.

    - "last": the output at the length; of a bidirectional layer (`directions=2`) the backward
      half at the first step, where it has read everything.
    - "mean", "max": over the steps that count. "meanmax": both, `(batch, 2 * size)`.
    - "attention": the mean weighted by softmax(v · tanh(W h)), with W `(size, size)` (Yang et al.
      2016, section 2.2, without a bias).

    A sequence of length 0 gives zeros. What stands past a length, NaN too, changes no bit.
    """

    def __init__(self, mode: str, size: int, *, directions: int = 1) -> None:
        super().__init__()
        check_choice("Pooling", "mode", mode, POOLINGS)
        self.mode, self.size, self.directions = mode, size, directions
        self.output_size = 2 * size if mode == "meanmax" else size
        if mode == "attention":
            self.key = Linear(size, size, bias=False)
            self.score = Linear(size, 1, bias=False)

    def forward(self, outputs: Tensor, lengths: Tensor | None = None) -> Tensor:
        batch, steps, _ = outputs.shape
        if steps == 0:
            return outputs.new_zeros(batch, self.output_size)
        if lengths is None:
            lengths = torch.full((batch,), steps, device=outputs.device)
        lengths = settled("Pooling", lengths, batch, steps, outputs.device)
        live = live_steps(lengths, steps).unsqueeze(2)
        outputs = torch.where(live, outputs, 0)
        pools = {"last": self._last, "mean": _mean, "max": _maximum, "attention": self._attention}
        if self.mode == "meanmax":
            return torch.cat([_mean(outputs, live, lengths), _maximum(outputs, live, lengths)], 1)
        return pools[self.mode](outputs, live, lengths)

    def _last(self, outputs: Tensor, live: Tensor, lengths: Tensor) -> Tensor:
        place = (lengths - 1).clamp(min=0).view(-1, 1, 1)
        last = outputs.take_along_dim(place, 1).squeeze(1)
        if self.directions == 2:
            half = self.size // 2
            last = torch.cat([last[:, :half], outputs[:, 0, half:]], 1)
        return last

    def _attention(self, outputs: Tensor, live: Tensor, lengths: Tensor) -> Tensor:
        scores = self.score(torch.tanh(self.key(outputs)))
        scores = scores.masked_fill(~live, torch.finfo(scores.dtype).min)
        return (torch.softmax(scores, 1) * live * outputs).sum(1)

    def extra_repr(self) -> str:
        return f"{self.mode!r}, {self.size}"


def _mean(outputs: Tensor, live: Tensor, lengths: Tensor) -> Tensor:
    return outputs.sum(1) / lengths.clamp(min=1).unsqueeze(1)


def _maximum(outputs: Tensor, live: Tensor, lengths: Tensor) -> Tensor:
    highest = outputs.masked_fill(~live, -math.inf).amax(1)
    return torch.where((lengths > 0).unsqueeze(1), highest, 0)
