"""Text classes in the shell: a table with a column of texts and one of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from ostinato.cli import output
from ostinato.cli.tasks.common import (
    ERRORS,
    Loaded,
    Task,
    fraction,
    labels_of,
    table,
    texts_of,
    typed_texts,
)
from ostinato.errors import DataError

if TYPE_CHECKING:
    from ostinato.inspection import Evidence


def _read(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    from ostinato import data

    sources = typed["data"]
    if typed.get("neutral") is not None:
        options["neutral"] = tuple(typed["neutral"])
    text, label, separator = typed["text"], typed["label"], typed["separator"]
    errors = typed["errors"]
    frame = table(sources, errors, text=text, label=label)
    texts, labels = texts_of(frame, text, sources), labels_of(frame, label, sources, separator)
    if len(texts) < 2:
        raise DataError(f"{', '.join(sources)}: must have at least 2 rows, got {len(texts)}.")
    share = fraction(typed["validation"])
    if share is None:
        files = [typed["validation"]]
        other = table(files, errors, text=text, label=label)
        held_out = texts_of(other, text, files), labels_of(other, label, files, separator)
    else:
        seed = int(options.get("seed") or 0)
        classes = None if isinstance(labels[0], list) else labels
        train, valid = data.split_random(len(texts), share, seed=seed, stratify=classes)
        held_out = [texts[k] for k in valid], [labels[k] for k in valid]
        texts, labels = [texts[k] for k in train], [labels[k] for k in train]
    facts: dict[str, object] = {
        "files": ", ".join(sources),
        "columns": f"text {text!r}, label {label!r}",
        "training rows": f"{len(texts):,}",
        "held-out rows": f"{len(held_out[0]):,}",
        "classes": ", ".join(sorted({name for each in labels for name in _names(each)})[:40]),
    }
    return Loaded(
        training=(texts, labels),
        validation=held_out,
        facts=facts,
        example=["--text", "your text here"],
    )


def _judge(estimator: Any, loaded: Loaded) -> Evidence:
    import numpy as np

    from ostinato.inspection import Evidence

    texts, truth = loaded.validation
    scores = estimator.evaluate(texts, truth)
    if estimator.multilabel_:
        return Evidence(scores=scores, facts=loaded.facts)
    probabilities = np.asarray(estimator.predict_proba(texts))
    best = probabilities.argmax(1)
    answers = [estimator.classes_[k] for k in best]
    return Evidence(
        scores=scores,
        truth=truth,
        answers=answers,
        samples=texts,
        confidence=probabilities[np.arange(len(best)), best].tolist(),
        facts=loaded.facts,
    )


def _answer(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    import numpy as np

    texts = typed_texts(sources, options)
    if options.get("neutral") is not None:
        estimator.set_params(neutral=tuple(options["neutral"]))
    answers = estimator.predict(texts)
    probabilities = np.asarray(estimator.predict_proba(texts))
    return [
        {"label": _label(answer), "confidence": round(float(row.max()), 6), "text": text}
        for answer, row, text in zip(answers, probabilities, texts, strict=True)
    ]


def _names(label: Any) -> list[str]:
    """The classes in a row's label."""
    return [str(each) for each in (label if isinstance(label, (list, tuple, set)) else [label])]


def _label(answer: Any) -> Any:
    """A class as it is, several as one word with bars between."""
    several = isinstance(answer, (list, tuple, set))
    return "|".join(_names(answer)) if several else output.plain(answer)


def _measure(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    text, label = options.get("text", "text"), options.get("label", "label")
    frame = table(sources, options.get("errors", "strict"), text=text, label=label)
    labels = labels_of(frame, label, sources, options.get("separator"))
    return estimator.evaluate(texts_of(frame, text, sources), labels), len(frame)


def _estimator() -> type:
    from ostinato.estimators import TextClassifier

    return TextClassifier


TASK = Task(
    estimator=_estimator,
    words={
        "text": (str, typer.Option(help="Column with the texts.", metavar="COL"), "text"),
        "label": (str, typer.Option(help="Column with the labels.", metavar="COL"), "label"),
        "separator": (
            str | None,
            typer.Option(
                help="A row may have several labels, with this between them, such as '|'.",
                metavar="WORD",
            ),
            None,
        ),
        "neutral": (
            tuple[float, float] | None,
            typer.Option(
                help="Two classes: probabilities between LO and HI answer 'neutral'.",
                metavar="LO HI",
            ),
            None,
        ),
        "errors": ERRORS,
    },
    read=_read,
    evidence=_judge,
    answer=_answer,
    asks=("text", "column", "neutral", "errors"),
    measure=_measure,
    names=("text", "label", "separator", "errors"),
)
