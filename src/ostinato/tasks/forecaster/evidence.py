"""A forecaster on held-out rows, as figures: forecast after forecast, as it would be used."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd

from ostinato.data.series_table import Series
from ostinato.figures import Axis, Band, Bars, Column, Figure, Group, Line, Lines, Table
from ostinato.figures.choice import worth_seeing
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.forecaster.answering import forecast
from ostinato.tasks.forecaster.estimator import Forecaster
from ostinato.tasks.forecaster.measures import BASELINES

MOST = 100  # forecasts of a series
PICTURES = 6  # series and columns that are drawn
SERIES = 40  # series that are tried
WORST = 10  # series in the table of the worst


@dataclasses.dataclass(frozen=True, kw_only=True)
class Backtest:
    """Back-to-back forecasts of one series beside what came, in the user's units.

    Attributes:
        name: of the series, or None.
        index: timestamps or positions of the rows, `(rows,)`.
        truth, answers: `(rows, targets)`.
        low, high: the ends of 80 % intervals, the same; None without.
        naive: the same of each baseline, by its prefix.
    """

    name: Any
    index: Any
    truth: np.ndarray
    answers: np.ndarray
    low: np.ndarray | None
    high: np.ndarray | None
    naive: dict[str, np.ndarray]


def backtests(model: Forecaster, X: Any) -> list[Backtest]:
    """Forecasts of the first series of `X` from row `past` on, each `horizon` rows from the `past`
    rows before them; the last `MOST` of each series. Gaps are filled as in `fit`."""
    parts, _ = model.rows_.read(X, "evidence")
    parts = [part for part in parts if len(part.values) > model.past_]
    return [_backtest(model, part) for part in parts[:SERIES]]


def _backtest(model: Forecaster, part: Series) -> Backtest:
    past, horizon, total = model.past_, model.horizon_, len(part.values)
    first = max(past, total - MOST * horizon)
    origins = range(first, total, horizon)
    windows = [
        dataclasses.replace(part, values=part.values[k - past : k], index=part.index[k - past : k])
        for k in origins
    ]
    levels = () if model.intervals_ is None else (0.1, 0.9)
    answers, _ = forecast(model.rows_, model.module_, windows, horizon, model.intervals_, levels)
    answers = answers.reshape(*answers.shape[:3], -1)
    targets = len(model.layout_.target)
    before = np.stack([each.values[:, :targets] for each in windows])
    naive = model.rows_.naive.of(before)

    def joined(values: np.ndarray) -> np.ndarray:
        return values.reshape(-1, targets)[: total - first]

    return Backtest(
        name=part.name,
        index=part.index[first:],
        truth=part.values[first:, :targets],
        answers=joined(answers[..., 0]),
        low=joined(answers[..., 1]) if levels else None,
        high=joined(answers[..., 2]) if levels else None,
        naive={prefix: joined(values) for prefix, values in naive.items()},
    )


def evidence(estimator: Forecaster, held_out: Any) -> Evidence:
    """What the model answers of `held_out`: a table in which the `past` rows of each series before
    the first of interest come first, as `evaluate` takes it."""
    series = estimator.layout_.series
    tests = backtests(estimator, held_out)
    if not tests:
        return Evidence()
    known = estimator.baseline_
    there = [each for each in BASELINES if each.prefix in tests[0].naive]
    best = min(there, key=lambda each: known.get(f"{each.prefix}mae", np.inf))
    drawn = [(test, column) for test in tests for column in range(len(estimator.layout_.target))]
    errors = [float(np.nanmean(np.abs(t.answers - t.truth)[:, c])) for t, c in drawn]
    figures: list[Figure] = [
        _against(*drawn[k], estimator.layout_.target[drawn[k][1]], best, series, word)
        for k, word in worth_seeing(errors, PICTURES)
    ]
    facts = _facts(estimator, len(figures), len(drawn))
    figures.append(_by_step(estimator, tests, best))
    if series is not None:
        figures.append(_worst(estimator, held_out))
    return Evidence(figures=figures, facts=facts, units=_units(estimator))


def _units(model: Forecaster) -> dict[str, tuple[float, str]]:
    """Curves in the user's units, like the headline; several targets have no common unit."""
    targets = model.layout_.target
    if len(targets) != 1:
        spread = "spreads of the training rows"
        return {"mae": (1.0, spread), "mse": (1.0, f"{spread}, squared"), "loss": (1.0, spread)}
    scales, name = model.scaler_.scales.spread[:, 0], targets[0]
    if len(scales) > 1 or model.transform != "none":
        spread = "spreads of each series' training rows"
        return {"mae": (1.0, spread), "mse": (1.0, f"{spread}, squared"), "loss": (1.0, spread)}
    scale = float(scales[0])
    return {"mae": (scale, f"units of {name}"), "mse": (scale**2, f"{name} squared")}


def _against(
    test: Backtest, column: int, name: str, best: Any, series: str | None, word: str
) -> Figure:
    of = "" if test.name is None else f", {series} {test.name}"
    x = test.index
    if isinstance(x, pd.DatetimeIndex):
        x = x.tz_localize(None) if x.tz is not None else x
    x = np.asarray(x)
    bands = []
    if test.low is not None and test.high is not None:
        low, high = test.low[:, column], test.high[:, column]
        bands = [Band(name="80 % interval", x=x, low=low, high=high)]
    return Lines(
        title=f"Forecasts of {name}{of}{f': the {word}' if word else ''}",
        caption="Each forecast was made from the rows before it alone; where one ends the next "
        f"begins. Beside them: {best.name}, the best naive forecast.",
        lines=[
            Line(name="what came", x=x, y=test.truth[:, column], role="truth"),
            Line(name="forecast", x=x, y=test.answers[:, column], role="model"),
            Line(name=best.name, x=x, y=test.naive[best.prefix][:, column], role="baseline"),
        ],
        bands=bands,
        y=Axis(label=name),
    )


def _by_step(model: Forecaster, tests: list[Backtest], best: Any) -> Figure:
    """The mean error one row ahead, two rows ahead, and so on, in spreads of the column."""
    scale = model.scaler_.whole.spread[0]
    steps = sorted({round(k) for k in np.linspace(1, model.horizon_, min(model.horizon_, 12))})

    def errors(answers: list[np.ndarray]) -> list[float]:
        gaps = [np.abs((a - t.truth) / scale).mean(1) for a, t in zip(answers, tests, strict=True)]
        ahead = [np.arange(len(each)) % model.horizon_ + 1 for each in gaps]
        found, at = np.concatenate(gaps), np.concatenate(ahead)
        return [float(found[at == k].mean()) if (at == k).any() else np.nan for k in steps]

    return Bars(
        title="Errors by how far ahead",
        caption="The mean distance between forecast and truth, so many rows ahead, in units of the "
        "spread of the training rows. Shorter is better.",
        names=[f"{k} ahead" for k in steps],
        groups=[
            Group(name="model", values=errors([t.answers for t in tests]), role="model"),
            Group(
                name=best.name,
                values=errors([t.naive[best.prefix] for t in tests]),
                role="baseline",
            ),
        ],
        value=Axis(label="error in spreads", low=0),
    )


def _worst(model: Forecaster, held_out: Any) -> Figure:
    """The series that are forecast worst, by their mean error beside the naive forecasts'."""
    found: Any = model.compare(model.backtest(held_out))
    own = found["mae"].to_numpy()
    naive = np.min([found[f"{prefix}mae"] for prefix in model.rows_.naive.prefixes], axis=0)
    better = int((own < naive).sum())
    found["share"] = own / np.where(naive > 0, naive, np.nan)
    worst: Any = found.sort_values("share", ascending=False)[["mae", "share", "smape"]][:WORST]
    return Table(
        title="The worst series",
        caption=f"Of {len(found):,} series {better:,} are forecast better than by the best naive "
        "forecast of each. These are the farthest from it.",
        columns=[
            Column(name=str(model.layout_.series)),
            Column(name="mean error"),
            Column(name="by the best naive forecast's", form=".2f"),
            Column(name="sMAPE", unit="%", form=".1f"),
        ],
        rows=[(str(name), *row) for name, row in zip(worst.index, worst.to_numpy(), strict=True)],
    )


def _facts(model: Forecaster, drawn: int, wanted: int) -> dict[str, object]:
    facts: dict[str, object] = dict(model.rows_.found(model.rows_.known))
    if model.layout_.series is not None:
        facts["series"] = f"{len(model.rows_.known):,} by {model.layout_.series!r}"
    if drawn < wanted:
        facts["pictures"] = f"{drawn} of {wanted} series and columns, by their error"
    return facts
