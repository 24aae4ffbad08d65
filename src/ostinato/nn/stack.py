"""Recurrent layers of different sizes, one upon the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.nn.stepping import Stepper


class Stack(torch.nn.Module):
    """Single recurrent layers with a dropout of one's choice between them.

    Args:
        cell: `nn.LSTM`, `nn.GRU` or `nn.RNN`.
        input_size: numbers of a step's input.
        sizes: units of each layer.
        dropout: what acts between layers.
        options: those of every layer.

    Shape:
        - values `(batch, steps, input_size)`, lengths `(batch,)` or None.
        - state: None to begin, or a tuple of every layer's, each `(1, batch, size)`: h, and of an
          LSTM c behind it.
        - returns: outputs `(batch, steps, sizes[-1])` and the state.
    """

    proj_size = 0

    def __init__(
        self,
        cell: Any,
        input_size: int,
        sizes: Sequence[int],
        dropout: torch.nn.Module,
        **options: Any,
    ) -> None:
        super().__init__()
        inputs = [input_size, *sizes[:-1]]
        self.layers = torch.nn.ModuleList(
            cell(before, size, batch_first=True, **options)
            for before, size in zip(inputs, sizes, strict=True)
        )
        self.dropout = dropout
        self.hidden_size = sizes[-1]

    def forward(
        self, values: Tensor, state: Any = None, lengths: Tensor | None = None
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        finals: list[Tensor] = []
        for depth, (layer, own) in enumerate(zip(self.layers, self.split(state), strict=True)):
            values = self.dropout(values) if depth else values
            values, final = layer(values, own, lengths=lengths)
            finals += final if isinstance(final, tuple) else (final,)
        return values, tuple(finals)

    def split(self, state: Any) -> list[Any]:
        """Every layer's own state."""
        if state is None:
            return [None] * len(self.layers)
        if len(state) == len(self.layers):
            return list(state)
        return [tuple(state[k : k + 2]) for k in range(0, len(state), 2)]


class StackStepper:
    """`nn.Stepper` for a `Stack`: a step after the other with NumPy arrays, in the same words."""

    def __init__(self, stack: Stack, batch: int = 1) -> None:
        self.steppers = [Stepper(layer, batch) for layer in stack.layers]

    def reset(self) -> None:
        """Return to the initial state."""
        for each in self.steppers:
            each.reset()

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """Copies of every layer's h, and of an LSTM's c: each `(1, batch, hidden)`."""
        return tuple(part for each in self.steppers for part in each.state)

    @state.setter
    def state(self, parts: Sequence[Any]) -> None:
        count = len(parts) // len(self.steppers)
        for depth, each in enumerate(self.steppers):
            each.state = parts[depth * count : (depth + 1) * count]

    def keep(self, rows: Any) -> None:
        """Go on with these of the sequences, and no others."""
        for each in self.steppers:
            each.keep(rows)

    def step(self, x: np.ndarray) -> np.ndarray:
        """The last layer's outputs `(batch, hidden)` after x `(batch, input_size)`."""
        for each in self.steppers:
            x = each.step(x)
        return x
