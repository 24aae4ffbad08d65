"""The customary measures of classifiers, by scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn import metrics

QUIET: Any = {"zero_division": 0}  # a class never answered counts 0, without a warning


def measure_classes(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Accuracy, macro F1, log loss (nats) and for two classes ROC AUC."""
    answers = probabilities.argmax(1)
    labels = list(range(probabilities.shape[1]))
    # In double precision and summing to one, as the log loss asks.
    exact = probabilities.astype(np.float64)
    exact /= exact.sum(1, keepdims=True)
    found = {
        "accuracy": metrics.accuracy_score(truth, answers),
        "f1_macro": metrics.f1_score(truth, answers, labels=labels, average="macro", **QUIET),
        "log_loss": metrics.log_loss(truth, exact, labels=labels),
    }
    if len(labels) == 2 and len(np.unique(truth)) == 2:
        found["roc_auc"] = metrics.roc_auc_score(truth, probabilities[:, 1])
    return {name: float(value) for name, value in found.items()}


def measure_labels(truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Micro and macro F1, and the share of rows right in every class."""
    answers = (probabilities >= 0.5).astype(int)
    truth = truth.astype(int)
    return {
        "f1_micro": float(metrics.f1_score(truth, answers, average="micro", **QUIET)),
        "f1_macro": float(metrics.f1_score(truth, answers, average="macro", **QUIET)),
        "exact_match": float((truth == answers).all(1).mean()),
    }
