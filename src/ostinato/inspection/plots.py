"""Pictures for files, by matplotlib's Agg canvas; pyplot and its global state stay untouched."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike

BLUE, ORANGE, GREEN, GREY = "#2a78d6", "#d9541e", "#1a8f6d", "#71706a"


def _figure(title: str, width: float = 9.0, height: float = 4.6) -> tuple[Figure, Axes]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    made = Figure(figsize=(width, height), dpi=140, layout="constrained", facecolor="white")
    FigureCanvasAgg(made)
    axes = made.add_subplot()
    axes.set_title(title, loc="left", fontsize=12, fontweight="bold", pad=12)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        axes.spines[side].set_color("#c3c2b7")
    axes.grid(axis="y", color="#e1e0d9", linewidth=0.8)
    axes.set_axisbelow(True)
    axes.tick_params(colors="#52514e", length=0)
    return made, axes


def _save(made: Figure, path: str | os.PathLike[str] | None) -> Figure:
    if path is not None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        made.savefig(path)
    return made


def plot_history(
    history: Mapping[str, Sequence[float]],
    path: str | os.PathLike[str] | None = None,
    *,
    measure: str = "loss",
) -> Figure:
    """One measure by epoch, training and validation, from an estimator's `history_`."""
    from matplotlib.ticker import MaxNLocator

    made, axes = _figure(f"{measure} by epoch", 7.0, 4.2)
    for key, words, colour in (
        (f"train_{measure}", "training", BLUE),
        (f"val_{measure}", "validation", ORANGE),
    ):
        if history.get(key):
            epochs = range(1, len(history[key]) + 1)
            axes.plot(epochs, history[key], color=colour, marker="o", markersize=4, label=words)
    axes.set_xlabel("epoch")
    axes.set_ylabel(measure)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if axes.lines:
        axes.legend(frameon=False)
    return _save(made, path)


def plot_confusion(
    truth: Sequence[Any], answers: Sequence[Any], path: str | os.PathLike[str] | None = None
) -> Figure:
    """The confusion matrix of two label lists: rows the truth, shade the share of the row."""
    from ostinato.inspection.report import confusion

    names, counts = confusion(truth, answers)
    side = max(3.6, 0.62 * len(names) + 2.2)
    made, axes = _figure("Confusion matrix", side + 0.6, side)
    table = np.asarray(counts, dtype=float)
    share = table / np.maximum(table.sum(1, keepdims=True), 1)
    axes.grid(visible=False)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row in range(len(names)):
        for column in range(len(names)):
            colour = "white" if share[row, column] > 0.55 else "#0b0b0b"
            words = f"{counts[row][column]:,}"
            axes.text(column, row, words, ha="center", va="center", color=colour, fontsize=9)
    places = range(len(names))
    axes.set_xticks(
        places,
        names,
        rotation=35 if len(names) > 3 else 0,
        ha="right" if len(names) > 3 else "center",
    )
    axes.set_yticks(places, names)
    axes.set_xlabel("answer")
    axes.set_ylabel("truth")
    return _save(made, path)


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
    made, axes = _figure(title)
    places = np.asarray(times)
    lines = [
        (truth, {"color": "#0b0b0b", "linewidth": 1.6, "label": "truth, held out"}),
        (answers, {"color": ORANGE, "linewidth": 2.0, "label": "forecast"}),
    ]
    if naive is not None:
        dashes: Any = (0, (4, 2))
        style = {"color": GREEN, "linewidth": 1.4, "linestyle": dashes, "label": naive_name}
        lines.insert(0, (naive, style))
    if before is not None and np.size(before[0]):
        known, values = (np.asarray(each) for each in before)
        axes.plot(known, values, color=GREY, linewidth=1.4, label="known before")
        axes.axvline(places[0], color="#c3c2b7", linewidth=1, linestyle=(0, (3, 3)))
    for values, style in lines:
        axes.plot(places, np.asarray(values, dtype=float), **style)
    if np.issubdtype(places.dtype, np.datetime64):
        from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

        locator = AutoDateLocator()
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
    axes.set_ylabel(unit)
    axes.legend(frameon=False, loc="best")
    return _save(made, path)
