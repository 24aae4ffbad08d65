"""Which inputs an answer comes from."""

from __future__ import annotations

from typing import Any

import pandas as pd
import torch
from torch import Tensor

from ostinato.errors import check_choice, check_number
from ostinato.figures import Axis, Matrix, TintedText
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import answer, chosen, watch
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

    Args:
        method: "integrated-gradients" (Sundararajan et al., arXiv:1703.01365): input times the mean
            slope on the way from zero, whose sum is the answer less that to zeros; "gradient":
            input times slope, the quickest; "occlusion": how much the answer falls when the step
            (of a series the one input) is set to zero.
        to: the output that is looked at, by name or number; None the largest.
        at: the step whose answer is looked at, of models that answer at each.
        layer: name of the recurrent layer that reads the steps.
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
    length = int(call.lengths[0])

    def outputs(x: Tensor) -> Tensor:
        """`(outputs,)` when the first sequence is x `(steps, inputs)`."""
        found = answer(reading, call.name, torch.cat([x[None], call.x[1:]]))[0]
        return found[at if at != -1 else length - 1] if found.dim() == 2 else found

    with torch.no_grad():
        whole = outputs(call.x[0])
    if to is None:
        k = int(whole.argmax()) if len(whole) > 1 else 0
    else:
        k = output_number(where, reading, to, len(whole))
    # One logit stands for two classes: the first one is its opposite.
    names = list(reading.answers or ())
    sign = -1.0 if len(whole) == 1 and len(names) == 2 and to in names[:1] else 1.0
    x = call.x[0]
    with torch.enable_grad():
        if method == "occlusion":
            found = _occluded(x, length, reading.tokens is not None, lambda v: outputs(v)[k])
        else:
            ways = [1.0] if method == "gradient" else [(n + 0.5) / points for n in range(points)]
            found = x * _mean_slope(x, ways, lambda v: outputs(v)[k])
    values = sign * found[:length].double().numpy()
    said = names[k] if k < len(names) and len(whole) > 1 else ""
    if len(whole) == 1 and len(names) == 2:
        said = names[0] if sign < 0 else names[1]
    target = Axis(label=f"share in the score of {said!r}" if said else "share in the answer")
    title = f"Which inputs speak for {said!r}" if said else "Which inputs the answer comes from"
    steps = steps_of(reading, length)
    if reading.tokens is not None:
        shares = values.sum(1)
        figure: Any = TintedText(
            title=title,
            caption=f"By {method.replace('-', ' ')}. Positive speaks for the answer, negative "
            "(underlined) against it.",
            tokens=reading.tokens,
            values=shares,
            scale="diverging",
            separator=reading.separator,
            value=target,
        )
        return Picture(figure, pd.DataFrame({"token": list(reading.tokens), "share": shares}))
    columns = list(reading.columns or (f"input {n}" for n in range(values.shape[1])))
    figure = Matrix(
        title=title,
        caption=f"By {method.replace('-', ' ')}. Positive speaks for the answer, negative against.",
        values=values.T,
        rows=columns,
        columns=steps.values,
        scale="diverging",
        x=steps.axis,
        y=Axis(label="input"),
        value=target,
    )
    columns_of = dict(zip(columns, values.T, strict=True))
    return Picture(figure, pd.DataFrame({steps.label: steps.values} | columns_of))


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
