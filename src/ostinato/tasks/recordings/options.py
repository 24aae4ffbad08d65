"""Options of the tasks that read recordings."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, option
from ostinato.tasks.options import EstimatorOptions

Augmentation = Literal[
    "jitter", "scaling", "time_warp", "crop", "channel_dropout", "step_mask", "prefix"
]


class RecordingOptions(RecurrenceOptions, EstimatorOptions):
    """How recordings are read, and the network that reads them."""

    rate: float | None = option(
        "Hz. Steps a second of the recordings in fit. Where it is known, those of another rate "
        "are resampled to it, and tables with a column of times are put on even steps.",
        default=None,
        above=0,
    )
    id: str = option("Column of a long table that tells recordings apart.", default="id")
    time: str | None = option(
        "Column of a long table with seconds or timestamps; None takes the rows as they stand.",
        default=None,
    )
    scale: Literal["channel", "sequence", "none"] = option(
        "How values come to a common scale: by each channel's mean and spread over all training "
        "recordings, by those of each recording itself (not for streams), or not at all.",
        default="channel",
    )
    convolution: Literal["auto"] | int | tuple[int, ...] | None = option(
        "Steps that each of several convolutions before the recurrent layers looks at, such as "
        "9,5,3. auto takes these, less for short recordings; None reads the values as they are.",
        default="auto",
        low=1,
    )
    filters: int = option("Outputs of each convolution.", default=64, low=1)
    stride: Literal["auto"] | int = option(
        "Steps between two that the recurrent layers read; what lies between is averaged. auto "
        "keeps long recordings below about 128, and reads every step where each has a label.",
        default="auto",
        low=1,
    )
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    hidden_size: int | tuple[int, ...] = option(
        "Units of the recurrent layer, or of each of several, such as 64,32.", default=64, low=1
    )
    bidirectional: bool = option(
        "Read recordings from both ends. Better, but a stream needs False.", default=True
    )
    pooling: Literal["last", "mean", "max", "attention", "meanmax"] = option(
        "How the outputs of all steps become one vector: the last, their mean, their largest, both "
        "(meanmax), or a learned weighted mean (attention).",
        default="meanmax",
    )
    augmentation: tuple[Augmentation, ...] = option(
        "How recordings are changed at random in training: jitter (noise), scaling (of each "
        "channel), time_warp (slower and faster), crop (a part), channel_dropout, step_mask (a "
        "stretch hidden), prefix (the end cut off, for early answers).",
        default=("jitter", "scaling"),
    )
    dropout: float = 0.2
    epochs: int | None = option(
        "Passes over the training rows. None takes as many as make about 800 steps, 15 to 150.",
        default=None,
        low=1,
    )
    batch_size: int = 16
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"] = "adamw"
    learning_rate: float = 5e-3
    weight_decay: float = 0.01
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each recurrent layer."""
        size = self.hidden_size
        return (size,) if isinstance(size, int) else tuple(size)

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.time is not None and self.time == self.id:
            raise OptionError(f"{where}: time and id must be two columns, got {self.id!r} twice.")
        twice = [each for each in self.augmentation if self.augmentation.count(each) > 1]
        if twice:
            raise OptionError(f"{where}: augmentation has {twice[0]!r} twice. Name each once.")
