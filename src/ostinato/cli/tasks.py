"""What differs between tasks in the shell: which columns are read, and what a report shows.

One row of `TASKS` per task; `ostinato.cli.train` and `ostinato.cli.answer` know nothing else.
"""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ostinato.errors import DataError, OptionError

if TYPE_CHECKING:
    import pandas as pd

    from ostinato.inspection import Evidence


@dataclasses.dataclass(kw_only=True)
class Loaded:
    """Rows read for one fit.

    Attributes:
        training: positional arguments of `fit`.
        validation: held-out rows as `fit` takes them.
        facts: what the report says about the data.
        example: words for the next command.
    """

    training: tuple[Any, ...]
    validation: Any
    facts: dict[str, object]
    example: list[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One task. `words` are its own options: type, Typer option, default; `hidden` are
    constructor options that the shell fills in itself."""

    estimator: Callable[[], type]
    words: Mapping[str, tuple[Any, Any, Any]]
    hidden: Sequence[str]
    read: Callable[[dict[str, Any], dict[str, Any]], Loaded]
    evidence: Callable[[Any, Loaded], Evidence]

    def next_words(self, place: Path, loaded: Loaded) -> str:
        return shlex.join(["ostinato", "predict", str(place), *loaded.example])


def table(sources: Sequence[str], **columns: str | Sequence[str] | None) -> pd.DataFrame:
    """Every source as one table; `columns` maps the option that names columns to the columns.

    Raises:
        DataError: a file cannot be used or lacks a column; the message says which option names it.
    """
    from ostinato import data

    required = {
        name: f"Name it with --{flag}."
        for flag, names in columns.items()
        for name in ([names] if isinstance(names, str) else names or [])
    }
    return data.read_table(list(sources), required=required)


def fraction(word: str) -> float | None:
    """`--validation` as a fraction, or None where it is a file.

    Raises:
        OptionError: it is a number that is not between 0 and 1.
    """
    try:
        share = float(word)
    except ValueError:
        return None
    if not 0 < share < 1:
        raise OptionError(f"--validation must be a fraction above 0 and below 1, got {word}.")
    return share


def texts_of(frame: pd.DataFrame, name: str, sources: Sequence[str]) -> list[str]:
    """The texts of a column.

    Raises:
        DataError: a row has none.
    """
    import numpy as np

    empty = np.asarray(frame[name].isna(), dtype=bool)
    if empty.any():
        row = int(empty.argmax())
        raise DataError(
            f"{', '.join(sources)}: column {name!r} is empty in row {row + 1}. "
            "Fill it in or take the row out."
        )
    return [str(each) for each in frame[name]]


def labels_of(frame: pd.DataFrame, name: str, sources: Sequence[str]) -> list[Any]:
    """The labels of a column, checked as `texts_of`, in the type the file has."""
    texts_of(frame, name, sources)
    return frame[name].tolist()


def _read_texts(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    from ostinato import data

    sources = typed["data"]
    if typed.get("neutral") is not None:
        options["neutral"] = tuple(typed["neutral"])
    text, label = typed["text"], typed["label"]
    frame = table(sources, text=text, label=label)
    texts, labels = texts_of(frame, text, sources), labels_of(frame, label, sources)
    share = fraction(typed["validation"])
    if share is None:
        files = [typed["validation"]]
        other = table(files, text=text, label=label)
        held_out = texts_of(other, text, files), labels_of(other, label, files)
    else:
        seed = int(options.get("seed") or 0)
        train, valid = data.split_random(len(texts), share, seed=seed, stratify=labels)
        held_out = [texts[k] for k in valid], [labels[k] for k in valid]
        texts, labels = [texts[k] for k in train], [labels[k] for k in train]
    facts: dict[str, object] = {
        "files": ", ".join(sources),
        "columns": f"text {text!r}, label {label!r}",
        "training rows": f"{len(texts):,}",
        "held-out rows": f"{len(held_out[0]):,}",
        "classes": ", ".join(sorted({str(each) for each in labels})[:40]),
    }
    return Loaded(
        training=(texts, labels),
        validation=held_out,
        facts=facts,
        example=["--text", "your text here"],
    )


def _judge_texts(estimator: Any, loaded: Loaded) -> Evidence:
    import numpy as np

    from ostinato.inspection import Evidence

    texts, truth = loaded.validation
    scores = estimator.evaluate(texts, truth)
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


def _read_series(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    sources = typed["data"]
    targets = [name for each in typed["target"] or [] for name in each.split(",") if name]
    if targets:
        options["target"] = targets[0] if len(targets) == 1 else tuple(targets)
    named = {"target": targets, "time": options.get("time"), "series": options.get("series")}
    frame = table(sources, **named)
    share = fraction(typed["validation"])
    held_out: Any = share if share is not None else table([typed["validation"]], **named)
    facts: dict[str, object] = {
        "files": ", ".join(sources),
        "targets": ", ".join(targets) or "every column of numbers",
        "rows": f"{len(frame):,}",
        "held out": f"{share:.0%} of the rows, the last ones" if share else typed["validation"],
    }
    return Loaded(training=(frame,), validation=held_out, facts=facts, example=[])


def _judge_series(estimator: Any, loaded: Loaded) -> Evidence:
    from ostinato.cli.series import held_out
    from ostinato.inspection import Evidence

    test = held_out(estimator, loaded.training[0], loaded.validation)
    return Evidence(
        scores=estimator.baseline_,
        truth=test.truth,
        answers=test.answers,
        naive=test.naive,
        times=test.times,
        columns=test.columns,
        facts=loaded.facts,
    )


def _forecaster() -> type:
    from ostinato.estimators import Forecaster

    return Forecaster


def _text_classifier() -> type:
    from ostinato.estimators import TextClassifier

    return TextClassifier


TASKS: dict[str, Task] = {
    "text-classifier": Task(
        estimator=_text_classifier,
        words={
            "text": (str, typer.Option(help="Column with the texts.", metavar="COL"), "text"),
            "label": (str, typer.Option(help="Column with the labels.", metavar="COL"), "label"),
            "neutral": (
                tuple[float, float] | None,
                typer.Option(
                    help="Two classes: probabilities between LO and HI answer 'neutral'.",
                    metavar="LO HI",
                ),
                None,
            ),
        },
        hidden=(),
        read=_read_texts,
        evidence=_judge_texts,
    ),
    "forecaster": Task(
        estimator=_forecaster,
        words={
            "target": (
                list[str] | None,
                typer.Option(
                    help="Column to forecast; may be repeated, or A,B,... [default: all numbers]",
                    metavar="COL",
                ),
                None,
            ),
        },
        hidden=(),
        read=_read_series,
        evidence=_judge_series,
    ),
}
