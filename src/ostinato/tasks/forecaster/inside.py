"""What the network of a forecaster reads of series."""

from __future__ import annotations

import dataclasses
from typing import Any

import torch

from ostinato.data.series_table import Series
from ostinato.tasks.forecaster.answering import network_inputs
from ostinato.tasks.forecaster.estimator import Forecaster
from ostinato.tasks.inside import Examples, Inside, series_examples


def read(where: str, model: Forecaster, data: Any) -> Inside:
    """The last `past` rows of every series of a table. Where columns are known ahead, the last
    `horizon` rows are those to come. With a segment the recurrent layers read each target by
    itself, so many rows a step."""
    rows = model.rows_
    parts = [_cut(rows, part) for part in rows.read(data, where)[0]]
    *inputs, recent = network_inputs(rows, parts, rows.horizon)
    targets = rows.layout.target
    others = range(1, 1 + inputs[0].shape[2] - len(targets))
    answers = [
        f"{name}, {ahead} ahead"
        for ahead in range(1, model.module_.horizon + 1)
        for name in targets
    ]
    output = model.module_.output

    def scores(answer: Any) -> torch.Tensor:
        return output.middle(answer).flatten(1)

    return Inside(
        inputs=tuple(inputs),
        columns=[*targets, *(f"beside {k}" for k in others)],
        answers=answers,
        index=recent[0].index,
        scores=scores,
    )


def _cut(rows: Any, part: Series) -> Series:
    """With what is known of the rows to come, where something must be."""
    known, count = rows.layout.future, rows.horizon
    if not known or len(part.values) <= count:
        return part
    places = [rows.layout.columns.index(name) for name in known]
    return dataclasses.replace(
        part,
        values=part.values[:-count],
        index=part.index[:-count],
        ahead=part.values[-count:, places],
    )


def examples(model: Forecaster, X: Any, y: Any, *, steps: bool) -> Examples:
    """A table as `fit` takes it."""
    return series_examples(X)
