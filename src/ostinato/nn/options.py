"""The options of the recurrent layers: their names, their defaults, and how a layer tells them."""

from __future__ import annotations

from typing import Any

from ostinato.errors import check_choice

SHARED = ("recurrent_dropout", "zoneout", "layer_norm", "learn_initial_state", "init")
DEFAULTS: dict[str, Any] = {
    "num_layers": 1,
    "nonlinearity": "tanh",
    "bias": True,
    "batch_first": False,
    "dropout": 0.0,
    "bidirectional": False,
    "proj_size": 0,
    "recurrent_dropout": 0.0,
    "zoneout": 0.0,
    "layer_norm": False,
    "learn_initial_state": False,
    "init": "torch",
    "forget_bias": None,
    "peephole": False,
    "coupled_gates": False,
    "return_cell_sequence": False,
    "reset_after": True,
}


def options_of(where: str, options: dict[str, Any], *more: str) -> dict[str, Any]:
    """The options as given, every name known."""
    for name in options:
        check_choice(where, "option", name, (*SHARED, *more))
    return options


def described(layer: Any) -> str:
    """The sizes of a layer, and its options that are not the default ones."""
    given = {name: getattr(layer, name, default) for name, default in DEFAULTS.items()}
    changed = [f"{k}={v!r}" for k, v in given.items() if v != DEFAULTS[k]]
    return ", ".join([f"{layer.input_size}, {layer.hidden_size}", *changed])
