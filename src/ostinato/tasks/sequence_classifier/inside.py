"""What the network of a classifier reads of recordings."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ostinato.data import pad
from ostinato.tasks.inside import SAMPLE, Examples, Inside
from ostinato.tasks.sequence_classifier.estimator import SequenceClassifier


def read(where: str, model: SequenceClassifier, data: Any) -> Inside:
    """A list of recordings. The recurrent layers read them after convolutions, and in fewer steps
    where these were averaged."""
    rows = model.rows_
    x, lengths = pad(rows.sequences(model._read(where, data, None)))
    return Inside(
        inputs=(torch.from_numpy(x), torch.from_numpy(lengths)),
        columns=[*rows.channels, *(f"{rows.channels[k]} missing" for k in rows.gaps)],
        answers=[str(each) for each in model.classes_],
    )


def examples(model: SequenceClassifier, X: Any, y: Any, *, steps: bool) -> Examples:
    """Recordings as `fit` takes them."""
    values = model._read("doctor", X, None)
    lengths = np.array([len(each) for each in values])
    return Examples(
        count=len(values),
        keys=[each.tobytes() for each in values],
        labels=None if y is None or model.rows_.kind != "label" else list(y),
        lengths=lengths,
        whole=lengths,
        sample=values[:SAMPLE],
    )
