"""Which inputs an answer comes from."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from ostinato.errors import check_choice, check_number
from ostinato.figures import Axis, Matrix, TintedText
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import Reading, answer, chosen, module_answer, watch
from ostinato.inspection.through_time import output_number
from ostinato.inspection.units import steps_of

METHODS = ("integrated-gradients", "gradient", "occlusion")


def attribution(
    model: Any,
    data: Any,
    method: str = "integrated-gradients",
    *,
    to: str | int | None = None,
    at: int = -1,
    layer: str | None = None,
    points: int = 32,
) -> Picture:
    """How much each input of the first sequence adds to an answer, against inputs of zero.

    Inputs are the columns of series and recordings, as the network reads them, else what the first
    recurrent layer reads: the vectors of tokens.

    Args:
        method: "integrated-gradients" (Sundararajan et al., arXiv:1703.01365): input times the mean
            slope on the way from zero, whose sum is the answer less that to zeros; "gradient":
            input times slope, the quickest; "occlusion": how much the answer falls when the step
            (of a series the one input) is set to zero.
        to: the output that is looked at, by name or number; None the largest.
        at: the step whose answer is looked at, of models that answer at each.
        layer: name of a recurrent layer, whose inputs are looked at then; None as above.
        points: on the way from zero.

    Returns:
        of a text columns token, share; of a series column step or time, and one for each input.
        The unit is that of the output: of a classifier's scores logits.
    """
    where = "attribution"
    check_choice(where, "method", method, METHODS)
    check_number(where, "points", points, low=1, whole=True)
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    plain = layer is None and reading.plain
    every = reading.inputs[0] if plain else call.x
    end = int(call.lengths[0])
    length = _steps_of_first(reading) if plain else end

    def outputs(x: Tensor) -> Tensor:
        """`(outputs,)` when the first sequence is x `(steps, inputs)`."""
        whole = torch.cat([x[None], every[1:]])
        found = (module_answer(reading, whole) if plain else answer(reading, call.name, whole))[0]
        return found[at if at != -1 else end - 1] if found.dim() == 2 else found

    x = every[0]
    with torch.no_grad():
        whole = outputs(x)
    looked = _looked_at(where, reading, whole, to)
    with torch.enable_grad():
        if method == "occlusion":
            tokens = reading.tokens is not None
            found = _occluded(x, length, tokens, lambda v: outputs(v)[looked.output])
        else:
            ways = [1.0] if method == "gradient" else [(n + 0.5) / points for n in range(points)]
            found = x * _mean_slope(x, ways, lambda v: outputs(v)[looked.output])
    values = looked.sign * found[:length].double().numpy()
    return _drawn(reading, values, looked.name, method)


def _steps_of_first(reading: Reading) -> int:
    """Steps of the first sequence: the module is told of lengths second, where there are any."""
    steps = reading.inputs[0].shape[1]
    if len(reading.inputs) > 1 and reading.inputs[1].dim() == 1:
        return int(reading.inputs[1][0])
    return steps


class _LookedAt(NamedTuple):
    """An output by its number, the sign that its score has for the answer called `name`."""

    output: int
    sign: float
    name: str


def _looked_at(where: str, reading: Reading, outputs: Tensor, to: str | int | None) -> _LookedAt:
    """The output that is asked for, or the largest."""
    names = list(reading.answers or ())
    if to is not None:
        k = output_number(where, reading, to, len(outputs))
    else:
        k = int(outputs.argmax()) if len(outputs) > 1 else 0
    if len(outputs) == 1 and len(names) == 2:  # one logit stands for two classes
        first = to in names[:1]
        return _LookedAt(k, -1.0 if first else 1.0, names[0] if first else names[1])
    return _LookedAt(k, 1.0, names[k] if k < len(names) and len(outputs) > 1 else "")


def _drawn(reading: Reading, values: np.ndarray, name: str, method: str) -> Picture:
    """Shares `(steps, inputs)`: of a text tokens in colour, of a series a matrix."""
    axis = Axis(label=f"share in the score of {name!r}" if name else "share in the answer")
    title = f"Which inputs speak for {name!r}" if name else "Which inputs the answer comes from"
    caption = f"By {method.replace('-', ' ')}. Positive speaks for the answer, negative "
    if reading.tokens is not None:
        shares = values.sum(1)
        text = TintedText(
            title=title,
            caption=f"{caption}(underlined) against it.",
            tokens=reading.tokens,
            values=shares,
            scale="diverging",
            separator=reading.separator,
            value=axis,
        )
        return Picture(text, pd.DataFrame({"token": list(reading.tokens), "share": shares}))
    steps = steps_of(reading, len(values))
    columns = list(reading.columns or (f"input {n}" for n in range(values.shape[1])))
    matrix = Matrix(
        title=title,
        caption=f"{caption}against.",
        values=values.T,
        rows=columns,
        columns=steps.values,
        scale="diverging",
        x=steps.axis,
        y=Axis(label="input"),
        value=axis,
    )
    columns_of = dict(zip(columns, values.T, strict=True))
    return Picture(matrix, pd.DataFrame({steps.label: steps.values} | columns_of))


def _mean_slope(x: Tensor, ways: list[float], value: Any) -> Tensor:
    slopes = torch.zeros_like(x)
    for way in ways:
        there = (x * way).detach().requires_grad_()
        slopes += torch.autograd.grad(value(there), there)[0]
    return slopes / len(ways)


@torch.no_grad()
def _occluded(x: Tensor, length: int, whole_step: bool, value: Any) -> Tensor:
    """`(steps, inputs)`; of whole steps all stands in the first input."""
    before, found = value(x), torch.zeros_like(x)
    for step in range(length):
        for k in [slice(None)] if whole_step else range(x.shape[1]):
            without = x.clone()
            without[step, k] = 0
            found[step, 0 if whole_step else k] = before - value(without)
    return found
