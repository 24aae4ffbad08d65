"""A speech recognizer on held-out recordings, as figures."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.data.audio import Recording
from ostinato.figures import Axis, Bars, Column, Figure, Group, Line, Lines, Mark, Matrix, Table
from ostinato.measures.speech import errors_of, measure_speech
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.speech_recognizer.estimator import SpeechRecognizer
from ostinato.tasks.speech_recognizer.sounds import read_pairs
from ostinato.tasks.speech_recognizer.transcripts import Transcript

WORST = 15  # recordings that are shown
LONGEST = 12.0  # seconds of a recording that is drawn, where there is one
LENGTHS = 300  # characters of a text that are shown


def evidence(estimator: SpeechRecognizer, held_out: Any) -> Evidence:
    """What the model hears in `held_out`, recordings and texts."""
    X, y = held_out
    sounds, texts = read_pairs("evidence", X, y, None, estimator.sampling_rate)
    truth = [estimator.rows_.plain(text) for text in texts]
    heard = estimator.transcribe(sounds)
    row = _worth_seeing(estimator, sounds, heard)
    figures: list[Figure] = [
        spectrogram(estimator, sounds[row], heard[row], truth[row]),
        certainty(estimator, sounds[row], heard[row]),
        _worst(truth, heard),
        _kinds(truth, heard),
    ]
    seconds = sum(_seconds(estimator, each) for each in sounds)
    return Evidence(figures=figures, facts={"held-out sound": f"{seconds / 60:.1f} minutes"})


def spectrogram(
    estimator: SpeechRecognizer, sound: Any, heard: Transcript, truth: str | None = None
) -> Figure:
    """One recording as the network reads it, with the words that were heard where they begin."""
    said = "" if truth is None else f"Said: {_short(truth)}. "
    (frames,) = estimator.rows_.frames_of("evidence", [sound])
    values = ((frames - frames.mean(0)) / np.maximum(frames.std(), 1e-6)).T[::-1]
    names = [str(k) for k in range(1, frames.shape[1] + 1)][::-1]
    return Matrix(
        title="One recording, and the words where they were heard",
        caption=f"{said}Heard: {_short(heard.text) or '(nothing)'}. Each column "
        "is a frame, each row a number that the network reads, the lowest frequencies at the "
        "bottom. A line stands where the network is first sure of a word.",
        values=values,
        rows=names,
        columns=np.arange(len(frames)) * estimator.frame_shift,
        scale="diverging",
        marks=[Mark(x=word.start, label=word.text) for word in heard.words],
        x=Axis(label="time", unit="seconds"),
        y=Axis(label="band" if estimator.rows_.features else "feature"),
        value=Axis(label="above or below the recording's mean", unit="spreads"),
    )


def certainty(estimator: SpeechRecognizer, sound: Any, heard: Transcript) -> Figure:
    """How likely the network finds the blank and any label at each step."""
    (shares,) = estimator.predict_proba([sound])
    at = np.arange(len(shares)) * estimator.stride * estimator.frame_shift
    return Lines(
        title="How sure the network is at each moment",
        caption="The likeliest label's probability, and the blank's: a network says a label in few "
        "steps and is silent between them.",
        lines=[
            Line(name="likeliest label", x=at, y=shares[:, 1:].max(1), role="model"),
            Line(name="blank", x=at, y=shares[:, 0], role="baseline"),
        ],
        marks=[Mark(x=word.start, label=word.text) for word in heard.words],
        x=Axis(label="time", unit="seconds"),
        y=Axis(label="probability", low=0, high=1),
    )


def _worth_seeing(estimator: SpeechRecognizer, sounds: list[Any], heard: list[Transcript]) -> int:
    """Of the recordings that are not too long to draw, the one with most words."""

    def order(row: int) -> tuple[bool, int]:
        return _seconds(estimator, sounds[row]) <= LONGEST, len(heard[row].words)

    return max(range(len(sounds)), key=order)


def _seconds(estimator: SpeechRecognizer, sound: Any) -> float:
    if isinstance(sound, Recording):
        return sound.seconds
    return len(sound) * estimator.frame_shift


def _worst(truth: list[str], heard: list[Transcript]) -> Figure:
    errors = [errors_of(said, each.text) for said, each in zip(truth, heard, strict=True)]
    order = sorted(range(len(truth)), key=lambda k: (-errors[k][0], errors[k][1]))[:WORST]
    rows = [
        (_short(truth[k]), _short(heard[k].text), *errors[k], heard[k].confidence) for k in order
    ]
    return Table(
        title="The worst recordings",
        caption="What was said and what was heard, those with most word errors first.",
        columns=[
            Column(name="said"),
            Column(name="heard"),
            Column(name="errors"),
            Column(name="words"),
            Column(name="confidence", form=".2f"),
        ],
        rows=rows,
    )


def _kinds(truth: list[str], heard: list[Transcript]) -> Figure:
    found = measure_speech(truth, [each.text for each in heard])
    names = ["substitutions", "insertions", "deletions"]
    return Bars(
        title="Which errors there are",
        caption="Words heard as others, heard without being said, and not heard, as shares of the "
        "words said. Shorter is better.",
        names=names,
        groups=[Group(name="share", values=[found[name] for name in names], role="model")],
        value=Axis(label="share of the words said", low=0),
    )


def _short(text: str) -> str:
    return text if len(text) <= LENGTHS else f"{text[:LENGTHS]}…"
