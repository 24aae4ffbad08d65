"""What is expected of each row: foretold from the rows before, or written again from a code."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.errors import ShapeError
from ostinato.nn.stack import Stack
from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.layers import LAYERS

_AT_ONCE = 4096  # rows


def make_module(options: AnomalyDetectorOptions, columns: int) -> Predictor | Autoencoder:
    """The module of `options.method`."""
    kind = Predictor if options.method == "prediction" else Autoencoder
    return kind(options, columns)


def stack(options: AnomalyDetectorOptions, inputs: int) -> Stack:
    """The recurrent layers of the options."""
    more = {"nonlinearity": options.activation} if options.cell == "rnn" else {}
    return Stack(
        LAYERS[options.cell],
        inputs,
        options.layer_sizes,
        torch.nn.Dropout(options.dropout),
        recurrent_dropout=options.recurrent_dropout,
        init=options.init,
        **more,
    )


class Predictor(torch.nn.Module):
    """Foretells, after each row, the next `horizon` rows.

    Attributes:
        warm: rows at the beginning of a series of which too little is known to expect anything.

    Shape:
        - input: `(batch, steps, columns)`, scaled.
        - returns: `(batch, steps, horizon, columns)`: what is foretold after each step of the
          rows 1, 2, ... ahead.

    Raises:
        ShapeError: the input has another number of columns.
    """

    def __init__(self, options: AnomalyDetectorOptions, columns: int) -> None:
        super().__init__()
        self.horizon, self.columns, self.warm = options.horizon, columns, options.horizon
        self.layers = stack(options, columns)
        self.dropout = torch.nn.Dropout(options.dropout)
        self.head = nn.Linear(self.layers.hidden_size, options.horizon * columns)

    def forward(self, x: Tensor) -> Tensor:
        return self.after(x, None)[0]

    def after(self, x: Tensor, state: Any) -> tuple[Tensor, Any]:
        """The same from a state of the layers on, and the state then."""
        if x.dim() != 3 or x.shape[2] != self.columns:
            raise ShapeError(
                f"AnomalyDetector: input must have shape (batch, steps, {self.columns}), got "
                f"{tuple(x.shape)}."
            )
        outputs, state = self.layers(x, state)
        answer = self.head(self.dropout(outputs))
        return answer.unflatten(2, (self.horizon, self.columns)), state

    @torch.inference_mode()
    def expected(self, values: np.ndarray) -> np.ndarray:
        """The mean of all that was foretold of each row: `(rows, columns)` float32 to float64; the
        first row, of which nothing was, is as it is."""
        rows, horizon = len(values), self.horizon
        total = np.zeros((rows + horizon, self.columns))
        state = None
        for first in range(0, rows, _AT_ONCE):
            x = torch.from_numpy(values[None, first : first + _AT_ONCE])
            answer, state = self.after(x, state)
            found = answer[0].numpy()
            # The furthest first: a stream adds them up in the same order.
            for ahead in range(horizon, 0, -1):
                total[first + ahead : first + ahead + len(found)] += found[:, ahead - 1]
        count = np.minimum(np.arange(rows), horizon)[:, None]
        total = total[:rows] / np.maximum(count, 1)
        total[:1] = values[:1]
        return total


class Autoencoder(torch.nn.Module):
    """Reads `past` rows into a few numbers and writes the rows again, the last one first.

    Attributes:
        warm: as in `Predictor`.

    Shape:
        - input: `(batch, past, columns)`, scaled.
        - returns: the same.

    Raises:
        ShapeError: the input has another number of columns.
    """

    def __init__(self, options: AnomalyDetectorOptions, columns: int) -> None:
        super().__init__()
        self.past, self.columns, self.warm = options.past, columns, options.past - 1
        self.encoder = stack(options, columns)
        size = self.encoder.hidden_size
        self.code = nn.Linear(size, options.code_size)
        self.dropout = torch.nn.Dropout(options.dropout)
        self.decoder = stack(options, options.code_size)
        self.head = nn.Linear(size, columns)

    def forward(self, x: Tensor) -> Tensor:
        return self.write(x, x.shape[1]).flip(1)

    def write(self, x: Tensor, steps: int) -> Tensor:
        """The last `steps` rows written again, the last first: `(batch, steps, columns)`."""
        if x.dim() != 3 or x.shape[2] != self.columns:
            raise ShapeError(
                f"AnomalyDetector: input must have shape (batch, past, {self.columns}), got "
                f"{tuple(x.shape)}."
            )
        outputs, _ = self.encoder(x)
        code = torch.tanh(self.code(self.dropout(outputs[:, -1])))
        again, _ = self.decoder(code[:, None].expand(-1, steps, -1))
        return self.head(self.dropout(again))

    @torch.inference_mode()
    def expected(self, values: np.ndarray) -> np.ndarray:
        """Each row as it is written again from itself and the `past - 1` rows before it, of which
        there are copies of the first where there are none: `(rows, columns)`."""
        before = np.repeat(values[:1], self.past - 1, axis=0)
        views = np.lib.stride_tricks.sliding_window_view(
            np.concatenate([before, values]), self.past, axis=0
        ).transpose(0, 2, 1)
        found = np.empty((len(values), self.columns))
        for first in range(0, len(values), _AT_ONCE // 8):
            x = torch.from_numpy(np.ascontiguousarray(views[first : first + _AT_ONCE // 8]))
            found[first : first + len(x)] = self.write(x, 1)[:, 0].numpy()
        return found
