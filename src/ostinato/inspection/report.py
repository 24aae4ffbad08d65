"""`report.html`: what a fit learned, how well, against what, and from which options."""

from __future__ import annotations

import dataclasses
import datetime
import math
import os
import platform
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.inspection import page, svg

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
            `(steps, columns)` in the user's units.
        answers: the model's answers to the same rows, in the shape of `truth`.
        naive: series: the naive baseline's answers, in the shape of `truth`.
        times: series: the timestamp or position of every step.
        columns: series: the name of every column of `truth`.
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


BASELINES = {"baseline_": "naive baseline", "seasonal_": "seasonal naive"}
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
    from ostinato.errors import StorageError

    shown = dataclasses.replace(evidence or Evidence(), **extra)
    kind = str(getattr(estimator, "kind", type(estimator).__name__))
    parts = [_headline(estimator, shown), _learning(estimator, shown)]
    parts += [draw(estimator, shown) for draw in SECTIONS.get(kind, ())]
    parts += [_data(estimator, shown), _options(estimator, shown), _model(estimator, shown)]
    name = Path(directory).resolve().name
    made = datetime.datetime.now().astimezone()
    text = page.page(
        f"{name}: {kind.replace('-', ' ')}",
        f"Made by Ostinato on {made:%d %B %Y, %H:%M %Z}.",
        [part for part in parts if part],
    )
    target = Path(directory) / "report.html"
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"report: cannot write {target}: {error.strerror}. Choose another folder."
        ) from error
    return target


def _headline(estimator: Any, shown: Evidence) -> str:
    columns, compared = beside_baseline(shown.scores)
    measures = {name for name, _ in compared}
    rest = {
        name: svg.number(float(value))
        for name, value in shown.scores.items()
        if name not in measures and not name.startswith(tuple(BASELINES))
    }
    parts = []
    if compared:
        name, figures = compared[0]
        own, *others = figures
        lower = lower_is_better(name)
        best = min(range(len(others)), key=lambda k: others[k] if lower else -others[k])
        better = own < others[best] if lower else own > others[best]
        verdict = f"{'better' if better else 'no better'} than the {columns[best + 1]}"
        way = "lower" if lower else "higher"
        parts = [
            page.tiles(
                {
                    f"{name} of the {column}": svg.number(figure)
                    for column, figure in zip(columns, figures, strict=True)
                }
            ),
            page.figure(
                f"{name} on held-out data ({way} is better): the model is {verdict}",
                '<div class="narrow">'
                + svg.bar_chart(
                    dict(zip(columns, figures, strict=True)), title=f"{name} beside the baselines"
                )
                + "</div>",
            ),
            page.table(
                [(name, *map(svg.number, figures)) for name, figures in compared],
                ("measure", *columns),
            ),
        ]
    if rest:
        parts.append(page.pairs(rest))
    return page.section("Result beside the baseline", *parts, identity="result") if parts else ""


def _learning(estimator: Any, shown: Evidence) -> str:
    history = {
        name: [float(v) for v in values]
        for name, values in (getattr(estimator, "history_", None) or {}).items()
        if isinstance(values, (list, tuple)) and values and isinstance(values[0], (int, float))
    }
    best = getattr(getattr(estimator, "fit_result_", None), "best_epoch", None)
    charts = []
    measures = {name.removeprefix("train_").removeprefix("val_") for name in history}
    for measure in sorted(measures & _drawn(history), key=lambda m: (m != "loss", m)):
        lines = {
            words: history[key]
            for key, words in ((f"train_{measure}", "training"), (f"val_{measure}", "validation"))
            if key in history
        }
        length = max(len(values) for values in lines.values())
        padded = {k: [*v, *[math.nan] * (length - len(v))] for k, v in lines.items()}
        charts.append(
            page.figure(
                f"{measure} by epoch{'' if len(padded) > 1 else f', {next(iter(padded))}'}",
                svg.line_chart(
                    list(range(1, length + 1)),
                    padded,
                    title=f"{measure} by epoch",
                    x_label="epoch",
                    y_label=measure,
                    mark=best,
                    mark_label="kept" if best else "",
                    width=480,
                    height=270,
                ),
                list(padded),
            )
        )
    if not charts:
        return ""
    return page.section(
        "Learning curves", f'<div class="pair">{"".join(charts)}</div>', identity="learning"
    )


def _drawn(history: Mapping[str, list[float]]) -> set[str]:
    return {
        name.split("_", 1)[1]
        for name in history
        if name.startswith(("train_", "val_")) and not name.endswith("_seconds")
    }


def _confusion(estimator: Any, shown: Evidence) -> str:
    if shown.truth is None or shown.answers is None or len(shown.truth) == 0:
        return ""
    if not isinstance(shown.truth[0], (str, int, float, bool, np.generic)):
        return ""
    names, counts = confusion(shown.truth, shown.answers)
    rows = [
        (name, *(svg.number(v) for v in _per_class(counts, k)), sum(counts[k]))
        for k, name in enumerate(names)
    ]
    parts = [page.table(rows, ("class", "precision", "recall", "F1", "rows"))]
    if len(names) <= 20:
        chart = svg.matrix_chart(counts, names, title="Confusion matrix")
        parts.insert(0, page.figure("Rows are the truth, columns the model's answers", chart))
    return page.section(
        "Confusion matrix", f'<div class="pair">{"".join(parts)}</div>', identity="confusion"
    )


def confusion(truth: Sequence[Any], answers: Sequence[Any]) -> tuple[list[str], list[list[int]]]:
    """Class names and counts `[truth][answer]`, of labels in sorted order."""
    said = [str(v) for v in truth], [str(v) for v in answers]
    names = sorted({*said[0], *said[1]})
    place = {name: k for k, name in enumerate(names)}
    counts = [[0] * len(names) for _ in names]
    for a, b in zip(*said, strict=True):
        counts[place[a]][place[b]] += 1
    return names, counts


def _per_class(counts: list[list[int]], k: int) -> tuple[float, float, float]:
    hits, row, column = counts[k][k], sum(counts[k]), sum(each[k] for each in counts)
    precision, recall = hits / column if column else 0.0, hits / row if row else 0.0
    return precision, recall, 2 * hits / (row + column) if row + column else 0.0


def _mistakes(estimator: Any, shown: Evidence) -> str:
    if not len(shown.samples) or shown.truth is None or shown.answers is None:
        return ""
    sure = shown.confidence if shown.confidence is not None else [math.nan] * len(shown.truth)
    wrong = [
        (float(p), str(text), str(truth), str(answer))
        for text, truth, answer, p in zip(
            shown.samples, shown.truth, shown.answers, sure, strict=True
        )
        if str(truth) != str(answer)
    ]
    wrong.sort(key=lambda row: -row[0] if math.isfinite(row[0]) else 0.0)
    rows = [
        (
            truth,
            answer,
            f"{p:.1%}" if math.isfinite(p) else "",
            text[:240] + "…" * (len(text) > 240),
        )
        for p, text, truth, answer in wrong[:8]
    ]
    if not rows:
        return ""
    return page.section(
        f"Surest mistakes ({len(wrong):,} of {len(shown.truth):,} held-out rows are wrong)",
        page.table(rows, ("truth", "answer", "confidence", "text")),
        identity="mistakes",
    )


def _forecast(estimator: Any, shown: Evidence) -> str:
    if shown.truth is None or shown.answers is None or len(shown.truth) == 0:
        return ""
    truth, answers = _columns(shown.truth), _columns(shown.answers)
    naive = None if shown.naive is None else _columns(shown.naive)
    names = list(shown.columns) or [f"column {k + 1}" for k in range(truth.shape[1])]
    times = [_time(t) for t in (shown.times if shown.times is not None else range(len(truth)))]
    step = max(1, len(truth) // 1000)
    charts = []
    for k, name in enumerate(names[:8]):
        lines = {"truth": truth[::step, k].tolist(), "forecast": answers[::step, k].tolist()}
        if naive is not None:
            lines["naive baseline"] = naive[::step, k].tolist()
        chart = svg.line_chart(
            times[::step],
            lines,
            title=f"{name}: forecast and truth",
            y_label=name,
            width=980,
            height=340,
        )
        charts.append(page.figure(f"{name}, held-out rows", chart, list(lines)))
    return page.section("Forecast against truth", *charts, identity="forecast")


def _columns(values: Any) -> np.ndarray:
    array = np.asarray(values, dtype=float)
    return array[:, None] if array.ndim == 1 else array


def _time(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return value.astype("datetime64[us]").item()
    if isinstance(value, datetime.datetime):
        return value
    return float(value) if isinstance(value, (int, float, np.number)) else value


def _data(estimator: Any, shown: Evidence) -> str:
    return page.section("Data", page.pairs(shown.facts), identity="data") if shown.facts else ""


def _options(estimator: Any, shown: Evidence) -> str:
    options = estimator.get_params(deep=False) if hasattr(estimator, "get_params") else {}
    if not options:
        return ""
    parts = [page.pairs({name: repr(value) for name, value in sorted(options.items())})]
    if shown.command:
        from html import escape

        parts.insert(0, f"<p>Command: <code>{escape(shown.command)}</code></p>")
    return page.section("Options", *parts, identity="options")


def _model(estimator: Any, shown: Evidence) -> str:
    from html import escape

    parts = []
    if hasattr(estimator, "summary"):
        parts.append(f"<pre>{escape(str(estimator.summary()))}</pre>")
    result = getattr(estimator, "fit_result_", None)
    facts = versions()
    if result is not None:
        facts = {
            "status": result.status,
            "training time": f"{result.seconds:.1f} s, {result.steps:,} optimizer steps",
            **facts,
        }
    return page.section("Model and versions", *parts, page.pairs(facts), identity="model")


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
