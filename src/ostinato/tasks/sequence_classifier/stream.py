"""A recording read step by step, with an answer at each."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ostinato.tasks.recordings.module import RecordingModule, probabilities
from ostinato.tasks.recordings.stream import RecordingSteps
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions
from ostinato.tasks.sequence_classifier.rows import SequenceRows


class Answer(NamedTuple):
    """What a stream says after a step.

    Attributes:
        step: its number, from 0.
        label: the likeliest class of the recording so far, or of the step where steps have labels;
            where a recording has several labels, a list of those at or above one half.
        confidence: the probability of that class; of several labels, the least certain one's.
        probabilities: of each class.
        decided: whether enough was seen; it stays so until `reset`, and so does the label.
    """

    step: int
    label: Any
    confidence: float
    probabilities: dict[Any, float]
    decided: bool


class SequenceStream:
    """`step(x)` takes the next step of a recording and answers for all so far.

    The answers are `predict_proba`'s of the steps so far, bit for bit. Memory does not grow.

    Args:
        threshold: confidence at which the class is decided, or None: never.

    Raises:
        OptionError: the model needs the whole recording.
    """

    def __init__(
        self,
        options: SequenceClassifierOptions,
        rows: SequenceRows,
        module: RecordingModule,
        threshold: float | None = None,
    ) -> None:
        self._steps = RecordingSteps("SequenceClassifier.stream", options, rows, module)
        self.rows, self.threshold = rows, threshold
        self.reset()

    @property
    def steps(self) -> int:
        """Steps that were read."""
        return self._steps.steps

    def reset(self) -> None:
        """Begin a new recording."""
        self._steps.reset()
        self.decision: Any = None
        self._decided = False

    def step(self, x: Any) -> Answer:
        """The answer after one more step.

        Args:
            x: channels by name, or their values in order; NaN is missing.

        Raises:
            DataError: a channel is missing, or a value is no number or infinite.
        """
        logits = self._steps.step(x)
        return self._answer(self._steps.steps - 1, probabilities(logits, self.rows.several))

    def _answer(self, step: int, found: np.ndarray) -> Answer:
        classes = self.rows.classes
        shares = dict(zip(classes, found.tolist(), strict=True))
        if self.rows.several:
            label: Any = [name for name, share in shares.items() if share >= 0.5]
            sure = float(np.maximum(found, 1 - found).min())
        else:
            label, sure = classes[int(found.argmax())], float(found.max())
        if not self._decided and self.threshold is not None and sure >= self.threshold:
            self._decided, self.decision = True, label
        return Answer(step, self.decision if self._decided else label, sure, shares, self._decided)
