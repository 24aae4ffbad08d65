"""From a caller's arguments to the complete, checked set that a cell's reference takes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.errors import OptionError, ShapeError, check_number
from ostinato.ops.shared import Cell

ROWS = {"rnn": 1, "gru": 3, "lstm": 4}
NORMS = {
    "rnn": ("gain_ih", "gain_hh"),
    "gru": ("gain_ih", "gain_hh"),
    "lstm": ("gain_ih", "gain_hh", "gain_cell", "bias_cell"),
}


def arguments_of(
    cell: Cell,
    *,
    zones: dict[str, Tensor | float | None],
    layer_norm: tuple[Tensor, ...] | None,
    eps: float,
    **given: Any,
) -> dict[str, Any]:
    """Every argument of `cell.reference` by name, in the operator's order, shapes checked."""
    where = f"ops.{cell.name}"
    values = dict.fromkeys(cell.names) | given
    values["eps"] = float(eps)
    for name, zone in zones.items():
        values[f"{name}_rate"] = 0.0
        if isinstance(zone, Tensor):
            values[name] = zone
        elif zone is not None:
            check_number(where, name, zone, low=0, high=1)
            values[f"{name}_rate"] = float(zone)
    if layer_norm is not None:
        names = NORMS[cell.name]
        if len(layer_norm) != len(names):
            raise OptionError(
                f"{where}: layer_norm must be ({', '.join(names)}), got {len(layer_norm)} tensors."
            )
        values |= dict(zip(names, layer_norm, strict=True))
    _check_shapes(cell.name, where, values)
    return {name: values[name] for name in cell.names}


def _check_shapes(name: str, where: str, values: dict[str, Any]) -> None:
    x, w_hh = values["x"], values["w_hh"]
    if x.dim() != 3:
        raise ShapeError(
            f"{where}: x must have shape (batch, steps, input), got {tuple(x.shape)}. "
            "Batches come first; add the missing axis with unsqueeze."
        )
    batch, steps, size = x.shape
    state = values["h0"].shape[-1]
    hidden = values["c0"].shape[-1] if name == "lstm" else state
    rows = (3 if values.get("coupled_gates") else ROWS[name]) * hidden
    expected = {
        "h0": (batch, state),
        "c0": (batch, hidden),
        "w_ih": (rows, size),
        "w_hh": (rows, state),
        "b_ih": (rows,),
        "b_hh": (rows,),
        "recurrent_mask": (batch, state),
        "gain_ih": (rows,),
        "gain_hh": (rows,),
        "gain_cell": (hidden,),
        "bias_cell": (hidden,),
        "peephole": (3 * hidden,),
        "w_hr": (state, hidden),
        "h_reset": (batch, state),
        "c_reset": (batch, hidden),
        "lengths": (batch,),
        "resets": (batch, steps),
        "zoneout": (batch, steps, state),
        "zoneout_cell": (batch, steps, hidden),
    }
    for argument, shape in expected.items():
        value = values.get(argument)
        if value is not None and value.shape != shape:
            raise ShapeError(
                f"{where}: {argument} must have shape {shape}, got {tuple(value.shape)}. "
                f"x is {tuple(x.shape)} and w_hh {tuple(w_hh.shape)}."
            )
    for argument in ("resets", "zoneout", "zoneout_cell"):
        value = values.get(argument)
        if value is not None and value.dtype != torch.bool:
            raise OptionError(f"{where}: {argument} must be booleans, got {value.dtype}.")
    for argument in ("h_reset", "c_reset"):
        if values.get(argument) is not None and values.get("resets") is None:
            raise OptionError(
                f"{where}: {argument} must be None without resets, which return to it."
            )
    lengths = values.get("lengths")
    if lengths is not None and (lengths.is_floating_point() or lengths.dtype == torch.bool):
        raise OptionError(f"{where}: lengths must be integers, got {lengths.dtype}.")
    if name == "lstm" and values.get("w_hr") is None and state != hidden:
        raise ShapeError(
            f"{where}: h0 must have as many units as c0, {hidden}, got {state}. "
            "They differ only with a projection, w_hr."
        )
