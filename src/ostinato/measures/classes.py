"""The customary measures of classifiers, by scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np

QUIET: Any = {"zero_division": 0}  # a class never answered counts 0, without a warning
LEAST = 1e-15  # probability of a label that a model cannot answer, in the log loss


def measure_classes(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Accuracy, macro F1, log loss (nats) and for two classes ROC AUC.

    Args:
        truth: class numbers `(rows,)`; -1 is a label that the model does not know, and misses.
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
        "f1_macro": metrics.f1_score(truth, answers, labels=labels, average="macro", **QUIET),
        "log_loss": -np.log(np.clip(right, LEAST, 1)).mean(),
    }
    if classes == 2 and known.all() and len(np.unique(truth)) == 2:
        found["roc_auc"] = metrics.roc_auc_score(truth, probabilities[:, 1])
    return {name: float(value) for name, value in found.items()}


def measure_labels(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Micro and macro F1, and the share of rows right in every class."""
    from sklearn import metrics

    answers = (probabilities >= 0.5).astype(int)
    truth = truth.astype(int)
    return {
        "f1_micro": float(metrics.f1_score(truth, answers, average="micro", **QUIET)),
        "f1_macro": float(metrics.f1_score(truth, answers, average="macro", **QUIET)),
        "exact_match": float((truth == answers).all(1).mean()),
    }
