"""To and from torch's own layers, and a whole model's at once."""

from __future__ import annotations

import warnings
from typing import Any

import torch

from ostinato.errors import OptionError, OstinatoWarning
from ostinato.nn._recurrent import Recurrent
from ostinato.nn.gru import GRU
from ostinato.nn.lstm import LSTM
from ostinato.nn.rnn import RNN

PAIRS: dict[type, type] = {torch.nn.RNN: RNN, torch.nn.GRU: GRU, torch.nn.LSTM: LSTM}


def from_torch(layer: Any) -> Any:
    """Our layer for `torch.nn.RNN`, `GRU` or `LSTM`, sharing its parameters.

    Raises:
        OptionError: `layer` is not one of the three.
    """
    ours = PAIRS.get(type(layer))
    if ours is None:
        raise OptionError(
            f"from_torch: layer must be torch.nn.RNN, GRU or LSTM, got {type(layer).__name__}."
        )
    options = _options(layer)
    new = ours(layer.input_size, layer.hidden_size, device="meta", **options)
    _share(layer, new)
    return new


def to_torch(layer: Recurrent) -> Any:
    """torch's layer for ours, sharing the parameters.

    Raises:
        OptionError: the layer uses an option that torch's lacks.
    """
    theirs = {RNN: torch.nn.RNN, GRU: torch.nn.GRU, LSTM: torch.nn.LSTM}[type(layer)]
    lacking = {
        "recurrent_dropout": layer.recurrent_dropout,
        "zoneout": layer.zoneout,
        "layer_norm": layer.layer_norm,
        "learn_initial_state": layer.learn_initial_state,
        "reset_after=False": not getattr(layer, "reset_after", True),
        "peephole": layer.peephole,
        "coupled_gates": getattr(layer, "coupled_gates", False),
        "return_cell_sequence": getattr(layer, "return_cell_sequence", False),
    }
    for name, used in lacking.items():
        if used:
            raise OptionError(f"{type(layer).__name__}.to_torch: torch's layer has no {name}.")
    new = theirs(layer.input_size, layer.hidden_size, device="meta", **_options(layer))
    _share(layer, new)
    return new


def _options(layer: Any) -> dict[str, Any]:
    names = ["num_layers", "bias", "batch_first", "dropout", "bidirectional"]
    names += ["nonlinearity"] if hasattr(layer, "nonlinearity") else []
    names += ["proj_size"] if layer.proj_size else []
    options = {name: getattr(layer, name) for name in names}
    if layer.num_layers == 1:
        options["dropout"] = 0.0  # torch lets it be given and ignores it
    return options


def _share(old: Any, new: Any) -> None:
    for name, value in old.named_parameters(recurse=False):
        setattr(new, name, value)
    new.train(old.training)


def accelerate(model: torch.nn.Module) -> torch.nn.Module:
    """Replace every `torch.nn.RNN`, `GRU` and `LSTM` in `model` by ours, in place.

    Parameters are shared, so optimizers, saved state dicts and tied weights go on working. A layer
    used in two places stays one layer. Subclasses of torch's layers are left alone, with a warning.

    Returns:
        `model`, or its replacement where the model is such a layer itself.
    """
    known: dict[int, Any] = {}

    def replacement(layer: torch.nn.Module) -> torch.nn.Module:
        if id(layer) not in known:
            known[id(layer)] = from_torch(layer)
        return known[id(layer)]

    if type(model) in PAIRS:
        return replacement(model)
    for parent in list(model.modules()):
        for name, child in list(parent._modules.items()):
            if child is None:
                continue
            if type(child) in PAIRS:
                parent._modules[name] = replacement(child)
            elif isinstance(child, tuple(PAIRS)):
                warnings.warn(
                    f"accelerate: {name} is a {type(child).__name__}, a subclass of torch's layer "
                    "with code of its own; it is left as it is.",
                    OstinatoWarning,
                    stacklevel=2,
                )
    return model
