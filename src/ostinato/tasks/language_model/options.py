"""What `LanguageModel`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options import RecurrenceOptions, VocabularyOptions, option
from ostinato.tasks.options import EstimatorOptions


class LanguageModelOptions(RecurrenceOptions, VocabularyOptions, EstimatorOptions):
    """Options of `LanguageModel`."""

    level: Literal["char", "word", "bpe", "token"] = option(
        "What a token is. char: a character. word: a word. bpe: a piece of a word (byte pairs). "
        "token: what stands between spaces, and each line end. Use char for small texts, bpe "
        "for large ones, and token for texts that were cut into tokens before.",
        default="char",
    )
    max_vocabulary: int | None = 10_000
    embedding_size: int = option(
        "Numbers in the vector that stands for a token. A large vocabulary needs more of them.",
        default=128,
        low=1,
    )
    hidden_size: int = option(
        "Units of each recurrent layer. More units learn more from a long text, and take longer.",
        default=384,
        low=1,
    )
    num_layers: int = option(
        "Recurrent layers, each reading the outputs of the one before it.",
        default=2,
        low=1,
        high=100,
    )
    tied: bool = option(
        "Use one table of token vectors for both reading and answering (Press & Wolf, "
        "arXiv:1608.05859). It saves weights; use it for small texts with many different words.",
        default=False,
    )
    final_size: int | None = option(
        "Units of the last recurrent layer. None: as many as in the others. Fewer make the step "
        "to a large vocabulary quicker.",
        default=None,
        low=1,
    )
    dropout: float = 0.45
    layer_dropout: float | None = option(
        "Share of values hidden between recurrent layers in training. None: the same as "
        "dropout. Raise it when the training loss falls and the validation loss does not.",
        default=None,
        low=0,
        below=1,
    )
    locked: bool = option(
        "Hide the same values at all steps of a chunk, instead of others at each step. It "
        "applies to dropout and layer_dropout; use it in long fits.",
        default=False,
    )
    embedding_dropout: float = option(
        "Share of the numbers in token vectors hidden in training, the same ones at all steps "
        "of a chunk. Use it against overfitting.",
        default=0.0,
        low=0,
        below=1,
    )
    word_dropout: float = option(
        "Share of the vocabulary hidden in training, each token at all its places in a chunk. "
        "Use it where the model relies on single words.",
        default=0.0,
        low=0,
        below=1,
    )
    weight_drop: float = option(
        "Share of the recurrent weights left out in training, the same ones all through a "
        "chunk. Use it against overfitting in long fits.",
        default=0.0,
        low=0,
        below=1,
    )
    activation_penalty: float = option(
        "How strongly training holds back large outputs of the last recurrent layer. 0 is off. "
        "Use it against overfitting.",
        default=0.0,
        low=0,
    )
    change_penalty: float = option(
        "How strongly training holds back large changes of those outputs from one step to the "
        "next. 0 is off. Use it against overfitting.",
        default=0.0,
        low=0,
    )
    softmax: Literal["full", "adaptive", "sampled"] = option(
        "How scores become probabilities. full: a score for every token. adaptive: rare tokens are "
        "in groups, and most steps score only the groups. sampled: training compares the right "
        "token with some that are drawn. Use one of these two above 10,000 tokens: training is "
        "quicker, and answers are still exact.",
        default="full",
    )
    cutoffs: tuple[int, ...] | None = option(
        "Where the groups of softmax='adaptive' begin, as numbers of tokens; frequent tokens "
        "have low numbers. None chooses them, which suits most texts.",
        default=None,
        low=1,
    )
    samples: int = option(
        "Tokens that softmax='sampled' draws for each batch. More are nearer to the full "
        "softmax, and slower.",
        default=1024,
        low=1,
    )
    chunk: int = option(
        "Tokens that learning looks back at once. The model's memory still goes on from chunk "
        "to chunk. Longer chunks learn longer connections, and need more memory.",
        default=64,
        low=1,
    )
    epochs: int = 20
    batch_size: int = option(
        "Places in the text that are read side by side in training. Fewer make more steps in an "
        "epoch, which suits short texts.",
        default=64,
        low=1,
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
