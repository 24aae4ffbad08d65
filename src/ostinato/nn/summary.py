"""Layers, output shapes and parameters of a model, as Keras prints them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import check_choice
from ostinato.nn._recurrent import Recurrent

CONVENTIONS = {
    "torch": "torch's convention: two bias vectors in each recurrent layer",
    "keras": "Keras's convention: one bias vector in RNN and LSTM, two in GRU",
}


@dataclass(frozen=True)
class Row:
    """One layer: its name and class, the shape of its first result, its parameters."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


@dataclass(frozen=True)
class Summary:
    """A model's layers; `str` prints the table."""

    rows: tuple[Row, ...]
    total: int
    trainable: int
    biases: str
    tied: int = 0  # parameters that a layer has from another, counted there

    def __str__(self) -> str:
        lines = [("Layer", "Output shape", "Parameters")]
        lines += [(f"{r.name} ({r.kind})", str(r.shape), f"{r.parameters:,}") for r in self.rows]
        widths = [max(len(line[k]) for line in lines) for k in range(3)]
        rule = "-" * (sum(widths) + 4)
        table = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}" for a, b, c in lines]
        note = f"Tied: {self.tied:,} that a layer shares with one above, counted once"
        return "\n".join(
            [
                table[0],
                rule,
                *table[1:],
                rule,
                *([note] if self.tied else []),
                f"Total parameters: {self.total:,} ({CONVENTIONS[self.biases]})",
                f"Trainable: {self.trainable:,}; frozen: {self.total - self.trainable:,}",
            ]
        )


def _parameters(module: torch.nn.Module, biases: str) -> list[Tensor]:
    """The parameters of a layer itself, as its convention counts them."""
    single = biases == "keras" and not isinstance(module, torch.nn.GRU)
    single = single and getattr(module, "cell", "") != "gru"
    recurrent = isinstance(module, (Recurrent, torch.nn.RNNBase))
    return [
        value
        for name, value in module.named_parameters(recurse=False)
        if not (recurrent and single and name.startswith("bias_hh"))
    ]


def _shape(result: Any) -> tuple[int, ...]:
    while isinstance(result, (tuple, list)) and result:
        result = result[0]
    return tuple(result.shape) if isinstance(result, Tensor) else ()


@torch.no_grad()
def summary(
    module: torch.nn.Module, *inputs: Any, biases: str = "torch", **options: Any
) -> Summary:
    """Run `module` on `inputs` once and list what its layers return and hold.

    The run is in evaluation mode; afterwards every layer has its own mode again. A parameter that
    several layers share is counted in the first of them.

    Args:
        inputs: an example batch.
        biases: "torch" or "keras", how the biases of recurrent layers are counted: torch's RNN
            and LSTM have two vectors where Keras's have one.
        options: what `module` takes by name.

    Raises:
        OptionError: unknown convention.
    """
    check_choice("summary", "biases", biases, CONVENTIONS)
    shapes: dict[str, tuple[int, ...]] = {}

    def note(name: str) -> Any:
        def hook(_module: Any, _inputs: Any, result: Any) -> None:
            shapes.setdefault(name, _shape(result))

        return hook

    layers = dict(module.named_modules())
    modes = {layer: layer.training for layer in layers.values()}
    handles = [layer.register_forward_hook(note(name)) for name, layer in layers.items()]
    try:
        for layer in modes:
            layer.training = False
        module(*inputs, **options)
    finally:
        for layer, training in modes.items():
            layer.training = training
        for handle in handles:
            handle.remove()
    rows, total, trainable, tied = [], 0, 0, 0
    seen: set[Tensor] = set()
    for name, layer in layers.items():
        every = _parameters(layer, biases)
        own = [each for each in every if each not in seen]
        seen.update(own)
        count = sum(each.numel() for each in own)
        tied += sum(each.numel() for each in every) - count
        total += count
        trainable += sum(each.numel() for each in own if each.requires_grad)
        leaf = not any(True for _ in layer.children())
        if (leaf and name in shapes) or every:
            kind = type(layer).__name__
            rows.append(Row(name or kind.lower(), kind, shapes.get(name, ()), count))
    return Summary(tuple(rows), total, trainable, biases, tied)
