"""What is known of rows to come beside their time: promotions, prices, the weather to come."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pandas as pd

from ostinato.data.series_table import Series
from ostinato.errors import DataError


def joined_ahead(parts: Sequence[Series], given: Sequence[Series], rows: int) -> list[Series]:
    """The series with what `given` tells of the next `rows` rows of each; other times are not
    read. Without timestamps its rows are the next ones."""
    by_name = {each.name: each for each in given}
    found = []
    for part in parts:
        each = by_name.get(part.name)
        if each is None:
            found.append(part)
            continue
        values = each.values
        if not isinstance(part.index, pd.RangeIndex):
            places = each.index.get_indexer(part.after(rows))
            values = np.where((places >= 0)[:, None], values[places], np.nan)
        found.append(dataclasses.replace(part, ahead=values[:rows]))
    return found


def complete(
    part: Series, names: Sequence[str], steps: int, rows: int, *, fill: str, back: int
) -> np.ndarray:
    """`(rows, future)`: future columns of the rows after a series, in the user's units.

    Args:
        names: of the future columns, the last of the series.
        steps: rows that must be known, unless `fill` says otherwise.
        fill: the option `missing_future`.
        back: rows before, whose value stands for one that is missing.

    Raises:
        DataError: a value is missing, and is not to be filled.
    """
    found = np.full((rows, len(names)), np.nan)
    if part.ahead is not None:
        given = part.ahead[:rows]
        found[: len(given)] = given
    if not np.isnan(found).any():
        return found
    holes = np.isnan(found[:steps])
    if holes.any() and fill == "error":
        step, column = np.argwhere(holes)[0]
        place = "" if part.name is None else f"series {part.name!r}: "
        raise DataError(
            f"Forecaster: {place}future column {names[column]!r} has no value for "
            f"{part.after(steps)[step]}, one of {int(holes.any(1).sum())} of {steps} rows to "
            "come without. Give future=... with the rows to come, or rows of X with empty "
            "targets, or choose Forecaster(missing_future=...)."
        )
    behind = np.concatenate([part.values[:, -len(names) :], found])
    for step, column in np.argwhere(np.isnan(found)):
        row = len(part.values) + step
        value = 0.0 if fill == "zero" else behind[max(row - back, 0), column]
        behind[row, column] = value
    return behind[len(part.values) :]
