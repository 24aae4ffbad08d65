"""Which rows a fit learns from and which it is judged by, as `fit(validation=...)` is told."""

from __future__ import annotations

import numbers
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from ostinato.data.splits import split_random
from ostinato.errors import OptionError, check_number

Columns = tuple[list[Any], ...]
C = TypeVar("C", bound=Columns)


def hold_out(
    where: str,
    columns: C,
    validation: Any,
    *,
    read: Callable[..., C],
    seed: int,
    stratify: Sequence[Any] | None = None,
    given: int | None = None,
) -> tuple[C, C | None]:
    """Columns to learn from, and the held-out ones or None.

    Args:
        columns: lists that belong together row by row, such as texts and labels.
        validation: a fraction of the rows, drawn at random; as many columns; or None.
        read: checks columns that the user gives as validation, as those of training were.
        seed, stratify: as in `split_random`.
        given: columns that `read` takes; None: as many as `columns`.

    Raises:
        OptionError: `validation` is none of these.
        DataError: rows are too few, or `read` refuses.
    """
    if validation is None:
        return columns, None
    if isinstance(validation, numbers.Real):
        check_number(where, "validation", validation, above=0, below=1)
        parts = split_random(len(columns[0]), float(validation), seed=seed, stratify=stratify)
        learn, judge = (tuple([each[k] for k in rows] for each in columns) for rows in parts)
        return learn, judge  # type: ignore[return-value]
    wanted = given or len(columns)
    if not isinstance(validation, Sequence) or len(validation) != wanted:
        raise OptionError(
            f"{where}: validation must be a fraction, {wanted} columns as in fit, or None, got "
            f"{type(validation).__name__}."
        )
    return columns, read(*validation)
