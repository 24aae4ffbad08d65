"""A detector on held-out rows, as figures: what was expected, scores, alarms, and blame."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ostinato.figures import Axis, Band, Figure, Line, Lines, Mark, Matrix
from ostinato.tasks.anomaly_detector.estimator import AnomalyDetector
from ostinato.tasks.anomaly_detector.rows import Part
from ostinato.tasks.anomaly_detector.stream import Verdicts
from ostinato.tasks.contracts import Evidence

ROWS = 2000  # that are drawn
COLUMNS = 4
SERIES = 2
ALARMS = 12


def evidence(estimator: AnomalyDetector, held_out: Any) -> Evidence:
    """What the model finds in `held_out`: a table in which the `past` rows of each series before
    the first of interest come first."""
    parts, _ = estimator.rows_.read(held_out, "evidence")
    judged = [(part, estimator.judge(part)) for part in parts]
    # Those with the highest scores first: there is something to see.
    judged.sort(key=lambda each: -float((each[1].score / each[1].threshold).max()))
    figures: list[Figure] = []
    for part, found in judged[:SERIES]:
        figures += anomaly_figures(estimator, part, found)
    facts: dict[str, object] = {**estimator.found_, "usual score": "1, the size of usual errors"}
    return Evidence(figures=figures, facts=facts)


def anomaly_figures(model: AnomalyDetector, part: Part, found: Verdicts) -> list[Figure]:
    """Each column with what was expected of it, the scores with their threshold, and which columns
    are to blame where scores are highest."""
    window = _worth_seeing(found, model.past)
    index = part.series.index[window]
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_localize(None)
    x, names = np.asarray(index), model.layout_.target
    of = "" if part.name is None else f", {model.layout_.series} {part.name}"
    alarms = np.flatnonzero(found.alarm[window])
    loudest = alarms[np.argsort(-found.score[window][alarms], kind="stable")[:ALARMS]]
    marks = [Mark(x=x[k], label="alarm") for k in np.sort(loudest)]
    _, scale = model.rows_.scale_of(part.name)
    # Where a column alone would be an anomaly.
    reach = found.threshold[:, None] * model.rows_.spread * scale * np.sqrt(len(names))
    blame = (found.blame[window] * found.score[window][:, None]).max(axis=0)
    figures: list[Figure] = []
    for k in np.argsort(-blame, kind="stable")[:COLUMNS]:
        expected, wide = found.expected[window, k], reach[window, k]
        figures.append(
            Lines(
                title=f"{names[k]}{of}, and what was expected",
                caption="The band is where this column alone raises no alarm. Vertical lines are "
                "alarms, of any column.",
                lines=[
                    Line(name=names[k], x=x, y=part.values[window, k], role="truth"),
                    Line(name="expected", x=x, y=expected, role="model"),
                ],
                bands=[Band(name="usual", x=x, low=expected - wide, high=expected + wide)],
                marks=marks,
                y=Axis(label=names[k]),
            )
        )
    figures.append(
        Lines(
            title=f"Scores{of}",
            caption="How far each row is from what was expected, in usual errors, and the "
            "threshold above which it is too far.",
            lines=[
                Line(name="score", x=x, y=found.score[window], role="model"),
                Line(name="threshold", x=x, y=found.threshold[window], role="baseline"),
            ],
            marks=marks,
            y=Axis(label="score", low=0),
        )
    )
    if len(names) > 1:
        figures.append(_blame(found, window, index, names, of))
    return figures


def _worth_seeing(found: Verdicts, past: int) -> slice:
    """The rows that are drawn: `ROWS` around the highest score."""
    total = len(found.score)
    first = min(past, total // 2)
    highest = first + int(np.argmax(found.score[first:] / found.threshold[first:]))
    begin = max(first, min(highest - ROWS // 2, total - ROWS))
    return slice(begin, begin + ROWS)


def _blame(found: Verdicts, window: slice, index: Any, names: list[str], of: str) -> Figure:
    """The share of each column in the error of the rows with the highest scores."""
    height = (found.score / found.threshold)[window]
    worst = np.sort(np.argsort(-height, kind="stable")[:20])
    return Matrix(
        title=f"Which columns are to blame{of}",
        caption="The share of each column in the error of the rows with the highest scores.",
        values=found.blame[window][worst].T,
        rows=names,
        columns=[str(index[k]) for k in worst],
        low=0,
        high=1,
        x=Axis(label="row"),
        y=Axis(label="column"),
        value=Axis(label="share of the error"),
    )
