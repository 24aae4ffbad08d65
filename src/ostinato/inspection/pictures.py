"""Figures of what a fit leaves and of answers on held-out rows; `plot_*` write them to files."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ostinato import measures
from ostinato.figures import Axis, Column, Line, Lines, Mark, Matrix, Table, draw
from ostinato.figures.base import Role
from ostinato.figures.choice import worth_seeing

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

MOST_CLASSES = 40  # classes up to which a confusion matrix is drawn
MOST_SERIES = 6


def learning_figures(
    history: Mapping[str, Sequence[float]],
    *,
    best: int | None = None,
    units: Mapping[str, tuple[float, str]] | None = None,
) -> list[Lines]:
    """A figure for each measure by epoch, training and validation; the loss first.

    Args:
        history: `train_NAME` and `val_NAME` to the figure of each epoch.
        best: the epoch whose weights were kept, from 1.
        units: of some measures what their figures are multiplied by, and their unit then.
    """
    units = units or {}
    curves = {
        name: [float(v) for v in values]
        for name, values in history.items()
        if name.startswith(("train_", "val_")) and not name.endswith("_seconds") and len(values)
    }
    named = {name.split("_", 1)[1] for name in curves}
    found = []
    for measure in sorted(named, key=lambda name: (name != "loss", name)):
        factor, unit = units.get(measure, (1.0, ""))
        roles: tuple[tuple[str, Role], ...] = (
            (f"train_{measure}", "training"),
            (f"val_{measure}", "validation"),
        )
        lines = [
            Line(name=role, x=range(1, len(y) + 1), y=np.array(y) * factor, role=role)
            for key, role in roles
            if (y := curves.get(key))
        ]
        kept = [Mark(x=best, label="kept")] if best else []
        found.append(
            Lines(
                title=f"{measure} by epoch",
                caption=_course(lines, best),
                lines=lines,
                marks=kept,
                x=Axis(label="epoch", whole=True),
                y=Axis(label=measure, unit=unit),
            )
        )
    return found


def _course(lines: Sequence[Line], best: int | None) -> str:
    if len(lines) > 1:
        return "Where validation turns away from training, the model begins to learn by heart."
    kept = f" The weights of epoch {best} were kept." if best else ""
    return f"On {'held-out' if lines[0].role == 'validation' else 'training'} rows.{kept}"


def confusion_figure(truth: Sequence[Any], answers: Sequence[Any]) -> Matrix:
    """The confusion matrix of two label lists, its shade the share of the row."""
    names, counts = measures.count_classes(list(truth), list(answers))
    return Matrix(
        title="Confusion matrix",
        caption="Rows are the truth, columns the model's answers: the stronger the "
        "diagonal, the better.",
        values=counts,
        tint=counts / np.maximum(counts.sum(1, keepdims=True), 1),
        low=0.0,
        high=1.0,
        rows=names,
        columns=names,
        x=Axis(label="answer"),
        y=Axis(label="truth"),
        value=Axis(label="share of the row"),
    )


def class_table(truth: Sequence[Any], answers: Sequence[Any]) -> Table:
    """Precision, recall, F1 and rows of each class."""
    names, counts = measures.count_classes(list(truth), list(answers))
    found = measures.per_class(counts)
    return Table(
        title="Each class",
        caption="Precision: how many answers of the class are right. Recall: how many of its rows "
        "were found. All from 0 to 1; near 1 is good.",
        columns=[
            "class",
            *(Column(name=n, form=".3f") for n in ("precision", "recall", "F1")),
            "rows",
        ],
        rows=list(zip(names, *(found[n].tolist() for n in found), strict=True)),
    )


def confusions_table(truth: Sequence[Any], answers: Sequence[Any], most: int = 15) -> Table:
    """The pairs of classes that are confused most often."""
    names, counts = measures.count_classes(list(truth), list(answers))
    wrong = counts - np.diag(np.diag(counts))
    order = np.argsort(-wrong, axis=None, kind="stable")[:most]
    pairs = [divmod(int(k), len(names)) for k in order]
    return Table(
        title="Confused most often",
        columns=["truth", "answer", "rows"],
        rows=[(names[a], names[b], int(wrong[a, b])) for a, b in pairs if wrong[a, b]],
    )


def mistakes_table(
    texts: Sequence[str],
    truth: Sequence[Any],
    answers: Sequence[Any],
    confidence: Sequence[float] | None = None,
    most: int = 8,
) -> Table:
    """The wrong answers of which the model was surest."""
    sure = confidence if confidence is not None else [math.nan] * len(truth)
    wrong = [
        (str(t), str(a), float(p), text[:240] + "…" * (len(text) > 240))
        for text, t, a, p in zip(texts, truth, answers, sure, strict=True)
        if str(t) != str(a)
    ]
    wrong.sort(key=lambda row: -row[2] if math.isfinite(row[2]) else 0.0)
    return Table(
        title=f"Surest mistakes ({len(wrong):,} of {len(truth):,} held-out rows are wrong)",
        caption="Read them: a wrong label in the data is as common as a wrong answer.",
        columns=["truth", "answer", Column(name="confidence", form=".1%"), "text"],
        rows=wrong[:most],
    )


def forecast_figures(
    times: ArrayLike | None,
    truth: ArrayLike,
    answers: ArrayLike,
    naive: Mapping[str, ArrayLike],
    names: Sequence[str] = (),
    *,
    most: int = MOST_SERIES,
) -> list[Lines]:
    """A figure for each series, or for the best, the worst and some between where there are many.

    Args:
        times: the timestamp or position of every step; None counts them. Of series with other
            times a list, one for each.
        truth: `(steps,)` or `(steps, columns)` in the user's units, or a list of series
            `(steps,)`.
        answers: the model's, in the shape of `truth`.
        naive: the answers of each naive baseline by its name.
        names: of the series.
        most: figures at most.
    """
    every, said = series_of(truth), series_of(answers)
    others = {name: series_of(values) for name, values in naive.items()}
    places = times_of(times, every)
    named = list(names) or [f"column {k + 1}" for k in range(len(every))]
    errors = [_error(a, t) for a, t in zip(said, every, strict=True)]
    found = []
    for k, word in worth_seeing(errors, most):
        lines = [
            Line(name="truth", x=places[k], y=every[k], role="truth"),
            Line(name="forecast", x=places[k], y=said[k], role="model"),
        ]
        lines += [
            Line(name=name, x=places[k], y=values[k], role="baseline")
            for name, values in others.items()
        ]
        found.append(
            Lines(
                title=f"{named[k]}, held-out rows{f': the {word}' if word else ''}",
                caption=_told(errors[k], {n: _error(v[k], every[k]) for n, v in others.items()}),
                lines=lines,
                y=Axis(label=named[k]),
            )
        )
    return found


def series_of(values: Any) -> list[np.ndarray]:
    """One array for each series, of a list of series or of columns."""
    if isinstance(values, (list, tuple)) and values and np.ndim(values[0]) == 1:
        return [np.asarray(each, dtype=float) for each in values]
    array = np.asarray(values, dtype=float)
    return list((array[:, None] if array.ndim == 1 else array).T)


def times_of(times: Any, every: Sequence[np.ndarray]) -> list[Any]:
    """The times of each series."""
    if times is None:
        return [range(len(each)) for each in every]
    if isinstance(times, (list, tuple)) and times and np.ndim(times[0]) == 1:
        return list(times)
    return [times] * len(every)


def _error(answers: np.ndarray, truth: np.ndarray) -> float:
    gap = np.abs(answers - truth)
    return float(np.nanmean(gap)) if np.isfinite(gap).any() else math.nan


def _told(own: float, naive: Mapping[str, float]) -> str:
    from ostinato.figures import number

    others = ", ".join(f"of {name} {number(value)}" for name, value in naive.items())
    beside = f"; {others}" if others else ""
    return f"Mean distance from the truth: of the forecast {number(own)}{beside}."


def plot_history(
    history: Mapping[str, Sequence[float]],
    path: str | os.PathLike[str] | None = None,
    *,
    measure: str = "loss",
) -> Figure:
    """One measure by epoch, training and validation, from an estimator's `history_`."""
    chosen = {k: v for k, v in history.items() if k in (f"train_{measure}", f"val_{measure}")}
    found = learning_figures(chosen) or [Lines(title=f"{measure} by epoch")]
    return _save(found[0], path, 640)


def plot_confusion(
    truth: Sequence[Any], answers: Sequence[Any], path: str | os.PathLike[str] | None = None
) -> Figure:
    """The confusion matrix of two label lists: rows the truth, shade the share of the row."""
    return _save(confusion_figure(truth, answers), path, 640)


def plot_forecast(
    times: ArrayLike,
    truth: ArrayLike,
    answers: ArrayLike,
    path: str | os.PathLike[str] | None = None,
    *,
    before: tuple[ArrayLike, ArrayLike] | None = None,
    naive: ArrayLike | None = None,
    naive_name: str = "naive baseline",
    title: str = "Forecast against truth",
    unit: str = "",
) -> Figure:
    """A forecast beside what came.

    Args:
        times: timestamps or positions of `truth` and `answers`, ascending.
        truth: what came, in `unit`.
        answers: the forecast, in `unit`.
        path: file to write, its suffix gives the format; None only returns the figure.
        before: times and values the forecast started from, drawn to its left.
        naive: the baseline's forecast.
        naive_name: what the legend calls it.
        title: words above the picture.
        unit: name of the vertical axis.
    """
    lines = [
        Line(name="truth, held out", x=times, y=truth, role="truth"),
        Line(name="forecast", x=times, y=answers, role="model"),
    ]
    if naive is not None:
        lines.append(Line(name=naive_name, x=times, y=naive, role="baseline"))
    marks = []
    if before is not None and np.size(before[0]):
        lines.append(Line(name="known before", x=before[0], y=before[1]))
        marks = [Mark(x=lines[-1].x[-1:], label="known until here", known=True)]
    drawn = Lines(title=title, lines=lines, marks=marks, y=Axis(label=unit))
    return _save(drawn, path, 800)


def _save(figure: Any, path: str | os.PathLike[str] | None, width: float) -> Figure:
    from ostinato.figures.raster import save

    made = draw.matplotlib(figure, width)
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        save(made, path)
    return made
