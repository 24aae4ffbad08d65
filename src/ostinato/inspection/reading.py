"""What a network reads of data, and what its recurrent layers do meanwhile."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ostinato import nn
from ostinato.errors import DataError, OptionError, ShapeError, suggestion
from ostinato.tasks.inside import Inside

RECURRENT = (nn.Recurrent, torch.nn.RNNBase)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Reading(Inside):
    """A module and one batch for it; see `Inside`.

    Attributes:
        module: the network.
        options: keyword arguments of the module, as `lengths` and `resets` of a layer.
    """

    module: torch.nn.Module
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Whether the module itself reads numbers `(batch, steps, columns)`; a bare layer's axes
        may be turned."""
        first = self.inputs[0]
        numbers = torch.is_tensor(first) and first.is_floating_point() and first.dim() == 3
        return numbers and self.tokens is None and not isinstance(self.module, RECURRENT)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Call:
    """One run of a recurrent layer: x `(batch, steps, input_size)`, outputs `(batch, steps, size)`,
    lengths `(batch,)`."""

    name: str
    layer: Any
    x: Tensor
    state: Any
    lengths: Tensor
    outputs: Tensor

    def trace(self) -> dict[str, Tensor]:
        """Gates and states by name, `(batch, steps, hidden)`."""
        layer = self.layer if isinstance(self.layer, nn.Recurrent) else nn.from_torch(self.layer)
        x = self.x if layer.batch_first else self.x.transpose(0, 1)
        return layer.trace(x, self.state, lengths=self.lengths)

    def live(self, values: Tensor) -> Tensor:
        """The steps of `values` `(batch, steps, size)` that count, `(all, size)`."""
        steps = torch.arange(values.shape[1])
        return values[steps[None] < self.lengths[:, None]]


def of_module(where: str, module: torch.nn.Module, data: Any, options: Any) -> Reading:
    """A bare module and a tensor, an array or a table, or a tuple of the module's arguments."""
    columns, index = None, None
    if isinstance(data, pd.DataFrame):
        columns, index = [str(each) for each in data.columns], data.index
        data = torch.as_tensor(data.to_numpy(np.float32, copy=True))
    given = data if isinstance(data, tuple) else (data,)
    try:
        inputs = [torch.as_tensor(each) for each in given]
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(
            f"{where}: data of a bare module must be a tensor or a tuple of its arguments, got "
            f"{type(data).__name__}."
        ) from error
    if isinstance(module, RECURRENT):
        inputs[0] = inputs[0].to(next(module.parameters()).dtype)
        if inputs[0].dim() == 2:
            inputs[0] = inputs[0].unsqueeze(0 if module.batch_first else 1)
        if inputs[0].dim() != 3 or inputs[0].shape[2] != module.input_size:
            raise ShapeError(
                f"{where}: data must have shape (batch, steps, {module.input_size}), got "
                f"{tuple(inputs[0].shape)}."
            )
    return Reading(
        module=module, inputs=tuple(inputs), options=options, columns=columns, index=index
    )


@contextlib.contextmanager
def evaluating(module: torch.nn.Module) -> Iterator[None]:
    """The module without dropout, and afterwards as it was."""
    modes = [(each, each.training) for each in module.modules()]
    module.eval()
    try:
        yield
    finally:
        for each, mode in modes:
            each.training = mode


def watch(where: str, reading: Reading) -> list[Call]:
    """Every run of a recurrent layer while the module reads, in their order.

    Raises:
        OptionError: the module has no recurrent layer that ran.
    """
    calls: list[Call] = []
    hooks = []
    for name, layer in _layers(reading.module).items():

        def keep(layer: Any, given: Any, named: Any, result: Any, name: str = name) -> None:
            first = layer.batch_first
            x, outputs = (v if first else v.transpose(0, 1) for v in (given[0], result[0]))
            state = given[1] if len(given) > 1 else named.get("hx")
            lengths = named.get("lengths")
            if lengths is None:
                lengths = torch.full((len(x),), x.shape[1])
            parts = {"x": x.detach(), "outputs": outputs.detach(), "lengths": lengths}
            calls.append(Call(name=name, layer=layer, state=state, **parts))

        hooks.append(layer.register_forward_hook(keep, with_kwargs=True))
    try:
        with evaluating(reading.module), torch.no_grad():
            reading.module(*reading.inputs, **reading.options)
    finally:
        for hook in hooks:
            hook.remove()
    if not calls:
        raise OptionError(
            f"{where}: model must run a recurrent layer (nn.RNN, nn.GRU or nn.LSTM), got "
            f"{type(reading.module).__name__} without one."
        )
    return calls


def chosen(where: str, calls: Sequence[Call], layer: str | None, reading: Reading) -> Call:
    """The run of the layer of that name; None: the first that reads the steps."""
    names = [call.name for call in calls]
    wanted = layer if layer is not None else reading.first
    if wanted is None:
        return calls[0]
    if wanted not in names:
        raise OptionError(
            f"{where}: layer must be one of {', '.join(map(repr, dict.fromkeys(names)))}, got "
            f"{wanted!r}.{suggestion(wanted, names)}"
        )
    return calls[names.index(wanted)]


def answer(reading: Reading, first: str, x: Tensor) -> Tensor:
    """The module's answer when the layer `first` reads x `(batch, steps, input_size)` in its first
    run: `(batch, outputs)`, or `(batch, steps, outputs)` of a module that answers each step."""
    layer = _layers(reading.module)[first]
    done = []

    def replace(module: Any, given: Any, named: Any) -> Any:
        if done:
            return None
        done.append(True)
        return (x if layer.batch_first else x.transpose(0, 1), *given[1:]), named

    hook = layer.register_forward_pre_hook(replace, with_kwargs=True)
    try:
        with evaluating(reading.module):
            found = reading.module(*reading.inputs, **reading.options)
    finally:
        hook.remove()
    found = reading.scores(found)
    if isinstance(reading.module, RECURRENT) and not layer.batch_first:
        found = found.transpose(0, 1)
    return found.flatten(1) if found.dim() > 3 else found


def module_answer(reading: Reading, x: Tensor | None = None) -> Tensor:
    """As `answer`, when the module reads its inputs, the first of them x where that is given."""
    inputs = reading.inputs if x is None else (x, *reading.inputs[1:])
    with evaluating(reading.module):
        found = reading.scores(reading.module(*inputs, **reading.options))
    return found.flatten(1) if found.dim() > 3 else found


def _layers(module: torch.nn.Module) -> dict[str, Any]:
    return {name: each for name, each in module.named_modules() if isinstance(each, RECURRENT)}
