"""`report.html`: what a fit learned, how well, against what, and from which options."""

from __future__ import annotations

import dataclasses
import datetime
import math
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.errors import StorageError
from ostinato.figures import Axis, Bars, Group, Table, number, page, section
from ostinato.figures.page import beside, pairs, tiles
from ostinato.inspection import pictures
from ostinato.measures import Baseline, Measure, Scores, classes, count_classes, forecasts, spans
from ostinato.measures import texts as written
from ostinato.storage import write_atomically

MEASURES: dict[str, tuple[Sequence[Measure], Sequence[Baseline]]] = {
    "text-classifier": ((*classes.CLASSES, *classes.LABELS), classes.BASELINES),
    "sequence-tagger": (spans.SPANS, spans.BASELINES),
    "language-model": (written.LANGUAGE, written.NGRAMS),
    "translator": ((*written.BLEU, *written.ROUGE), (Baseline(prefix="baseline_", name="copy"),)),
    "forecaster": (forecasts.FORECASTS, forecasts.BASELINES),
}
"""What the figures of each kind of estimator measure, and the baselines they stand beside."""

_LOWER_IS_BETTER = (
    *("mae", "mse", "rmse", "mape", "smape", "mase", "loss", "error", "log_loss"),
    *("nats", "perplexity", "bits"),
)


@dataclasses.dataclass(kw_only=True)
class Evidence:
    """What a report shows beside what the estimator itself remembers.

    Attributes:
        scores: flat figures of `evaluate`; `baseline_NAME` is shown beside `NAME`.
        truth: text: the label of every held-out row. Series: values `(steps,)` or
            `(steps, columns)` in the user's units, or a list of series `(steps,)`.
        answers: the model's answers to the same rows, in the shape of `truth`.
        naive: series: the naive baseline's answers, in the shape of `truth`; of several
            baselines a dictionary, name to answers.
        times: series: the timestamp or position of every step; of a list of series a list.
        columns: series: the name of every column of `truth`, or of every series.
        samples: text: the held-out texts, to show the ones answered wrongly.
        confidence: text: the probability of every answer, 0 to 1.
        facts: facts about the data, name to value.
        command: the words that made this run.
    """

    scores: Mapping[str, float] = dataclasses.field(default_factory=dict)
    truth: Any = None
    answers: Any = None
    naive: Any = None
    times: Sequence[Any] | None = None
    columns: Sequence[str] = ()
    samples: Sequence[str] = ()
    confidence: Sequence[float] | None = None
    facts: Mapping[str, object] = dataclasses.field(default_factory=dict)
    command: str = ""


def lower_is_better(measure: str) -> bool:
    """Whether a measure of this name is an error (`mae`, `log_loss`) rather than a merit."""
    return any(part in measure.lower().split("_") for part in _LOWER_IS_BETTER)


BASELINES = {
    "baseline_": "naive baseline",
    "seasonal_": "seasonal naive",
    "majority_": "most frequent class",
}
"""Prefixes that `evaluate` puts before a baseline's figures, and what a reader calls them."""


def beside_baseline(scores: Mapping[str, float]) -> tuple[list[str], list[tuple[str, list[float]]]]:
    """The columns "model" and each baseline there is, and for every measure its figures in them."""
    prefixes = [p for p in BASELINES if any(name.startswith(p) for name in scores)]
    rows = [
        (name, [float(value), *(float(scores.get(p + name, math.nan)) for p in prefixes)])
        for name, value in scores.items()
        if f"baseline_{name}" in scores
    ]
    return ["model", *(BASELINES[p] for p in prefixes)], rows


def report(
    estimator: Any,
    directory: str | os.PathLike[str],
    evidence: Evidence | None = None,
    **extra: Any,
) -> Path:
    """Write `report.html` into `directory` and return its path.

    The page is one file that needs no network and no script, follows the reader's light or dark
    setting, and escapes every text it shows.

    Args:
        estimator: a fitted estimator.
        directory: where to write; made if it does not exist.
        evidence: figures and answers on held-out data; its fields may be given by name instead.

    Raises:
        StorageError: the file cannot be written.
    """
    shown = dataclasses.replace(evidence or Evidence(), **extra)
    kind = _kind(estimator)
    parts = [_headline(estimator, shown), _learning(estimator, shown)]
    parts += [draw(estimator, shown) for draw in SECTIONS.get(kind, ())]
    parts += [_data(estimator, shown), _options(estimator, shown), _model(estimator, shown)]
    name = Path(directory).resolve().name
    made = datetime.datetime.now().astimezone()
    text = page(
        [part for part in parts if part],
        f"{name}: {kind.replace('-', ' ')}",
        f"Made by Ostinato on {made:%d %B %Y, %H:%M %Z}.",
    )
    target = Path(directory) / "report.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"report: cannot write {target}: {error.strerror}. Choose another folder."
        ) from error
    write_atomically(target, text.encode("utf-8"))
    return target


def scores_of(kind: str, flat: Mapping[str, float]) -> Scores:
    """`evaluate`'s dictionary of an estimator of that kind, with what its figures mean."""
    fallback = [Baseline(prefix=prefix, name=name) for prefix, name in BASELINES.items()]
    return Scores.from_flat(flat, *MEASURES.get(kind, ((), fallback)))


def _headline(estimator: Any, shown: Evidence) -> str:
    scores = scores_of(_kind(estimator), shown.scores)
    compared = scores.compared()
    rest = [(n, number(float(v))) for n, v in scores.model.items() if n not in compared]
    parts: list[Any] = []
    if compared:
        parts = [tiles(_tiles(scores, compared[0])), _beside(scores, compared[0])]
        parts.append(_every(scores, compared))
    if rest:
        parts.append(pairs(rest))
    return section("Result beside the baseline", *parts, identity="result") if parts else ""


def _tiles(scores: Scores, name: str) -> list[tuple[str, str]]:
    own = [(number(float(scores.model[name])), "the model")]
    own += [
        (number(float(scores.naive[b.prefix][name])), b.name)
        for b in scores.shown()
        if name in scores.naive[b.prefix]
    ]
    return [(f"{name}: {who}", value) for value, who in own]


def _beside(scores: Scores, name: str) -> Bars:
    """The first measure of the model and of each baseline, as bars."""
    measure, best = scores.measure(name), scores.strongest(name)
    wins = scores.wins(name)
    verdict = ""
    if best is not None and wins is not None:
        verdict = f" The model is {'better' if wins else 'no better'} than {best.name}."
    way = {True: "Higher is better.", False: "Lower is better.", None: ""}
    groups = [Group(name="model", values=[scores.model[name]], role="model")]
    groups += [
        Group(name=b.name, values=[scores.naive[b.prefix][name]], role="baseline")
        for b in scores.shown()
        if name in scores.naive[b.prefix]
    ]
    return Bars(
        title=f"{name} on held-out rows",
        caption=f"{measure.sentence} {way[measure.higher_is_better]}{verdict}".strip(),
        names=[""],
        groups=groups,
        value=Axis(unit="" if measure.unit.startswith("data") else measure.unit),
    )


def _every(scores: Scores, compared: Sequence[str]) -> Table:
    baselines = scores.shown()
    rows = []
    for name in compared:
        measure = scores.measure(name)
        way = {True: "higher", False: "lower", None: ""}[measure.higher_is_better]
        unit = "" if measure.unit.startswith("data") else measure.unit
        naive = [scores.naive[b.prefix].get(name) for b in baselines]
        rows.append((f"{name} ({unit})" if unit else name, scores.model[name], *naive, way))
    return Table(
        title="Every measure",
        columns=["measure", "model", *(b.name for b in baselines), "better"],
        rows=rows,
    )


def _kind(estimator: Any) -> str:
    return str(getattr(estimator, "kind", type(estimator).__name__))


def _learning(estimator: Any, shown: Evidence) -> str:
    history = {
        name: values
        for name, values in (getattr(estimator, "history_", None) or {}).items()
        if isinstance(values, (list, tuple)) and values and isinstance(values[0], (int, float))
    }
    best = getattr(getattr(estimator, "fit_result_", None), "best_epoch", None)
    drawn = pictures.learning_figures(history, best=best, units=_units(estimator))
    return section("Learning curves", beside(*drawn), identity="learning") if drawn else ""


def _units(estimator: Any) -> dict[str, tuple[float, str]]:
    """What the curves of a forecaster are multiplied by, so that they are in the user's units
    like the headline; of several targets, which have no common unit, the unit of the curves."""
    scaler, layout = getattr(estimator, "scaler_", None), getattr(estimator, "layout_", None)
    if scaler is None or layout is None:
        return {}
    scaled = {
        "mae": (1.0, "standard deviations"),
        "mse": (1.0, "squared standard deviations"),
        "loss": (1.0, "in scaled units"),
    }
    targets = list(layout.target)
    if len(targets) != 1:
        return scaled
    scale, name = float(np.ravel(scaler.scale)[0]), targets[0]
    return scaled | {"mae": (scale, f"units of {name}"), "mse": (scale**2, f"{name} squared")}


def _confusion(estimator: Any, shown: Evidence) -> str:
    if shown.truth is None or shown.answers is None or len(shown.truth) == 0:
        return ""
    if not isinstance(shown.truth[0], (str, int, float, bool, np.generic)):
        return ""
    names, _ = count_classes(list(shown.truth), list(shown.answers))
    few = len(names) <= pictures.MOST_CLASSES
    first = pictures.confusion_figure if few else pictures.confusions_table
    drawn = [draw(shown.truth, shown.answers) for draw in (first, pictures.class_table)]
    return section("Confusion matrix", *drawn, identity="confusion")


def confusion(truth: Sequence[Any], answers: Sequence[Any]) -> tuple[list[str], list[list[int]]]:
    """Class names and counts `[truth][answer]`, of labels in sorted order."""
    names, counts = count_classes(list(truth), list(answers))
    return names, counts.tolist()


def _mistakes(estimator: Any, shown: Evidence) -> str:
    if not len(shown.samples) or shown.truth is None or shown.answers is None:
        return ""
    drawn = pictures.mistakes_table(shown.samples, shown.truth, shown.answers, shown.confidence)
    return "" if drawn.empty else section("Mistakes", drawn, identity="mistakes")


def _forecast(estimator: Any, shown: Evidence) -> str:
    if shown.truth is None or shown.answers is None or len(shown.truth) == 0:
        return ""
    naive = shown.naive if isinstance(shown.naive, Mapping) else {"naive baseline": shown.naive}
    naive = {name: values for name, values in naive.items() if values is not None}
    drawn = pictures.forecast_figures(shown.times, shown.truth, shown.answers, naive, shown.columns)
    count = len(pictures.series_of(shown.truth))
    more = f" ({len(drawn)} of {count:,} series, by their error)" if count > len(drawn) else ""
    return section(f"Forecast against truth{more}", *drawn, identity="forecast")


def _data(estimator: Any, shown: Evidence) -> str:
    return section("Data", pairs(shown.facts.items()), identity="data") if shown.facts else ""


def _options(estimator: Any, shown: Evidence) -> str:
    options = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if not options:
        return ""
    parts = [pairs((name, repr(value)) for name, value in sorted(options.items()))]
    if shown.command:
        parts.insert(0, f"<p>Command: <code>{escape(shown.command)}</code></p>")
    return section("Options", *parts, identity="options")


def _model(estimator: Any, shown: Evidence) -> str:
    parts = []
    if hasattr(estimator, "summary"):
        parts.append(f'<pre tabindex="0">{escape(str(estimator.summary()))}</pre>')
    result = getattr(estimator, "fit_result_", None)
    facts = versions()
    if result is not None:
        facts = {
            "status": result.status,
            "training time": f"{result.seconds:.1f} s, {result.steps:,} optimizer steps",
            **facts,
        }
    return section("Model and versions", *parts, pairs(facts.items()), identity="model")


def versions() -> dict[str, str]:
    """Versions of Ostinato, Python and the libraries a result depends on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for name in ("ostinato", "torch", "lightning", "numpy", "pandas", "scikit-learn"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


SECTIONS: dict[str, tuple[Callable[[Any, Evidence], str], ...]] = {
    "text-classifier": (_confusion, _mistakes),
    "forecaster": (_forecast,),
}
"""What a report shows for each kind of estimator, beside what it shows for all."""
