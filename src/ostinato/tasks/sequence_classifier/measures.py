"""What is measured of a sequence classifier, and the naive baselines beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.data.resampling import fill
from ostinato.measures.base import Baseline, Measure
from ostinato.measures.classes import CLASSES, LABELS, measure_classes, measure_labels
from ostinato.tasks.sequence_classifier.rows import SequenceRows

EARLY = (25, 50, 75)  # percent of a recording that were seen
MEASURES = (
    *CLASSES,
    *LABELS,
    Measure(
        name="accuracy_seen_*",
        sentence="The share of recordings with the right class where only the first 25, 50 or 75 "
        "percent of their steps were seen.",
    ),
)
BASELINES = (
    Baseline(
        prefix="baseline_",
        name="nearest recording",
        sentence="Answers the class of the training recording that is nearest, once time may be "
        "stretched (dynamic time warping).",
    ),
    Baseline(
        prefix="majority_",
        name="most frequent class",
        sentence="Answers the most frequent class of the training rows, whatever the recording.",
    ),
)
KEPT, LONGEST = 100, 32  # recordings that the baseline compares with, and steps of each
ASKED = 128  # recordings at once
WINDOW = 0.1  # share of the steps that one recording may run ahead of another


def measure(rows: SequenceRows, truth: Any, probabilities: Any) -> dict[str, float]:
    """Of one label a recording, or of all labels of steps: accuracy, macro F1, log loss (nats) and,
    for two classes, ROC AUC; of several: micro and macro F1 and the share of recordings that are
    right in every class."""
    if rows.several:
        return measure_labels(truth, probabilities)
    if rows.by_step:
        truth, probabilities = np.concatenate(truth), np.concatenate(probabilities)
    return measure_classes(truth, probabilities)


class NearestRecording:
    """The nearest of at most `KEPT` training recordings by dynamic time warping (Sakoe & Chiba
    1978), each put on at most `LONGEST` steps; and class frequencies.

    Args:
        examples: `(kept, steps, inputs)`.
        answers: `(kept, classes)` of the examples.
        prior: `(classes,)`, the share of each class.
    """

    def __init__(self, examples: np.ndarray, answers: np.ndarray, prior: np.ndarray) -> None:
        self.examples, self.answers, self.prior = examples, answers, prior

    @classmethod
    def fit(
        cls, rows: SequenceRows, sequences: Sequence[np.ndarray], targets: Any, seed: int
    ) -> NearestRecording:
        classes = len(rows.classes)
        if rows.by_step:
            flat = np.concatenate(targets)
            return cls(np.zeros((0, 1, 1)), np.zeros((0, classes)), _shares(flat, classes))
        known = targets if rows.several else np.eye(classes)[targets]
        places = list(range(len(sequences)))
        if len(places) > KEPT:
            places = np.random.default_rng(seed).permutation(len(places))[:KEPT].tolist()
        steps = min(rows.steps, LONGEST)
        examples = np.stack([evenly(sequences[k], steps) for k in places])
        return cls(examples, known[places], known.mean(0))

    def answers_to(self, rows: SequenceRows, sequences: Sequence[np.ndarray]) -> dict[str, Any]:
        """Answers of the nearest recording and of the frequencies alone, by prefix."""
        if rows.by_step:
            return {"majority_": [np.tile(self.prior, (len(each), 1)) for each in sequences]}
        found = {"majority_": np.tile(self.prior, (len(sequences), 1))}
        steps = self.examples.shape[1]
        asked = np.stack([evenly(each, steps) for each in sequences])
        parts = [asked[k : k + ASKED] for k in range(0, len(asked), ASKED)]
        nearest = np.concatenate([warped(part, self.examples).argmin(1) for part in parts])
        return {"baseline_": self.answers[nearest]} | found

    def to_dict(self) -> dict[str, Any]:
        return {
            # Three decimals of a standard deviation are plenty and keep the file small.
            "examples": np.round(self.examples, 3).tolist(),
            "shape": list(self.examples.shape),
            "answers": self.answers.tolist(),
            "prior": self.prior.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any], classes: int) -> NearestRecording:
        shape = tuple(state["shape"])
        examples = np.array(state["examples"], dtype=np.float64).reshape(shape)
        answers = np.array(state["answers"], dtype=np.float64).reshape(-1, classes)
        prior = np.array(state["prior"], dtype=np.float64)
        if len(shape) != 3 or len(answers) != len(examples) or prior.shape != (classes,):
            raise ValueError("examples, answers and prior must fit together")
        return cls(examples, answers, prior)


def _shares(targets: np.ndarray, classes: int) -> np.ndarray:
    return np.bincount(targets, minlength=classes) / len(targets)


def evenly(sequence: np.ndarray, steps: int) -> np.ndarray:
    """A recording on `steps` even steps, along lines between its own."""
    places = np.linspace(0, len(sequence) - 1, steps)
    return np.round(fill(sequence.astype(np.float64), np.arange(len(sequence)), places), 3)


def warped(asked: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Distances `(asked, others)` of recordings `(asked, steps, inputs)` to others by dynamic time
    warping within a band: the least sum of squared differences along a path."""
    steps = asked.shape[1]
    band = max(int(np.ceil(WINDOW * steps)), 1)
    before = np.full((steps + 1, len(asked), len(others)), np.inf)
    before[0] = 0
    for k in range(steps):
        after = np.full_like(before, np.inf)
        for j in range(max(0, k - band), min(steps, k + band + 1)):
            cost = ((asked[:, None, k] - others[None, :, j]) ** 2).sum(2)
            least = np.minimum(np.minimum(before[j], before[j + 1]), after[j])
            after[j + 1] = least + cost
        before = after
    return before[-1]
