"""What the network of a classifier reads of recordings."""

from __future__ import annotations

from typing import Any

from ostinato.tasks.inside import Examples, Inside
from ostinato.tasks.recordings.inside import read_recordings, recording_examples
from ostinato.tasks.sequence_classifier.estimator import SequenceClassifier


def read(where: str, model: SequenceClassifier, data: Any) -> Inside:
    """A list of recordings."""
    return read_recordings(where, model, data, [str(each) for each in model.classes_])


def examples(model: SequenceClassifier, X: Any, y: Any, *, steps: bool) -> Examples:
    """Recordings as `fit` takes them."""
    return recording_examples(model, X, y if model.rows_.kind == "label" else None)
