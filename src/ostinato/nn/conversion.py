"""To and from torch's own layers, and a whole model's at once."""

from __future__ import annotations

import copy
import warnings
from typing import Any

import torch
from torch.nn.utils import parametrize

from ostinato.errors import OptionError, OstinatoWarning
from ostinato.nn import accelerated
from ostinato.nn._recurrent import CONVERSIONS, Recurrent
from ostinato.nn.accelerated import options_of, own_attributes
from ostinato.nn.gru import GRU
from ostinato.nn.lstm import LSTM
from ostinato.nn.rnn import RNN

PLAIN: dict[type, type] = {torch.nn.RNN: RNN, torch.nn.GRU: GRU, torch.nn.LSTM: LSTM}
BOTH: dict[type, type] = {
    torch.nn.RNN: accelerated.RNN,
    torch.nn.GRU: accelerated.GRU,
    torch.nn.LSTM: accelerated.LSTM,
}


def from_torch(layer: Any) -> Any:
    """Our layer for `torch.nn.RNN`, `GRU` or `LSTM`, sharing its parameters.

    Hooks, buffers, further attributes, parametrizations and pruning come with it.

    Raises:
        OptionError: `layer` is not one of the three.
    """
    kind = _kind(layer, {**PLAIN, **dict(zip(BOTH.values(), PLAIN.values(), strict=True))})
    if kind is None:
        raise OptionError(
            f"from_torch: layer must be torch.nn.RNN, GRU or LSTM, got {type(layer).__name__}."
        )
    new = _twin(layer)
    theirs = vars(torch.nn.RNNBase("GRU", 1, 1, device="meta")).keys() - vars(torch.nn.Module())
    own = own_attributes(new)
    for name in theirs - own.keys():
        del new.__dict__[name]
    new.__dict__.update(own)
    object.__setattr__(new, "__class__", kind)
    return new


def to_torch(layer: Recurrent) -> Any:
    """torch's layer for ours, sharing the parameters.

    Hooks, buffers, further attributes, parametrizations and pruning come with it.

    Raises:
        OptionError: the layer uses an option that torch's lacks, or is a class of somebody's own.
    """
    back = dict(zip(PLAIN.values(), PLAIN, strict=True))
    back |= dict(zip(BOTH.values(), BOTH, strict=True))
    kind = _kind(layer, back)
    if kind is None:
        raise OptionError(
            f"to_torch: layer must be nn.RNN, GRU or LSTM, got {type(layer).__name__}. What a "
            "subclass adds, torch's layer cannot do."
        )
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
    new = _twin(layer)
    plain = kind.__bases__[0] if kind not in PLAIN else kind
    theirs = plain(layer.input_size, layer.hidden_size, device="meta", **options_of(layer))
    module = vars(torch.nn.Module()).keys()
    for name in own_attributes(theirs):
        new.__dict__.pop(name, None)
    new.__dict__.update({k: v for k, v in vars(theirs).items() if k not in module})
    object.__setattr__(new, "__class__", kind)
    for name, value in layer.named_parameters(recurse=False):
        setattr(new, name, value)  # torch keeps a list of them beside
    return new


def _kind(layer: Any, pairs: dict[type, type]) -> type | None:
    """The class that `layer` becomes, or None where it has code of its own."""
    if "forward" in vars(layer):
        return None
    found = type(layer)
    if found in pairs:
        return pairs[found]
    # torch parametrizes a layer by a class made for it alone, with a property for each tensor.
    base = found.__bases__[0]
    if base in pairs and isinstance(layer, torch.nn.Module) and parametrize.is_parametrized(layer):
        apart = ("__dict__", "__weakref__")
        members = {k: v for k, v in vars(found).items() if k not in apart}
        return type(f"Parametrized{base.__name__}", (pairs[base],), members)
    return None


def _twin(layer: Any) -> Any:
    """Another module with the same parameters, buffers, hooks and attributes."""
    new = object.__new__(type(layer))
    kinds = (dict, set)
    held = {k: v for k, v in vars(layer).items() if k != "_packed"}
    new.__dict__.update({k: copy.copy(v) if isinstance(v, kinds) else v for k, v in held.items()})
    for hooks in new.__dict__.values():
        for key, hook in hooks.items() if isinstance(hooks, dict) else ():
            if getattr(hook, "with_module", False):  # it knows the module that it belongs to
                hooks[key] = type(hook)(hook.hook, new)
    return new


def accelerate(model: torch.nn.Module) -> torch.nn.Module:
    """Let every `torch.nn.RNN`, `GRU` and `LSTM` in `model` run on our kernels, in place.

    Each layer stays the object that it is, with its parameters, hooks, buffers, flags,
    parametrizations and pruning, and goes on being an instance of torch's class; its class becomes
    one that is ours too. Optimizers, saved state dicts, tied weights and whoever holds the layer go
    on working. A subclass of torch's layers, and a layer whose `forward` was replaced, is left as
    it is with a warning that names it.

    Returns:
        `model`.
    """
    for name, layer in model.named_modules():
        if not isinstance(layer, torch.nn.RNNBase) or isinstance(layer, Recurrent):
            continue
        kind = _kind(layer, BOTH)
        if kind is None:
            warnings.warn(
                f"accelerate: {name or 'the model'} is a {type(layer).__name__} with code of its "
                "own, a subclass of torch's layer or a forward that was replaced; it is left as it "
                "is.",
                OstinatoWarning,
                stacklevel=2,
            )
            continue
        object.__setattr__(layer, "__class__", kind)
        layer.adopt()  # pyright: ignore[reportCallIssue]
    return model


CONVERSIONS.update(from_torch=from_torch, to_torch=to_torch)
