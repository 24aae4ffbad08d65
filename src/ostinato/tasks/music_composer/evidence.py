"""A composer on held-out pieces, as figures, and what it composes by itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.data.music import KEYS, LOWEST, Piece, pitch_name
from ostinato.figures import Axis, Bars, Figure, Group, Line, Lines, Mark, Matrix, Notes, PianoRoll
from ostinato.tasks.contracts import Evidence
from ostinato.tasks.music_composer.estimator import MusicComposer
from ostinato.tasks.music_composer.rows import read

STEPS = 96  # of a piece that are drawn
SHOWN = 12  # pieces whose figures are listed


def evidence(estimator: MusicComposer, held_out: Any) -> Evidence:
    """What the model expects of `held_out`, pieces, and how it goes on."""
    pieces = read("evidence", held_out, estimator.steps_per_beat)
    first = max(pieces[:20], key=lambda piece: min(len(piece), STEPS))
    figures: list[Figure] = [_continued(estimator, first), _expected(estimator, first)]
    figures.append(_surprise(estimator, first))
    if len(pieces) > 1:
        figures.append(_hardest(estimator, pieces))
    return Evidence(figures=figures)


def roll_figure(piece: Piece, title: str, caption: str = "") -> PianoRoll:
    """The notes of a piece, a bar each; the steps that were given are shaded."""
    beat = piece.steps_per_beat
    notes, voices = piece.notes(), piece.voices.shape[1]
    marks = [Mark(x=piece.known / beat, label="given", known=True)] if piece.known else []
    return PianoRoll(
        title=title,
        caption=caption,
        voices=[
            Notes(
                name=f"voice {voice + 1}" if voices > 1 else "",
                start=[note.start / beat for note in notes if note.voice == voice],
                end=[note.end / beat for note in notes if note.voice == voice],
                pitch=[note.pitch for note in notes if note.voice == voice],
            )
            for voice in range(voices)
        ],
        marks=marks,
        x=Axis(label="time", unit="quarter notes"),
    )


def _continued(estimator: MusicComposer, piece: Piece) -> Figure:
    """The beginning of a piece written on, with a fixed seed, so that two reports compare."""
    begun = piece.voices[: max(1, min(len(piece), STEPS) // 4)]
    seconds = (STEPS - len(begun)) * piece.step_seconds
    given = Piece(voices=begun, steps_per_beat=piece.steps_per_beat, tempo=piece.tempo)
    silent = (begun < 0).all()
    found = estimator.continue_piece(
        None if silent else given, seconds, temperature=0.8, seed=0, tempo=piece.tempo
    )
    return roll_figure(
        found,
        "A held-out piece written on",
        "The shaded beginning was given; the rest was drawn with temperature 0.8.",
    )


def _expected(estimator: MusicComposer, piece: Piece) -> Figure:
    """How likely each key was, where it sounded and where it did not."""
    shares = estimator.probabilities(piece)[:STEPS]
    if shares.ndim == 3:  # of a chain: whether any voice has the key
        shares = 1 - np.prod(1 - shares[..., :KEYS], axis=1)
    low, high = _range(piece, shares)
    return Matrix(
        title="What was expected at each step",
        caption="How likely each pitch was before the step came, in a held-out piece. Dark lines "
        "that go on are notes that the model expects to stay.",
        values=shares[:, low : high + 1].T[::-1],
        rows=[pitch_name(LOWEST + key) for key in range(high, low - 1, -1)],
        low=0,
        high=1,
        x=Axis(label="step"),
        y=Axis(label="pitch"),
        value=Axis(label="probability"),
    )


def _range(piece: Piece, shares: np.ndarray) -> tuple[int, int]:
    sounds = piece.roll()[:STEPS].any(0) | (shares > 0.2).any(0)
    keys = np.flatnonzero(sounds)
    return (int(keys.min()), int(keys.max())) if len(keys) else (0, KEYS - 1)


def _surprise(estimator: MusicComposer, piece: Piece) -> Figure:
    nats = -estimator.log_likelihood(piece)[:STEPS]
    return Lines(
        title="How surprising each step was",
        caption="The same piece. High where something came that the steps before did not announce.",
        lines=[Line(name="surprise", x=np.arange(len(nats)), y=nats, role="model")],
        x=Axis(label="step", whole=True),
        y=Axis(label="surprise", unit="nats", low=0),
    )


def _hardest(estimator: MusicComposer, pieces: list[Piece]) -> Figure:
    means = np.array([-estimator.log_likelihood(piece).mean() for piece in pieces])
    order = np.argsort(-means, kind="stable")[:SHOWN]
    return Bars(
        title="The held-out pieces that surprised most",
        caption="Nats a step, the mean over each piece. Shorter is better.",
        names=[f"{pieces[k].name or 'piece'} ({k})" for k in order],
        groups=[Group(name="nats a step", values=means[order], role="model")],
        value=Axis(label="surprise", unit="nats a step", low=0),
    )
