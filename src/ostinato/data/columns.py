"""Columns of a table as they are written, to columns of numbers where nothing gets lost by it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ostinato.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"}
_TRUTH = {"True": True, "False": False, "true": True, "false": False, "TRUE": True, "FALSE": False}
# "01", "0012" and very long numbers are codes, not quantities.
_PADDED = re.compile(r"^[ \t]*[+-]?(?:0\d|\d{20})", re.MULTILINE)
_WHOLE = re.compile(r"\s*[+-]?\d+\s*\Z")
_PLAIN = re.compile(r"-?(?!0\Z)\d+\Z|0\Z")
_COMMA = re.compile(r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?(?:[eE][+-]?\d+)?\Z")
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+\Z")
_ENGLISH = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?(?:[eE][+-]?\d+)?\Z")


def _all(pattern: re.Pattern[str], values: Any) -> bool:
    return all(map(pattern.match, values.tolist()))


def present(column: Any) -> Any:
    """The values that are there: neither empty nor a word for a missing one."""
    return column[~column.isin(MISSING)]


def find_decimal(name: str, frame: pd.DataFrame, columns: Iterable[str]) -> tuple[str, str]:
    """The decimal sign and the sign between groups of three digits in a table whose fields are
    set apart by semicolons, as where the comma is the decimal sign.

    Raises:
        DataError: nothing tells whether 1.234 is more than a thousand or less than two.
    """
    comma, unclear = False, []
    for column in columns:
        values = present(frame[column])
        if len(values) == 0:
            continue
        if not _all(_COMMA, values):
            if any(map(_point, values.head(1000))) and _numeric(values) is not None:
                return ".", ""
        elif values.str.contains(",", regex=False).any():
            comma = True
        else:
            dotted = values[values.str.contains(".", regex=False)]
            if len(dotted) and _all(_GROUPED, dotted):
                unclear.append((column, dotted.iloc[0]))
    if comma:
        return ",", "."
    if unclear:
        raise DataError(
            f"{name}: column {unclear[0][0]!r} has numbers such as {unclear[0][1]}: is the point "
            "the decimal sign, or does it set thousands apart? Say decimal='.' or decimal=','."
        )
    return ".", ""


def _point(text: str) -> bool:
    return "." in text and _GROUPED.match(text) is None


def type_column(
    column: Any, *, decimal: str = ".", thousands: str = "", exact: bool = False
) -> tuple[Any, str]:
    """The column in its type, and the type's name: "whole", "number", "truth" or "text".

    Args:
        column: a pandas Series of strings as they are written.
        exact: numbers and truth values only where each is written as Python prints it, as labels
            need it: "1.10" and "TRUE" stay text.

    Among numbers an empty field and NA, NaN, null and the like are missing; in text only an empty
    field is. Numbers with leading zeros, such as 0012, are text.
    """
    import pandas as pd

    values = present(column)
    if len(values) == 0:
        return as_text(column), "text"
    if values.isin(_TRUTH).all():
        if exact and not values.isin(["True", "False"]).all():
            return as_text(column), "text"
        truths = values.map(_TRUTH)
        if len(values) == len(column):
            return truths.astype(bool), "truth"
        return truths.astype(object).reindex(column.index), "truth"
    plain = _point_decimal(values, decimal, thousands)
    numbers = None if plain is None else _numeric(plain)
    if plain is None or numbers is None or _PADDED.search("\n".join(plain.tolist())):
        return as_text(column), "text"
    if _all(_WHOLE, plain):
        if numbers.dtype.kind != "i" or (exact and not _all(_PLAIN, values)):
            return as_text(column), "text"
        if len(values) == len(column):
            return numbers.astype("int64"), "whole"
        whole = pd.Series(pd.NA, index=column.index, dtype="Int64")
        whole[values.index] = numbers.astype("int64")  # beside a missing value 5 stays 5
        return whole, "whole"
    if exact and not (numbers.map(repr) == values).all():
        return as_text(column), "text"
    return numbers.astype("float64").reindex(column.index), "number"


def _point_decimal(values: Any, decimal: str, thousands: str) -> Any:
    """Numbers with a decimal point and without groups; None where a value is no number."""
    if decimal == ",":
        if not _all(_COMMA, values):
            return None
        return values.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    if thousands:
        return values.str.replace(",", "", regex=False) if _all(_ENGLISH, values) else None
    return values


def _numeric(values: Any) -> Any:
    import pandas as pd

    try:
        numbers: Any = pd.to_numeric(values)
    except (ValueError, TypeError, OverflowError):
        return None
    return numbers if pd.api.types.is_numeric_dtype(numbers) else None


def as_text(column: Any) -> Any:
    """Strings as they are written; an empty field is missing."""
    return column.mask(column == "").infer_objects()
