"""A sequence classifier on held-out recordings, as figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.figures import Axis, Bars, Column, Figure, Group, Line, Lines, Matrix, Table
from ostinato.figures.classes import (
    MOST_CLASSES,
    class_table,
    confusion_figure,
    confusions_table,
)
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.sequence_classifier.decisions import THRESHOLDS, Decisions
from ostinato.tasks.sequence_classifier.estimator import SequenceClassifier
from ostinato.tasks.sequence_classifier.measures import EARLY
from ostinato.tasks.sequence_classifier.pairs import Pairs, read_pairs

HARDEST, CHANNELS, CLASSES = 3, 6, 20  # that are drawn


def evidence(estimator: SequenceClassifier, held_out: Any) -> Evidence:
    """What the model answers of `held_out`, recordings and labels."""
    pairs = read_pairs("evidence", estimator, held_out[0], held_out[1], estimator.rows_.wanted)
    found, rows = estimator.predict_proba(pairs.values), estimator.rows_
    if rows.several:
        return Evidence(figures=[_by_class(estimator, pairs, found)])
    figures: list[Figure] = []
    if rows.by_step:
        truth = [plain for each in pairs.labels for plain in list(each)]
        shares = np.concatenate(found)
    else:
        truth, shares = pairs.labels, found
    answers = rows.labels.decode(shares.argmax(1)).tolist()
    few = len({*map(str, truth), *map(str, answers)}) <= MOST_CLASSES
    figures.append((confusion_figure if few else confusions_table)(truth, answers))
    figures.append(class_table(truth, answers))
    if rows.by_step:
        figures.append(_steps_figure(estimator, pairs, found))
        return Evidence(figures=figures)
    figures += _hardest(estimator, pairs, answers, shares)
    figures.append(_early(estimator, pairs))
    if estimator.decisions_ is not None:
        figures.append(_decisions(estimator.decisions_))
    return Evidence(figures=figures)


def _hardest(
    model: SequenceClassifier, pairs: Pairs, answers: Sequence[Any], shares: np.ndarray
) -> list[Figure]:
    """The surest mistakes: a table, and the recordings themselves."""
    wrong = [k for k, (a, b) in enumerate(zip(pairs.labels, answers, strict=True)) if a != b]
    wrong.sort(key=lambda k: -float(shares[k].max()))
    figures: list[Figure] = [
        Table(
            title=f"Surest mistakes ({len(wrong):,} of {len(answers):,} held-out recordings are "
            "wrong)",
            caption="Look at them: a wrong label in the data is as common as a wrong answer.",
            columns=[
                "recording",
                "truth",
                "answer",
                Column(name="confidence", form=".1%"),
                "steps",
            ],
            rows=[
                (
                    k,
                    str(pairs.labels[k]),
                    str(answers[k]),
                    float(shares[k].max()),
                    len(pairs.values[k]),
                )
                for k in wrong[:8]
            ],
        )
    ]
    for k in wrong[:HARDEST]:
        values = pairs.values[k].astype(np.float64)
        names = model.rows_.channels[:CHANNELS]
        figures.append(
            Lines(
                title=f"Recording {k}: {answers[k]}, and in truth {pairs.labels[k]}",
                lines=[
                    Line(name=name, x=np.arange(len(values)), y=values[:, place])
                    for place, name in enumerate(names)
                ],
                x=Axis(label="step", whole=True),
            )
        )
    return figures


def _early(model: SequenceClassifier, pairs: Pairs) -> Figure:
    """The accuracy with a part of the steps seen."""
    found = model.evaluate(pairs.values, pairs.labels)
    values = [found[f"accuracy_seen_{percent}"] for percent in EARLY]
    return Bars(
        title="How early the class can be told",
        caption="The accuracy where only the first part of each recording was seen. Longer is "
        "better; augmentation 'prefix' trains for it.",
        names=[*(f"{percent} % of the steps" for percent in EARLY), "all"],
        groups=[Group(name="accuracy", values=[*values, found["accuracy"]], role="model")],
        value=Axis(label="accuracy", low=0, high=1),
    )


def _decisions(decisions: Decisions) -> Figure:
    """Accuracy and time of early decisions, by the confidence that is asked."""
    x = np.array(THRESHOLDS)
    return Lines(
        title="Deciding while a recording still arrives",
        caption="Higher confidence waits longer and is right more often. stream(accuracy=...) "
        "takes the least confidence that was right often enough.",
        lines=[
            Line(name="accuracy", x=x, y=np.array(decisions.accuracy), role="model"),
            Line(name="share of the steps seen", x=x, y=np.array(decisions.seen), role="other"),
        ],
        x=Axis(label="confidence asked"),
        y=Axis(low=0, high=1),
    )


def _steps_figure(model: SequenceClassifier, pairs: Pairs, found: list[np.ndarray]) -> Figure:
    """The longest held-out recording: each class's probability at each step."""
    place = int(np.argmax([len(each) for each in pairs.values]))
    return Matrix(
        title=f"Recording {place}: the probability of each class at each step",
        values=found[place].T,
        rows=[str(each) for each in model.rows_.classes],
        low=0.0,
        high=1.0,
        x=Axis(label="step"),
        y=Axis(label="class"),
        value=Axis(label="probability"),
    )


def _by_class(model: SequenceClassifier, pairs: Pairs, found: np.ndarray) -> Figure:
    truth, answers = model.rows_.truth(pairs.labels) > 0.5, found >= 0.5
    both = (truth & answers).sum(0)
    f1 = 2 * both / np.maximum(truth.sum(0) + answers.sum(0), 1)
    order = np.argsort(-truth.sum(0), kind="stable")[:CLASSES]
    return Bars(
        title="F1 of each label",
        caption="How well each label is found, the most frequent first. Longer is better.",
        names=[str(model.rows_.classes[k]) for k in order],
        groups=[Group(name="F1", values=f1[order], role="model")],
        value=Axis(label="F1", low=0, high=1),
    )
