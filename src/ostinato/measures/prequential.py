"""How good answers are that were given before their truth came (prequential: Dawid, Journal of the
Royal Statistical Society A 147(2), 1984)."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from ostinato.measures.base import Baseline, Measure

RECENT = 1000  # rows

PREQUENTIAL = (
    Measure(
        name="accuracy",
        sentence="The share of rows with the right class, each answered before its truth came.",
    ),
    Measure(
        name="kappa",
        sentence="How far accuracy lies above that of guessing with the same shares of the classes "
        "(Cohen's kappa): 0 is guessing, 1 is perfect, below 0 is worse than guessing.",
    ),
    Measure(
        name="f1_macro",
        sentence="The harmonic mean of precision and recall, of each class, all classes counting "
        "alike: a rare class counts as much as a frequent one.",
    ),
    Measure(name="recent_accuracy", sentence=f"The accuracy of the last {RECENT:,} rows."),
)
"""Of one class for each row."""

BASELINES = (
    Baseline(
        prefix="nochange_",
        name="no change",
        sentence="Answers the last class that is known.",
    ),
    Baseline(
        prefix="linear_",
        name="linear model",
        sentence="A logistic regression that learns from each row as soon as its truth comes, by "
        "the same inputs as the network, but without its memory.",
    ),
)


class Prequential:
    """Counts of truth and answer over a stream, in memory that does not grow.

    Args:
        classes: how many at most.
    """

    def __init__(self, classes: int) -> None:
        self.counts = np.zeros((classes, classes), dtype=np.int64)
        self.recent: deque[bool] = deque(maxlen=RECENT)

    def step(self, truth: int, answer: int) -> None:
        """Count one row; numbers of classes."""
        self.counts[truth, answer] += 1
        self.recent.append(truth == answer)

    def scores(self) -> dict[str, float]:
        """`PREQUENTIAL`; {} before the first row."""
        total = self.counts.sum()
        if not total:
            return {}
        hits, rows, said = np.diag(self.counts), self.counts.sum(1), self.counts.sum(0)
        accuracy = hits.sum() / total
        chance = (rows * said).sum() / total**2
        there = (rows > 0) | (said > 0)
        f1 = 2 * hits[there] / (rows + said)[there]
        return {
            "accuracy": float(accuracy),
            "kappa": float((accuracy - chance) / (1 - chance)) if chance < 1 else 0.0,
            "f1_macro": float(f1.mean()),
            "recent_accuracy": sum(self.recent) / len(self.recent),
        }

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return {"counts": self.counts.tolist(), "recent": [int(each) for each in self.recent]}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Prequential:
        """The counts that `to_dict` described."""
        made = cls(len(state["counts"]))
        made.counts[:] = np.array(state["counts"], dtype=np.int64)
        made.recent.extend(bool(each) for each in state["recent"])
        return made


def softmax(logits: np.ndarray) -> np.ndarray:
    """Probabilities `(classes,)`."""
    found = np.exp(logits - logits.max())
    return found / found.sum()


class LinearClassifier:
    """Multinomial logistic regression that learns row by row with AdaGrad (Duchi et al., JMLR 12,
    2011): the linear model beside which a stream's score stands.

    Args:
        inputs: numbers in a row, on a common scale.
        classes: how many at most.
        rate: size of a step.
    """

    def __init__(self, inputs: int, classes: int, rate: float = 0.1) -> None:
        self.rate = rate
        self.weights = np.zeros((classes, inputs + 1))
        self.squares = np.full((classes, inputs + 1), 1e-8)

    def _row(self, x: np.ndarray) -> np.ndarray:
        row = np.empty(self.weights.shape[1])
        row[:-1], row[-1] = x, 1.0
        return row

    def shares(self, x: np.ndarray, known: int) -> np.ndarray:
        """The probability of each of the first `known` classes for `x` `(inputs,)`."""
        return softmax(self.weights[:known] @ self._row(x))

    def learn(self, x: np.ndarray, truth: int, known: int) -> None:
        """One step on `x` and its class."""
        row, weights = self._row(x), self.weights[:known]
        wrong = softmax(weights @ row)
        wrong[truth] -= 1
        gradient = wrong[:, None] * row
        squares = self.squares[:known]
        squares += gradient * gradient
        weights -= self.rate * gradient / np.sqrt(squares)

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return {
            "rate": self.rate,
            "weights": self.weights.tolist(),
            "squares": self.squares.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> LinearClassifier:
        """The model that `to_dict` described, to the last bit."""
        weights = np.array(state["weights"], dtype=np.float64)
        made = cls(weights.shape[1] - 1, len(weights), float(state["rate"]))
        made.weights[:] = weights
        made.squares[:] = np.array(state["squares"], dtype=np.float64)
        return made
