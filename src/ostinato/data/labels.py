"""Labels to whole numbers, and back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ostinato.data.inputs import column_of
from ostinato.errors import DataError, NotFittedError, suggestion

Label = str | int | float | bool


class LabelEncoder:
    """One label a row: classes are numbered in sorted order.

    Labels are strings, whole numbers, booleans or floats, all of one kind.
    """

    def __init__(self) -> None:
        self._classes: list[Label] | None = None

    def fit(self, y: Iterable[Label]) -> LabelEncoder:
        """Learn the classes.

        Raises:
            DataError: a label is missing, or the kinds are mixed.
        """
        self._classes = _classes("LabelEncoder", _check_labels("LabelEncoder", y))
        return self

    def encode(self, y: Iterable[Label]) -> np.ndarray:
        """The number of each row's class: int64 `(rows,)`.

        Raises:
            DataError: a label is missing, or `fit` did not see it.
        """
        numbers = {label: number for number, label in enumerate(self.classes)}
        labels = _check_labels("LabelEncoder", y)
        return np.array(
            [_number("LabelEncoder", numbers, label, row) for row, label in enumerate(labels)],
            dtype=np.int64,
        )

    def decode(self, numbers: Iterable[int] | np.ndarray) -> np.ndarray:
        """The label of each number: `(rows,)`."""
        # NumPy's own strings lose a last "\0".
        nul = any(isinstance(label, str) and label.endswith("\0") for label in self.classes)
        classes = np.asarray(self.classes, dtype=object if nul else None)
        return classes[np.asarray(numbers, dtype=np.int64)]

    @property
    def classes(self) -> list[Label]:
        """The labels at the places of their numbers."""
        if self._classes is None:
            raise NotFittedError(f"{type(self).__name__}: no classes yet. Call fit(y) first.")
        return self._classes

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return {"classes": list(self.classes)}

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> LabelEncoder:
        """The encoder that `to_dict` described."""
        encoder = cls()
        encoder._classes = list(state["classes"])
        return encoder


class MultiLabelEncoder(LabelEncoder):
    """Any number of labels a row, none included: one column of zeros and ones a class."""

    def fit(self, y: Iterable[Iterable[Label]]) -> MultiLabelEncoder:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Learn the classes.

        Raises:
            DataError: a row is no list of labels, the kinds are mixed, or no row has a label.
        """
        rows = _check_rows(y)
        self._classes = _classes("MultiLabelEncoder", [label for row in rows for label in row])
        return self

    def encode(self, y: Iterable[Iterable[Label]]) -> np.ndarray:  # pyright: ignore[reportIncompatibleMethodOverride]
        """1 where a row has a class, else 0: float32 `(rows, classes)`.

        Raises:
            DataError: a row is no list of labels, or has one that `fit` did not see.
        """
        numbers = {label: number for number, label in enumerate(self.classes)}
        rows = _check_rows(y)
        result = np.zeros((len(rows), len(numbers)), dtype=np.float32)
        for row, labels in enumerate(rows):
            for label in labels:
                result[row, _number("MultiLabelEncoder", numbers, label, row)] = 1
        return result

    def decode(self, numbers: np.ndarray) -> list[list[Label]]:  # pyright: ignore[reportIncompatibleMethodOverride]
        """The labels of each row of a matrix `(rows, classes)`, where it is not zero."""
        classes = self.classes
        return [[classes[column] for column in np.flatnonzero(row)] for row in np.asarray(numbers)]


def _check_labels(where: str, y: Iterable[Any]) -> list[Any]:
    if isinstance(y, str | bytes):
        raise DataError(f"{where}: labels must be a list, got one string. Write [label].")
    labels = column_of(where, "labels", y)
    missing = [row for row, label in enumerate(labels) if is_missing(label)]
    if missing:
        raise DataError(
            f"{where}: {len(missing)} of {len(labels)} labels are missing, the first in row "
            f"{missing[0]}. Drop those rows or give them a label."
        )
    for row, label in enumerate(labels):
        if not isinstance(label, Label):
            raise DataError(
                f"{where}: a label must be a string or a number, got {label!r} in row {row}."
                f"{' Decode it with .decode().' if isinstance(label, bytes) else ''}"
            )
    return labels


def is_missing(label: Any) -> bool:
    """Whether a value is None, NaN, or pandas' NA or NaT."""
    if label is None:
        return True
    # pandas.NA compares to neither true nor false, so it is known by its type's name.
    return type(label).__name__ in ("NAType", "NaTType") or (
        isinstance(label, float) and label != label
    )


def _check_rows(y: Iterable[Any]) -> list[list[Any]]:
    rows = []
    for row, labels in enumerate(y):
        if isinstance(labels, str | bytes) or not isinstance(labels, Iterable):
            raise DataError(
                f"MultiLabelEncoder: each row must be a list of labels, got {labels!r} in row "
                f"{row}. Split it first, or write [label]."
            )
        rows.append(_check_labels(f"MultiLabelEncoder, row {row}", list(labels)))
    return rows


def _classes(where: str, labels: list[Any]) -> list[Any]:
    if not labels:
        raise DataError(f"{where}: there is not one label.")
    # True equals 1 in Python: together they would be one class.
    first = {_kind(label): label for label in reversed(labels)}
    if len(first) > 1:
        one, other = sorted(first.values(), key=str)[:2]
        raise DataError(
            f"{where}: labels must be all strings, all numbers or all truth values, got both "
            f"{one!r} and {other!r}. Convert them with str()."
        )
    return sorted(set(labels))


def _kind(label: Any) -> str:
    if isinstance(label, bool):
        return "a truth value"
    return "a string" if isinstance(label, str) else "a number"


def _number(where: str, numbers: dict[Any, int], label: Any, row: int) -> int:
    if label not in numbers:
        seen = list(numbers)
        listed = ", ".join(repr(each) for each in seen[:10]) + (", ..." if len(seen) > 10 else "")
        raise DataError(
            f"{where}: label {label!r} in row {row} was not there in fit. "
            f"Labels: {listed}.{suggestion(label, seen)}"
        )
    return numbers[label]
