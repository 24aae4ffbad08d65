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


def backtest(model: Any, table: pd.DataFrame, start: int) -> Backtest:
    """Forecast rows `start` and after, each `horizon` rows from all rows before them.

    Args:
        model: a fitted `Forecaster` of one series.
        table: rows of that series, in time order.
        start: the first row to forecast.
    """
    columns = [model.target] if isinstance(model.target, str) else [str(c) for c in model.target]
    values = table[columns].to_numpy(dtype=float)
    answers, naive = [], []
    for origin in range(start, len(table), model.horizon):
        left = min(model.horizon, len(table) - origin)
        answers.append(model.predict(table.iloc[:origin])[columns].to_numpy(dtype=float)[:left])
        naive.append(np.repeat(values[origin - 1 : origin], left, axis=0))
    times = table[model.time].iloc[start:] if model.time else range(start, len(table))
    return Backtest(
        times=list(times),
        truth=values[start:],
        answers=np.concatenate(answers),
        naive=np.concatenate(naive),
        columns=columns,
    )


def held_out(model: Any, table: pd.DataFrame, validation: float | pd.DataFrame) -> Backtest:
    """`backtest` on the rows that `fit` held out, the first series where there are many."""
    import pandas as pd

    if isinstance(validation, pd.DataFrame):
        if model.series:
            first = validation[model.series].iloc[0]
            table = table[table[model.series] == first]
            validation = validation[validation[model.series] == first]
        return backtest(model, pd.concat([table, validation], ignore_index=True), len(table))
    if model.series:
        table = table[table[model.series] == table[model.series].iloc[0]]
    return backtest(model, table, len(table) - max(1, round(len(table) * validation)))
