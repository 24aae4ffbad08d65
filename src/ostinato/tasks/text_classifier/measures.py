"""What is measured of a text classifier, and the naive baselines beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.measures.classes import BASELINES as BASELINES
from ostinato.measures.classes import CLASSES, LABELS, measure_classes, measure_labels
from ostinato.tasks.text_classifier.rows import TextRows

MEASURES = (*CLASSES, *LABELS)


def measure(rows: TextRows, truth: np.ndarray, probabilities: np.ndarray) -> dict[str, float]:
    """Of one label a row: accuracy, macro F1, log loss (nats) and, for two classes, ROC AUC; of
    several: micro and macro F1 and the share of rows that are right in every class."""
    return (measure_labels if rows.several else measure_classes)(truth, probabilities)


class TextBaseline:
    """Multinomial naive Bayes on the presence of tokens, add-one smoothed; and class frequencies.

    `weights` are `(tokens, classes)` log-likelihoods, of rows with several labels log-odds.
    """

    def __init__(self, weights: np.ndarray, prior: np.ndarray, several: bool) -> None:
        self.weights, self.prior, self.several = weights, prior, several

    @classmethod
    def fit(cls, sequences: Sequence[np.ndarray], targets: np.ndarray, size: int) -> TextBaseline:
        several = targets.ndim == 2
        classes = targets.shape[1] if several else int(targets.max()) + 1
        one_hot = targets if several else np.eye(classes)[targets]
        counts, others = np.ones((2, size, classes))
        for sequence, row in zip(sequences, one_hot, strict=True):
            tokens = np.unique(sequence)
            counts[tokens] += row
            others[tokens] += 1 - row
        likelihood = np.log(counts / counts.sum(0))
        share = np.clip(one_hot.mean(0), 1e-6, 1 - 1e-6)
        if several:
            odds = likelihood - np.log(others / others.sum(0))
            return cls(odds, np.log(share / (1 - share)), True)
        return cls(likelihood, np.log(share), False)

    def answers(self, sequences: Sequence[np.ndarray]) -> dict[str, np.ndarray]:
        """Probabilities `(rows, classes)` of naive Bayes and of the frequencies alone."""
        logits = np.stack([self.prior + self.weights[np.unique(each)].sum(0) for each in sequences])
        prior = np.broadcast_to(self.prior, logits.shape)
        return {"baseline_": self._normal(logits), "majority_": self._normal(prior)}

    def _normal(self, logits: np.ndarray) -> np.ndarray:
        if self.several:
            return 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
        scaled = np.exp(logits - logits.max(1, keepdims=True))
        return scaled / scaled.sum(1, keepdims=True)

    def to_dict(self) -> dict[str, Any]:
        # Four decimals of a logarithm are plenty for a baseline and keep the file small.
        return {
            "weights": np.round(self.weights, 4).tolist(),
            "prior": self.prior.tolist(),
            "multilabel": self.several,
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TextBaseline:
        return cls(np.array(state["weights"]), np.array(state["prior"]), state["multilabel"])
