"""What is measured of a tagger, and the naive baseline beside it."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

from ostinato.data.tags import spans_of
from ostinato.measures.spans import BASELINES, SPANS, TAGS, measure_spans, token_accuracy
from ostinato.tasks.sequence_tagger.rows import TaggerRows

__all__ = ["BASELINES", "MEASURES", "MostFrequent", "measure"]

MEASURES = (*SPANS, *TAGS)

Rows = Sequence[Sequence[str]]


def measure(truth: Rows, answers: Rows, spans: bool) -> dict[str, float]:
    """Measures of whole entities, only where tags mark `spans`, and the accuracy of tokens."""
    found: dict[str, float] = {}
    if spans:
        found = measure_spans([spans_of(row) for row in truth], [spans_of(row) for row in answers])
    return {**found, "accuracy": token_accuracy(truth, answers)}


def measure_all(rows: TaggerRows, words: Rows, truth: Rows, answers: Rows) -> dict[str, float]:
    """As `measure`, and the accuracy among words that training lacks, where there are any."""
    found = measure(truth, answers, rows.spans)
    new = [[k for k, word in enumerate(row) if not rows.reader.knows(word)] for row in words]
    if any(new):
        some = [
            [[row[k] for k in places] for row, places in zip(each, new, strict=True)]
            for each in (truth, answers)
        ]
        found["accuracy_unseen"] = token_accuracy(some[0], some[1])
    return found


class MostFrequent:
    """The naive baseline: each word's most frequent tag, for an unseen word the most frequent."""

    def __init__(self, tags: dict[str, str], other: str) -> None:
        self.tags, self.other = tags, other

    @classmethod
    def fit(cls, X: Rows, y: Rows) -> MostFrequent:
        counts: dict[str, collections.Counter[str]] = {}
        for row, tags in zip(X, y, strict=True):
            for word, tag in zip(row, tags, strict=True):
                counts.setdefault(word, collections.Counter())[tag] += 1
        total = sum(counts.values(), collections.Counter())

        def best(each: collections.Counter[str]) -> str:
            return max(sorted(each), key=lambda tag: each[tag])

        return cls({word: best(each) for word, each in counts.items()}, best(total))

    def predict(self, X: Rows) -> list[list[str]]:
        return [[self.tags.get(word, self.other) for word in row] for row in X]

    def to_dict(self) -> dict[str, Any]:
        names = sorted(set(self.tags.values()))
        places = {name: k for k, name in enumerate(names)}
        words = {word: places[tag] for word, tag in self.tags.items() if tag != self.other}
        return {"names": names, "words": words, "other": self.other}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> MostFrequent:
        names = document["names"]
        tags = {word: names[place] for word, place in document["words"].items()}
        return cls(tags, document["other"])
