"""How good classes are: one for each row, or several."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.measures.base import Baseline, Measure

CLASSES = (
    Measure(name="accuracy", sentence="The share of rows with the right class."),
    Measure(
        name="f1_macro",
        sentence="The harmonic mean of precision and recall, of each class, all classes counting "
        "alike: a rare class counts as much as a frequent one.",
    ),
    Measure(
        name="log_loss",
        unit="nats",
        higher_is_better=False,
        sentence="How surprised the probabilities were by the right class, the mean over rows; "
        "being sure and wrong costs most.",
    ),
    Measure(
        name="roc_auc",
        sentence="The probability that a row of the second class gets a higher score than a row "
        "of the first; 0.5 is guessing.",
    ),
)
"""Of one class for each row."""

LABELS = (
    Measure(name="f1_micro", sentence="The F1 of all answers together, whatever their class."),
    Measure(name="f1_macro", sentence="The mean of each class's F1, all classes counting alike."),
    Measure(name="exact_match", sentence="The share of rows that are right in every class."),
)
"""Of several classes for each row."""

BASELINES = (
    Baseline(
        prefix="baseline_",
        name="naive Bayes",
        sentence="Counts which words come with which class, without their order.",
    ),
    Baseline(
        prefix="majority_",
        name="most frequent class",
        sentence="Answers the most frequent class of the training rows, whatever the text.",
    ),
)

_QUIET: Any = {"zero_division": 0}  # a class never answered counts 0, without a warning
_LEAST = 1e-15  # probability of a label that a model cannot answer, in the log loss


def measure_classes(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """`CLASSES` of answers, by scikit-learn; ROC AUC where there are two classes and both occur.

    Args:
        truth: `(rows,)`, the number of the right class; -1 is a label that the model does not
            know, and misses.
        probabilities: `(rows, classes)`.
    """
    from sklearn import metrics

    answers = probabilities.argmax(1)
    classes = probabilities.shape[1]
    # In double precision and summing to one, as the log loss asks.
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(1, keepdims=True)
    known = truth >= 0
    right = np.where(known, exact[np.arange(len(truth)), np.where(known, truth, 0)], 0.0)
    labels = [*range(classes), *([] if known.all() else [-1])]
    found = {
        "accuracy": metrics.accuracy_score(truth, answers),
        "f1_macro": metrics.f1_score(truth, answers, labels=labels, average="macro", **_QUIET),
        "log_loss": -np.log(np.clip(right, _LEAST, 1)).mean(),
    }
    if classes == 2 and known.all() and len(np.unique(truth)) == 2:
        found["roc_auc"] = metrics.roc_auc_score(truth, probabilities[:, 1])
    return {name: float(value) for name, value in found.items()}


def measure_labels(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """`LABELS` of answers, which are the classes with a probability of at least a half.

    Args:
        truth: `(rows, classes)`, 1 for each class that a row has.
        probabilities: `(rows, classes)`.
    """
    from sklearn import metrics

    answers = (probabilities >= 0.5).astype(int)
    truth = truth.astype(int)
    return {
        "f1_micro": float(metrics.f1_score(truth, answers, average="micro", **_QUIET)),
        "f1_macro": float(metrics.f1_score(truth, answers, average="macro", **_QUIET)),
        "exact_match": float((truth == answers).all(1).mean()),
    }


def count_classes(truth: list[Any], answers: list[Any]) -> tuple[list[str], np.ndarray]:
    """Names of all classes in sorted order, and how often each truth got each answer.

    Returns:
        Names, and counts `(classes, classes)`: rows the truth, columns the answers.
    """
    names = sorted({str(each) for each in (*truth, *answers)})
    place = {name: k for k, name in enumerate(names)}
    counts = np.zeros((len(names), len(names)), dtype=np.int64)
    rows = [place[str(each)] for each in truth]
    np.add.at(counts, (rows, [place[str(each)] for each in answers]), 1)
    return names, counts


def per_class(counts: np.ndarray) -> dict[str, np.ndarray]:
    """Precision, recall, F1 and rows of each class, `(classes,)`, from counts of `count_classes`;
    0 where a class never occurs or is never answered."""
    hits = np.diag(counts).astype(np.float64)
    rows, said = counts.sum(1), counts.sum(0)
    return {
        "precision": hits / np.maximum(said, 1),
        "recall": hits / np.maximum(rows, 1),
        "f1": 2 * hits / np.maximum(rows + said, 1),
        "rows": rows,
    }
