"""The class of each row, from it and the rows before it."""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato import nn
from ostinato.tasks.layers import recurrent
from ostinato.tasks.stream_classifier.options import StreamClassifierOptions


class StreamClassifierModule(torch.nn.Module):
    """Recurrent layers over the rows, and a linear map at each.

    Shape: `(batch, rows, inputs)` to logits `(batch, rows, classes)`.
    """

    def __init__(self, options: StreamClassifierOptions, *, inputs: int, classes: int) -> None:
        super().__init__()
        deep = options.num_layers > 1
        self.layer = recurrent(
            options,
            inputs,
            options.hidden_size,
            num_layers=options.num_layers,
            dropout=options.dropout if deep else 0.0,
            recurrent_dropout=options.recurrent_dropout,
            init=options.init,
        )
        self.dropout = torch.nn.Dropout(options.dropout)
        self.head = nn.Linear(options.hidden_size, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.dropout(self.layer(x)[0]))
