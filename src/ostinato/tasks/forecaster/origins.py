"""Backtests of a model, or of models that are fitted anew as rows come in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from sklearn.base import clone

from ostinato.data.series_table import Series, to_table
from ostinato.errors import check_number
from ostinato.tasks.forecaster.backtest import backtest
from ostinato.tasks.forecaster.classical import check_names


def tested(
    model: Any,
    X: Any,
    levels: Sequence[float],
    *,
    every: int | None,
    origins: int | None,
    beside: str | Sequence[str],
    refit: int | None,
) -> pd.DataFrame:
    """What `Forecaster.backtest` answers."""
    where = "Forecaster.backtest"
    for name, number in (("every", every), ("origins", origins), ("refit", refit)):
        if number is not None:
            check_number(where, name, number, low=1, whole=True)
    models, rows = check_names(where, beside), model.rows_
    how: dict[str, Any] = {"every": every or rows.horizon, "origins": origins, "beside": models}
    parts, _ = rows.read(X, where)
    if refit is not None:
        return _refitted(model, X, parts, refit=refit, quantiles=levels or None, **how)
    windows = rows.windows(parts, [len(part.values) for part in parts], where)
    how |= {"intervals": model.intervals_, "levels": levels}
    return backtest(model.module_, rows, parts, windows, **how)


def _refitted(
    model: Any,
    X: Any,
    parts: Sequence[Series],
    *,
    every: int,
    origins: int | None,
    refit: int,
    **how: Any,
) -> pd.DataFrame:
    """`model.backtest(X, every=every, origins=origins, **how)` by models that are fitted anew for
    every `refit` origins, each to the rows up to the first of these.

    Args:
        parts: the series of `X`.
    """
    series, horizon = model.layout_.series, model.horizon_
    frame = to_table(X, "Forecaster.backtest")
    groups = [frame] if series is None else [g for _, g in frame.groupby(series, sort=False)]
    left = [
        len(group) - len(part.values) - (0 if part.ahead is None else len(part.ahead))
        for group, part in zip(groups, parts, strict=True)
    ]  # rows before the first value of a target
    longest = max(len(part.values) for part in parts) - model.past_ - horizon
    count = min(longest // every + 1, origins or longest + 1)
    held_out = None if model.held_out_ is None and not model.baseline_ else 0.1

    def until(back: int) -> pd.DataFrame:
        """All but the last `back` rows of each series."""
        ends = [k + len(part.values) - back for k, part in zip(left, parts, strict=True)]
        kept: Any = [g[:end] for g, end in zip(groups, ends, strict=True) if end > 0]
        return pd.concat(kept)

    tables = []
    for first in range(count - 1, -1, -refit):
        last = max(first - refit + 1, 0)
        fresh: Any = clone(model)
        fresh.set_params(past=model.past_, horizon=horizon)
        fresh.fit(until(first * every + horizon), validation=held_out, progress=False)
        rows, some = until(last * every), first - last + 1
        tables.append(fresh.backtest(rows, every=every, origins=some, **how))
    found: Any = pd.concat(tables, ignore_index=True)
    if series is None:
        return found
    place = {part.name: k for k, part in enumerate(parts)}
    return found.sort_values(
        series, key=lambda names: names.map(place), kind="stable", ignore_index=True
    )
