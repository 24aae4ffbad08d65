"""A text classifier on held-out texts, as figures."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from ostinato.figures import Axis, Bars, Column, Figure, Group, Matrix, Table
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.text_classifier.estimator import TextClassifier
from ostinato.tasks.text_classifier.measures import measure
from ostinato.tasks.text_classifier.module import probabilities
from ostinato.tasks.text_classifier.rows import read_pairs

CLASSES = 20  # most that a confusion matrix shows, the most frequent ones
WORST = 10  # wrong answers that are shown
LONGEST = 300  # characters of a text that are shown


def evidence(estimator: TextClassifier, held_out: Any) -> Evidence:
    """What the model answers of `held_out`, texts and labels."""
    texts, labels = read_pairs("evidence", *held_out)
    found = estimator.predict_proba(texts)
    figures: list[Figure] = []
    if estimator.multilabel_:
        figures.append(_by_class(estimator, labels, found))
    else:
        answers = estimator.rows_.labels.decode(found.argmax(1)).tolist()
        figures.append(_confusion(labels, answers))
        figures.append(_worst(texts, labels, answers, found.max(1)))
    if estimator.module_.wide is not None:
        figures.insert(0, _parts(estimator, texts, labels, found))
    return Evidence(figures=figures)


def _confusion(labels: list[Any], answers: list[Any]) -> Figure:
    counts = Counter(labels) + Counter(answers)
    shown = sorted((each for each, _ in counts.most_common(CLASSES)), key=str)
    places = {each: k for k, each in enumerate(shown)}
    table = np.zeros((len(shown), len(shown)))
    for truth, answer in zip(labels, answers, strict=True):
        if truth in places and answer in places:
            table[places[truth], places[answer]] += 1
    names = [str(each) for each in shown]
    few = f" The {CLASSES} most frequent labels." if len(counts) > CLASSES else ""
    return Matrix(
        title="Labels and answers",
        caption="Each row is a label, each column an answer. Right answers lie on the diagonal."
        + few,
        values=table,
        rows=names,
        columns=names,
        tint=table / np.maximum(table.sum(1, keepdims=True), 1),
        x=Axis(label="answer"),
        y=Axis(label="label"),
        value=Axis(label="texts"),
    )


def _worst(texts: list[str], labels: list[Any], answers: list[Any], sure: Any) -> Figure:
    wrong = [k for k in range(len(texts)) if labels[k] != answers[k]]
    wrong = sorted(wrong, key=lambda k: -sure[k])[:WORST]
    return Table(
        title="Most confident mistakes",
        caption="Wrong answers that the model was most sure of. Some are wrong labels in the data.",
        columns=["text", "label", "answer", Column(name="probability", form=".2f")],
        rows=[(_short(texts[k]), str(labels[k]), str(answers[k]), float(sure[k])) for k in wrong],
    )


def _short(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= LONGEST else f"{words[:LONGEST]}…"


def _parts(estimator: TextClassifier, texts: list[str], labels: list[Any], both: Any) -> Figure:
    """The network alone, the n-grams alone, and both: the curves are of the network alone."""
    rows, module = estimator.rows_, estimator.module_
    assert module.wide is not None
    truth = rows.truth(labels)
    name = "f1_micro" if rows.several else "accuracy"
    network = probabilities(module.network_logits(rows.sequences(texts)), rows.several)
    ngrams = probabilities(module.wide.logits(rows.whole(texts)), rows.several)
    values = [measure(rows, truth, each)[name] for each in (both, network, ngrams)]
    return Bars(
        title="What each part of the model answers",
        caption="The model joins a network and counts of words and word pairs. The learning curves "
        "show the network alone. Longer is better.",
        names=["both, the model", "the network alone", "word counts alone"],
        groups=[Group(name=name, values=values, role="model")],
        value=Axis(label=name.replace("_", " "), low=0, high=1),
    )


def _by_class(estimator: TextClassifier, labels: list[Any], found: np.ndarray) -> Figure:
    truth, answers = estimator.rows_.truth(labels) > 0.5, found >= 0.5
    both = (truth & answers).sum(0)
    f1 = 2 * both / np.maximum(truth.sum(0) + answers.sum(0), 1)
    order = np.argsort(-truth.sum(0), kind="stable")[:CLASSES]
    return Bars(
        title="F1 of each label",
        caption="How well each label is found, the most frequent first. Longer is better.",
        names=[str(estimator.classes_[k]) for k in order],
        groups=[Group(name="F1", values=f1[order], role="model")],
        value=Axis(label="F1", low=0, high=1),
    )
