"""What the network of recordings reads, for pictures and the doctor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato.data import pad
from ostinato.tasks.inside import SAMPLE, Examples, Inside


def read_recordings(where: str, model: Any, data: Any, answers: Sequence[str]) -> Inside:
    """A list of recordings. The recurrent layers read them after convolutions, and in fewer steps
    where these were averaged."""
    rows = model.rows_
    x, lengths = pad(rows.sequences(rows.read(where, model, data, None)))
    return Inside(
        inputs=(torch.from_numpy(x), torch.from_numpy(lengths)),
        columns=[*rows.channels, *(f"{rows.channels[k]} missing" for k in rows.gaps)],
        answers=answers,
    )


def recording_examples(model: Any, X: Any, labels: Any) -> Examples:
    """Recordings as `fit` takes them, with a label each or None."""
    values = model.rows_.read("doctor", model, X, None)
    lengths = np.array([len(each) for each in values])
    return Examples(
        count=len(values),
        keys=[each.tobytes() for each in values],
        labels=None if labels is None else list(labels),
        lengths=lengths,
        whole=lengths,
        sample=values[:SAMPLE],
    )
