"""A translator's rows: pairs of texts read, checked, split and encoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Self
from zlib import crc32

import numpy as np

from ostinato import data
from ostinato.data.held_out import hold_out
from ostinato.data.text import check_texts
from ostinato.errors import DataError
from ostinato.tasks.translator.options import TranslatorOptions

Texts = list[str]


def read_pairs(where: str, X: Any, y: Any, *, least: int = 1) -> tuple[Texts, Texts]:
    """Sources and targets as lists of one length.

    Raises:
        DataError: a row is no text or empty, lengths differ, or there are fewer than `least` rows.
    """
    sources, targets = check_texts(where, X), check_texts(where, y)
    if len(sources) != len(targets):
        raise DataError(
            f"{where}: X and y must have the same number of rows, got {len(sources):,} and "
            f"{len(targets):,}; they part after row {min(len(sources), len(targets)) - 1:,}."
        )
    for name, texts in (("X", sources), ("y", targets)):
        row = next((k for k, text in enumerate(texts) if not text.strip()), None)
        if row is not None:
            raise DataError(f"{where}: {name} is empty in row {row}. Leave that pair out.")
    if len(sources) < least:
        rows = "row" if least == 1 else "rows"
        raise DataError(f"{where}: X must have at least {least} {rows}, got {len(sources)}.")
    return sources, targets


def split(
    where: str, pairs: tuple[Texts, Texts], validation: Any, seed: int
) -> tuple[tuple[Texts, Texts], tuple[Texts, Texts] | None]:
    """Pairs to learn from, and held-out ones or None."""

    def read(X: Any, y: Any) -> tuple[Texts, Texts]:
        return read_pairs(f"{where}: validation", X, y)

    return hold_out(where, pairs, validation, read=read, seed=seed)


def with_end(rows: Sequence[np.ndarray], end: int, limit: int | None = None) -> list[np.ndarray]:
    """The rows, cut to `limit` tokens, each with the end behind it."""
    return [np.append(row[:limit], end) for row in rows]


@dataclasses.dataclass(kw_only=True)
class TranslatorRows:
    """What was learned of the pairs.

    Attributes:
        source, target: texts to token numbers; one encoder where the vocabulary is shared.
        longest: tokens of the longest target in training.
        lead_words: words of the naive summary: a training target's mean number.
    """

    source: data.TextEncoder
    target: data.TextEncoder
    longest: int
    lead_words: int

    @classmethod
    def learn(cls, options: TranslatorOptions, sources: Texts, targets: Texts) -> Self:
        def encoder(texts: Texts) -> data.TextEncoder:
            return data.TextEncoder(
                level=options.level,
                max_vocabulary=options.max_vocabulary,
                min_count=options.min_count,
                lowercase=options.lowercase,
            ).fit(texts)

        if options.shared_vocabulary:
            source = target = encoder([*sources, *targets])
        else:
            source, target = encoder(sources), encoder(targets)
        return cls(
            source=source,
            target=target,
            longest=max(map(len, target.encode(targets))),
            lead_words=max(1, round(sum(len(t.split()) for t in targets) / len(targets))),
        )

    def read(self, options: TranslatorOptions, texts: Texts) -> list[list[np.ndarray]]:
        """The texts as they are read, with their end: the usual way first, then those of
        `segmentations`, whose cuts depend on nothing but the text."""
        end, limit = len(self.source), options.max_length
        ways = [self.source.encode(texts)]
        share = options.subword_dropout
        if options.segmentations > 1 and options.level == "bpe" and share:
            sampler = data.SubwordSampler(self.source, (), share)
            seeds = [crc32(text.encode(errors="replace")) for text in texts]
            ways += [
                [sampler.cut(text, seed + k) for text, seed in zip(texts, seeds, strict=True)]
                for k in range(options.segmentations - 1)
            ]
        return [with_end(each, end, limit) for each in ways]

    def to_dict(self) -> dict[str, Any]:
        shared = self.target is self.source
        return {
            "source": self.source.to_dict(),
            "target": None if shared else self.target.to_dict(),
            "longest": self.longest,
            "lead_words": self.lead_words,
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        source = target = data.TextEncoder.from_dict(document["source"])
        if document["target"] is not None:
            target = data.TextEncoder.from_dict(document["target"])
        return cls(
            source=source,
            target=target,
            longest=document["longest"],
            lead_words=document["lead_words"],
        )
