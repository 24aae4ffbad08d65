"""What `SequenceRegressor`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.options import option
from ostinato.tasks.recordings.options import RecordingOptions


class SequenceRegressorOptions(RecordingOptions):
    """Options of `SequenceRegressor`."""

    loss: Literal["mse", "mae", "huber"] = option(
        "The error that training makes small, on numbers brought to a common scale. mse weighs "
        "large errors more; mae is robust; huber is between them.",
        default="mse",
    )
