"""A text classifier's rows: texts and labels read, checked, split and encoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato import data
from ostinato.data.held_out import hold_out
from ostinato.data.inputs import column_of
from ostinato.errors import DataError, OptionError
from ostinato.tasks.text_classifier.options import TextClassifierOptions

Texts = list[str]
UNSEEN = -1  # the number of a label that training lacks


def read_pairs(where: str, X: Any, y: Any, *, least: int = 1) -> tuple[Texts, list[Any]]:
    """Texts and labels as lists of one length.

    Raises:
        DataError: a row is no text, lengths differ, or there are fewer than `least` rows.
    """
    texts, labels = data.check_texts(where, X), column_of(where, "y", y)
    if len(texts) != len(labels):
        raise DataError(
            f"{where}: X and y must have the same number of rows, got {len(texts):,} and "
            f"{len(labels):,}."
        )
    if len(texts) < least:
        rows = "row" if least == 1 else "rows"
        raise DataError(f"{where}: X must have at least {least} {rows}, got {len(texts)}.")
    return texts, labels


def has_several(labels: Sequence[Any]) -> bool:
    """Whether a row has a list of labels."""
    first = next((each for each in labels if each is not None), None)
    return isinstance(first, (list, tuple, set, frozenset, np.ndarray))


def split(
    where: str, texts: Texts, labels: list[Any], weights: list[float], validation: Any, seed: int
) -> tuple[tuple[Texts, list[Any], list[float]], tuple[Texts, list[Any]] | None]:
    """Rows to learn from, with their weights, and held-out rows or None; classes in proportion
    where each row has one."""

    def read(X: Any, y: Any) -> tuple[Texts, list[Any], list[float]]:
        other = read_pairs(f"{where}: validation", X, y)
        return *other, [1.0] * len(other[0])

    learn, held_out = hold_out(
        where,
        (texts, labels, weights),
        validation,
        read=read,
        given=2,
        seed=seed,
        stratify=None if has_several(labels) else labels,
    )
    return learn, None if held_out is None else held_out[:2]


@dataclasses.dataclass(kw_only=True)
class TextRows:
    """What was learned of the rows: tokens and labels.

    Attributes:
        encoder: texts to token numbers.
        labels: labels to class numbers.
        several: rows have any number of labels.
        max_length, truncation: as in the options.
    """

    encoder: data.TextEncoder
    labels: data.LabelEncoder
    several: bool
    max_length: int | None
    truncation: str

    @classmethod
    def learn(
        cls, where: str, options: TextClassifierOptions, texts: Texts, labels: list[Any]
    ) -> TextRows:
        """The classes of all `labels` and the vocabulary of `texts`, the training rows.

        Raises:
            DataError: labels cannot be used, or there is one class.
            OptionError: `neutral` does not fit the classes.
        """
        several = has_several(labels)
        encoder = data.MultiLabelEncoder() if several else data.LabelEncoder()
        known = encoder.fit(labels)
        if len(known.classes) < 2 and not several:
            raise DataError(
                f"{where}: y must have two classes or more, got only {known.classes[0]!r}. Is the "
                "right column named?"
            )
        if options.neutral is not None and (several or len(known.classes) != 2):
            raise OptionError(
                f"TextClassifier: neutral needs exactly two classes, got {len(known.classes)}."
            )
        words = data.TextEncoder(
            level=options.level,
            max_vocabulary=options.max_vocabulary,
            min_count=options.min_count,
            lowercase=options.lowercase,
        ).fit(texts)
        return cls(
            encoder=words,
            labels=known,
            several=several,
            max_length=options.max_length,
            truncation=options.truncation,
        )

    @property
    def classes(self) -> list[Any]:
        return self.labels.classes

    @property
    def binary(self) -> bool:
        """One logit answers: two classes, one label a row."""
        return not self.several and len(self.classes) == 2

    @property
    def outputs(self) -> int:
        return 1 if self.binary else len(self.classes)

    def sequences(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The token numbers that the network reads of each text."""
        found = self.encoder.encode(texts)
        if self.max_length is None:
            return found
        return data.truncate(found, self.max_length, self.truncation)  # type: ignore[arg-type]

    def whole(self, texts: Sequence[str]) -> list[np.ndarray]:
        """The token numbers of whole texts."""
        return self.encoder.encode(texts)

    def targets(self, labels: Sequence[Any]) -> np.ndarray:
        """Class numbers `(rows,)`, or of several labels zeros and ones `(rows, classes)`.

        Raises:
            DataError: a label is not among the classes.
        """
        return self.labels.encode(labels)

    def truth(self, labels: Sequence[Any]) -> np.ndarray:
        """As `targets`, for measuring: a label that training lacks is `UNSEEN`, and can only be
        missed."""
        known = set(self.classes)
        if self.several:
            kept: list[Any] = [[each for each in row if each in known] for row in labels]
            return self.labels.encode(kept)
        numbers = np.full(len(labels), UNSEEN, dtype=np.int64)
        places = [k for k, each in enumerate(labels) if each in known]
        if places:
            numbers[places] = self.labels.encode([labels[k] for k in places])
        return numbers

    def columns(self, targets: np.ndarray) -> np.ndarray:
        """Targets as one column of zeros and ones for each output of the network."""
        if targets.ndim == 2:
            return targets
        return targets[:, None] if self.binary else np.eye(len(self.classes))[targets]

    def to_dict(self) -> dict[str, Any]:
        return {
            "encoder": self.encoder.to_dict(),
            "labels": self.labels.to_dict(),
            "multilabel": self.several,
        }

    @classmethod
    def from_dict(cls, options: TextClassifierOptions, document: dict[str, Any]) -> TextRows:
        several = document["multilabel"]
        labels = data.MultiLabelEncoder if several else data.LabelEncoder
        return cls(
            encoder=data.TextEncoder.from_dict(document["encoder"]),
            labels=labels.from_dict(document["labels"]),
            several=several,
            max_length=options.max_length,
            truncation=options.truncation,
        )
