"""Pictures of forecasts: the rows before them, a fan of intervals, a backtest, errors by step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.series_table import Layout, Series
from ostinato.errors import OptionError, check_choice
from ostinato.figures import Axis, Band, Bars, Figure, Group, Line, Lines, Mark
from ostinato.tasks.forecaster.answering import Answers
from ostinato.tasks.forecaster.measures import BASELINES

KINDS = ("forecast", "history", "backtest", "steps")
LEVELS = (50, 80, 95)  # per cent of the values that the fan's intervals should hold
_BEFORE = 5  # horizons of rows drawn before a forecast
_MOST = 24  # bars by step ahead


def draw(
    model: Any,
    answers: Answers,
    X: Any,
    kind: str,
    *,
    series: Any,
    target: str | None,
    future: Any,
    h: int | None,
) -> Figure:
    """What `Forecaster.plot` answers."""
    where, layout = "Forecaster.plot", model.layout_
    check_choice(where, "kind", kind, KINDS)
    target = str(layout.target[0] if target is None else target)
    check_choice(where, "target", target, layout.target)
    if kind in ("backtest", "steps"):
        return _held_out(model, X, kind, series, target, where)
    parts = model.rows_.known if X is None else model.rows_.read(X, where)[0]
    name = parts[0].name if series is None else series
    check_choice(where, "series", name, [part.name for part in parts])
    part = next(part for part in parts if part.name == name)
    column, of = layout.target.index(target), _of(layout, name)
    if kind == "history":
        return _history(part, column, target, f"{target}{of}")
    levels = [] if answers.intervals is None else answers.levels(where, LEVELS, None)
    ahead = answers.ahead([part], future, h, levels, where)
    ahead = ahead if layout.series is None else ahead.droplevel(0)
    return _fan(part, column, target, f"Forecast of {target}{of}", ahead, levels)


def _held_out(model: Any, X: Any, kind: str, series: Any, target: str, where: str) -> Figure:
    X, layout = model.held_out_ if X is None else X, model.layout_
    if X is None:
        raise OptionError(f"{where}: there are no held-out rows to draw. Give rows as X.")
    tested = model.backtest(X, level=None if model.intervals_ is None else 80)
    if kind == "steps":
        return _steps(model.compare(tested, by="step"), "Errors by how far ahead")
    name = None
    if layout.series is not None:
        names = tested[layout.series].unique().tolist()
        name = names[0] if series is None else series
        check_choice(where, "series", name, names)
        tested = tested[tested[layout.series] == name]
    time = tested.columns[list(tested.columns).index("step") - 1]
    return _tested(tested, time, target, f"Forecasts of {target}{_of(layout, name)}")


def _of(layout: Layout, name: Any) -> str:
    return "" if name is None else f", {layout.series} {name}"


def places(index: Any) -> np.ndarray:
    """Timestamps without their zone, or positions."""
    if isinstance(index, pd.DatetimeIndex) and index.tz is not None:
        index = index.tz_localize(None)
    return np.asarray(index)


def _history(part: Series, column: int, name: str, title: str) -> Figure:
    """All rows of a series."""
    x = places(part.index)
    line = Line(name=name, x=x, y=part.values[:, column], role="truth")
    return Lines(title=title, lines=[line], y=Axis(label=name))


def _fan(
    part: Series, column: int, name: str, title: str, ahead: pd.DataFrame, levels: Sequence[float]
) -> Figure:
    """The last rows of a series, the forecast after them and intervals around it.

    Args:
        ahead: the forecast NAME and its quantiles NAME_q10, at each of `levels`.
    """
    rows = min(len(part.values), max(_BEFORE * len(ahead), 24))
    x, later = places(part.index[-rows:]), places(ahead.index)
    bands = []
    for k in range(len(levels) // 2):
        low, high = levels[k], levels[-1 - k]
        ends = [ahead[f"{name}_q{100 * level:g}"].to_numpy() for level in (low, high)]
        share = f"{100 * (high - low):g} % interval"
        bands.append(Band(name=share, x=later, low=ends[0], high=ends[1]))
    return Lines(
        title=title,
        lines=[
            Line(name="what came", x=x, y=part.values[-rows:, column], role="truth"),
            Line(name="forecast", x=later, y=ahead[name].to_numpy(), role="model"),
        ],
        bands=bands,
        marks=[Mark(x=x[-1], label="now", known=True)],
        y=Axis(label=name),
    )


def _tested(table: pd.DataFrame, time: str, name: str, title: str) -> Figure:
    """A backtest of one series, whose forecasts follow each other, beside the best naive one."""
    ending = _best(table, name)
    x = places(pd.Index(table[time]))
    bands = []
    if f"{name}_q10" in table.columns:
        low, high = (table[f"{name}_q{k}"].to_numpy() for k in (10, 90))
        bands = [Band(name="80 % interval", x=x, low=low, high=high)]
    lines: tuple[tuple[str, str, Any], ...] = (
        ("what came", "", "truth"),
        ("forecast", "_forecast", "model"),
        (f"naive forecast: {ending[1:]}", ending, "baseline"),
    )
    return Lines(
        title=title,
        lines=[
            Line(name=word, x=x, y=table[name + end].to_numpy(), role=role)
            for word, end, role in lines
        ],
        bands=bands,
        y=Axis(label=name),
    )


def _steps(figures: pd.DataFrame, title: str) -> Figure:
    """Mean errors so many rows ahead, beside the best naive forecast's.

    Args:
        figures: what `compare(by="step")` made.
    """
    there = [each for each in BASELINES if f"{each.prefix}mae" in figures.columns]
    naive = min(there, key=lambda each: figures[f"{each.prefix}mae"].to_numpy().mean())
    chosen = np.unique(np.linspace(0, len(figures) - 1, _MOST).round().astype(int))
    some = figures.iloc[chosen]
    return Bars(
        title=title,
        names=[f"{k} ahead" for k in some.index],
        groups=[
            Group(name="model", values=some["mae"].to_numpy(), role="model"),
            Group(name=naive.name, values=some[f"{naive.prefix}mae"].to_numpy(), role="baseline"),
        ],
        value=Axis(label="mean error", low=0),
    )


def _best(table: pd.DataFrame, name: str) -> str:
    """The ending of the naive forecast's column that errs least."""
    there = [e for e in ("_last", "_season", "_drift", "_croston") if name + e in table.columns]
    truth = table[name].to_numpy()
    return min(there, key=lambda e: np.abs(table[name + e].to_numpy() - truth).mean())
