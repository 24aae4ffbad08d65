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
        "Use one vocabulary for both sides. Use it for languages that share many words, and for "
        "summaries.",
        default=False,
    )
    max_length: int | None = option(
        "Most tokens read of a text; the rest is left out. None reads all, which takes longer.",
        default=200,
        low=1,
    )
    subword_dropout: float = option(
        "Share of byte pairs that are not joined in training, so that each epoch sees words cut "
        "in other ways (BPE-dropout, arXiv:1910.13267). For level='bpe'. Use more where there "
        "are few pairs.",
        default=0.1,
        low=0,
        below=1,
    )
    embedding_size: int = option(
        "Numbers in the vector that stands for a token. A large vocabulary needs more of them.",
        default=256,
        low=1,
    )
    hidden_size: int = option(
        "Units of each layer of the decoder. With bidirectional, each direction of the encoder "
        "has half as many. More units learn more from many pairs, and take longer.",
        default=400,
        low=1,
    )
    num_layers: int = option(
        "Recurrent layers of the encoder, and as many of the decoder.", default=2, low=1, high=100
    )
    bidirectional: bool = option(
        "Read the source from both ends. Better, and a little slower.", default=True
    )
    attention: Literal["multiplicative", "additive", "none"] = option(
        "How each step of the answer looks back at the source. multiplicative: by products "
        "(arXiv:1508.04025); quick, and right for most pairs. additive: by a small network "
        "(arXiv:1409.0473). none: not at all; one vector then stands for the whole source, "
        "which is enough for short texts only.",
        default="multiplicative",
    )
    input_feeding: bool = option(
        "Tell each step of the answer where the step before it looked. It can help where words "
        "are left out or come twice; training takes several times longer.",
        default=False,
    )
    pointer: bool = option(
        "Let the model copy tokens of the source into its answer (arXiv:1704.04368). Use it for "
        "summaries, and for texts with many names. It needs shared_vocabulary.",
        default=False,
    )
    dropout: float = 0.4
    init: Literal["torch", "keras", "orthogonal"] = "keras"
    early_dropout: float = 0.75
    step_mask: float = option(
        "Share of whole tokens hidden in training, so that no single word decides. Use it where "
        "there are few pairs.",
        default=0.0,
        low=0,
        below=1,
    )
    label_smoothing: float = option(
        "Share of the probability that training gives to all tokens alike, instead of to the "
        "right one. It keeps the model from being too sure.",
        default=0.1,
        low=0,
        below=1,
    )
    word_prediction: float = option(
        "Weight of a second task in training: to tell the words of the target from the summary "
        "of the source alone (arXiv:1708.01771). 0 is off. It helps most with attention='none'.",
        default=0.0,
        low=0,
    )
    scheduled_sampling: float = option(
        "Share of the target's tokens that training replaces by what the model would write there, "
        "so that it learns to go on after mistakes of its own. The share rises from 0 in the first "
        "epoch to this in the last (arXiv:1506.03099). Use it where one wrong word spoils the rest "
        "of an answer.",
        default=0.0,
        low=0,
        high=1,
    )
    copy_unknown: bool = option(
        "Write, in place of an unknown word, the word of the source that the model looked at "
        "most. For level='word'; use it where texts have many names.",
        default=True,
    )
    beam: int = option(
        "Beginnings of answers that are kept at each step. More often find better answers, and "
        "take longer. 1 takes the likeliest token at each step, which is the quickest.",
        default=5,
        low=1,
        high=MOST_BEAM,
    )
    length_penalty: float = option(
        "How much longer answers are favoured (arXiv:1609.08144, section 7). Raise it where "
        "answers are too short. 0 favours none, and then short answers often win.",
        default=0.5,
        low=0,
        high=100,
    )
    min_length: int = option(
        "Fewest tokens of an answer. Raise it where answers stop too early. 0 lets the model "
        "answer nothing.",
        default=1,
        low=0,
        high=10_000,
    )
    segmentations: int = option(
        "Ways to cut the source into tokens that an answer is averaged over (arXiv:2203.13528). "
        "Answers are better, and take that many times longer. For level='bpe' with "
        "subword_dropout above 0.",
        default=1,
        low=1,
        high=100,
    )
    measure: Literal["bleu", "rouge"] = option(
        "What answers are measured by. bleu: for translations. rouge: for summaries. Needs "
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
