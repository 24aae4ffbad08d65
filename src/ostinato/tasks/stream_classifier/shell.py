"""Streams of rows in the shell: a table with a column of labels, or rows on standard input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import DataError
from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, labels_of, remembered, table

ANSWER = ("errors",)
MEASURE = ("label", "errors")


class Words(FileWords):
    """What `train stream-classifier` is told of the files."""

    label: str = option("Column with the labels.", default="label")
    columns: tuple[str, ...] | None = option(
        "Columns to read, with commas; without it every column of numbers but the label.",
        default=None,
    )


def _frame(files: Sequence[str], words: Words, names: Sequence[str] | None) -> Any:
    """The columns of numbers.

    Raises:
        DataError: there is none.
    """
    frame = table(files, words.errors, columns=list(names or ()) or None)
    if names is None:
        names = [
            name for name in frame.select_dtypes(["number", "bool"]).columns if name != words.label
        ]
    if not names:
        raise DataError(
            f"{', '.join(files)}: there is no column of numbers beside {words.label!r}."
        )
    return frame[list(names)]


def _labels(files: Sequence[str], words: Words) -> list[Any]:
    frame = table(
        files, words.errors, as_labels=[words.label], filled=[words.label], label=words.label
    )
    return labels_of(frame, words.label, files)


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    frame, labels = _frame(sources, words, words.columns), _labels(sources, words)
    if isinstance(validation, str):
        held_out = (_frame([validation], words, list(frame.columns)), _labels([validation], words))
    else:
        held_out = validation
    return Loaded(
        arguments=(frame, labels),
        validation=held_out,
        source=words.options(),
        facts={
            "files": ", ".join(sources),
            "columns": ", ".join(map(str, frame.columns)),
            "label": words.label,
            "rows": f"{len(frame):,}",
            "classes": ", ".join(sorted({str(each) for each in labels})[:40]),
        },
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The label of each row and its probability; rows follow each other, their truths unknown."""
    words = remembered(Words, estimator, **typed)
    frame = _frame(sources or ["-"], words, estimator.rows_.columns)
    stream = estimator.stream()
    return [said(stream.step(row)) for row in frame.to_numpy()]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    words = remembered(Words, estimator, **typed)
    frame = _frame(sources, words, estimator.rows_.columns)
    return estimator.evaluate(frame, _labels(sources, words)), len(frame)


def said(answer: Any) -> dict[str, Any]:
    """An answer as a row of output."""
    sure = max(answer.probabilities.values(), default=None)
    return {
        "row": answer.row,
        "label": answer.label,
        "confidence": None if sure is None else round(sure, 6),
    }
