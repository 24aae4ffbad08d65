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

    `naive` repeats the last value known before each forecast, `seasonal` the last season; None
    where the model found no season. `name` is the series', where there are many.
    """

    times: list[Any]
    truth: np.ndarray
    answers: np.ndarray
    naive: np.ndarray
    columns: list[str]
    seasonal: np.ndarray | None = None
    name: str = ""


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
    season = int(getattr(model, "season_", 1))
    answers, naive, seasonal = [], [], []
    for origin in range(start, len(table), model.horizon):
        left = min(model.horizon, len(table) - origin)
        known = table.iloc[origin - model.past : origin]
        answers.append(model.predict(known)[columns].to_numpy(dtype=float)[:left])
        naive.append(np.repeat(values[origin - 1 : origin], left, axis=0))
        again = np.tile(values[origin - season : origin], (-(-left // season), 1))
        seasonal.append(again[:left])
    return Backtest(
        times=_times(model, table)[start:],
        truth=values[start:],
        answers=np.concatenate(answers),
        naive=np.concatenate(naive),
        columns=columns,
        seasonal=np.concatenate(seasonal) if season > 1 else None,
    )


def _times(model: Any, table: pd.DataFrame) -> list[Any]:
    import pandas as pd

    if not model.layout_.time:
        return list(range(len(table)))
    return list(pd.to_datetime(table[model.layout_.time]))


def held_out(
    model: Any, table: pd.DataFrame, validation: float | pd.DataFrame, *, most: int = 300
) -> list[Backtest]:
    """`backtest` of each series on the rows that `fit` held out.

    Of more than `most` / 3 series some are tried, spread evenly; `most` is the number of
    forecasts altogether, and each series has at least 2.
    """
    import pandas as pd

    known: list[Any] = [table] if isinstance(validation, float) else [table, validation]
    column = model.layout_.series
    names: list[Any] = [None] if not column else list(pd.unique(known[-1][column]))
    chosen = np.unique(np.linspace(0, len(names) - 1, min(len(names), most // 3)).astype(int))
    found = []
    for name in (names[k] for k in chosen):
        rows = [each if name is None else each[each[column] == name] for each in known]
        one: Any = pd.concat(rows, ignore_index=True)
        held = max(1, round(len(one) * validation)) if isinstance(validation, float) else None
        start = len(rows[0]) if held is None else len(one) - held
        share = 100 if name is None else max(2, most // len(chosen))
        made = backtest(model, one, start, most=share)
        found.append(dataclasses.replace(made, name="" if name is None else str(name)))
    return found
