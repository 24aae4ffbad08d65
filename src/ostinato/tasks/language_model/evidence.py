"""A language model on held-out text, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.figures import Axis, Column, Figure, Table, TintedText
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.language_model.estimator import LanguageModel
from ostinato.tasks.language_model.rows import Corpus

SHOWN = 400  # characters of held-out text that are tinted
WRITTEN = 200  # tokens that are written
TEMPERATURES = (0.5, 0.8, 1.0)


def evidence(estimator: LanguageModel, held_out: Any) -> Evidence:
    """What the model expects of `held_out`, texts or files, and what it writes by itself."""
    pieces = (text for _, text in Corpus.of("evidence", held_out).pieces() if text.strip())
    text = next(pieces, "")[:SHOWN]
    figures: list[Figure] = []
    if text:
        figures.append(_surprise(estimator, text))
    figures.append(_written(estimator))
    return Evidence(figures=figures)


def _surprise(estimator: LanguageModel, text: str) -> Figure:
    encoder = estimator.rows_.encoder
    (tokens,) = encoder.encode([text])
    words = [encoder.decode([int(token)]) for token in tokens]
    nats = -np.log(np.maximum(estimator.probabilities(text), 1e-12))
    return TintedText(
        title="How surprising each token was",
        caption="The beginning of the held-out text. Dark tokens surprised the model; a model that "
        "has learned is surprised where something new begins.",
        tokens=words,
        values=nats,
        separator=" " if estimator.level in ("word", "token") else "",
        low=0,
        value=Axis(label="surprise", unit="nats"),
    )


def _written(estimator: LanguageModel) -> Figure:
    """Text written with a fixed seed, so that two reports compare."""
    rows = [
        (temperature, estimator.generate("", WRITTEN, temperature=temperature, seed=0))
        for temperature in TEMPERATURES
    ]
    return Table(
        title="What it writes",
        caption="A low temperature keeps to likely tokens, a high one dares more.",
        columns=[Column(name="temperature", form=".1f"), Column(name="text")],
        rows=rows,
    )
