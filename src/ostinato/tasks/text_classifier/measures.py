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
        from sklearn.naive_bayes import MultinomialNB  # only to train: it takes a while to load

        several = targets.ndim == 2
        classes = targets.shape[1] if several else int(targets.max()) + 1
        present = _presence(sequences, size)
        share = (targets if several else np.eye(classes)[targets]).mean(0)
        share = np.clip(share, 1e-6, 1 - 1e-6)

        def likelihood(numbers: np.ndarray, prior: Sequence[float]) -> np.ndarray:
            bayes = MultinomialNB(class_prior=prior)
            return bayes.partial_fit(present, numbers, range(len(prior))).feature_log_prob_.T

        if not several:
            return cls(likelihood(targets, share.tolist()), np.log(share), False)
        pairs = zip(targets.T, share, strict=True)
        both = [likelihood(column, [1 - part, part]) for column, part in pairs]
        odds = np.stack([each[:, 1] - each[:, 0] for each in both], axis=1)
        return cls(odds, np.log(share / (1 - share)), True)

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


def _presence(sequences: Sequence[np.ndarray], size: int) -> Any:
    """Which tokens each row has: a sparse matrix `(rows, size)` of ones."""
    from scipy.sparse import csr_array

    tokens = [np.unique(each) for each in sequences]
    starts = np.cumsum([0, *map(len, tokens)])
    columns = np.concatenate(tokens)
    return csr_array((np.ones(len(columns)), columns, starts), shape=(len(tokens), size))
