"""Recordings in the shell: .ts and .npz files, long tables, folders with a table a recording."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.errors import DataError, OptionError, OstinatoWarning
from ostinato.options import Options, option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import remembered

if TYPE_CHECKING:
    from ostinato.data import SequenceFiles

ANSWER = ("rate", "skip_bad")
MEASURE = ("label", "labels", "rate", "skip_bad")


class Words(Options):
    """What `train sequence-classifier` is told of the files."""

    label: str = option(
        "Column with the labels, of long tables and of a table that names files.", default="label"
    )
    labels: str | None = option(
        "Where the files of a folder have their labels: folder (the one that each lies in), file "
        "(the name's beginning, up to _ or -), or a table with the columns file and label. Without "
        "it: index.csv, or folders where there are some, else the names.",
        default=None,
    )
    columns: tuple[str, ...] | None = option(
        "Columns to read as channels, with commas; without it every column of numbers.",
        default=None,
    )
    skip_bad: bool = option(
        "Leave out files that cannot be read, and those without a label, and say which.",
        default=False,
    )


def _rows(
    files: Sequence[str], words: Words, options: Mapping[str, Any], *, labelled: bool = True
) -> SequenceFiles:
    """Recordings and their labels.

    Raises:
        DataError: a file cannot be used, or there are no labels.
    """
    from ostinato import data

    found = data.read_sequences(
        list(files),
        label=words.label if labelled else None,
        labels=words.labels,
        id=options.get("id", "id"),
        time=options.get("time"),
        rate=options.get("rate"),
        channels=words.columns,
        skip_bad=words.skip_bad,
    )
    for name, why in found.bad:
        warnings.warn(f"{name} is left out: {why}", OstinatoWarning, stacklevel=2)
    if labelled and found.y is None:
        raise DataError(f"{', '.join(files)}: there are no labels. Name their column with --label.")
    return found


def _named(found: SequenceFiles) -> list[Any]:
    """The recordings, as tables where their channels have names, so that the model knows them."""
    import pandas as pd

    if found.channels is None:
        return found.X
    return [pd.DataFrame(each, columns=found.channels) for each in found.X]


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    found, held_out = _rows(sources, words, options), validation
    if isinstance(validation, str):
        other = _rows([validation], words, options)
        held_out = (_named(other), other.y)
    steps, y = [len(each) for each in found.X], found.y or []
    one_each = not any(isinstance(each, list) for each in y)
    classes = {str(each) for each in y} if one_each else {str(e) for each in y for e in each}
    channels = tuple(found.channels) if found.channels else None
    return Loaded(
        arguments=(_named(found), y),
        validation=held_out,
        source=words.options() | {"columns": channels if words.columns is None else words.columns},
        facts={
            "files": ", ".join(sources),
            "recordings": f"{len(steps):,}",
            "steps": f"{min(steps):,} to {max(steps):,}",
            "channels": ", ".join(channels[:40]) if channels else found.X[0].shape[1],
            "left out": f"{len(found.bad):,}" if found.bad else "none",
            "classes": ", ".join(sorted(classes)[:40]),
        },
        example=list(sources[:1]),
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The label of each recording and its probability, or of each of its steps."""
    if not sources:
        raise OptionError("predict: nothing to answer. Name files, or a folder.")
    words = remembered(Words, estimator, skip_bad=typed.get("skip_bad"))
    found, rate = unlabelled(estimator, sources, words), typed.get("rate")
    if estimator.rows_.by_step:
        by_step = estimator.predict_proba(found.X, rate=rate)
        return [
            {"recording": name, "step": step} | _said(estimator, row)
            for name, shares in zip(found.names, by_step, strict=True)
            for step, row in enumerate(shares)
        ]
    answers = estimator.predict_proba(found.X, rate=rate)
    return [
        {"recording": name} | _said(estimator, row) | _shares(estimator, row)
        for name, row in zip(found.names, answers, strict=True)
    ]


def unlabelled(estimator: Any, sources: Sequence[str], words: Words) -> SequenceFiles:
    """Recordings, with or without a column of labels, which is not looked at."""
    import dataclasses

    columns = tuple(estimator.rows_.channels) if estimator.rows_.named else None
    words = dataclasses.replace(words, columns=columns)
    return _rows(sources, words, estimator.get_params(), labelled=False)


def _said(estimator: Any, shares: Any) -> dict[str, Any]:
    classes = estimator.classes_
    if estimator.rows_.several:
        chosen = [str(each) for each, share in zip(classes, shares, strict=True) if share >= 0.5]
        return {"label": "|".join(chosen)}
    best = int(shares.argmax())
    label = classes[best]
    return {
        "label": label.item() if hasattr(label, "item") else label,
        "confidence": round(float(shares[best]), 6),
    }


def _shares(estimator: Any, shares: Any) -> dict[str, float]:
    pairs = zip(estimator.classes_, shares, strict=True)
    return {f"p({name})": round(float(share), 6) for name, share in pairs}


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    told = {name: typed.get(name) for name in ("label", "labels", "skip_bad")}
    words = remembered(Words, estimator, **told)
    found = _rows(sources, words, estimator.get_params())
    return estimator.evaluate(found.X, found.y, rate=typed.get("rate")), len(found.X)


class Feed:
    """The stream behind `ostinato stream`: a step a line in, the answer so far out.

    Where lines have the column `id`, another value begins a new recording.
    """

    alarms: Sequence[int] = ()

    def __init__(self, stream: Any, id: str) -> None:
        self.stream, self.id = stream, id
        self.count, self.current = 0, None

    def take(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to a step.

        Raises:
            DataError: the line cannot be used; nothing was changed.
        """
        known = row.get(self.id)
        if self.count and known != self.current:
            self.stream.reset()
        self.current = known
        empty = {name: math.nan for name, value in row.items() if value in ("", None)}
        found = self.stream.step({**row, **empty})
        self.count += 1
        told = {} if known is None else {self.id: known}
        return told | {
            "step": found.step,
            "label": found.label,
            "confidence": round(found.confidence, 6),
            "decided": found.decided,
        }

    def scores(self) -> Mapping[str, float]:
        return {}

    def save(self, path: Any) -> None:
        """Nothing is learned, so that there is nothing to write."""


def feed(estimator: Any, *, learn: bool, snapshot: Any = None, **online: Any) -> Feed:
    """The stream of `ostinato stream`.

    Raises:
        OptionError: it was to learn.
    """
    if learn:
        raise OptionError(
            "stream: a sequence-classifier does not learn from a stream. Leave out --learn, or "
            "take a stream-classifier."
        )
    return Feed(estimator.stream(), estimator.id)
