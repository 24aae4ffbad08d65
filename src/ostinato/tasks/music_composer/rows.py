"""A composer's pieces: read, checked, split, cut, and as numbers of keys."""

from __future__ import annotations

import dataclasses
import numbers
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ostinato.data.music import (
    MOST_VOICES,
    REST,
    RESTING,
    Piece,
    check_grid,
    check_voices,
    keys_of,
    pitches_of,
    voices_of,
)
from ostinato.data.music_pieces import as_pieces
from ostinato.data.splits import split_random
from ostinato.errors import DataError, check_number
from ostinato.tasks.music_composer.options import MusicComposerOptions


def read(where: str, X: Any, steps_per_beat: int) -> list[Piece]:
    """The user's pieces.

    Raises:
        DataError: one cannot be used, or there are none.
    """
    pieces = as_pieces(where, X, steps_per_beat)
    if not pieces:
        raise DataError(f"{where}: X must have at least one piece, got none.")
    return pieces


def split(
    where: str, pieces: list[Piece], validation: Any, options: MusicComposerOptions
) -> tuple[list[Piece], list[Piece] | None]:
    """Pieces to learn from, and those held out: a share of them; of a single piece its last steps;
    pieces of their own; or None.

    Raises:
        OptionError: `validation` is none of these.
        DataError: its pieces cannot be used.
    """
    if validation is None:
        return pieces, None
    if not isinstance(validation, numbers.Real):
        return pieces, read(f"{where}: validation", validation, options.steps_per_beat)
    check_number(where, "validation", validation, above=0, below=1)
    if len(pieces) == 1:
        return _cut_in_two(where, pieces[0], float(validation))
    learn, judge = split_random(len(pieces), float(validation), seed=options.seed)
    return [pieces[k] for k in learn], [pieces[k] for k in judge]


def _cut_in_two(where: str, piece: Piece, share: float) -> tuple[list[Piece], list[Piece]]:
    left = min(round(len(piece) * (1 - share)), len(piece) - 2)
    parts = [piece.voices[: max(left, 0)], piece.voices[max(left, 0) :]]
    if left < 2 or any((part == REST).all() for part in parts):
        raise DataError(
            f"{where}: one piece of {len(piece)} steps is too short to hold some out. Give more "
            "pieces, or validation=None."
        )
    first, last = (dataclasses.replace(piece, voices=part) for part in parts)
    return [first], [last]


@dataclasses.dataclass(kw_only=True)
class MusicRows:
    """What was learned of the pieces, but weights.

    Attributes:
        voices: most voices of a piece.
        ordered: every step's notes stood from the highest down, no two alike, rests last: voices
            are then no more than ranks, and others are brought into that order.
        tempo: the mean tempo, in quarter notes a minute.
        steps_per_beat: of the grid.
    """

    voices: int
    ordered: bool
    tempo: float
    steps_per_beat: int

    @classmethod
    def learn(cls, options: MusicComposerOptions, pieces: Sequence[Piece]) -> Self:
        return cls(
            voices=max(piece.voices.shape[1] for piece in pieces),
            ordered=all(is_ordered(piece.voices) for piece in pieces),
            tempo=float(np.mean([piece.tempo for piece in pieces])),
            steps_per_beat=options.steps_per_beat,
        )

    def keys(self, where: str, piece: Piece) -> np.ndarray:
        """A piece as the network reads it: `(steps, voices)`, 0 to 87 a key, 88 a rest.

        Raises:
            DataError: it has more voices than the pieces that were learned.
        """
        voices = piece.voices
        if self.ordered and not is_ordered(voices):
            voices = voices_of(piece.roll())
        spare = self.voices - voices.shape[1]
        if spare < 0 and (voices[:, self.voices :] == REST).all():
            voices, spare = voices[:, : self.voices], 0
        if spare < 0:
            raise DataError(
                f"{where}: {piece.name or 'a piece'} has {voices.shape[1]} voices, and the model "
                f"learned {self.voices}. Train with such pieces, or leave voices out."
            )
        return np.pad(keys_of(voices), ((0, 0), (0, spare)), constant_values=RESTING)

    def frame(self, where: str, frame: Any) -> np.ndarray:
        """The MIDI pitches of one step as numbers of keys, `(voices,)`.

        Raises:
            DataError: they are no pitches, or too many.
        """
        pitches = np.atleast_1d(np.asarray(frame))
        if pitches.ndim != 1 or pitches.dtype.kind not in "iu" or not pitches.size:
            raise DataError(
                f"{where}: a step must be MIDI pitches, voice by voice, -1 for a rest, got "
                f"{frame!r:.80}."
            )
        silent = (pitches == REST).all()
        voices = pitches[None] if silent else check_voices(where, pitches[None])
        piece = Piece(voices=voices, name="the step")
        return self.keys(where, piece)[0]

    def all_keys(self, where: str, pieces: Sequence[Piece]) -> list[np.ndarray]:
        return [self.keys(where, piece) for piece in pieces]

    def piece(self, keys: np.ndarray, *, tempo: float, known: int = 0) -> Piece:
        """Keys `(steps, voices)` as a piece."""
        return Piece(
            voices=pitches_of(keys),
            steps_per_beat=self.steps_per_beat,
            tempo=tempo,
            known=known,
        )

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        names = [each.name for each in dataclasses.fields(cls)]
        rows = cls(**{name: document[name] for name in names})
        check_number("document", "voices", rows.voices, low=1, high=MOST_VOICES, whole=True)
        check_grid("document", rows.steps_per_beat, rows.tempo)
        rows.ordered = bool(rows.ordered)
        return rows


def is_ordered(voices: np.ndarray) -> bool:
    """Whether every step's notes stand from the highest down, no two alike, rests last."""
    falls = voices[:, :-1] > voices[:, 1:]
    return bool((falls | (voices[:, 1:] == REST)).all())


def cut(pieces: Sequence[np.ndarray], most: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Pieces in parts of about the same length, at most `most` steps; and of each part whether a
    piece begins there."""
    parts, begins = [], []
    for piece in pieces:
        found = np.array_split(piece, -(-len(piece) // most))
        parts += found
        begins += [True] + [False] * (len(found) - 1)
    return parts, np.array(begins)
