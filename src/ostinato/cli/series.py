"""A forecaster tried on rows it has not seen, forecast after forecast, as it would be used."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backtest:
    """Back-to-back forecasts beside what came; shapes are (steps, columns), in the user's units.

    `naive` repeats the last value known before each forecast.
    """

    times: list[Any]
    truth: np.ndarray
    answers: np.ndarray
    naive: np.ndarray
    columns: list[str]


def backtest(model: Any, table: pd.DataFrame, start: int, *, most: int = 100) -> Backtest:
    """Forecast rows `start` and after, each `horizon` rows from the `past` rows before them.

    Args:
        model: a fitted `Forecaster` of one series.
        table: rows of that series, in time order.
        start: the first row to forecast; where that takes more than `most` forecasts, a later one.
        most: forecasts at most.
    """
    columns = list(model.layout_.target)
    values = table[columns].to_numpy(dtype=float)
    start = max(start, len(table) - most * model.horizon, model.past)
    answers, naive = [], []
    for origin in range(start, len(table), model.horizon):
        left = min(model.horizon, len(table) - origin)
        known = table.iloc[origin - model.past : origin]
        answers.append(model.predict(known)[columns].to_numpy(dtype=float)[:left])
        naive.append(np.repeat(values[origin - 1 : origin], left, axis=0))
    return Backtest(
        times=_times(model, table)[start:],
        truth=values[start:],
        answers=np.concatenate(answers),
        naive=np.concatenate(naive),
        columns=columns,
    )


def _times(model: Any, table: pd.DataFrame) -> list[Any]:
    import pandas as pd

    if not model.layout_.time:
        return list(range(len(table)))
    return list(pd.to_datetime(table[model.layout_.time]))


def held_out(model: Any, table: pd.DataFrame, validation: float | pd.DataFrame) -> Backtest:
    """`backtest` on the rows that `fit` held out, of the first series where there are many."""
    import pandas as pd

    known: list[Any] = [table] if isinstance(validation, float) else [table, validation]
    column = model.layout_.series
    if column:
        first = known[-1][column].iloc[0]
        known = [each[each[column] == first] for each in known]
    rows: Any = pd.concat(known, ignore_index=True)
    if isinstance(validation, float):
        return backtest(model, rows, len(rows) - max(1, round(len(rows) * validation)))
    return backtest(model, rows, len(known[0]))
