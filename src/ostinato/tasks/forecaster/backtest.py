"""Forecasts from one origin after another, as they would have been made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.series_table import Series
from ostinato.tasks.forecaster.intervals import Intervals
from ostinato.tasks.forecaster.measures import Answer, ask
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.windows import Windows


def backtest(
    answer: Answer,
    rows: ForecasterRows,
    parts: Sequence[Series],
    windows: Windows,
    *,
    every: int,
    intervals: Intervals | None = None,
    levels: Sequence[float] = (),
) -> pd.DataFrame:
    """Every `every`-th window of each series, the last one of each among them; a row for each step
    ahead.

    Returns:
        columns: the series' name if there are many; "origin", the time (or the position) of the
        last row that was known; the time of the row; "step", 1 for the next row; and for each
        target NAME, what came, NAME_forecast, NAME_last and NAME_season, the naive forecasts, and
        the quantiles NAME_q10.
    """
    past, horizon, names = rows.past, rows.horizon, rows.layout.target
    starts, series = windows.training, windows.series.numpy()
    own = series[starts.numpy()]
    last = np.searchsorted(own, own, side="right") - 1  # the last window of the same series
    starts = starts[np.flatnonzero((last - np.arange(len(own))) % every == 0)]
    first = np.searchsorted(series, np.arange(len(parts)))
    time = "time" if rows.clock is None else rows.clock.name or "time"
    tables, done = [], 0
    for asked in ask(answer, windows, starts, season=rows.season, past=past, horizon=horizon):
        own = asked.series
        places = starts[done : done + len(own)].numpy()
        done += len(own)
        columns = {
            "": asked.truth,
            "_forecast": windows.scales.inverse(asked.scaled, own),
            "_last": asked.naive[0],
            "_season": asked.naive[1],
        }
        if intervals is not None and levels:
            around = intervals.around(asked.scaled, windows.scales, own, levels)
            columns |= {f"_q{100 * q:g}": around[..., k] for k, q in enumerate(levels)}
        origins = places - first[own] + past - 1
        ahead = [
            parts[k].index[at + 1 : at + 1 + horizon] for k, at in zip(own, origins, strict=True)
        ]
        found: dict[str, Any] = {}
        if rows.layout.series is not None:
            found[rows.layout.series] = np.repeat([parts[k].name for k in own], horizon)
        known = pd.Index([parts[k].index[at] for k, at in zip(own, origins, strict=True)])
        found["origin"] = known.repeat(horizon)
        found[time] = ahead[0].append(ahead[1:])
        found["step"] = np.tile(np.arange(1, horizon + 1), len(places))
        for k, name in enumerate(names):
            found |= {name + end: values[..., k].ravel() for end, values in columns.items()}
        tables.append(pd.DataFrame(found))
    return pd.concat(tables, ignore_index=True)
