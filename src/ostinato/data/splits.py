"""Which rows to learn from and which to judge by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.data.inputs import column_of
from ostinato.errors import DataError, check_number

Split = tuple[np.ndarray, np.ndarray]
"""The rows for training and the rows for validation, both int64."""


def split_random(
    n: int, fraction: float, *, seed: int, stratify: Sequence[Any] | np.ndarray | None = None
) -> Split:
    """Rows drawn at random.

    Args:
        n: number of rows.
        fraction: how much of them is for validation, above 0 and below 1.
        seed: the same seed draws the same rows.
        stratify: the class of each row; both parts get the same shares of every class that has
            rows enough. The rows of rarer classes are drawn as one class, and every class keeps a
            row in training: a class of a single row is never judged.

    Returns:
        training rows and validation rows, each in a random order.

    Raises:
        DataError: too few rows for two parts, or no class has a second row to hold out.
    """
    from sklearn.model_selection import train_test_split

    size = _validation_size("split_random", n, fraction)
    rows = np.arange(n)
    if stratify is None:
        parts: list[Any] = train_test_split(rows, test_size=size, random_state=seed)
        return parts[0], parts[1]
    values = column_of("split_random", "stratify", stratify)
    if len(values) != n:
        raise DataError(f"split_random: stratify must have {n} rows, got {len(values)}.")
    numbers: dict[Any, int] = {}
    codes = np.array([numbers.setdefault(value, len(numbers)) for value in values])
    counts = np.bincount(codes)
    alone = counts[codes] == 1
    size = min(size, n - len(counts))  # every class keeps a row in training
    if size < 1:
        raise DataError(
            f"split_random: each of the {len(counts)} classes has a single row, so none can be "
            "held out. Use stratify=None, or give rows for validation."
        )
    strata = _strata(codes, alone, fraction, size)
    parts = train_test_split(
        rows[~alone], test_size=size, random_state=seed, stratify=strata[~alone]
    )
    return _one_of_each(np.concatenate([parts[0], rows[alone]]), parts[1], codes)


def _strata(codes: np.ndarray, alone: np.ndarray, fraction: float, size: int) -> np.ndarray:
    """The classes, or where they are too many for a draw of `size` rows, the rare ones as one."""
    counts = np.bincount(codes)
    common = counts > 1
    if common.sum() <= min(size, int((~alone).sum()) - size):
        return codes
    # At least two classes fewer, and so many that each has a row in either part.
    room = min(size, int((~alone).sum()) - size) - 1
    order = np.argsort(-counts, kind="stable")
    kept = [k for k in order[: max(room, 0)] if counts[k] * min(fraction, 1 - fraction) >= 1]
    return np.where(np.isin(codes, kept), codes, len(counts))


def _one_of_each(train: np.ndarray, valid: np.ndarray, codes: np.ndarray) -> Split:
    """The parts, with a row moved to training for every class that has none there."""
    missing = set(codes[valid]) - set(codes[train])
    firsts = {code: np.flatnonzero(codes[valid] == code)[0] for code in missing}
    moved = np.array(sorted(firsts.values()), dtype=np.int64)
    return np.concatenate([train, valid[moved]]), np.delete(valid, moved)


def split_time(n: int, fraction: float) -> Split:
    """The first rows for training and the last for validation, both in order.

    Raises:
        DataError: too few rows for two parts.
    """
    size = _validation_size("split_time", n, fraction)
    rows = np.arange(n)
    return rows[: n - size], rows[n - size :]


def split_groups(groups: Sequence[Any] | np.ndarray, fraction: float, seed: int) -> Split:
    """Whole groups (speakers, patients, machines) in one part or the other.

    `fraction` is of the groups, not of the rows.

    Raises:
        DataError: fewer than two groups.
    """
    from sklearn.model_selection import GroupShuffleSplit

    numbers: dict[Any, int] = {}
    names = column_of("split_groups", "groups", groups)
    codes = np.array([numbers.setdefault(group, len(numbers)) for group in names], dtype=np.int64)
    check_number("split_groups", "fraction", fraction, above=0, below=1)
    if len(numbers) < 2:
        raise DataError(
            f"split_groups: needs at least 2 groups, got {len(numbers)}. Use split_random."
        )
    size = min(max(1, round(len(numbers) * fraction)), len(numbers) - 1)
    splitter = GroupShuffleSplit(n_splits=1, test_size=size, random_state=seed)
    return next(splitter.split(codes, groups=codes))


def _validation_size(where: str, n: int, fraction: float) -> int:
    check_number(where, "fraction", fraction, above=0, below=1)
    if n < 2:
        raise DataError(f"{where}: needs at least 2 rows to make two parts, got {n}.")
    return min(max(1, round(n * fraction)), n - 1)
