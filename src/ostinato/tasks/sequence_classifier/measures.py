"""What is measured of a sequence classifier, and the naive baselines beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.measures.base import Baseline, Measure
from ostinato.measures.classes import CLASSES, LABELS, measure_classes, measure_labels
from ostinato.tasks.recordings.nearest import examples_of, nearest
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
    """The nearest of some training recordings, and class frequencies.

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
        places, examples = examples_of(sequences, rows.steps, seed)
        return cls(examples, known[places], known.mean(0))

    def answers_to(self, rows: SequenceRows, sequences: Sequence[np.ndarray]) -> dict[str, Any]:
        """Answers of the nearest recording and of the frequencies alone, by prefix."""
        if rows.by_step:
            return {"majority_": [np.tile(self.prior, (len(each), 1)) for each in sequences]}
        found = {"majority_": np.tile(self.prior, (len(sequences), 1))}
        return {"baseline_": self.answers[nearest(self.examples, sequences)]} | found

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
