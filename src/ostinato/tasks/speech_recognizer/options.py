"""What `SpeechRecognizer`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, option
from ostinato.tasks.options import EstimatorOptions


class SoundOptions(EstimatorOptions):
    """What the network reads of a recording. Rows that are features already are taken as given."""

    features: Literal["log_mel", "mfcc"] = option(
        "What is computed of samples: log_mel, the energy in mel bands, or mfcc, cepstral "
        "coefficients of them.",
        default="log_mel",
    )
    sampling_rate: int = option(
        "Samples a second, in Hz, that recordings are brought to. 8000 is enough for telephones.",
        default=16_000,
        low=1000,
        high=400_000,
    )
    bands: int = option("Mel bands.", default=40, low=4, high=1000)
    coefficients: int = option("Coefficients of features='mfcc'.", default=13, low=1, high=1000)
    frame_shift: float = option(
        "Seconds from one frame to the next; of features that are given, too.",
        default=0.010,
        above=0,
        high=1,
    )

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.features == "mfcc" and self.coefficients > self.bands:
            raise OptionError(
                f"{where}: coefficients must be at most bands, {self.bands}, got "
                f"{self.coefficients}."
            )


class DisturbanceOptions(EstimatorOptions):
    """How recordings are changed in training, so that none is learned by heart."""

    speed: float = option(
        "How much faster or slower a recording may be in training: 0.1 draws 0.9 to 1.1 times.",
        default=0.1,
        low=0,
        below=0.9,
    )
    noise: float = option(
        "Share of recordings that have white noise in training, 5 to 30 dB below them. Not of "
        "features that are given.",
        default=0.0,
        low=0,
        high=1,
    )
    time_mask: float = option(
        "Longest share of a recording's frames that a mask hides in training; there are two masks "
        "(SpecAugment, arXiv:1904.08779).",
        default=0.1,
        low=0,
        below=1,
    )
    feature_mask: float = option(
        "Largest share of a frame's numbers, neighbours, that a mask hides in training; two masks.",
        default=0.2,
        low=0,
        below=1,
    )
    undisturbed: int = option(
        "Epochs at the beginning without masks, noise, other speeds and dropout, the shortest "
        "recordings first: a network that answers only blanks gets out of it sooner.",
        default=5,
        low=0,
    )


class GuideOptions(EstimatorOptions):
    """How answers are found among those the network finds likely."""

    guide: Literal["none", "ngrams", "words"] = option(
        "What guides the search: none (each frame's likeliest label), ngrams of training's texts, "
        "or words: these n-grams, and no word that training's texts lack.",
        default="none",
    )
    guide_order: int = option(
        "Words, with level='char' and guide='ngrams' characters, of the longest n-gram.",
        default=3,
        low=1,
        high=10,
    )
    guide_weight: float = option("How much a guide's nats count.", default=0.5, low=0, high=100)
    guide_bonus: float = option(
        "Nats for each word or character of an answer: raise it where words are missing.",
        default=0.5,
        low=-100,
        high=100,
    )
    beam: int = option("Beginnings that a guided search keeps.", default=16, low=1, high=1000)


class SpeechRecognizerOptions(RecurrenceOptions, SoundOptions, DisturbanceOptions, GuideOptions):
    """Options of `SpeechRecognizer`."""

    level: Literal["char", "word"] = option(
        "What the network writes: characters, which spell every word, or the words of training's "
        "texts, better where these are few.",
        default="char",
    )
    lowercase: bool = option("Read and write texts in lower case.", default=True)
    convolution: int = option(
        "Numbers of a step after the convolution before the recurrent layers.", default=192, low=1
    )
    width: int = option("Frames that a step of the convolution sees.", default=9, low=1, high=1000)
    stride: int = option(
        "Frames for each step of the recurrent layers. More are quicker, but every label needs a "
        "step of its own.",
        default=3,
        low=1,
        high=100,
    )
    hidden_size: int = option("Units of each recurrent layer.", default=256, low=1)
    num_layers: int = option("Recurrent layers.", default=2, low=1, high=100)
    bidirectional: bool = option(
        "Read recordings from both ends. Better, but a stream needs False.", default=True
    )
    dropout: float = 0.3
    epochs: int | None = option(
        "Passes over the training rows. None takes as many as make about 3,000 steps, 60 to 300.",
        default=None,
        low=1,
    )
    batch_size: int = 16
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"] = "adamw"
    weight_decay: float = 0.01
    learning_rate: float = 3e-3
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )
    warmup: float = 0.1
    # Errors still become fewer when the loss, for the surest of them, rises.
    monitor: str = "val_cer"

    @property
    def needs_words(self) -> bool:
        """Whether the guide knows whole words."""
        return self.guide == "words" or (self.guide == "ngrams" and self.level == "word")
