"""Pictures of classes: truth beside answers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato import measures
from ostinato.figures.base import Axis
from ostinato.figures.kinds import Column, Matrix, Table

MOST_CLASSES = 40  # classes up to which a confusion matrix is drawn


def confusion_figure(truth: Sequence[Any], answers: Sequence[Any]) -> Matrix:
    """The confusion matrix of two label lists, its shade the share of the row."""
    names, counts = measures.count_classes(list(truth), list(answers))
    return Matrix(
        title="Confusion matrix",
        caption="Rows are the truth, columns the model's answers: the stronger the "
        "diagonal, the better.",
        values=counts,
        tint=counts / np.maximum(counts.sum(1, keepdims=True), 1),
        low=0.0,
        high=1.0,
        rows=names,
        columns=names,
        x=Axis(label="answer"),
        y=Axis(label="truth"),
        value=Axis(label="share of the row"),
    )


def class_table(truth: Sequence[Any], answers: Sequence[Any]) -> Table:
    """Precision, recall, F1 and rows of each class."""
    names, counts = measures.count_classes(list(truth), list(answers))
    found = measures.per_class(counts)
    return Table(
        title="Each class",
        caption="Precision: how many answers of the class are right. Recall: how many of its rows "
        "were found. All from 0 to 1; near 1 is good.",
        columns=[
            "class",
            *(Column(name=n, form=".3f") for n in ("precision", "recall", "F1")),
            "rows",
        ],
        rows=list(zip(names, *(found[n].tolist() for n in found), strict=True)),
    )


def confusions_table(truth: Sequence[Any], answers: Sequence[Any], most: int = 15) -> Table:
    """The pairs of classes that are confused most often."""
    names, counts = measures.count_classes(list(truth), list(answers))
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(k), len(names)) for k in order]
    return Table(
        title="Confused most often",
        columns=["truth", "answer", "rows"],
        rows=[(names[a], names[b], int(wrong[a, b])) for a, b in pairs if wrong[a, b]],
    )


def mistakes_table(
    texts: Sequence[str],
    truth: Sequence[Any],
    answers: Sequence[Any],
    confidence: Sequence[float] | None = None,
    most: int = 8,
) -> Table:
    """The wrong answers of which the model was surest."""
    sure = confidence if confidence is not None else [math.nan] * len(truth)
    wrong = [
        (str(t), str(a), float(p), text[:240] + "…" * (len(text) > 240))
        for text, t, a, p in zip(texts, truth, answers, sure, strict=True)
        if str(t) != str(a)
    ]
    wrong.sort(key=lambda row: -row[2] if math.isfinite(row[2]) else 0.0)
    return Table(
        title=f"Surest mistakes ({len(wrong):,} of {len(truth):,} held-out rows are wrong)",
        caption="Read them: a wrong label in the data is as common as a wrong answer.",
        columns=["truth", "answer", Column(name="confidence", form=".1%"), "text"],
        rows=wrong[:most],
    )
