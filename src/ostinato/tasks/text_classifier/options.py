"""What `TextClassifier`'s constructor takes."""

from __future__ import annotations

from typing import Any, Literal

from ostinato.errors import OptionError
from ostinato.options import EmbeddingOptions, RecurrenceOptions, VocabularyOptions, option
from ostinato.tasks.options import EstimatorOptions


class TextClassifierOptions(
    RecurrenceOptions, EmbeddingOptions, VocabularyOptions, EstimatorOptions
):
    """Options of `TextClassifier`."""

    max_vocabulary: int | None = 30_000
    min_count: int = 2
    lowercase: bool = True
    max_length: int | None = option(
        "Most tokens read of a text; None reads all. Longer is slower.", default=400, low=1
    )
    truncation: Literal["right", "left", "middle"] = option(
        "Where a longer text is cut: right keeps its beginning, left its end, middle both.",
        default="middle",
    )
    hidden_size: int | tuple[int, ...] = option(
        "Units of the recurrent layer, or of each of several, such as 64,32.", default=100, low=1
    )
    bidirectional: bool = option(
        "Read texts from both ends. Better, but a stream needs False.", default=True
    )
    pooling: Literal["last", "mean", "max", "attention", "meanmax"] = option(
        "How the outputs of all steps become one vector: the last, their mean, their largest, both "
        "(meanmax), or a learned weighted mean (attention).",
        default="meanmax",
    )
    dropout: float = 0.4
    step_mask: float = option(
        "Share of whole tokens hidden in training, so that no single word decides.",
        default=0.2,
        low=0,
        below=1,
    )
    init: Literal["torch", "keras", "orthogonal"] = "keras"
    wide: bool = option(
        "Let counts of words and word pairs answer beside the network (Wang & Manning 2012). "
        "Better on most texts; they read whole texts, whatever max_length says.",
        default=True,
    )
    neutral: tuple[float, float] | None = option(
        "For two classes: answer 'neutral' where the second class's probability lies between these "
        "two.",
        default=None,
        low=0,
        high=1,
    )
    class_weight: Literal["balanced"] | dict[Any, float] | None = option(
        "How much a row of each class counts in training: a number for each label, or 'balanced', "
        "which lets rare classes count as much as frequent ones.",
        default=None,
        low=0,
    )
    epochs: int = 6
    batch_size: int = 64
    learning_rate: float = 3e-3
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each layer."""
        size = self.hidden_size
        return (size,) if isinstance(size, int) else tuple(size)

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.neutral is not None and self.neutral[0] > self.neutral[1]:
            raise OptionError(
                f"{where}: neutral must be (low, high) with low <= high, got {self.neutral!r}."
            )
