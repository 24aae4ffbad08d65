"""A recording read step by step, with a number at each."""

from __future__ import annotations

from typing import Any

from ostinato.tasks.recordings.module import RecordingModule
from ostinato.tasks.recordings.stream import RecordingSteps
from ostinato.tasks.sequence_regressor.options import SequenceRegressorOptions
from ostinato.tasks.sequence_regressor.rows import RegressorRows


class NumberStream:
    """`step(x)` takes the next step of a recording and answers for all so far.

    The answers are `predict`'s of the steps so far, bit for bit. Memory does not grow.

    Raises:
        OptionError: the model needs the whole recording.
    """

    def __init__(
        self, options: SequenceRegressorOptions, rows: RegressorRows, module: RecordingModule
    ) -> None:
        self._steps = RecordingSteps("SequenceRegressor.stream", options, rows, module)
        self.rows = rows

    @property
    def steps(self) -> int:
        """Steps that were read."""
        return self._steps.steps

    def reset(self) -> None:
        """Begin a new recording."""
        self._steps.reset()

    def step(self, x: Any) -> Any:
        """The number after one more step, or where recordings have several an array of them.

        Args:
            x: channels by name, or their values in order; NaN is missing.

        Raises:
            DataError: a channel is missing, or a value is no number or infinite.
        """
        found = self.rows.decode(self._steps.step(x))
        return float(found[0]) if self.rows.single else found
