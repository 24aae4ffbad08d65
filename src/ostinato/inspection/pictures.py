"""Pictures of a fit and of answers, written to files."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ostinato.figures import Axis, Band, Line, Lines, Mark, draw
from ostinato.figures.classes import confusion_figure
from ostinato.figures.learning import learning_figures as learning_figures

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike


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
    interval: tuple[ArrayLike, ArrayLike] | None = None,
    interval_name: str = "80 % interval",
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
        interval: low and high ends around the forecast.
        interval_name: what the legend calls it.
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
    bands = []
    if interval is not None:
        bands = [Band(name=interval_name, x=times, low=interval[0], high=interval[1])]
    drawn = Lines(title=title, lines=lines, bands=bands, marks=marks, y=Axis(label=unit))
    return _save(drawn, path, 800)


def _save(figure: Any, path: str | os.PathLike[str] | None, width: float) -> Figure:
    from ostinato.figures.raster import save

    made = draw.matplotlib(figure, width)
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        save(made, path)
    return made
