"""What the network of a regressor reads of recordings."""

from __future__ import annotations

from typing import Any

from ostinato.tasks.inside import Examples, Inside
from ostinato.tasks.recordings.inside import read_recordings, recording_examples
from ostinato.tasks.sequence_regressor.estimator import SequenceRegressor


def read(where: str, model: SequenceRegressor, data: Any) -> Inside:
    """A list of recordings."""
    names = [f"number {k}" for k in range(1, model.rows_.targets + 1)]
    return read_recordings(where, model, data, names)


def examples(model: SequenceRegressor, X: Any, y: Any, *, steps: bool) -> Examples:
    """Recordings as `fit` takes them."""
    return recording_examples(model, X, None)
