"""From frames to the scores of labels at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import log_softmax
from torch import Tensor

from ostinato import nn
from ostinato.tasks.layers import stacked
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions

ANSWER_FRAMES = 60_000  # at once when answering: ten minutes


class SpeechModule(torch.nn.Module):
    """A convolution that takes several frames a step, recurrent layers, a linear head.

    Args:
        size: numbers of a frame.
        labels: the units and the blank, which has the number 0.

    Shape:
        - frames `(batch, frames, size)`, lengths `(batch,)`.
        - returns logits `(batch, steps, labels)` with steps = frames / stride, rounded up, and the
          lengths in steps `(batch,)`.
    """

    def __init__(self, options: SpeechRecognizerOptions, *, size: int, labels: int) -> None:
        super().__init__()
        o = options
        self.convolution = nn.Convolution(
            size, o.convolution, o.width, stride=o.stride, causal=not o.bidirectional
        )
        self.dropout = nn.Dropout(o.dropout)
        more: dict[str, Any] = {"forget_bias": 1.0} if o.cell == "lstm" else {}
        sizes = [o.hidden_size] * o.num_layers
        self.layers = stacked(o, o.convolution, sizes, bidirectional=o.bidirectional, **more)
        self.head = nn.Linear(o.hidden_size * (2 if o.bidirectional else 1), labels)

    def forward(self, frames: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        values, steps = self.convolution(frames, lengths)
        values = torch.relu(values)
        for layer in self.layers:
            values, _ = layer(self.dropout(values), lengths=steps, need_state=False)
        return self.head(self.dropout(values)), steps

    @torch.inference_mode()
    def scores(self, rows: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Log probabilities `(steps, labels)` in nats of each row's scaled frames, rows of like
        length together, in the order given. A row's bits are its own."""
        order = np.argsort([len(each) for each in rows], kind="stable")
        found: list[np.ndarray] = [np.zeros(0)] * len(rows)
        begin = 0
        while begin < len(order):
            end = begin + 1
            while end < len(order) and (end + 1 - begin) * len(rows[order[end]]) <= ANSWER_FRAMES:
                end += 1
            frames, lengths = padded([rows[k] for k in order[begin:end]])
            logits, steps = self(frames, lengths)
            for row, k in enumerate(order[begin:end]):
                found[k] = log_probabilities(logits[row, : int(steps[row])])
            begin = end
        return found


def padded(rows: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Frames of several recordings `(batch, frames, size)`, and how many each has."""
    lengths = [len(each) for each in rows]
    frames = np.zeros((len(rows), max(lengths), rows[0].shape[1]), dtype=np.float32)
    for place, each in zip(frames, rows, strict=True):
        place[: len(each)] = each
    return torch.from_numpy(frames), torch.tensor(lengths)


def log_probabilities(logits: Tensor) -> np.ndarray:
    """`(steps, labels)` in double precision: torch's softmax has other bits in company."""
    return log_softmax(logits.double().numpy(), 1)
