"""Texts: how they become tokens, and tokens become vectors."""

from __future__ import annotations

from typing import Literal

from ostinato.errors import OptionError
from ostinato.options.declaration import Options, option


class VocabularyOptions(Options):
    """Which tokens a model knows."""

    level: Literal["word", "char", "bpe"] = option(
        "What a token is: a word, a character, or a piece of a word (bpe, byte pairs), which is "
        "between the two.",
        default="word",
    )
    max_vocabulary: int | None = option(
        "Most tokens kept, the most frequent; None keeps all. Two are for padding and unknown.",
        default=None,
        low=3,
    )
    min_count: int = option(
        "Tokens that training has fewer times are unknown to the model.", default=1, low=1
    )
    lowercase: bool = option("Read capitals as small letters.", default=False)


class EmbeddingOptions(Options):
    """A vector for each token."""

    embedding_size: int = option("Numbers in a token's vector.", default=100, low=1)
    vectors: str | None = option(
        "File of GloVe or word2vec vectors to start from; its size then replaces embedding_size.",
        default=None,
    )
    freeze: bool = option("Keep those vectors as they are in training.", default=False)

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.freeze and self.vectors is None:
            raise OptionError(
                f"{where}: freeze needs vectors, got freeze=True and vectors=None. It keeps the "
                "vectors of a file as they are."
            )
