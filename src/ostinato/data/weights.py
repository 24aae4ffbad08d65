"""How much rows count: weights as a user gives them, one by one or by class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.errors import DataError, OptionError, check_number, suggestion


def read_weights(where: str, weights: Any, rows: int) -> list[float]:
    """`sample_weight`, or ones.

    Raises:
        DataError: they do not fit the rows.
    """
    if weights is None:
        return [1.0] * rows
    found = np.asarray(weights, dtype=np.float64)
    if found.shape != (rows,) or not (np.isfinite(found) & (found >= 0)).all() or not found.any():
        raise DataError(
            f"{where}: sample_weight must be {rows:,} numbers of at least 0, one a row and not all "
            f"zero, got shape {found.shape}."
        )
    return found.tolist()


def check_one_label(where: str, table: Any, several: bool) -> None:
    """Refuse `class_weight` where a row has several labels.

    Raises:
        OptionError: it was given.
    """
    if table is not None and several:
        raise OptionError(f"{where}: class_weight needs one label a row, got rows with several.")


def class_factors(
    where: str, table: str | Mapping[Any, float], classes: Sequence[Any], truth: np.ndarray
) -> np.ndarray:
    """The factor of each row by `class_weight`: that of its class, or with "balanced" what lets all
    classes count alike.

    Args:
        truth: class numbers `(rows,)`.

    Raises:
        OptionError: the table names no class, or has a number below 0.
    """
    if isinstance(table, str):
        counts = np.maximum(np.bincount(truth, minlength=len(classes)), 1)
        return (len(truth) / (len(classes) * counts))[truth]
    unknown = [each for each in table if each not in classes]
    if unknown:
        raise OptionError(
            f"{where}: class_weight has {unknown[0]!r}, which is no label. Labels: "
            f"{', '.join(map(repr, classes[:20]))}.{suggestion(unknown[0], classes)}"
        )
    for each, value in table.items():
        check_number(where, f"class_weight[{each!r}]", value, low=0)
    return np.array([float(table.get(each, 1.0)) for each in classes])[truth]
