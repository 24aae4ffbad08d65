"""A text classifier on held-out texts, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.figures import Axis, Bars, Figure, Group
from ostinato.figures.classes import (
    MOST_CLASSES,
    class_table,
    confusion_figure,
    confusions_table,
    mistakes_table,
)
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.text_classifier.estimator import TextClassifier
from ostinato.tasks.text_classifier.measures import measure
from ostinato.tasks.text_classifier.module import probabilities
from ostinato.tasks.text_classifier.rows import read_pairs

MOST = 20  # labels whose F1 is drawn, the most frequent ones


def evidence(estimator: TextClassifier, held_out: Any) -> Evidence:
    """What the model answers of `held_out`, texts and labels."""
    texts, labels = read_pairs("evidence", *held_out)
    found = estimator.predict_proba(texts)
    figures: list[Figure] = []
    if estimator.multilabel_:
        figures.append(_by_class(estimator, labels, found))
    else:
        answers = estimator.rows_.labels.decode(found.argmax(1)).tolist()
        few = len({*labels, *answers}) <= MOST_CLASSES
        figures.append((confusion_figure if few else confusions_table)(labels, answers))
        figures.append(class_table(labels, answers))
        figures.append(mistakes_table(texts, labels, answers, found.max(1).tolist()))
    if estimator.module_.wide is not None:
        figures.insert(0, _parts(estimator, texts, labels, found))
    return Evidence(figures=figures)


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
    order = np.argsort(-truth.sum(0), kind="stable")[:MOST]
    return Bars(
        title="F1 of each label",
        caption="How well each label is found, the most frequent first. Longer is better.",
        names=[str(estimator.classes_[k]) for k in order],
        groups=[Group(name="F1", values=f1[order], role="model")],
        value=Axis(label="F1", low=0, high=1),
    )
