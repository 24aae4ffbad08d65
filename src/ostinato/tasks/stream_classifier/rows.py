"""A stream's rows: read, checked and scaled one after the other; labels and their numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.data.inputs import column_of
from ostinato.data.labels import Label, is_missing
from ostinato.data.running import RunningScale
from ostinato.errors import DataError, suggestion
from ostinato.measures.prequential import LinearClassifier, softmax
from ostinato.tasks.stream_classifier.options import StreamClassifierOptions

FADES = 0.998  # what a row counts in the credit of an answer, by the row after it
SOFT = 0.1  # how far credit decides
UNKNOWN = -1  # the number of a label that is not known yet


@dataclasses.dataclass(kw_only=True)
class StreamRows:
    """What was learned of the rows: columns, scales, classes, and the linear model beside.

    Attributes:
        columns: names of the columns of numbers.
        classes: labels at the places of their numbers, in the order in which they were first seen.
        room: classes that there is room for.
        last_label: as in the options.
        scale: by rows long ago, and by recent ones.
        linear: the baseline, which learns beside the network.
        credit: `(2,)`, how well network and linear model did lately, in nats.
    """

    columns: list[str]
    classes: list[Label]
    room: int
    last_label: bool
    scale: RunningScale
    linear: LinearClassifier
    credit: np.ndarray

    @classmethod
    def begin(cls, options: StreamClassifierOptions, columns: Sequence[str]) -> StreamRows:
        """Nothing learned yet."""
        made = cls(
            columns=list(columns),
            classes=[],
            room=options.max_classes,
            last_label=options.last_label,
            scale=RunningScale(len(columns), (options.scale_memory, options.recent)),
            linear=None,  # type: ignore[arg-type]
            credit=np.zeros(2),
        )
        made.linear = LinearClassifier(made.inputs, made.room)
        return made

    @property
    def inputs(self) -> int:
        """Numbers that the network reads of a row."""
        return 2 * len(self.columns) + (self.room if self.last_label else 0)

    def values(self, where: str, row: Any) -> np.ndarray:
        """One row's numbers `(columns,)`, checked.

        Args:
            row: columns by name, or all values in order.

        Raises:
            DataError: a column is missing, or a value is no finite number.
        """
        if isinstance(row, Mapping):
            try:
                row = [row[name] for name in self.columns]
            except KeyError as error:
                name = error.args[0]
                raise DataError(
                    f"{where}: the row has no column {name!r}.{suggestion(name, row)} Columns: "
                    f"{', '.join(self.columns)}."
                ) from None
        try:
            found = np.asarray(row, dtype=np.float64)
        except (TypeError, ValueError):
            found = np.full(0, np.nan)
        if found.shape == (len(self.columns),) and np.isfinite(found).all():
            return found
        raise DataError(f"{where}: {self._wrong(row, found)}")

    def _wrong(self, row: Any, found: np.ndarray) -> str:
        count = len(self.columns)
        given = list(row) if isinstance(row, (Sequence, np.ndarray)) and np.ndim(row) == 1 else None
        if given is None or isinstance(row, str):
            return f"a row must be {count} numbers, got {row!r:.100}."
        if len(given) != count:
            listed = ", ".join(self.columns[:20])
            return f"a row must have {count} columns ({listed}), got {len(given)}."
        for name, value in zip(self.columns, given, strict=True):
            try:
                fits = np.isfinite(float(value))
            except (TypeError, ValueError):
                fits = False
            if not fits:
                return (
                    f"column {name!r} must be a finite number, got {value!r:.60}. Leave the row "
                    "out, or fill the value in."
                )
        return f"a row must be {count} numbers, got shape {found.shape}."

    def number(self, where: str, label: Any) -> int:
        """The number of a label's class; a label not seen before becomes a class.

        Raises:
            DataError: the label is missing or none, or there is no room for another class.
        """
        if isinstance(label, np.generic):
            label = label.item()
        if not isinstance(label, Label) or is_missing(label):
            raise DataError(
                f"{where}: a label must be a text, a number or a truth value, got {label!r:.60}."
            )
        if label in self.classes:
            return self.classes.index(label)
        if self.classes and isinstance(label, str) != isinstance(self.classes[0], str):
            raise DataError(
                f"{where}: labels must be all texts or all numbers, got {label!r} after "
                f"{self.classes[0]!r}."
            )
        if len(self.classes) == self.room:
            listed = ", ".join(map(repr, self.classes[:10]))
            raise DataError(
                f"{where}: label {label!r} would be class {self.room + 1}, and there is room for "
                f"{self.room}: {listed}{', ...' if self.room > 10 else ''}. Raise max_classes, or "
                "correct the label."
            )
        self.classes.append(label)
        return len(self.classes) - 1

    def scaled(self, values: np.ndarray, last: int) -> np.ndarray:
        """What the network reads of a row `(inputs,)`, after the rows before it.

        Args:
            last: the number of the last label known, or UNKNOWN.
        """
        width = len(self.columns)
        row = np.zeros(self.inputs, dtype=np.float32)
        row[: 2 * width] = self.scale.step(values).reshape(-1)
        if self.last_label and last >= 0:
            row[2 * width + last] = 1.0
        return row

    def judge(self, shares: np.ndarray, truth: int) -> None:
        """Keep up `credit` by the probabilities `(2, classes)` that both gave to a row."""
        self.credit = FADES * self.credit + np.log(np.maximum(shares[:, truth], 1e-6))

    def weights(self) -> np.ndarray:
        """How much the answers of network and linear model count: `(2,)`, 1 together."""
        return softmax(SOFT * self.credit)

    def copy(self) -> StreamRows:
        return self.from_dict(self.to_dict())

    def to_dict(self) -> dict[str, Any]:
        return {
            "columns": self.columns,
            "classes": list(self.classes),
            "room": self.room,
            "last_label": self.last_label,
            "scale": self.scale.to_dict(),
            "linear": self.linear.to_dict(),
            "credit": self.credit.tolist(),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> StreamRows:
        return cls(
            columns=list(document["columns"]),
            classes=list(document["classes"]),
            room=int(document["room"]),
            last_label=bool(document["last_label"]),
            scale=RunningScale.from_dict(document["scale"]),
            linear=LinearClassifier.from_dict(document["linear"]),
            credit=np.array(document["credit"], dtype=np.float64),
        )


def names_of(X: Any) -> list[str]:
    """The columns of a table, or of a row by name; numbers where they have no names."""
    if isinstance(X, Mapping):
        return [str(name) for name in X]
    names = getattr(X, "columns", None)
    if names is not None:
        return [str(name) for name in names]
    first = X
    if isinstance(X, (list, tuple)) and len(X):
        if isinstance(X[0], Mapping):
            return [str(name) for name in X[0]]
        first = X[0] if np.ndim(X[0]) else X
    width = np.shape(first)[-1] if np.ndim(first) else 0
    return [f"x{k}" for k in range(width)]


def read_rows(where: str, X: Any) -> tuple[list[str], list[Any]]:
    """Names of the columns, and every row as `StreamRows.values` takes it.

    Args:
        X: a table, an array `(rows, columns)`, or a list of rows.

    Raises:
        DataError: it is none of these, or has no rows or columns.
    """
    if isinstance(X, (str, bytes, Mapping)) or not (hasattr(X, "__len__") or hasattr(X, "shape")):
        raise DataError(f"{where}: X must be a table or rows of numbers, got {type(X).__name__}.")
    if hasattr(X, "columns") and hasattr(X, "to_numpy"):  # pandas, polars
        names, rows = names_of(X), list(X.to_numpy())
    else:
        try:
            rows = list(X)
            names = names_of(rows)
        except (TypeError, ValueError) as error:
            raise DataError(f"{where}: X must be rows of numbers ({error}).") from error
    if not rows or not names:
        raise DataError(f"{where}: X must have rows and columns, got {len(rows)} x {len(names)}.")
    if len(set(names)) != len(names):
        raise DataError(f"{where}: columns must have different names, got {', '.join(names)}.")
    return names, rows


def read_pairs(where: str, X: Any, y: Any) -> tuple[list[str], list[Any], list[Any]]:
    """`read_rows`, and as many labels.

    Raises:
        DataError: they cannot be used, or differ in number.
    """
    names, rows = read_rows(where, X)
    labels = column_of(where, "y", y)
    if len(labels) != len(rows):
        raise DataError(
            f"{where}: X and y must have the same number of rows, got {len(rows):,} and "
            f"{len(labels):,}."
        )
    return names, rows, labels


def encode(
    where: str, rows: StreamRows, X: Sequence[Any], y: Sequence[Any]
) -> tuple[np.ndarray, np.ndarray]:
    """What the network reads of each row `(rows, inputs)`, and the classes `(rows,)`; scales,
    classes and the linear model learn from them.

    Raises:
        DataError: a row or a label cannot be used; nothing was learned then.
    """
    values = [rows.values(f"{where}, row {k}", row) for k, row in enumerate(X)]
    before = len(rows.classes)
    try:
        numbers = [rows.number(f"{where}, row {k}", label) for k, label in enumerate(y)]
    except DataError:
        del rows.classes[before:]
        raise
    inputs, last = np.zeros((len(values), rows.inputs), dtype=np.float32), UNKNOWN
    for k, row in enumerate(values):
        inputs[k] = rows.scaled(row, last)
        last = numbers[k]
        rows.linear.learn(inputs[k], last, len(rows.classes))
    return inputs, np.array(numbers, dtype=np.int64)
