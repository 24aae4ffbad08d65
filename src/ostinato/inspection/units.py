"""What single units do over a text or series, and which of them follow something known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError, OptionError, check_number
from ostinato.figures import Axis, Bars, Group, Line, Lines, Matrix, TintedText
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import Call, Reading, chosen, watch

TEXT_FEATURES = ("quotes", "brackets", "line-length", "capitals")


def activations(
    model: Any, data: Any, units: int | Sequence[int] = 0, *, layer: str | None = None
) -> Picture:
    """What units of a recurrent layer put out at each step of the first sequence.

    One unit tints a text; several stand below each other as a matrix; over a series they are lines.

    Args:
        units: numbers of units, from 0; of a bidirectional layer the backward ones come second.
        layer: name of the recurrent layer in the module; None the first that reads the steps.

    Returns:
        columns step or token, and "unit K" for each.
    """
    where = "activations"
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    values = first_states(call)
    picked = [units] if isinstance(units, int) else list(units)
    for unit in picked:
        check_number(where, "units", unit, low=0, below=values.shape[1], whole=True)
    names = [f"unit {unit}" for unit in picked]
    columns = {name: values[:, unit] for name, unit in zip(names, picked, strict=True)}
    steps = steps_of(reading, len(values))
    table = pd.DataFrame({steps.label: steps.values} | columns)
    title = f"{', '.join(names)} of {call.name or 'the layer'}"
    output = Axis(label="output of the unit")
    if reading.tokens is None:
        figure: Any = Lines(
            title=f"Output of {title}" if len(names) < 7 else "Outputs of units",
            lines=[Line(name=name, x=steps.values, y=columns[name]) for name in names],
            x=steps.axis,
            y=output,
        )
    elif len(picked) == 1:
        figure = TintedText(
            title=f"Output of {title}",
            caption="Each token in the tint of what the unit puts out after it was read.",
            tokens=reading.tokens,
            values=values[:, picked[0]],
            scale="diverging",
            separator=reading.separator,
            value=output,
        )
    else:
        figure = Matrix(
            title="Outputs of units over a text",
            values=values[:, picked].T,
            rows=names,
            columns=[shown(each) for each in reading.tokens],
            scale="diverging",
            x=Axis(label="token"),
            value=output,
        )
    return Picture(figure, table)


def find_units(
    model: Any, data: Any, feature: Any, *, layer: str | None = None, most: int = 8
) -> Picture:
    """The units that follow something known most closely, with the correlation.

    Args:
        feature: of a text "quotes" (inside or not), "brackets" (how deep), "line-length"
            (characters since the last line break) or "capitals" (the token begins with one); of a
            series the name of an input column; or a number for each step of the first sequence.
        layer: name of the recurrent layer; None the first that reads the steps.
        most: how many units are told.

    Returns:
        columns unit, correlation (Pearson's, -1 to 1), the closest first.

    Raises:
        DataError: the feature never changes, so nothing can follow it.
    """
    where = "find_units"
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    values = first_states(call)
    wanted = _feature(where, reading, call, feature, len(values))
    if len(values) < 3 or np.ptp(wanted) == 0:
        raise DataError(
            f"{where}: feature {_name(feature)!r} must change over at least 3 steps. Give data in "
            "which it does."
        )
    centred, target = values - values.mean(0), wanted - wanted.mean()
    size = np.sqrt((centred**2).sum(0) * (target**2).sum())
    correlation = (centred * target[:, None]).sum(0) / np.maximum(size, 1e-12)
    order = np.argsort(-np.abs(correlation), kind="stable")[:most]
    table = pd.DataFrame({"unit": order, "correlation": correlation[order]})
    best = table.iloc[0]
    figure = Bars(
        title=f"Correlation of units with {_name(feature)}",
        caption=f"Unit {int(best['unit'])} follows it most closely, with a correlation of "
        f"{best['correlation']:.2f} over {len(values):,} steps. 1 and -1 are perfect, 0 is none.",
        names=[f"unit {unit}" for unit in order],
        groups=[Group(name="", values=correlation[order], role="model")],
        value=Axis(low=-1.0, high=1.0),
    )
    return Picture(figure, table)


def first_states(call: Call) -> np.ndarray:
    """Outputs of the first sequence, `(steps, units)` in double precision."""
    return call.outputs[0, : int(call.lengths[0])].double().numpy()


class Steps:
    """Where the steps of a sequence stand on an axis."""

    def __init__(self, label: str, values: Any, axis: Axis) -> None:
        self.label, self.values, self.axis = label, values, axis


def steps_of(reading: Reading, count: int) -> Steps:
    """Tokens of a text, timestamps of a series, else numbers from 0. Where a layer has fewer steps
    than the rows, each stands where the first of its rows does."""
    if reading.tokens is not None:
        return Steps("token", list(reading.tokens)[:count], Axis(label="token"))
    index = reading.index
    if index is None or len(index) < count:
        return Steps("step", np.arange(count), Axis(label="step", whole=True))
    index = index[:: -(-len(index) // count)][:count]
    if isinstance(index, pd.DatetimeIndex):
        return Steps("time", index.tz_localize(None), Axis(label="time"))
    if index.name is None or isinstance(index, pd.RangeIndex):
        return Steps("step", np.asarray(index), Axis(label="step", whole=True))
    return Steps("time", np.asarray(index), Axis(label="time", unit=str(index.name)))


def shown(token: str) -> str:
    """A token that can be seen where it stands alone."""
    return token.replace("\n", "⏎").replace(" ", "␣") if not token.strip() else token


def text_feature(name: str, tokens: Sequence[str]) -> np.ndarray:
    """One of `TEXT_FEATURES` after each token, `(tokens,)`."""
    found, inside, depth, line = [], False, 0, 0
    for token in tokens:
        for letter in token:
            if letter in '"“”':
                inside = not inside
            depth += (letter in "([{") - (letter in ")]}")
            depth = max(depth, 0)
            line = 0 if letter == "\n" else line + 1
        capital = token.strip()[:1].isupper()
        found.append((float(inside), float(depth), float(line), float(capital)))
    return np.array(found)[:, TEXT_FEATURES.index(name)]


def _feature(where: str, reading: Reading, call: Call, feature: Any, steps: int) -> np.ndarray:
    if isinstance(feature, str):
        if reading.tokens is not None and feature in TEXT_FEATURES:
            return text_feature(feature, reading.tokens)
        columns = list(reading.columns or ())
        if feature in columns:
            return call.x[0, :steps, columns.index(feature)].double().numpy()
        offered = columns or (TEXT_FEATURES if reading.tokens is not None else ())
        told = f"one of {', '.join(offered)}, or " if offered else ""
        raise OptionError(
            f"{where}: feature must be {told}a number for each step, got {feature!r}."
        )
    given = np.asarray(feature, dtype=np.float64)
    if given.shape != (steps,):
        raise DataError(
            f"{where}: feature must have a number for each of {steps} steps, got shape "
            f"{given.shape}."
        )
    return given


def _name(feature: Any) -> str:
    return feature if isinstance(feature, str) else "the given numbers"
