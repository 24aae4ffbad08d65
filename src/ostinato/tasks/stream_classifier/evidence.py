"""A stream classifier on held-out rows, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.figures import Axis, Figure, Line, Lines
from ostinato.figures.classes import (
    MOST_CLASSES,
    class_table,
    confusion_figure,
    confusions_table,
)
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.stream_classifier.estimator import StreamClassifier
from ostinato.tasks.stream_classifier.measures import BASELINES

PARTS, LEAST = 30, 50  # stretches of the stream that are drawn, and rows of one


def evidence(estimator: StreamClassifier, held_out: Any) -> Evidence:
    """What the model answers of `held_out`: rows, and labels that are known before the next row."""
    rows, labels = held_out
    stream, answers, right = estimator.stream(), [], []
    for row, label in zip(rows, labels, strict=True):
        found = stream.step(row)
        said = stream.waiting[found.row].answers
        stream.truth(label)
        number = stream.rows.classes.index(label)
        answers.append(found.label)
        right.append([each == number for each in said])
    few = len({*labels, *answers}) <= MOST_CLASSES
    figures: list[Figure] = [
        _over_time(np.array(right, dtype=float)),
        (confusion_figure if few else confusions_table)(labels, answers),
        class_table(labels, answers),
    ]
    return Evidence(figures=figures)


def _over_time(right: np.ndarray) -> Figure:
    """Accuracy in stretches of the stream, beside the baselines'."""
    parts = np.array_split(np.arange(len(right)), max(1, min(PARTS, len(right) // LEAST)))
    x = np.array([each.mean() for each in parts])
    shares = np.stack([right[each].mean(0) for each in parts])
    names = [("model", "model"), *((each.name, "baseline") for each in BASELINES)]
    return Lines(
        title="Accuracy along the stream",
        caption="The share of right answers in each stretch of the held-out rows, each answered "
        "before its truth came. Where the model's line falls, the stream has changed.",
        lines=[
            Line(name=name, x=x, y=shares[:, place], role=role)  # type: ignore[arg-type]
            for place, (name, role) in enumerate(names)
        ],
        x=Axis(label="held-out row"),
        y=Axis(label="accuracy", low=0, high=1),
    )
