"""How good tags are: tokens, entities, and the most frequent tag of each word beside them."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch.callbacks import Callback

from ostinato.data.tags import spans_of

Rows = Sequence[Sequence[str]]


def accuracy(truth: Rows, answers: Rows) -> float:
    """The share of tokens with the right tag, 0 to 1; 0 where there are none."""
    pairs = [
        a == b
        for one, other in zip(truth, answers, strict=True)
        for a, b in zip(one, other, strict=True)
    ]
    return sum(pairs) / len(pairs) if pairs else 0.0


def entity_measures(truth: Rows, answers: Rows) -> dict[str, float]:
    """Precision, recall and F1 of whole entities, all together and F1 by type, 0 to 1.

    An entity counts where type, start and end are right: as conlleval, and seqeval in its default
    mode, count. A share without entities is 0.
    """
    wanted, found, right = (collections.Counter[str]() for _ in range(3))
    for one, other in zip(truth, answers, strict=True):
        here, there = set(spans_of(one)), set(spans_of(other))
        wanted.update(each.type for each in here)
        found.update(each.type for each in there)
        right.update(each.type for each in here & there)
    hits, given, true = right.total(), found.total(), wanted.total()
    return {
        "f1": 2 * hits / (given + true) if given + true else 0.0,
        "precision": hits / given if given else 0.0,
        "recall": hits / true if true else 0.0,
        **{f"f1_{kind}": 2 * right[kind] / (found[kind] + wanted[kind]) for kind in sorted(wanted)},
    }


def measure(truth: Rows, answers: Rows, spans: bool) -> dict[str, float]:
    """Every measure: those of entities only where tags mark `spans`."""
    entities = entity_measures(truth, answers) if spans else {}
    return {**entities, "accuracy": accuracy(truth, answers)}


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


class Judge(Callback):
    """After each epoch, measures of whole entities and exact accuracy on the held-out rows."""

    def __init__(self, estimator: Any, rows: tuple[Any, Any]) -> None:
        self.estimator, self.rows = estimator, rows

    def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        words, tags = self.rows
        found = measure(tags, self.estimator._decode(words), self.estimator._spans)
        means = pl_module.validation_means
        for name, value in found.items():
            means.sums[name] = torch.tensor(value, dtype=torch.float64) * means.rows
