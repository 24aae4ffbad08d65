"""Layers one behind the other, and what stands between a recurrent layer and the next."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from ostinato.errors import OptionError, ShapeError
from ostinato.nn._recurrent import Recurrent
from ostinato.nn.inputs import settled
from ostinato.ops.shared import live_steps


class Sequential(torch.nn.Sequential):
    """`torch.nn.Sequential` that hands lengths on, and can be fed step by step and traced.

    >>> import ostinato.nn as nn
    >>> model = nn.Sequential(
    ...     nn.Embedding(1000, 32), nn.LSTM(32, 64, batch_first=True), nn.Last(), nn.Linear(64, 2)
    ... )
    >>> tokens = torch.randint(0, 1000, (3, 10))
    >>> model(tokens, lengths=torch.tensor([10, 4, 7])).shape
    torch.Size([3, 2])
    """

    def forward(self, input: Any, *, lengths: Tensor | None = None) -> Any:
        """What the last layer returns; lengths reach every layer that takes them, and what stands
        past them is zero before the first."""
        if lengths is not None:
            input = self._within(input, lengths)
        for layer in self:
            input = _run(layer, input, lengths)
        return input

    def _within(self, input: Tensor, lengths: Tensor) -> Tensor:
        orders = (layer.batch_first for layer in self if isinstance(layer, Recurrent))
        batch_first = next(orders, True)
        x = input if batch_first else input.transpose(0, 1)
        batch, steps = x.shape[:2]
        live = live_steps(settled("Sequential", lengths, batch, steps, x.device), steps)
        x = torch.where(live.view(*live.shape, *[1] * (x.dim() - 2)), x, 0)
        return x if batch_first else x.transpose(0, 1)

    def step(self, x: Tensor, state: list[Any] | None = None) -> tuple[Any, list[Any]]:
        """One time step: x `(batch, ...)` without the axis of steps, to the output and the states.

        Layers that keep nothing from step to step are called as they are; `state` is what the step
        before returned, None at the beginning.
        """
        recurrent = [layer for layer in self if isinstance(layer, Recurrent)]
        states = iter([None] * len(recurrent) if state is None else state)
        found = []
        for layer in self:
            if isinstance(layer, Recurrent):
                x, new = layer.step(x, next(states))
                found.append(new)
            elif not isinstance(layer, (Outputs, Last)):  # what a step puts out is both
                x = layer(x)
        return x, found

    def trace(self, input: Any, *, lengths: Tensor | None = None) -> dict[str, dict[str, Tensor]]:
        """What `trace` of every recurrent layer returns, by the layer's name here."""
        found = {}
        if lengths is not None:
            input = self._within(input, lengths)
        with torch.no_grad():
            for name, layer in self.named_children():
                if isinstance(layer, Recurrent):
                    found[name] = layer.trace(input, lengths=lengths)
                input = _run(layer, input, lengths)
        return found


def _run(layer: torch.nn.Module, input: Any, lengths: Tensor | None) -> Any:
    takes = lengths is not None and "lengths" in inspect.signature(layer.forward).parameters
    return layer(input, lengths=lengths) if takes else layer(input)


class Outputs(torch.nn.Module):
    """The outputs of every step: of what a recurrent layer returns, the first part.

    In a `torch.nn.Sequential`, where a layer is given what the layer before it returned:

    >>> import ostinato.nn as nn
    >>> _ = torch.nn.Sequential(nn.GRU(8, 16, batch_first=True), nn.Outputs(), nn.Linear(16, 2))

    Shape:
        - input: `(outputs, state)`, or the outputs alone, which pass through.
        - returns: outputs, `(batch, steps, size)` as they came.

    Raises:
        ShapeError: the input is neither.
    """

    def forward(self, result: Any) -> Tensor | PackedSequence:
        return _parts("Outputs", result)[0]


class Last(torch.nn.Module):
    """What the last layer has come to at each sequence's end, as one vector.

    It is the final state h, which lengths and packed sequences have set already; of a bidirectional
    layer both directions side by side, as the outputs have them. Keras's `return_sequences=False`.

    >>> import ostinato.nn as nn
    >>> tokens = torch.randint(0, 1000, (3, 10))
    >>> model = torch.nn.Sequential(
    ...     nn.Embedding(1000, 32), nn.LSTM(32, 64, batch_first=True), nn.Last(), nn.Linear(64, 2)
    ... )
    >>> model(tokens).shape
    torch.Size([3, 2])

    Args:
        directions: 2 after a bidirectional layer.

    Shape:
        - input: what a recurrent layer returns, `(outputs, state)`, the state `(layers *
          directions, batch, size)`, of an LSTM a pair of them.
        - returns: `(batch, directions * size)`; of one sequence without a batch `(directions *
          size,)`.

    Raises:
        OptionError: directions is neither 1 nor 2.
        ShapeError: the input is no such result, or the state has another number of directions.
    """

    def __init__(self, directions: int = 1) -> None:
        super().__init__()
        if directions not in (1, 2):
            raise OptionError(f"Last: directions must be 1 or 2, got {directions!r}.")
        self.directions = directions

    def forward(self, result: Any) -> Tensor:
        outputs, state, *_ = _parts("Last", result)
        h = state[0] if isinstance(state, (tuple, list)) else state
        if not isinstance(h, Tensor):
            raise ShapeError(
                f"Last: the input must be (outputs, state) of a recurrent layer, got "
                f"{type(result).__name__}. Put it right behind the layer, and give the layer "
                "need_state=True."
            )
        size = (outputs.data if isinstance(outputs, PackedSequence) else outputs).shape[-1]
        if size != self.directions * h.shape[-1]:
            raise ShapeError(
                f"Last: outputs of {size} and a state of {h.shape[-1]} do not fit "
                f"directions={self.directions}. Give directions=2 after a bidirectional layer."
            )
        return torch.cat(list(h[-self.directions :]), -1)

    def extra_repr(self) -> str:
        return f"directions={self.directions}" if self.directions == 2 else ""


def _parts(where: str, result: Any) -> tuple[Any, ...]:
    """Outputs, state and whatever else; a tensor has no state."""
    if isinstance(result, (Tensor, PackedSequence)):
        return result, None
    if isinstance(result, (tuple, list)) and len(result) >= 2:
        return tuple(result)
    raise ShapeError(
        f"{where}: the input must be what a recurrent layer returns, (outputs, state), got "
        f"{type(result).__name__}."
    )
