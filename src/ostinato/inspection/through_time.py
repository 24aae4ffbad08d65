"""How gradients travel back in time, and how far back an answer depends on what was read."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ostinato.errors import OptionError, check_number
from ostinato.figures import Axis, Line, Lines, Mark
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import RECURRENT, answer, chosen, evaluating, watch

DIRECTIONS = 16  # outputs up to which each is followed by itself; of more, random mixtures
FORGOTTEN = 0.01  # of the largest influence


def with_spectral_radius(layer: Any, radius: float) -> Any:
    """A copy of a recurrent layer whose recurrent weights have this spectral radius: the
    `(hidden, hidden)` matrix of each gate is scaled so that its largest eigenvalue has that size.

    Raises:
        OptionError: the layer has a projection, whose recurrent weights are not square.
    """
    check_number("with_spectral_radius", "radius", radius, low=0)
    if getattr(layer, "proj_size", 0):
        raise OptionError("with_spectral_radius: layer must have proj_size=0.")
    made = copy.deepcopy(layer)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            if name.startswith("weight_hh"):
                for gate in weight.split(weight.shape[1]):
                    largest = torch.linalg.eigvals(gate.double()).abs().max()
                    gate.mul_(radius / max(float(largest), 1e-12))
    return made


def gradient_norms(
    models: Any, data: Any = None, *, steps: int = 50, layer: str | None = None, seed: int = 0
) -> Picture:
    """The size of the gradient by how many steps it went back: vanishing and exploding.

    The last hidden state of one recurrent layer is differentiated by the state k steps before it
    (h, of an LSTM h and c together) in random directions; drawn is the root mean square, divided by
    that of k = 0. Below 1 a gradient vanishes, above it explodes.

    Args:
        models: a fitted estimator or a module, trained or not; or several by name, side by side.
        data: what they read; None lets layers read `steps` steps of random numbers.
        steps: of random data, and how far back is drawn at most.
        layer: name of the recurrent layer in the module; None the first that reads the steps.

    Returns:
        columns model, back (steps), norm (1 at 0 steps back).

    Raises:
        OptionError: a layer is bidirectional, and so has no single way back.
    """
    where = "gradient_norms"
    check_number(where, "steps", steps, low=1, whole=True)
    tables = []
    for name, model in _named(models).items():
        found, x = _layer_and_input(where, model, data, steps, layer, seed)
        norms = _norms(where, found, x[:, -steps - 1 :], seed)
        rows = {"model": name, "back": np.arange(len(norms)), "norm": norms}
        tables.append(pd.DataFrame(rows))
    table: Any = pd.concat(tables, ignore_index=True)
    figure = Lines(
        title="Gradient by steps back in time",
        caption="Flat is good: what was read long ago can still be learned from. A line that falls "
        "vanishes, one that rises explodes.",
        lines=_lines(table, "norm"),
        x=Axis(label="steps back", whole=True),
        y=Axis(label="size of the gradient", unit="1 at the last step", scale="log"),
    )
    return Picture(figure, table)


def _layer_and_input(
    where: str, model: Any, data: Any, steps: int, layer: str | None, seed: int
) -> tuple[Any, Tensor]:
    if data is None:
        if not isinstance(model, RECURRENT):
            raise OptionError(
                f"{where}: data must be given for a {type(model).__name__}; only a bare recurrent "
                "layer reads random numbers."
            )
        chance = torch.Generator().manual_seed(seed)
        x = torch.randn(8, steps + 1, model.input_size, generator=chance)
        return model, x.to(next(model.parameters()).dtype)
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    longest = int(call.lengths.argmax())
    return call.layer, call.x[longest : longest + 1, : int(call.lengths[longest])]


def _norms(where: str, layer: Any, x: Tensor, seed: int) -> np.ndarray:
    """The norm at 0, 1, ... steps back, `(steps,)`."""
    if layer.bidirectional:
        raise OptionError(
            f"{where}: layer must have bidirectional=False; backwards it reads from the end."
        )
    states: list[Any] = []
    with evaluating(layer), torch.enable_grad():
        state = None
        for t in range(x.shape[1]):
            now = x[:, t : t + 1] if layer.batch_first else x[:, t : t + 1].transpose(0, 1)
            _, state = layer(now, state)
            parts = state if isinstance(state, tuple) else (state,)
            parts = tuple(p if p.requires_grad else p.requires_grad_() for p in parts)
            states.append(parts)
            state = parts if isinstance(state, tuple) else parts[0]
    end = states[-1][0][-1]
    wanted = [part for parts in reversed(states) for part in parts]
    count = len(states[0])
    chance = torch.Generator().manual_seed(seed)
    squares = torch.zeros(len(states), dtype=torch.float64)
    for _ in range(4):
        direction = torch.randn(end.shape, generator=chance).to(end)
        found = torch.autograd.grad(end, wanted, direction, retain_graph=True, allow_unused=True)
        each = [0.0 if g is None else g.double().square().sum() for g in found]
        sums = [sum(each[k : k + count]) for k in range(0, len(each), count)]
        squares += torch.as_tensor(sums, dtype=torch.float64)
    return (squares / squares[0]).sqrt().numpy()


def influence(
    models: Any,
    data: Any,
    *,
    at: int = -1,
    to: str | int | None = None,
    layer: str | None = None,
    **options: Any,
) -> Picture:
    """How much each earlier step matters to an answer, and where that falls below a hundredth.

    Influence of a step is the size (Frobenius norm) of the derivative of the answer by what the
    first recurrent layer reads there, as a share of the largest, averaged over the sequences.

    Args:
        models: a fitted estimator or a module; or several by name, side by side.
        data: what they read.
        at: the step whose answer is looked at, of models that answer at each; -1 is the last.
        to: one output, by name or number; None takes all together.
        layer: name of the recurrent layer in the module that reads the steps.
        options: keyword arguments of a bare layer, as `resets` and `lengths`.

    Returns:
        columns model, back (steps), influence (0 to 1); see `memory_length`.
    """
    where, tables, remembered = "influence", [], {}
    for name, model in _named(models).items():
        reading = read(where, model, data, **options)
        call = chosen(where, watch(where, reading), layer, reading)
        sizes = jacobian_sizes(where, reading, call, at, to)
        table = pd.DataFrame({"model": name, "back": np.arange(len(sizes)), "influence": sizes})
        remembered[name] = memory_length(table)
        tables.append(table)
    table: Any = pd.concat(tables, ignore_index=True)
    told = ", ".join(f"{name}: {n}" if name else f"{n}" for name, n in remembered.items())
    longest = int(table["back"].max())
    lines = _lines(table, "influence")
    hundredth = Line(name="a hundredth", x=[0, max(longest, 1)], y=[FORGOTTEN] * 2, role="baseline")
    marks = []
    if len(remembered) == 1 and (end := next(iter(remembered.values()))) < longest:
        marks = [Mark(x=end, label="memory ends")]
    figure = Lines(
        title=f"How far back the answer depends: memory length {told} steps",
        caption="Influence of what was read, by how long ago. Memory ends where it stays below a "
        "hundredth of the largest.",
        lines=[*lines, hundredth],
        marks=marks,
        x=Axis(label="steps back", whole=True),
        y=Axis(label="influence", unit="share of the largest", scale="log", low=1e-5),
    )
    return Picture(figure, table)


def memory_length(table: pd.DataFrame) -> int:
    """Steps back from which on the influence of `influence`'s table stays below a hundredth of the
    largest; all its steps where it never does."""
    strong = np.flatnonzero(table["influence"].to_numpy() >= FORGOTTEN)
    return int(strong[-1]) + 1 if len(strong) else 0


def jacobian_sizes(where: str, reading: Any, call: Any, at: int, to: Any) -> np.ndarray:
    """Size of the answer's derivative by 0, 1, ... steps back from `at`, mean over sequences."""
    x = call.x.clone().requires_grad_()
    with torch.enable_grad():
        found = answer(reading, call.name, x)
    rows, batch = torch.arange(len(x)), len(x)
    if found.dim() == 3:
        ends = call.lengths - 1 if at == -1 else torch.full((batch,), at % x.shape[1])
        found = found[rows, ends]
    else:
        ends = call.lengths - 1
    if to is not None:
        k = output_number(where, reading, to, found.shape[1])
        found = found[:, k : k + 1]
    outputs = found.shape[1]
    chance = torch.Generator().manual_seed(0)
    weights = torch.eye(outputs)
    if outputs > DIRECTIONS:
        weights = torch.randn(DIRECTIONS, outputs, generator=chance)
    squares = torch.zeros(x.shape[:2], dtype=torch.float64)
    for weight in weights:
        (slope,) = torch.autograd.grad((found * weight.to(found)).sum(), x, retain_graph=True)
        squares += slope.double().square().sum(2)
    sizes = squares.sqrt()
    # Each sequence from its own end backwards; shorter ones do not count beyond their beginning.
    back = ends[:, None] - torch.arange(x.shape[1])[None]
    total = np.zeros(int(ends.max()) + 1)
    count = np.zeros_like(total)
    for row in range(batch):
        own = sizes[row][back[row] >= 0].flip(0).numpy()
        total[: len(own)] += own / max(own.max(), 1e-300)
        count[: len(own)] += 1
    mean = total / np.maximum(count, 1)
    return mean / max(mean.max(), 1e-300)


def output_number(where: str, reading: Any, to: str | int, outputs: int) -> int:
    """The number of an output that is given by name or number."""
    names = list(reading.answers or ())
    if isinstance(to, str) and to in names:
        place = names.index(to)
        return 0 if outputs == 1 else place  # one logit stands for two classes
    if isinstance(to, int) and -outputs <= to < outputs:
        return to % outputs
    offered = f" or one of {', '.join(names[:12])}" if names else ""
    raise OptionError(f"{where}: to must be below {outputs}{offered}, got {to!r}.")


def _named(models: Any) -> dict[str, Any]:
    return dict(models) if isinstance(models, Mapping) else {"": models}


def _lines(table: Any, column: str) -> list[Line]:
    role = "model" if table["model"].nunique() == 1 else "other"
    return [
        Line(
            name=str(name) or column,
            x=own["back"],
            y=own[column],
            role=role,
        )
        for name, own in table.groupby("model", sort=False)
    ]
