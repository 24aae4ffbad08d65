"""Forecasts from one origin after another, as they would have been made; and their figures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_table import Series
from ostinato.errors import DataError, check_choice
from ostinato.measures.forecasts import percent_errors, pinball_loss
from ostinato.tasks.forecaster.classical import classical
from ostinato.tasks.forecaster.intervals import Intervals
from ostinato.tasks.forecaster.measures import BASELINES, ask
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.windows import Windows

_ENDINGS = {"baseline_": "_last", "seasonal_": "_season"}  # of columns, by prefix of figures


def backtest(
    module: ForecasterModule,
    rows: ForecasterRows,
    parts: Sequence[Series],
    windows: Windows,
    *,
    every: int,
    origins: int | None = None,
    intervals: Intervals | None = None,
    levels: Sequence[float] = (),
    beside: Sequence[str] = (),
) -> pd.DataFrame:
    """Every `every`-th window of each series, the last one of each among them, or the last
    `origins` of these; a row for each step ahead.

    Returns:
        columns: the series' name if there are many; "origin", the time (or the position) of the
        last row that was known; the time of the row; "step", 1 for the next row; and for each
        target NAME, what came, NAME_forecast, the naive forecasts NAME_last, NAME_season and
        NAME_drift, those of the models `beside`, and the quantiles NAME_q10.
    """
    past, horizon, names = rows.past, rows.naive.horizon, rows.layout.target
    output = module.output
    starts, series = windows.training, windows.series.numpy()
    own = series[starts.numpy()]
    last = np.searchsorted(own, own, side="right") - 1  # the last window of the same series
    back = last - np.arange(len(own))
    starts = starts[np.flatnonzero((back % every == 0) & (back < every * (origins or len(own))))]
    first = np.searchsorted(series, np.arange(len(parts)))
    time = "time" if rows.clock is None else rows.clock.name or "time"
    tables, done = [], 0
    for asked in ask(rows, module, windows, starts):
        own = asked.series
        places = starts[done : done + len(own)].numpy()
        done += len(own)
        known = places - first[own] + past - 1  # the last row of each
        columns = {
            "": asked.truth,
            "_forecast": output.values(asked.said, 0.0, windows.scales, own),
        }
        columns |= {_ending(prefix): values for prefix, values in asked.naive.items()}
        for model in beside:
            columns[_ending(f"{model}_")] = _fitted(model, rows, parts, own, known)
        if intervals is not None and levels:
            around = intervals.around(output, asked.said, windows.scales, own, levels)
            columns |= {f"_q{100 * q:g}": around[..., k] for k, q in enumerate(levels)}
        ahead = [
            parts[k].index[at + 1 : at + 1 + horizon] for k, at in zip(own, known, strict=True)
        ]
        found: dict[str, Any] = {}
        if rows.layout.series is not None:
            found[rows.layout.series] = np.repeat([parts[k].name for k in own], horizon)
        stamps = pd.Index([parts[k].index[at] for k, at in zip(own, known, strict=True)])
        found["origin"] = stamps.repeat(horizon)
        found[time] = ahead[0].append(ahead[1:])
        found["step"] = np.tile(np.arange(1, horizon + 1), len(places))
        for k, name in enumerate(names):
            found |= {name + end: values[..., k].ravel() for end, values in columns.items()}
        tables.append(pd.DataFrame(found))
    return pd.concat(tables, ignore_index=True)


def _ending(prefix: str) -> str:
    return _ENDINGS.get(prefix, f"_{prefix[:-1]}")


def _fitted(
    model: str,
    rows: ForecasterRows,
    parts: Sequence[Series],
    series: np.ndarray,
    known: np.ndarray,
) -> np.ndarray:
    """What a statistical model says after each row of `known`, `(origins, horizon, targets)`, from
    all the rows up to it."""
    season, horizon = rows.season, rows.naive.horizon
    targets = range(len(rows.layout.target))
    found = [
        [classical(model, parts[k].values[: at + 1, each], season, horizon) for each in targets]
        for k, at in zip(series, known, strict=True)
    ]
    return np.array(found).transpose(0, 2, 1)


def compare(tested: pd.DataFrame, rows: ForecasterRows, by: str) -> pd.DataFrame:
    """Figures of a table that `backtest` made, a row for each "series" or each "step".

    Raises:
        OptionError: `by` is neither.
        DataError: columns are missing.
    """
    check_choice("Forecaster.compare", "by", by, ("series", "step"))
    target, series = rows.layout.target, rows.layout.series
    wanted = [*([series] if series else []), "step", *target, *(f"{t}_forecast" for t in target)]
    absent = [name for name in wanted if name not in tested.columns]
    if absent:
        raise DataError(
            f"Forecaster.compare: no column {absent[0]!r}. Give a table that backtest made."
        )
    names = tested[series].tolist() if series else [None] * len(tested)
    known = dict(zip(rows.scaling.names, rows.naive_scale, strict=True))
    none = np.full(len(target), np.nan)
    units = np.array([known.get(data.plain_name(name), none) for name in names])
    key = tested["step"].to_numpy() if by == "step" or not series else np.array(names)
    if by == "series" and not series:
        key = np.zeros(len(tested), dtype=int)
    terms = [pd.DataFrame(dict(_terms(tested, name, units[:, k]))) for k, name in enumerate(target)]
    found: Any = (sum(terms[1:], terms[0]) / len(terms)).groupby(key, sort=False).mean()
    for name in [name for name in found.columns if name.endswith("mse")]:
        found.insert(found.columns.get_loc(name), name.replace("mse", "rmse"), np.sqrt(found[name]))
    for name in [name for name in found.columns if name.endswith("wql")]:
        found[name] = found[name.replace("wql", "crps")] / found[name]
    return found.rename_axis(by if by == "step" else series)


def _terms(tested: pd.DataFrame, name: str, units: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """What each row adds to the figures of a target, by the name of the figure."""
    truth, unit = tested[name].to_numpy(dtype=np.float64), np.where(units > 0, units, np.nan)
    quantiles, levels = _quantiles(tested, name)
    for prefix in ("", *(baseline.prefix for baseline in BASELINES)):
        column = name + (_ending(prefix) if prefix else "_forecast")
        if column not in tested.columns:
            continue
        forecast = tested[column].to_numpy(dtype=np.float64)
        gap = np.abs(forecast - truth)
        yield f"{prefix}mae", gap
        yield f"{prefix}mse", gap**2
        yield f"{prefix}mase", gap / unit
        yield f"{prefix}smape", percent_errors(forecast, truth)
        if levels:
            crps = gap if prefix else 2 * pinball_loss(quantiles, truth, levels)
            yield f"{prefix}crps", crps
            yield f"{prefix}wql", np.abs(truth)  # by which the line before is divided
    if len(levels) > 1:
        share = f"coverage_{100 * (levels[-1] - levels[0]):g}"
        inside = (quantiles[:, 0] <= truth) & (truth <= quantiles[:, -1])
        yield share, inside.astype(np.float64)


def _quantiles(tested: pd.DataFrame, name: str) -> tuple[np.ndarray, list[float]]:
    form = re.compile(re.escape(name) + r"_q(\d+(?:\.\d+)?)")
    found = {each: match for each in tested.columns if (match := form.fullmatch(str(each)))}
    levels = [float(match[1]) / 100 for match in found.values()]
    return tested[list(found)].to_numpy(dtype=np.float64), levels
