"""A sequence classifier's rows: recordings and labels split, scaled and encoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato import data
from ostinato.data.held_out import hold_out
from ostinato.errors import DataError
from ostinato.tasks.recordings.channels import Channels
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions
from ostinato.tasks.sequence_classifier.pairs import Pairs, check_kind, kind_of, read_pairs

UNSEEN = -1  # the number of a label that training lacks, and of a step without one


def split(
    where: str,
    options: SequenceClassifierOptions,
    pairs: Pairs,
    weights: list[float],
    validation: Any,
) -> tuple[tuple[Pairs, list[float]], Pairs | None]:
    """Recordings to learn from, with their weights, and held-out ones or None; classes in
    proportion where each recording has one and there are enough."""
    kind = kind_of(options, pairs)

    def read(X: Any, y: Any) -> tuple[list[Any], list[Any], list[float]]:
        other = read_pairs(f"{where}: validation", options, X, y, pairs.channels)
        check_kind(f"{where}: validation", kind, other)
        return other.values, other.labels, [1.0] * len(other.values)

    learn, held_out = hold_out(
        where,
        (pairs.values, pairs.labels, weights),
        validation,
        read=read,
        given=2,
        seed=options.seed,
        stratify=pairs.labels if kind == "label" else None,
    )
    held = None if held_out is None else Pairs(*held_out[:2], pairs.channels)
    return (Pairs(*learn[:2], pairs.channels), learn[2]), held


@dataclasses.dataclass(kw_only=True)
class SequenceRows(Channels):
    """What was learned of the recordings and their labels.

    Attributes:
        kind: "label", "labels" or "steps".
        labels: labels to class numbers.
    """

    kind: str
    labels: data.LabelEncoder

    @classmethod
    def learn(
        cls, where: str, options: SequenceClassifierOptions, pairs: Pairs, known: list[Any]
    ) -> SequenceRows:
        """The classes of all labels in `known`, and scales of the training recordings.

        Raises:
            DataError: labels cannot be used, there is one class, or no value at all.
        """
        kind = kind_of(options, pairs)
        if kind == "labels":
            labels = data.MultiLabelEncoder().fit(known)
        else:
            flat = known if kind == "label" else [each for row in known for each in row]
            labels = data.LabelEncoder().fit(_plain(flat))
            if len(labels.classes) < 2:
                raise DataError(
                    f"{where}: y must have two classes or more, got only {labels.classes[0]!r}. "
                    "Is the right column named?"
                )
        learned = cls.learned(where, options, pairs.values, pairs.channels)
        return cls(kind=kind, labels=labels, **learned)

    @property
    def classes(self) -> list[Any]:
        return self.labels.classes

    @property
    def several(self) -> bool:
        return self.kind == "labels"

    @property
    def by_step(self) -> bool:
        return self.kind == "steps"

    def targets(self, labels: Sequence[Any]) -> Any:
        """Class numbers `(rows,)`; of several labels zeros and ones `(rows, classes)`; of steps a
        list of arrays.

        Raises:
            DataError: a label is not among the classes.
        """
        if self.by_step:
            return [self.labels.encode(_plain(each)) for each in labels]
        return self.labels.encode(labels if self.several else _plain(labels))

    def truth(self, labels: Sequence[Any]) -> Any:
        """As `targets`, for measuring: a label that training lacks is `UNSEEN`, and can only be
        missed."""
        known = set(self.classes)
        if self.several:
            kept: list[Any] = [[each for each in row if each in known] for row in labels]
            return self.labels.encode(kept)
        if self.by_step:
            return [self._numbers(_plain(each)) for each in labels]
        return self._numbers(_plain(labels))

    def _numbers(self, labels: Sequence[Any]) -> np.ndarray:
        known = {each: number for number, each in enumerate(self.classes)}
        return np.array([known.get(each, UNSEEN) for each in labels], dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "labels": self.labels.to_dict(),
            **self.channels_document(),
        }

    @classmethod
    def from_dict(
        cls, options: SequenceClassifierOptions, document: dict[str, Any]
    ) -> SequenceRows:
        several = document["kind"] == "labels"
        kind = data.MultiLabelEncoder if several else data.LabelEncoder
        labels = kind.from_dict(document["labels"])
        return cls(kind=document["kind"], labels=labels, **cls.channels_of(options, document))


def _plain(labels: Any) -> list[Any]:
    """Labels as Python's own values."""
    return labels.tolist() if isinstance(labels, np.ndarray) else list(labels)
