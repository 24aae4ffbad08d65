"""What `Translator`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, VocabularyOptions, option
from ostinato.tasks.options import EstimatorOptions

MOST_BEAM = 1_000  # a wider beam would answer for hours and no better


class TranslatorOptions(RecurrenceOptions, VocabularyOptions, EstimatorOptions):
    """Options of `Translator`."""

    level: Literal["word", "char", "bpe"] = "bpe"
    max_vocabulary: int | None = 4_000
    shared_vocabulary: bool = option(
        "One vocabulary for both sides: for languages that share words, and for summaries.",
        default=False,
    )
    max_length: int | None = option(
        "Most tokens read of a text; None reads all. Longer is slower.", default=200, low=1
    )
    subword_dropout: float = option(
        "Share of byte pairs that are not joined, so that each epoch sees words cut anew "
        "(BPE-dropout, arXiv:1910.13267). For level='bpe'; helps where there are few rows.",
        default=0.1,
        low=0,
        below=1,
    )
    embedding_size: int = option("Numbers in a token's vector.", default=256, low=1)
    hidden_size: int = option(
        "Units of each of the decoder's layers; each of the encoder's two directions has half.",
        default=400,
        low=1,
    )
    num_layers: int = option(
        "Layers of the encoder, and of the decoder.", default=2, low=1, high=100
    )
    bidirectional: bool = option("Read the source from both ends.", default=True)
    attention: Literal["multiplicative", "additive", "none"] = option(
        "How the decoder looks back at the source's tokens: by a product (arXiv:1508.04025), by a "
        "small network (arXiv:1409.0473), or not at all.",
        default="multiplicative",
    )
    input_feeding: bool = option(
        "Tell each step where the step before it looked. Several times slower to train.",
        default=False,
    )
    pointer: bool = option(
        "Let the network copy tokens of the source (arXiv:1704.04368). For summaries and answers; "
        "needs shared_vocabulary.",
        default=False,
    )
    dropout: float = 0.4
    init: Literal["torch", "keras", "orthogonal"] = "keras"
    early_dropout: float = 0.75
    step_mask: float = option(
        "Share of whole tokens hidden in training, so that no single word decides.",
        default=0.0,
        low=0,
        below=1,
    )
    label_smoothing: float = option(
        "Share of each target's probability that training gives to all tokens alike. Keeps the "
        "model from being too sure.",
        default=0.1,
        low=0,
        below=1,
    )
    word_prediction: float = option(
        "Weight of a second task: to tell the target's words from the source's summary alone "
        "(arXiv:1708.01771). 0 is off.",
        default=0.0,
        low=0,
    )
    scheduled_sampling: float = option(
        "Share of the decoder's inputs that, in the last epoch, are what the model itself would "
        "have written; it rises from 0 epoch by epoch (arXiv:1506.03099).",
        default=0.0,
        low=0,
        high=1,
    )
    copy_unknown: bool = option(
        "With level='word': write, for an unknown word, the source's word that the model looked at "
        "most.",
        default=True,
    )
    beam: int = option(
        "Answers that are followed at once. More is slower, and often better; 1 takes the "
        "likeliest token at each step.",
        default=5,
        low=1,
        high=MOST_BEAM,
    )
    length_penalty: float = option(
        "How much longer answers are favoured (arXiv:1609.08144, section 7). 0 favours short ones.",
        default=0.5,
        low=0,
        high=100,
    )
    min_length: int = option(
        "Fewest tokens of an answer. 0 lets a model answer nothing.",
        default=1,
        low=0,
        high=10_000,
    )
    segmentations: int = option(
        "Ways to cut a source that an answer is averaged over (arXiv:2203.13528). Better, and as "
        "many times slower. For level='bpe'.",
        default=1,
        low=1,
        high=100,
    )
    measure: Literal["bleu", "rouge"] = option(
        "What answers are measured by: bleu for translations, rouge for summaries. Needs "
        "ostinato[translation].",
        default="bleu",
    )
    epochs: int = 24
    batch_size: int = 96
    learning_rate: float = 2.5e-3
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )
    warmup: float = 0.2
    monitor: str = "val_accuracy"
    mode: Literal["min", "max"] = "max"

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.bidirectional and self.hidden_size % 2:
            raise OptionError(
                f"{where}: hidden_size must be even with bidirectional=True, got "
                f"{self.hidden_size!r}. Half of it reads in each direction."
            )
        if self.input_feeding and self.attention == "none":
            raise OptionError(
                f"{where}: input_feeding must be False with attention='none', got True. It feeds "
                "back what attention found; choose attention='multiplicative'."
            )
        if self.pointer and (self.attention == "none" or not self.shared_vocabulary):
            raise OptionError(
                f"{where}: pointer needs attention and shared_vocabulary=True, got "
                f"attention={self.attention!r} and shared_vocabulary={self.shared_vocabulary!r}. "
                "It copies the source's tokens to where attention looks."
            )
