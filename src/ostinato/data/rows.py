"""One value a row, from whatever holds them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ostinato.errors import DataError


def as_rows(where: str, name: str, values: Any) -> list[Any]:
    """`values` as a list: of a list, an array or a column of one dimension, or a generator.

    Raises:
        DataError: they are no rows, such as one text, a number, a table or a dictionary.
    """
    rule = f"{where}: {name} must have one value a row"
    if isinstance(values, (str, bytes)):
        raise DataError(f"{rule}, got one text. Write [text].")
    if isinstance(values, Mapping) or not isinstance(values, Iterable):
        raise DataError(f"{rule}, got {type(values).__name__}. Give a list or a column.")
    dimensions = getattr(values, "ndim", 1)
    if dimensions != 1:
        shape = tuple(getattr(values, "shape", ()))
        raise DataError(f"{rule}, got shape {shape}. Choose one column.")
    return list(values)
