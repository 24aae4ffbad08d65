"""From recordings to numbers: convolutions, a recurrent network, pooling."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import expit
from torch import Tensor

from ostinato import data, nn
from ostinato.ops.shared import live_steps
from ostinato.tasks.layers import stacked
from ostinato.tasks.recordings.options import RecordingOptions

ANSWER_ROWS = 64  # recordings at once when answering
WIDTHS = (9, 5, 3)  # of the convolutions, for recordings that are long enough
READ = 128  # steps that the recurrent layers read of a usual recording at most
CAUSAL_POOLINGS = ("last", "mean", "max", "meanmax")


def widths_of(options: RecordingOptions, usual: int) -> tuple[int, ...]:
    """Steps that each convolution looks at, for recordings of `usual` steps."""
    given = options.convolution
    if given is None:
        return ()
    if given == "auto":
        return tuple(width for width in WIDTHS if width * 3 <= usual) or (1,)
    return (given,) if isinstance(given, int) else tuple(given)


def stride_of(options: RecordingOptions, usual: int, by_step: bool) -> int:
    """Steps between two that the recurrent layers read."""
    if isinstance(options.stride, int):
        return options.stride
    return 1 if by_step or not options.bidirectional else -(-usual // READ)


class RecordingModule(torch.nn.Module):
    """Convolutions with batch normalisation, recurrent layers above them, and a linear head that
    reads the pooled outputs of both (as in LSTM-FCN, arXiv:1709.05206, but one above the other).

    Args:
        inputs: numbers of a step.
        outputs: numbers answered of a recording, or of a step: logits, or scaled numbers.
        by_step: answer each step; nothing is pooled.
        usual: steps of a usual recording, by which widths and stride are chosen.

    Shape:
        - x `(batch, steps, inputs)`, lengths `(batch,)`.
        - returns logits `(batch, outputs)`, or `(batch, steps, outputs)` of each step.
    """

    def __init__(
        self,
        options: RecordingOptions,
        *,
        inputs: int,
        outputs: int,
        by_step: bool,
        usual: int,
    ) -> None:
        super().__init__()
        self.by_step, self.causal = by_step, not options.bidirectional
        self.stride = stride_of(options, usual, by_step)
        poolable = options.pooling in CAUSAL_POOLINGS
        self.running = self.causal and not by_step and poolable and self.stride == 1
        self.convolutions, self.norms = torch.nn.ModuleList(), torch.nn.ModuleList()
        size = inputs
        for width in widths_of(options, usual):
            self.convolutions.append(
                nn.Convolution(size, options.filters, width, causal=self.causal)
            )
            self.norms.append(nn.BatchNorm(options.filters))
            size = options.filters
        skipped = size if self.convolutions else 0
        self.dropout = torch.nn.Dropout(options.dropout)
        sizes, both = options.layer_sizes, options.bidirectional
        self.layers, directions = stacked(options, size, sizes, bidirectional=both), 1 + both
        size = sizes[-1] * directions
        self.pooling, pools = options.pooling, []
        if not by_step:
            pools.append(nn.Pooling(options.pooling, size, directions=directions))
            if skipped:
                pools.insert(0, nn.Pooling(options.pooling, skipped))
        read = sum(each.output_size for each in pools) if pools else skipped + size
        self.poolings = torch.nn.ModuleList(pools)
        self.head = nn.Linear(read, outputs)

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        seen, lengths, read, after = self._outputs(x, lengths)
        if self.by_step:
            return self.head(self.dropout(torch.cat([*seen, read], 2)))
        parts = [*((each, lengths) for each in seen), (read, after)]
        pooled = [
            self._pooled(pooling, values, count)
            for pooling, (values, count) in zip(self.poolings, parts, strict=True)
        ]
        return self.head(self.dropout(torch.cat(pooled, 1)))

    def _pooled(self, pooling: Any, values: Tensor, lengths: Tensor) -> Tensor:
        """The pooled outputs; of answers those that a stream would have, with the same bits in
        any batch: torch's sum over steps has other bits where there is more padding."""
        if torch.is_grad_enabled() or self.pooling in ("last", "attention"):
            return pooling(values, lengths)
        place = (lengths - 1).clamp(min=0).view(-1, 1, 1)
        return running(self.pooling, values).take_along_dim(place, 1).squeeze(1)

    def every(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Of a causal model, the logits that it would give after each step, `(batch, steps,
        outputs)`: what a stream answers."""
        seen, _, read, _ = self._outputs(x, lengths)
        if self.by_step:
            return self.head(torch.cat([*seen, read], 2))
        return self.head(torch.cat([running(self.pooling, each) for each in (*seen, read)], 2))

    def _outputs(self, x: Tensor, lengths: Tensor) -> tuple[list[Tensor], Tensor, Tensor, Tensor]:
        """The convolutions' outputs (none or one) and their lengths, and those of the recurrent
        layers with theirs."""
        values, seen = x, []
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            values, lengths = convolution(values, lengths)
            values = torch.relu(norm(values, lengths))
        if len(self.convolutions):
            seen.append(values)
        after = lengths
        if self.stride > 1:
            values, after = averaged(values, lengths, self.stride)
        values = self.dropout(values)
        for number, layer in enumerate(self.layers):
            values, _ = layer(values, lengths=after, need_state=False)
            if number + 1 < len(self.layers):
                values = self.dropout(values)
        return seen, lengths, values, after

    @torch.inference_mode()
    def logits(self, sequences: Sequence[np.ndarray], *, every: bool = False) -> list[np.ndarray]:
        """Of each recording `(outputs,)`, or `(steps, outputs)`; those of like length together, in
        the order given."""
        order = np.argsort([len(each) for each in sequences], kind="stable")
        found: list[np.ndarray] = [np.zeros(0)] * len(sequences)
        for start in range(0, len(order), ANSWER_ROWS):
            rows = order[start : start + ANSWER_ROWS]
            x, lengths = data.pad([sequences[k] for k in rows])
            call = self.every if every else self
            answer = call(torch.from_numpy(x), torch.from_numpy(lengths)).numpy()
            for row, each, length in zip(rows, answer, lengths, strict=True):
                found[row] = each[:length].copy() if every or self.by_step else each.copy()
        return found


def averaged(values: Tensor, lengths: Tensor, stride: int) -> tuple[Tensor, Tensor]:
    """The means of each `stride` steps that follow each other, of as many as are there at the end
    of a recording, and their number."""
    steps = values.shape[1]
    count = -(-steps // stride)
    filled = torch.nn.functional.pad(values, (0, 0, 0, count * stride - steps))
    live = live_steps(lengths, count * stride)
    there = live.unflatten(1, (count, stride)).sum(2).clamp(min=1)
    sums = filled.unflatten(1, (count, stride)).sum(2)
    return sums / there.unsqueeze(2), (lengths + stride - 1) // stride


def running(mode: str, values: Tensor) -> Tensor:
    """Values pooled up to each step, `(batch, steps, size)` or twice that; the sums in double
    precision, one after the other, as a stream makes them."""
    if mode == "last":
        return values
    parts = []
    if mode != "max":
        steps = torch.arange(1, values.shape[1] + 1).unsqueeze(1)
        parts.append((values.double().cumsum(1) / steps).to(values.dtype))
    if mode != "mean":
        parts.append(values.cummax(1).values)
    return torch.cat(parts, 2)


def probabilities(logits: np.ndarray, several: bool) -> np.ndarray:
    """From logits `(..., classes)`, in double precision, each row by itself."""
    values = np.asarray(logits, dtype=np.float64)
    if several:
        return expit(values)
    # scipy's softmax does the same, in several times a step's share of a stream's time.
    grown = np.exp(values - values.max(-1, keepdims=True))
    return grown / grown.sum(-1, keepdims=True)
