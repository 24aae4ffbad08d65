"""Hidden states as places: where steps lie, and which spans were read alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import DataError, OptionError, check_number
from ostinato.figures import Axis, Column, Points, Scatter, Table
from ostinato.inspection.estimators import read
from ostinato.inspection.picture import Picture
from ostinato.inspection.reading import chosen, watch
from ostinato.inspection.units import first_states, steps_of

AROUND = 6  # tokens that are told on each side of a span


def hidden_states(
    model: Any, data: Any, labels: Sequence[Any] | None = None, *, layer: str | None = None
) -> Picture:
    """The hidden states in the two directions in which they differ most (principal components).

    Args:
        data: several sequences give each its state after its last step; one gives all its steps.
        labels: a class of each point, drawn in its colour.
        layer: name of the recurrent layer; None the first that reads the steps.

    Returns:
        columns label, first, second (in the units of the states), and token of one text.
    """
    from sklearn.decomposition import PCA

    where = "hidden_states"
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    alone = len(call.outputs) == 1
    if alone:
        states = first_states(call)
    else:
        rows = np.arange(len(call.outputs))
        states = call.outputs.double().numpy()[rows, np.maximum(call.lengths.numpy() - 1, 0)]
    if len(states) < 2 or states.shape[1] < 2:
        raise DataError(f"{where}: data must give at least 2 points of at least 2 units.")
    if labels is not None and len(labels) != len(states):
        raise DataError(
            f"{where}: labels must be one for each of {len(states)} points, got {len(labels)}."
        )
    found = PCA(2, random_state=0)
    places = found.fit_transform(states)
    shares = np.nan_to_num(found.explained_variance_ratio_)
    kinds = [""] * len(states) if labels is None else [str(each) for each in labels]
    table: Any = pd.DataFrame({"label": kinds, "first": places[:, 0], "second": places[:, 1]})
    if alone and reading.tokens is not None:
        table["token"] = list(reading.tokens)
    groups = [
        Points(
            name=str(kind) or "states",
            x=own["first"],
            y=own["second"],
            labels=[repr(token) for token in own["token"]] if "token" in own else (),
            role="model" if labels is None else "other",
        )
        for kind, own in table.groupby("label", sort=True)
    ]
    figure = Scatter(
        title=f"Hidden states of {call.name or 'the layer'} in two dimensions",
        caption=f"A point is a {'step' if alone else 'sequence, after its last step'}. The picture "
        f"holds {shares.sum():.0%} of how much the states differ.",
        groups=groups,
        x=Axis(label="first component", unit=f"{shares[0]:.0%} of the variance"),
        y=Axis(label="second component", unit=f"{shares[1]:.0%}"),
    )
    return Picture(figure, table)


def similar_spans(
    model: Any, data: Any, start: int, stop: int, *, layer: str | None = None, most: int = 8
) -> Picture:
    """Spans of the first sequence that the network read most like the steps from `start` to
    before `stop`, by the cosine of their states; after LSTMVis (arXiv:1606.07461).

    Returns:
        columns similarity (1 is alike), start, stop, and of a text the text around it.
    """
    where = "similar_spans"
    reading = read(where, model, data)
    call = chosen(where, watch(where, reading), layer, reading)
    states = first_states(call)
    if not 0 <= start < stop <= len(states):
        raise OptionError(
            f"{where}: start and stop must be a span of the {len(states)} steps, got {start} and "
            f"{stop}."
        )
    check_number(where, "most", most, low=1, whole=True)
    width = stop - start
    states = states - states.mean(0)
    windows = np.lib.stride_tricks.sliding_window_view(states, width, axis=0)
    windows = windows.reshape(len(windows), -1)
    sizes = np.linalg.norm(windows, axis=1)
    similar = windows @ windows[start] / np.maximum(sizes * sizes[start], 1e-12)
    taken = [start]
    for place in np.argsort(-similar, kind="stable"):
        if len(taken) > most:
            break
        if all(abs(place - other) >= width for other in taken):
            taken.append(int(place))
    rows = [(float(similar[place]), place, place + width) for place in taken[1:]]
    table: Any = pd.DataFrame(rows, columns=["similarity", "start", "stop"])
    steps = steps_of(reading, len(states))
    columns: list[Any] = ["span", Column(name="similarity", form=".2f"), "start", "stop"]
    words = [f"{steps.values[a]} to {steps.values[b - 1]}" for _, a, b in rows]
    if reading.tokens is not None:
        words = [_around(reading.tokens, reading.separator, a, b) for _, a, b in rows]
        table["text"] = words
    figure = Table(
        title="Spans with similar states",
        caption="What the network read most like the chosen span. Similarity is the cosine of the "
        "hidden states: 1 is alike, 0 has nothing in common.",
        columns=columns,
        rows=[(word, *row) for word, row in zip(words, rows, strict=True)],
    )
    return Picture(figure, table)


def _around(tokens: Sequence[str], between: str, start: int, stop: int) -> str:
    before = between.join(tokens[max(0, start - AROUND) : start])
    after = between.join(tokens[stop : stop + AROUND])
    return f"{before}[{between.join(tokens[start:stop])}]{after}"
