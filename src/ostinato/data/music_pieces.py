"""What users give as music, as pieces: paths, arrays, piano rolls, lists of pitches."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.data.music import KEYS, LOWEST, REST, Piece, check_voices, voices_of
from ostinato.data.music_midi import read_midi
from ostinato.errors import DataError


def as_pieces(where: str, X: Any, steps_per_beat: int) -> list[Piece]:
    """What a user gives as music, as pieces.

    Args:
        X: a list of which each is a path of a MIDI file, a `Piece`, voices `(steps, voices)` or
            `(steps,)`, or a piano roll `(steps, 88)` or `(steps, 128)` of zeros and ones; or one
            path or `Piece`. Lists whose steps have different numbers of pitches, in whatever piece,
            are no voices but notes, and are put in order from the highest down.
        steps_per_beat: the grid on which files are read and arrays are meant.

    Raises:
        DataError: one of them cannot be used; the message says which.
    """
    if isinstance(X, (str, os.PathLike, Piece)):
        X = [X]
    if not isinstance(X, (Sequence, np.ndarray)) or isinstance(X, bytes):
        raise DataError(
            f"{where}: X must be a list of pieces: paths of MIDI files, arrays (steps, voices) of "
            f"pitches, or piano rolls; got {type(X).__name__}."
        )
    ragged = any(isinstance(each, list) and _is_ragged(each) for each in X)
    pieces = []
    for k, each in enumerate(X):
        place = f"{where}: piece {k}"
        value = _ranked(place, each) if ragged and isinstance(each, list) else each
        pieces.append(as_piece(place, value, steps_per_beat))
    return pieces


def as_piece(where: str, value: Any, steps_per_beat: int) -> Piece:
    """One piece, see `as_pieces`."""
    if isinstance(value, (str, os.PathLike)):
        return read_midi(Path(value), steps_per_beat)
    if isinstance(value, Piece):
        if value.steps_per_beat != steps_per_beat:
            raise DataError(
                f"{where} has {value.steps_per_beat} steps a beat, and the model reads "
                f"{steps_per_beat}. Read it with steps_per_beat={steps_per_beat}."
            )
        return dataclasses.replace(value, voices=check_voices(where, value.voices))
    return Piece(voices=check_voices(where, _array(where, value)), steps_per_beat=steps_per_beat)


def _array(where: str, value: Any) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DataError(
            f"{where} must have as many voices at every step. Write -1 for a voice that rests."
        ) from error
    if array.dtype.kind == "f" and (np.isfinite(array) & (array == np.floor(array))).all():
        array = array.astype(np.int64)
    if array.dtype.kind not in "iub" or array.ndim not in (1, 2) or not array.size:
        raise DataError(
            f"{where} must be a path, or whole numbers (steps, voices): MIDI pitches, -1 for a "
            f"rest; got {array.dtype} of shape {array.shape}."
        )
    if array.ndim == 1:
        return array[:, None]
    return _unrolled(where, array) if array.shape[1] in (KEYS, 128) else array


def _is_ragged(steps: list[Any]) -> bool:
    return len({len(each) if isinstance(each, list) else -1 for each in steps}) > 1


def _ranked(where: str, steps: Any) -> np.ndarray:
    """The pitches of each step, in lists of different lengths, from the highest down."""
    try:
        most = max((len(each) for each in steps), default=0)
        rows = [sorted({int(p) for p in each} - {REST}, reverse=True) for each in steps]
        return np.array([row + [REST] * (most - len(row)) for row in rows], dtype=np.int64)
    except (TypeError, ValueError) as error:
        raise DataError(f"{where}: a step must be a list of pitches ({error}).") from error


def _unrolled(where: str, roll: np.ndarray) -> np.ndarray:
    if not np.isin(roll, (0, 1)).all():
        raise DataError(
            f"{where} is a piano roll, by its {roll.shape[1]} columns, and must be zeros and "
            f"ones, got values from {roll.min()} to {roll.max()}."
        )
    if roll.shape[1] == 128:
        outside = np.delete(roll, np.s_[LOWEST : LOWEST + KEYS], axis=1)
        if outside.any():
            raise DataError(f"{where} has pitches that a piano lacks; those are 21 to 108.")
        roll = roll[:, LOWEST : LOWEST + KEYS]
    return voices_of(roll.astype(bool))
