"""Recordings and their labels as the user gives them, read and checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato import data
from ostinato.data.inputs import column_of
from ostinato.errors import DataError
from ostinato.tasks.recordings.channels import read_values
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions

SEVERAL = (list, tuple, set, frozenset, np.ndarray)


class Pairs(NamedTuple):
    """Recordings `(steps, channels)` and, where they were asked for, as many labels: a list of
    one each, of lists of labels, or of arrays with a label a step."""

    values: list[np.ndarray]
    labels: list[Any]
    channels: list[str] | None = None


def read_pairs(
    where: str,
    options: SequenceClassifierOptions,
    X: Any,
    y: Any,
    channels: Sequence[str] | None = None,
) -> Pairs:
    """Recordings and their labels.

    Of a long table `y` may be the name of its column of labels, or have a label a row; where all
    rows of each recording have one label, that is the recording's.

    Raises:
        DataError: recordings or labels cannot be used, or they do not fit together.
    """
    column = y if isinstance(y, str) and hasattr(X, "columns") else None
    if column is not None:
        if column not in X.columns:
            raise DataError(
                f"{where}: no column {column!r} for y. Columns: {', '.join(map(str, X.columns))}."
            )
        y, X = X[column].tolist(), X.drop(columns=column)
    found = read_values(where, options, X, channels)
    labels = _labels(where, y)
    if found.rows is not None and len(labels) == sum(map(len, found.rows)) != len(found.values):
        labels = _by_recording(where, options, labels, found)
    if len(labels) != len(found.values):
        raise DataError(
            f"{where}: X and y must have the same number of recordings, got "
            f"{len(found.values):,} and {len(labels):,}."
        )
    return Pairs(found.values, labels, found.channels)


def _labels(where: str, y: Any) -> list[Any]:
    """One entry a recording, each a label, or a list or array of them."""
    if isinstance(y, np.ndarray) and y.ndim == 2 and y.shape[1] > 1:
        return list(y)
    if isinstance(y, (list, tuple)) and any(isinstance(each, SEVERAL) for each in y):
        return list(y)
    return column_of(where, "y", y)


def _by_recording(
    where: str, options: SequenceClassifierOptions, labels: list[Any], found: data.Sequences
) -> list[Any]:
    """Labels of a table's rows as one of each recording, or one of each of its steps."""
    assert found.rows is not None
    parts = [[labels[k] for k in places] for places in found.rows]
    if options.target != "steps" and all(len(set(map(str, part))) == 1 for part in parts):
        return [part[0] for part in parts]
    if any(len(part) != len(each) for part, each in zip(parts, found.values, strict=True)):
        raise DataError(
            f"{where}: labels of single steps cannot be put on steps of another rate. Leave out "
            "rate or time, or put the table on even steps first."
        )
    return parts


def kind_of(options: SequenceClassifierOptions, pairs: Pairs) -> str:
    """What a recording has: "label", "labels" or "steps"."""
    if options.target != "auto":
        return options.target
    several = [isinstance(each, SEVERAL) for each in pairs.labels]
    if not any(several):
        return "label"
    ordered = all(isinstance(each, (list, tuple, np.ndarray)) for each in pairs.labels)
    if ordered and all(len(y) == len(x) for x, y in zip(pairs.values, pairs.labels, strict=True)):
        return "steps"
    return "labels"


def check_kind(where: str, kind: str, pairs: Pairs) -> None:
    """Refuse labels that are of another kind, by the first that is.

    Raises:
        DataError: names it.
    """
    for row, (x, y) in enumerate(zip(pairs.values, pairs.labels, strict=True)):
        several = isinstance(y, SEVERAL)
        if kind == "label" and several:
            raise DataError(
                f"{where}: y[{row}] must be one label, got {len(y)} of them. For labels of steps "
                "say target='steps', for any number of labels target='labels'."
            )
        if kind != "label" and not several:
            raise DataError(
                f"{where}: y[{row}] must be a list of labels with target={kind!r}, got {y!r}."
            )
        if kind == "steps" and len(y) != len(x):
            raise DataError(
                f"{where}: y[{row}] must have a label for each of {len(x):,} steps, got {len(y):,}."
            )
