"""Gates over time, how often they are stuck, and the weights behind them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato.errors import OptionError, check_choice, check_number
from ostinato.figures import Axis, Line, Lines, Matrix, Points, Scatter
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import RECURRENT, chosen, module_answer, watch
from ostinato.inspection.units import shown, steps_of

NAMES = {
    "r": "reset gate r",
    "z": "update gate z",
    "n": "candidate n",
    "i": "input gate i",
    "f": "forget gate f",
    "g": "candidate g",
    "o": "output gate o",
    "h": "hidden state h",
    "c": "cell state c",
}
SIGMOID = ("r", "z", "i", "f", "o")
ROWS = {"GRU": ("r", "z", "n"), "LSTM": ("i", "f", "g", "o")}  # of the weights, in their order
BINS = 41


def gate_values(
    model: Any, data: Any, gate: str | None = None, *, layer: str | None = None
) -> Picture:
    """A gate of every unit at each step of the first sequence, as a matrix.

    Args:
        gate: as `trace` names it: r, z, n of a GRU, i, f, g, o, c of an LSTM, h of all; with
            torch's suffix of deeper layers and the backward direction, as "z_l1". None takes the
            update gate, the forget gate, or h.
        layer: name of the recurrent layer; None the first that reads the steps.

    Returns:
        column step, token or time, and "unit K" for each.
    """
    where = "gate_values"
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    found = call.trace()
    gate = gate or next(name for name in ("z", "f", "h") if name in found)
    check_choice(where, "gate", gate, found)
    values = found[gate][0, : int(call.lengths[0])].double().numpy()
    stem = gate.split("_")[0]
    opens = stem in SIGMOID
    steps = steps_of(reading, len(values))
    units = [f"unit {k}" for k in range(values.shape[1])]
    columns = dict(zip(units, values.T, strict=True))
    table = pd.DataFrame({steps.label: steps.values} | columns)
    caption = "0 is shut, 1 is open. A row that never changes is a gate that does nothing."
    figure = Matrix(
        title=f"{_words(gate).capitalize()} over time",
        caption=caption if opens else "",
        values=values.T,
        columns=steps.values if reading.tokens is None else [shown(t) for t in steps.values],
        scale="sequential" if opens else "diverging",
        low=0.0 if opens else None,
        high=1.0 if opens else None,
        x=steps.axis,
        y=Axis(label="unit", whole=True),
        value=Axis(label=NAMES[stem]),
    )
    return Picture(figure, table)


def saturation(model: Any, data: Any, *, layer: str | None = None, margin: float = 0.1) -> Picture:
    """For each unit the share of time that its gates are nearly shut and nearly open.

    A gate near 0 or 1 lets hardly any gradient through (Karpathy et al., arXiv:1506.02078, section
    4.2). Of an RNN, which has no gates, the ends are -1 and 1 of its hidden state, of which
    `margin` of the width counts as near.

    Args:
        margin: how near is near, from 0 to 0.5.

    Returns:
        columns gate, unit, near_0, near_1 (shares of the steps, 0 to 1).
    """
    where = "saturation"
    check_number(where, "margin", margin, above=0, below=0.5)
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    found = call.trace()
    gates = [name for name in found if name.split("_")[0] in SIGMOID]
    tables = []
    for gate in gates or list(found):
        values = call.live(found[gate]).double()
        values = values if gates else (values + 1) / 2
        parts = {
            "gate": gate,
            "unit": np.arange(values.shape[1]),
            "near_0": (values < margin).double().mean(0).numpy(),
            "near_1": (values > 1 - margin).double().mean(0).numpy(),
        }
        tables.append(pd.DataFrame(parts))
    table: Any = pd.concat(tables, ignore_index=True)
    ends = ("0", "1") if gates else ("-1", "1")
    stuck = float((table["near_0"] + table["near_1"] > 0.9).mean())
    figure = Scatter(
        title="Saturation of gates" if gates else "Saturation of the hidden state",
        caption=f"A point is a unit. {stuck:.0%} of them are near one end or the other more than "
        "nine tenths of the time: they hardly learn any more.",
        groups=[
            Points(
                name=_words(str(gate)),
                x=own["near_1"],
                y=own["near_0"],
                labels=[f"unit {unit}" for unit in own["unit"]],
            )
            for gate, own in table.groupby("gate", sort=False)
        ],
        x=Axis(label=f"time near {ends[1]}", unit="share", low=0.0, high=1.0),
        y=Axis(label=f"time near {ends[0]}", unit="share", low=0.0, high=1.0),
    )
    return Picture(figure, table)


def weight_histograms(model: Any, *, weights: str = "weight_hh_l0", layer: str = "") -> Picture:
    """How large the weights of each gate are.

    Args:
        weights: parameter of the layer, in torch's names.
        layer: name of the recurrent layer in the module; "" the first.

    Returns:
        columns gate, weight (middle of the bin), share.
    """
    name, found = _layer("weight_histograms", model, layer)
    return _histograms(
        found,
        _parameter("weight_histograms", found, weights).detach(),
        f"Weights by gate: {'.'.join(filter(None, (name, weights)))}",
        "A wide flat line is a gate with strong weights; a needle at 0 one that learned little.",
        "weight",
    )


def gradient_histograms(
    model: Any, data: Any, *, weights: str = "weight_hh_l0", layer: str = "", loss: Any = None
) -> Picture:
    """How large the gradients of each gate's weights are, as powers of ten.

    Args:
        data: what the model reads.
        weights, layer: as in `weight_histograms`.
        loss: a function of the module's answer, a tensor, to one number; None takes half the mean
            square of the answer.

    Returns:
        columns gate, gradient (log10 of its size), share. Gradients of zero are left out.
    """
    where = "gradient_histograms"
    reading = read(where, model, data)
    name, found = _layer(where, reading.module, layer)
    parameter = _parameter(where, found, weights)
    with torch.enable_grad():
        out = module_answer(reading)
        value = 0.5 * out.square().mean() if loss is None else loss(out)
        (slope,) = torch.autograd.grad(value, parameter)
    return _histograms(
        found,
        slope.abs().log10(),
        f"Gradients by gate: {'.'.join(filter(None, (name, weights)))}",
        "A gate whose line lies far to the left of the others hardly learns.",
        "gradient",
        "powers of ten",
    )


def _words(gate: str) -> str:
    """A gate as `trace` names it, in words."""
    stem, _, place = gate.partition("_l")
    depth, _, way = place.partition("_")
    where = f", layer {int(depth) + 1}" if depth and depth != "0" else ""
    return f"{NAMES[stem]}{where}{', backwards' if way else ''}"


def _histograms(
    layer: Any, values: Any, title: str, caption: str, label: str, unit: str = ""
) -> Picture:
    gates = ROWS.get(layer.mode, ("h",))
    parts = values.double().chunk(len(gates)) if len(gates) > 1 else (values.double(),)
    arrays = [part.flatten().numpy() for part in parts]
    arrays = [part[np.isfinite(part)] for part in arrays]
    whole = np.concatenate(arrays)
    edges = np.histogram_bin_edges(whole, BINS) if len(whole) else np.linspace(-1, 1, BINS + 1)
    middle = (edges[:-1] + edges[1:]) / 2
    tables, lines = [], []
    for gate, part in zip(gates, arrays, strict=True):
        share = np.histogram(part, edges)[0] / max(len(part), 1)
        tables.append(pd.DataFrame({"gate": gate, label: middle, "share": share}))
        lines.append(Line(name=NAMES[gate], x=middle, y=share))
    figure = Lines(
        title=title,
        caption=caption,
        lines=lines,
        x=Axis(label=label, unit=unit),
        y=Axis(label="share of the weights", low=0.0),
    )
    return Picture(figure, pd.concat(tables, ignore_index=True))


def _layer(where: str, model: Any, layer: str) -> tuple[str, Any]:
    module = getattr(model, "module_", model)
    found = {n: m for n, m in module.named_modules() if isinstance(m, RECURRENT)}
    if not found:
        raise OptionError(f"{where}: model must have a recurrent layer.")
    if layer:
        check_choice(where, "layer", layer, found)
    name = layer or next(iter(found))
    return name, found[name]


def _parameter(where: str, layer: Any, weights: str) -> Any:
    found = {n: p for n, p in layer.named_parameters() if n.startswith(("weight_", "bias_"))}
    check_choice(where, "weights", weights, found)
    return found[weights]
