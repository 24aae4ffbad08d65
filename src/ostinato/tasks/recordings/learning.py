"""How the tasks that read recordings learn: how long, and what changes recordings."""

from __future__ import annotations

import dataclasses

from ostinato.errors import OptionError
from ostinato.options import TrainingOptions
from ostinato.tasks.recordings.options import RecordingOptions
from ostinato.training.augmentation import MOVING

STEPS, FEWEST, MOST = 800, 15, 150  # optimizer steps of a fit, and epochs


def check_augmentation(where: str, options: RecordingOptions, by_step: bool) -> None:
    """Refuse what would move steps away from their labels.

    Raises:
        OptionError: names it.
    """
    moving = [each for each in options.augmentation if each in MOVING]
    if by_step and moving:
        raise OptionError(
            f"{where}: augmentation {moving[0]!r} moves steps away from their labels. With labels "
            "of steps take jitter, scaling, channel_dropout or step_mask."
        )


def training_of(options: RecordingOptions, training: TrainingOptions, rows: int) -> TrainingOptions:
    """The training options with as many epochs as make about `STEPS` steps, where that was left
    open."""
    if options.epochs is not None:
        return training
    batches = -(-rows // options.batch_size)
    return dataclasses.replace(training, epochs=min(max(round(STEPS / batches), FEWEST), MOST))
