"""Recordings and their classes in the shell."""

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
        held_out = (named(other), other.y)
    y = found.y or []
    one_each = not any(isinstance(each, list) for each in y)
    classes = {str(each) for each in y} if one_each else {str(e) for each in y for e in each}
    return Loaded(
        arguments=(named(found), y),
        validation=held_out,
        source=remembered_words(found, words),
        facts=facts_of(sources, found) | {"classes": ", ".join(sorted(classes)[:40])},
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
    found = read_files(sources, words, estimator.get_params())
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
        found = self.stream.step(step_of(row))
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
