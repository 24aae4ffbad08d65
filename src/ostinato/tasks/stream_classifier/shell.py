"""Streams of rows in the shell: a table with a column of labels, or rows on standard input."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.errors import DataError
from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import TableWords, labels_of, layout_of, remembered, table

if TYPE_CHECKING:
    import pandas as pd

    from ostinato.data import TableLayout

ANSWER = ("errors",)
MEASURE = ("label", "errors")


class Words(TableWords):
    """What `train stream-classifier` is told of the files."""

    label: str = option("Column with the labels.", default="label")
    columns: tuple[str, ...] | None = option(
        "Columns to read, with commas; without it every column of numbers but the label.",
        default=None,
    )


def _rows(
    files: Sequence[str], words: Words, layout: TableLayout | None = None
) -> tuple[pd.DataFrame, list[Any], TableLayout]:
    """Columns and labels.

    Raises:
        DataError: there is no column of numbers, or a row has no label.
    """
    frame, found = table(
        files,
        words,
        layout=layout,
        as_labels=[words.label],
        filled=[words.label],
        label=words.label,
        columns=words.columns,
    )
    labels = labels_of(frame, words.label, files)
    names = words.columns
    if not names:
        numbers = frame.select_dtypes(["number", "bool"]).columns
        names = [name for name in numbers if name != words.label]
    if not names:
        raise DataError(
            f"{', '.join(files)}: there is no column of numbers beside {words.label!r}."
        )
    chosen: Any = frame[list(names)]
    return chosen, labels, found


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    frame, labels, layout = _rows(sources, words)
    columns = tuple(map(str, frame.columns))
    source = words.options() | {"columns": columns, "layout": layout.to_dict()}
    held_out = validation
    if isinstance(validation, str):
        held_out = _rows([validation], dataclasses.replace(words, columns=columns), layout)[:2]
    return Loaded(
        arguments=(frame, labels),
        validation=held_out,
        source=source,
        facts={
            "files": ", ".join(sources),
            "columns": ", ".join(columns),
            "label": words.label,
            "rows": f"{len(frame):,}",
            "classes": ", ".join(sorted({str(each) for each in labels})[:40]),
        },
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The label of each row and its probability; rows follow each other, their truths unknown."""
    words, names = remembered(Words, estimator, **typed), estimator.rows_.columns
    frame, _ = table(sources or ["-"], words, layout=layout_of(estimator), columns=names)
    stream = estimator.stream()
    return [said(stream.step(row)) for row in frame[names].to_numpy()]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    words = remembered(Words, estimator, **typed, columns=tuple(estimator.rows_.columns))
    frame, labels, _ = _rows(sources, words, layout_of(estimator))
    return estimator.evaluate(frame, labels), len(frame)


def said(answer: Any) -> dict[str, Any]:
    """An answer as a row of output."""
    sure = max(answer.probabilities.values(), default=None)
    return {
        "row": answer.row,
        "label": answer.label,
        "confidence": None if sure is None else round(sure, 6),
    }


class Feed:
    """The stream behind `ostinato stream`: lines in, answers out.

    A line with the columns is a row; where it has the label too, that is looked at after the
    answer. A line with "row" and the label alone is a truth that comes late.
    """

    def __init__(self, stream: Any, label: str) -> None:
        self.stream, self.label = stream, label

    @property
    def count(self) -> int:
        return self.stream.count

    @property
    def alarms(self) -> list[int]:
        return self.stream.alarms

    def scores(self) -> Mapping[str, float]:
        return self.stream.scores()

    def save(self, path: Any) -> None:
        self.stream.save(path)

    def take(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer to a row; None to a truth alone.

        Raises:
            DataError: the line cannot be used; nothing was changed.
        """
        truth = row.get(self.label)
        given = truth is not None and truth != ""
        if set(row) == {"row", self.label}:
            if not given:
                raise DataError(f"stream: {self.label!r} is empty. Give the row's truth.")
            self.stream.truth(self._label(truth), self._number(row["row"]))
            return None
        found = self.stream.learn(row, self._label(truth)) if given else self.stream.step(row)
        return said(found)

    def _label(self, typed: Any) -> Any:
        """A label as training knows it: in CSV everything is a text."""
        known = self.stream.rows.classes
        by_text = {str(each): each for each in known}
        if typed not in known and str(typed) in by_text:
            return by_text[str(typed)]
        if isinstance(typed, str) and known and isinstance(known[0], (int, float)):
            for kind in (int, float):
                try:
                    return kind(typed)
                except ValueError:
                    continue
        return typed

    @staticmethod
    def _number(typed: Any) -> Any:
        try:
            return int(typed)
        except (TypeError, ValueError):
            return typed


def feed(estimator: Any, *, learn: bool, snapshot: Any = None, **online: Any) -> Feed:
    """The stream of `ostinato stream`."""
    label = remembered(Words, estimator).label
    return Feed(estimator.stream(learn, snapshot=snapshot, **online), label)
