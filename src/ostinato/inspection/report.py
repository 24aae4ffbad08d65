"""`report.html`: what a fit learned, how well, against what, and from which options."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from ostinato.errors import StorageError
from ostinato.figures import Axis, Bars, Group, Table, number, page, section
from ostinato.figures.page import beside, pairs, tiles
from ostinato.inspection.doctor import Diagnosis
from ostinato.inspection.pictures import learning_figures
from ostinato.measures import Scores
from ostinato.storage import write_atomically
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.registry import TASKS
from ostinato.tasks.scores import scores_of


def report(
    estimator: Any,
    directory: str | os.PathLike[str],
    evidence: Evidence | None = None,
    *,
    scores: Mapping[str, float] | None = None,
    facts: Mapping[str, object] | None = None,
    diagnosis: Diagnosis | None = None,
    command: str = "",
) -> Path:
    """Write `report.html` into `directory` and return its path.

    The page is one file that needs no network and no script, follows the reader's light or dark
    setting, and escapes every text it shows.

    Args:
        estimator: a fitted estimator.
        directory: where to write; made if it does not exist.
        evidence: pictures of answers; None: those of the rows that `fit` held out, where it did.
        scores: figures as `evaluate` returns them; None: `baseline_`.
        facts: about the data, name to value.
        diagnosis: what `diagnose` found, for a section of its own.
        command: the words that made this run.

    Raises:
        StorageError: the file cannot be written.
    """
    shown = _evidence(estimator) if evidence is None else evidence
    figures = scores_of(estimator.kind, estimator.baseline_ if scores is None else scores)
    about = {**(facts or {}), **shown.facts}
    parts = [_headline(figures), _learning(estimator, shown.units)]
    if diagnosis is not None:
        parts.append(section("Doctor", diagnosis.table(), identity="doctor"))
    if shown.figures:
        parts.append(section("Answers to held-out rows", *shown.figures, identity="answers"))
    if about:
        parts.append(section("Data", pairs(about.items()), identity="data"))
    parts += [_options(estimator, command), _model(estimator)]
    name = Path(directory).resolve().name
    made = datetime.datetime.now().astimezone()
    text = page(
        [part for part in parts if part],
        f"{name}: {estimator.kind.replace('-', ' ')}",
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


def _evidence(estimator: Any) -> Evidence:
    if estimator.held_out_ is None:
        return Evidence()
    return TASKS[estimator.kind].part("evidence").evidence(estimator, estimator.held_out_)


def _headline(scores: Scores) -> str:
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


def _learning(estimator: Any, units: Mapping[str, tuple[float, str]]) -> str:
    best = estimator.fit_result_.best_epoch
    drawn = learning_figures(estimator.history_, best=best, units=units)
    return section("Learning curves", beside(*drawn), identity="learning") if drawn else ""


def _options(estimator: Any, command: str) -> str:
    parts = [pairs((name, repr(value)) for name, value in estimator.options().items())]
    if command:
        parts.insert(0, f"<p>Command: <code>{escape(command)}</code></p>")
    return section("Options", *parts, identity="options")


def _model(estimator: Any) -> str:
    result = estimator.fit_result_
    facts = {
        "status": result.status,
        "training time": f"{result.seconds:.1f} s, {result.steps:,} optimizer steps",
        **versions(),
    }
    summary = f'<pre tabindex="0">{escape(str(estimator.summary()))}</pre>'
    return section("Model and versions", summary, pairs(facts.items()), identity="model")


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
