"""What `LanguageModel`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, VocabularyOptions, option
from ostinato.tasks.options import EstimatorOptions


class LanguageModelOptions(RecurrenceOptions, VocabularyOptions, EstimatorOptions):
    """Options of `LanguageModel`."""

    level: Literal["char", "word", "bpe", "token"] = option(
        "What a token is: a character, a word, a piece of a word (bpe, byte pairs), or a token: "
        "what stands between spaces, and line ends, for texts that are cut already.",
        default="char",
    )
    max_vocabulary: int | None = 10_000
    embedding_size: int = option("Numbers in a token's vector.", default=128, low=1)
    hidden_size: int = option("Units of each recurrent layer.", default=384, low=1)
    num_layers: int = option("Recurrent layers, one upon the other.", default=2, low=1, high=100)
    tied: bool = option(
        "Use the tokens' vectors in the output too (Press & Wolf, arXiv:1608.05859). Fewer "
        "weights; better on small texts with many words.",
        default=False,
    )
    final_size: int | None = option(
        "Units of the last layer; None: as many as the others.", default=None, low=1
    )
    dropout: float = 0.45
    layer_dropout: float | None = option(
        "Share of values hidden between layers; None: as many as `dropout` hides.",
        default=None,
        low=0,
        below=1,
    )
    locked: bool = option(
        "Hide the same values at all steps of a chunk, in `dropout` and `layer_dropout`.",
        default=False,
    )
    embedding_dropout: float = option(
        "Share of the numbers in tokens' vectors hidden in training, the same at all steps of a "
        "chunk.",
        default=0.0,
        low=0,
        below=1,
    )
    word_dropout: float = option(
        "Share of the vocabulary's tokens hidden in training, at all their places in a chunk.",
        default=0.0,
        low=0,
        below=1,
    )
    weight_drop: float = option(
        "Share of the recurrent weights left out in training, the same all through a chunk.",
        default=0.0,
        low=0,
        below=1,
    )
    activation_penalty: float = option(
        "How strongly large outputs of the last layer are held back, against overfitting; 0 is "
        "off.",
        default=0.0,
        low=0,
    )
    change_penalty: float = option(
        "How strongly large changes of the outputs from step to step are held back; 0 is off.",
        default=0.0,
        low=0,
    )
    softmax: Literal["full", "adaptive", "sampled"] = option(
        "How scores become probabilities. full suits vocabularies up to about 10,000. adaptive "
        "puts rare tokens in groups, and sampled trains on some of the tokens: both are quicker "
        "for large vocabularies, and their answers are exact.",
        default="full",
    )
    cutoffs: tuple[int, ...] | None = option(
        "Numbers of the tokens at which the groups of softmax='adaptive' begin; None chooses them.",
        default=None,
        low=1,
    )
    samples: int = option(
        "Tokens that softmax='sampled' draws for each batch.", default=1024, low=1
    )
    chunk: int = option(
        "Steps that a gradient reaches back. The state goes on from chunk to chunk, so that the "
        "model can remember longer.",
        default=64,
        low=1,
    )
    epochs: int = 20
    batch_size: int = option(
        "Places in the text that are read side by side in training.", default=64, low=1
    )
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"] = "adamw"
    learning_rate: float = 4e-3
    weight_decay: float = 0.01
    clip_norm: float | None = 1.0
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "one_cycle"
    )
    average: float = 0.99

    def check_cutoffs(self, vocabulary: int) -> None:
        """Raise `OptionError` unless `cutoffs` fit that many tokens."""
        if self.cutoffs is None or self.softmax != "adaptive":
            return
        numbers = list(self.cutoffs)
        if not numbers or numbers != sorted(set(numbers)) or numbers[-1] >= vocabulary:
            raise OptionError(
                f"LanguageModel: cutoffs must be whole numbers that rise, above 0 and below the "
                f"vocabulary's size, {vocabulary}, got {self.cutoffs!r}. None chooses them."
            )
