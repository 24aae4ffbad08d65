"""What `SequenceClassifier`'s constructor takes."""

from __future__ import annotations

from typing import Any, Literal

from ostinato.options import option
from ostinato.tasks.recordings.options import RecordingOptions


class SequenceClassifierOptions(RecordingOptions):
    """Options of `SequenceClassifier`."""

    target: Literal["auto", "label", "labels", "steps"] = option(
        "What a recording has: one label, any number of labels, or a label for each of its steps. "
        "auto finds out from y.",
        default="auto",
    )
    class_weight: Literal["balanced"] | dict[Any, float] | None = option(
        "How much a row of each class counts in training: a number for each label, or 'balanced', "
        "which lets rare classes count as much as frequent ones.",
        default=None,
        low=0,
    )
