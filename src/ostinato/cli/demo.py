"""`ostinato demo`: two models in a minute on data that come with installed packages.

1. Weekly CO2 at Mauna Loa, 1958 to 2001, from statsmodels: a `Forecaster` learns all but the last
   three years and forecasts each of those from what was known at its beginning.
2. The language reference in Python's own `pydoc_data`: a `TextClassifier` learns which part of it
   a paragraph comes from.
"""

from __future__ import annotations

import random
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ostinato.cli import output
from ostinato.errors import StorageError

if TYPE_CHECKING:
    import pandas as pd

YEAR = 52
HELD_OUT = 3 * YEAR

# Small on purpose: together under a minute on two cores.
CO2_OPTIONS: dict[str, Any] = {
    "time": "date",
    "target": "co2",
    "past": 2 * YEAR,
    "horizon": YEAR,
    "cell": "lstm",
    "hidden_size": 64,
    "epochs": 5,
    "learning_rate": 3e-3,
}
REFERENCE_OPTIONS: dict[str, Any] = {"hidden_size": 64, "epochs": 5}

PARTS = {
    "statements": "assert assignment async augassign break class compound continue "
    "context-managers debugger del dynamic-features else exceptions execmodel for function global "
    "if import naming nonlocal pass raise return try while with yield",
    "expressions": "atom-identifiers atom-literals attribute-references binary bitwise booleans "
    "calls comparisons conversions exprlists floating id-classes identifiers imaginary in integers "
    "lambda numbers operator-summary power shifting slicings strings subscriptions unary",
    "objects": "attribute-access bltin-code-objects bltin-ellipsis-object bltin-null-object "
    "bltin-type-objects callable-types customization numeric-types objects sequence-types "
    "specialattrs specialnames types",
    "library": "dict formatstrings lists string-methods truth typesfunctions typesmapping "
    "typesmethods typesmodules typesseq typesseq-mutable",
}
"""Topics of `pydoc_data.topics` by the part of the language reference they belong to."""


def demo(out: Path, *, as_json: bool) -> None:
    """Train both models, write their pictures and reports into `out`, and say where they are.

    Raises:
        MissingDependencyError: statsmodels is not installed.
        StorageError: `out` cannot be written.
    """
    try:
        for name in ("co2", "reference"):
            (out / name).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"{out}: cannot be made: {error.strerror}. Choose --out.") from error
    rows: list[tuple[str, str, str]] = []
    results: dict[str, Any] = {}
    for name, run in (("co2", _co2), ("reference", _reference)):
        results[name] = run(out / name, rows)
    output.note("")
    output.show("What the models reached on rows they never saw", rows, ("", "model", "baseline"))
    for name, result in results.items():
        output.note(f"{name + ':':<11}{result['picture']}  {result['report']}")
    output.note(f"Next:      ostinato predict {results['co2']['model']} --horizon 12")
    output.note(f"           ostinato studio {out}")
    if as_json:
        output.result(results)


def co2_weekly() -> pd.DataFrame:
    """CO2 in parts per million, one row per week; 59 weeks without a measurement are filled in
    on a straight line between their neighbours."""
    from ostinato import datasets

    table = datasets.load("co2")
    return table.assign(co2=table["co2"].interpolate())


def paragraphs() -> tuple[list[str], list[str]]:
    """Paragraphs of Python's language reference and the part each comes from, in random order.

    Those shorter than 40 characters, and those that stand in several parts, are left out.
    """
    from ostinato import datasets

    part_of = {topic: part for part, topics in PARTS.items() for topic in topics.split()}
    parts: dict[str, set[str]] = defaultdict(set)
    for topic, paragraph in datasets.load("pydoc").itertuples(index=False):
        words = " ".join(paragraph.split())
        if topic in part_of and len(words) >= 40:
            parts[words].add(part_of[topic])
    rows = [(words, next(iter(found))) for words, found in parts.items() if len(found) == 1]
    random.Random(0).shuffle(rows)
    return [words for words, _ in rows], [part for _, part in rows]


def _co2(place: Path, rows: list[tuple[str, str, str]]) -> dict[str, Any]:
    import numpy as np

    from ostinato import inspection
    from ostinato.tasks import Forecaster
    from ostinato.tasks.forecaster.evidence import backtests, evidence

    table = co2_weekly()
    known = table.iloc[:-HELD_OUT]
    output.note("CO2 at Mauna Loa: learning 41 years, week by week")
    model = Forecaster(**CO2_OPTIONS)
    model.fit(known, validation=0.1, directory=place)
    path = place / "model.safetensors"
    model.save(path)
    later = table.iloc[len(known) - model.past_ :]
    test = backtests(model, later)[0]
    naive = test.naive["baseline_"]
    last_year = table["co2"].to_numpy()[len(known) - YEAR : -YEAR]
    errors = {
        "mae": float(np.abs(test.answers - test.truth).mean()),
        "baseline_mae": float(np.abs(naive - test.truth).mean()),
        "seasonal_mae": float(np.abs(last_year - test.truth[:, 0]).mean()),
    }
    assert test.low is not None
    assert test.high is not None
    low, high = test.low[:, 0], test.high[:, 0]
    inside = float(((low <= test.truth[:, 0]) & (test.truth[:, 0] <= high)).mean())
    picture = place / "forecast.png"
    shown = table.iloc[len(known) - 2 * YEAR : len(known)]
    inspection.plot_forecast(
        np.asarray(test.index, dtype="datetime64[s]"),
        test.truth[:, 0],
        test.answers[:, 0],
        picture,
        before=(shown["date"].to_numpy(dtype="datetime64[s]"), shown["co2"].to_numpy()),
        naive=last_year,
        naive_name="same week last year",
        interval=(low, high),
        title="CO2 at Mauna Loa: each year forecast from what was known at its beginning",
        unit="CO2 (parts per million)",
    )
    report = inspection.report(
        model,
        place,
        evidence(model, later),
        scores=errors,
        facts={
            "series": "weekly CO2 at Mauna Loa in parts per million, from statsmodels",
            "rows learned": f"{len(known):,}",
            "rows held out": f"{HELD_OUT}: the last three years",
            "baseline": "the last value before each year, repeated",
        },
        command="ostinato demo",
    )
    rows.append(
        (
            "CO2, a year ahead: mean error in ppm (baseline: last value)",
            f"{errors['mae']:.2f}",
            f"{errors['baseline_mae']:.2f}",
        )
    )
    rows.append(
        (
            "    the same (baseline: same week last year)",
            f"{errors['mae']:.2f}",
            f"{errors['seasonal_mae']:.2f}",
        )
    )
    rows.append(("    values inside the 80 % interval", f"{inside:.0%}", ""))
    errors["coverage_80"] = inside
    return {"model": str(path), "picture": str(picture), "report": str(report), "scores": errors}


def _reference(place: Path, rows: list[tuple[str, str, str]]) -> dict[str, Any]:
    from ostinato import TextClassifier, inspection
    from ostinato.tasks.text_classifier.evidence import evidence

    texts, parts = paragraphs()
    cut = len(texts) * 4 // 5
    test, truth = texts[cut:], parts[cut:]
    output.note("Python's language reference: learning which part a paragraph comes from")
    model = TextClassifier(**REFERENCE_OPTIONS)
    model.fit(texts[:cut], parts[:cut], validation=0.1, directory=place)
    path = place / "model.safetensors"
    model.save(path)
    scores = model.evaluate(test, truth)
    answers = [str(each) for each in model.predict(test)]
    picture = place / "confusion.png"
    inspection.plot_confusion(truth, answers, picture)
    report = inspection.report(
        model,
        place,
        evidence(model, (test, truth)),
        scores=scores,
        facts={
            "texts": "paragraphs of Python's language reference, from pydoc_data",
            "rows learned": f"{cut:,}",
            "rows held out": f"{len(test):,}",
            "baseline": "naive Bayes on the words, trained on the same rows",
        },
        command="ostinato demo",
    )
    rows.append(
        (
            "Part of the language reference: accuracy (baseline: bag of words)",
            f"{scores['accuracy']:.3f}",
            f"{scores['baseline_accuracy']:.3f}",
        )
    )
    return {"model": str(path), "picture": str(picture), "report": str(report), "scores": scores}
