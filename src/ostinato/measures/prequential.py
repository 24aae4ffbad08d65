"""How good answers are that were given before their truth came (prequential: Dawid, Journal of the
Royal Statistical Society A 147(2), 1984)."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.measures.base import Baseline, Measure
from ostinato.measures.forecasts import measure_forecasts

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


class ForecastErrors:
    """Errors of forecasts that were made row after row, counted as the rows come.

    Args:
        prefixes: whose forecasts: "" for the model's, and those of the baselines.
        horizon: rows of a forecast.
        targets: columns.
    """

    def __init__(self, prefixes: Sequence[str], horizon: int, targets: int) -> None:
        self.prefixes, self.horizon = list(prefixes), horizon
        # Of each, the last `horizon` forecasts; a new one overwrites the oldest.
        self.answers = np.full((len(self.prefixes), horizon, horizon, targets), np.nan)
        self.absolute = np.zeros((len(self.prefixes), targets))
        self.square = np.zeros((len(self.prefixes), targets))
        self.rows = self.count = 0

    def came(self, truth: np.ndarray) -> np.ndarray:
        """Judge what was said of this row `(targets,)` by the forecasts before it.

        Returns:
            the distance of each latest forecast, one row ahead: `(prefixes, targets)`; NaN where
            there was none.
        """
        ahead = np.arange(self.horizon)
        said = self.answers[:, (self.rows - 1 - ahead) % self.horizon, ahead]
        gap = said - truth
        there = ~np.isnan(gap).any(axis=(0, 2))
        self.absolute += np.abs(gap[:, there]).sum(1)
        self.square += (gap[:, there] ** 2).sum(1)
        self.count += int(there.sum())
        self.answers[:, self.rows % self.horizon] = np.nan
        self.rows += 1
        return np.abs(gap[:, 0])

    def said(self, answers: Sequence[np.ndarray]) -> None:
        """The forecasts `(horizon, targets)` after the row that came last."""
        self.answers[:, (self.rows - 1) % self.horizon] = answers

    def scores(self, scale: np.ndarray, naive: np.ndarray) -> dict[str, float]:
        """`FORECASTS` of each, with its prefix; see `measure_forecasts`. {} before the first."""
        if not self.count:
            return {}
        return {
            prefix + name: value
            for k, prefix in enumerate(self.prefixes)
            for name, value in measure_forecasts(
                self.absolute[k] / self.count, self.square[k] / self.count, scale, naive
            ).items()
        }


class LinearForecaster:
    """The next rows of each column as a linear map of its last ones, learned row by row by
    recursive least squares (Haykin, Adaptive Filter Theory, chapter 10): the linear model beside
    which a stream's forecasts stand.

    Args:
        scale: `(targets,)`, the columns' spread.
        lags: rows that are read.
        horizon: rows that are forecast.
        forget: what a row counts beside the one after it.
    """

    def __init__(self, scale: np.ndarray, lags: int, horizon: int, forget: float = 0.9995) -> None:
        targets = len(scale)
        self.scale, self.lags, self.forget = scale, lags, forget
        self.inverse = np.tile(np.eye(lags) * 10.0, (targets, 1, 1))
        self.weights = np.zeros((targets, lags, horizon))

    def _read(self, window: np.ndarray) -> np.ndarray:
        """Differences from the last row, whose own place has a one: `(targets, lags)`."""
        read = ((window[-self.lags :] - window[-1]) / self.scale).T
        read[:, -1] = 1.0
        return read

    def answer(self, window: np.ndarray) -> np.ndarray:
        """The rows `(horizon, targets)` after `(rows, targets)`."""
        read = self._read(window)
        change = np.einsum("tl,tlh->ht", read, self.weights)
        return window[-1] + np.clip(change, -10, 10) * self.scale

    def learn(self, window: np.ndarray, truth: np.ndarray) -> None:
        """One step on a window and the rows `(horizon, targets)` that followed it."""
        read, wanted = self._read(window), ((truth - window[-1]) / self.scale).T
        gain = np.einsum("tij,tj->ti", self.inverse, read)
        gain /= self.forget + np.einsum("ti,ti->t", read, gain)[:, None]
        miss = wanted - np.einsum("tl,tlh->th", read, self.weights)
        self.weights += gain[:, :, None] * miss[:, None]
        seen = np.einsum("ti,tij->tj", read, self.inverse)
        self.inverse -= gain[:, :, None] * seen[:, None]
        self.inverse = (self.inverse + self.inverse.transpose(0, 2, 1)) / 2
        # Where rows do not vary, what is not seen must not grow without end.
        if np.trace(self.inverse, axis1=1, axis2=2).max() < 1e4 * self.lags:
            self.inverse /= self.forget
