"""One column of values out of whatever holds it: lists, NumPy, pandas, polars, pyarrow, torch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import Any

import numpy as np

from ostinato.errors import DataError


def column_of(where: str, name: str, values: Any) -> list[Any]:
    """The values as a list of plain Python objects, in their order.

    Args:
        where, name: for messages: "TextEncoder", "texts".
        values: a list, a generator, an array `(rows,)` or `(rows, 1)`, or one column of a table.

    Raises:
        DataError: one text, a mapping, a set, or a table of several columns was given.
    """
    if isinstance(values, str | bytes):
        raise DataError(f"{where}: {name} must be a list of strings, got one. Write [text].")
    if isinstance(values, Mapping | Set):
        raise DataError(
            f"{where}: {name} must be a list, got a {type(values).__name__}, whose order means "
            "nothing."
        )
    shape = getattr(values, "shape", None)
    if hasattr(values, "columns") or hasattr(values, "column_names"):  # a DataFrame, a Table
        # A pyarrow table's `columns` are the columns themselves.
        names = list(getattr(values, "column_names", None) or values.columns)
        if len(names) != 1:
            listed = ", ".join(map(str, names[:10]))
            raise DataError(
                f"{where}: {name} must be one column, got a table with {len(names)}: {listed}. "
                f"Give one, such as table['text']."
            )
        values = values[names[0]]
    elif shape is not None and len(shape) != 1:
        if len(shape) != 2 or shape[1] != 1:
            raise DataError(
                f"{where}: {name} must have shape (rows,), got {tuple(shape)}. Give one column."
            )
        values = np.asarray(values)[:, 0]
    if not isinstance(values, Iterable):
        raise DataError(f"{where}: {name} must be a list, got {type(values).__name__}.")
    for method in ("to_pylist", "tolist", "to_list"):  # pyarrow; NumPy, pandas, torch; polars
        if hasattr(values, method):
            return list(getattr(values, method)())
    return [each.item() if isinstance(each, np.generic) else each for each in values]
