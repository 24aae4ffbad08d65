"""Where each token of an answer looked, and words copied from there."""

from __future__ import annotations

import dataclasses

import numpy as np

from ostinato.data import UNKNOWN, TextEncoder
from ostinato.decoding import Answer


@dataclasses.dataclass(frozen=True)
class Aligned:
    """An answer and where each of its tokens looked.

    Attributes:
        text: the answer.
        source: the source's tokens as they are written, unknown ones too; the end is not among
            them.
        target: the answer's tokens as they are written, copied ones too.
        weights: `(target tokens, source tokens + 1)`; each row's sum is 1, the last column is the
            source's end.
    """

    text: str
    source: list[str]
    target: list[str]
    weights: np.ndarray

    @property
    def looked(self) -> list[str]:
        """For each token of the answer the source's token that it looked at most, the end aside."""
        if not self.source:
            return [""] * len(self.target)
        return [self.source[int(each)] for each in self.weights[:, :-1].argmax(1)]


def source_words(encoder: TextEncoder, text: str, limit: int | None) -> list[str]:
    """The tokens that are read of a source, each as it is written."""
    if encoder.level == "bpe":
        (numbers,) = encoder.encode([text])
        return [encoder.decode([int(each)]) for each in numbers[:limit]]
    return encoder.split(text)[:limit]


def target_words(encoder: TextEncoder, answer: Answer, source: list[str] | None) -> list[str]:
    """The tokens of an answer, each as it is written; where the `source`'s words are given, an
    unknown one is the word that it looked at most."""
    words = [encoder.decode([int(each)]) for each in answer.tokens]
    if source and answer.weights is not None:
        looked = answer.weights[:, : len(source)].argmax(1)
        for place in np.flatnonzero(answer.tokens == UNKNOWN):
            words[place] = source[looked[place]]
    return words
