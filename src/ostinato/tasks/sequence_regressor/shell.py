"""Recordings and their numbers in the shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import OptionError
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.recordings.files import (
    RecordingWords,
    facts_of,
    named,
    read_files,
    remembered_words,
    step_of,
    unlabelled,
)
from ostinato.tasks.sources import remembered

ANSWER = ("rate", "skip_bad")
MEASURE = ("label", "labels", "rate", "skip_bad")
Words = RecordingWords


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    found, held_out = read_files(sources, words, options), validation
    if isinstance(validation, str):
        other = read_files([validation], words, options)
        held_out = (named(other), _numbers(other.y))
    return Loaded(
        arguments=(named(found), _numbers(found.y)),
        validation=held_out,
        source=remembered_words(found, words),
        facts=facts_of(sources, found),
        example=list(sources[:1]),
    )


def _numbers(labels: Any) -> list[Any]:
    """What files have as labels, one a recording: of rows that are all alike the first."""
    found = []
    for each in labels or []:
        rows = each if isinstance(each, list) else [each]
        one: Any = rows[0] if len(set(rows)) == 1 else each
        found.append(float(one) if _is_number(one) else one)
    return found


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The number of each recording."""
    if not sources:
        raise OptionError("predict: nothing to answer. Name files, or a folder.")
    words = remembered(Words, estimator, skip_bad=typed.get("skip_bad"))
    found = unlabelled(estimator, sources, words)
    answers = estimator.predict(found.X, rate=typed.get("rate"))
    return [
        {"recording": name} | _said(row) for name, row in zip(found.names, answers, strict=True)
    ]


def _said(row: Any) -> dict[str, float]:
    if row.ndim == 0:
        return {"number": float(row)}
    return {f"number {k}": float(each) for k, each in enumerate(row)}


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    told = {name: typed.get(name) for name in ("label", "labels", "skip_bad")}
    words = remembered(Words, estimator, **told)
    found = read_files(sources, words, estimator.get_params())
    return estimator.evaluate(found.X, _numbers(found.y), rate=typed.get("rate")), len(found.X)


class Feed:
    """The stream behind `ostinato stream`: a step a line in, the number so far out.

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
        found = self.stream.step(step_of(row))
        self.count += 1
        told = {} if known is None else {self.id: known}
        number = found if isinstance(found, float) else found.tolist()
        return told | {"step": self.stream.steps - 1, "number": number}

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
            "stream: a sequence-regressor does not learn from a stream. Leave out --learn."
        )
    return Feed(estimator.stream(), estimator.id)
