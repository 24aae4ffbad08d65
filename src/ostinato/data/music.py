"""Pieces of music on a grid of steps: voices, piano rolls, notes, and what users give as one."""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import numpy as np

from ostinato.errors import DataError, OptionError, check_number

LOWEST, KEYS = 21, 88  # a piano's keys: A0 is MIDI pitch 21, C8 is 108
REST = -1  # of a voice as a MIDI pitch
RESTING = KEYS  # of a voice as the number of a key
PITCHES = KEYS + 1  # that a voice may have: keys, and the rest
MOST_VOICES = 32
MOST_STEPS = 1_000_000
TEMPO = 100.0  # beats a minute where nothing says another
_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


class Note(NamedTuple):
    """One note: the steps from `start` to before `end`, a MIDI pitch, and the voice it is in."""

    start: int
    end: int
    pitch: int
    voice: int


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Piece:
    """A piece of music on a grid.

    Attributes:
        voices: `(steps, voices)` MIDI pitches of a piano's keys, 21 to 108, -1 for a rest; a pitch
            that stays in a voice is one long note.
        steps_per_beat: steps of the grid in a quarter note.
        tempo: quarter notes a minute.
        name: its file, or "".
        known: steps at the beginning that were given where the rest was composed.
    """

    voices: np.ndarray
    steps_per_beat: int = 4
    tempo: float = TEMPO
    name: str = ""
    known: int = 0

    def __len__(self) -> int:
        return len(self.voices)

    @property
    def seconds(self) -> float:
        """How long it plays."""
        return len(self.voices) * self.step_seconds

    @property
    def step_seconds(self) -> float:
        """How long a step plays."""
        return 60 / (self.tempo * self.steps_per_beat)

    def roll(self) -> np.ndarray:
        """The piano roll `(steps, 88)`: whether each key sounds."""
        return roll_of_keys(keys_of(self.voices))

    def notes(self) -> list[Note]:
        """Its notes, voice after voice."""
        found = []
        for voice, pitches in enumerate(self.voices.T):
            edges = np.flatnonzero(np.diff(pitches, prepend=np.nan, append=np.nan) != 0)
            for start, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
                if pitches[start] != REST:
                    found.append(Note(start, end, int(pitches[start]), voice))
        return found


def voices_of(roll: np.ndarray, lowest: int = LOWEST) -> np.ndarray:
    """The keys of each step of a piano roll `(steps, keys)` from the highest down, `lowest` being
    the pitch of the first: `(steps, most)` MIDI pitches, -1 behind the last."""
    most = max(1, int(roll.sum(1).max(initial=0)))
    voices = np.full((len(roll), most), REST, dtype=np.int64)
    steps, keys = np.nonzero(roll[:, ::-1])
    rank = np.arange(len(steps)) - np.searchsorted(steps, steps)
    voices[steps, rank] = lowest + roll.shape[1] - 1 - keys
    return voices


def keys_of(voices: np.ndarray) -> np.ndarray:
    """MIDI pitches as numbers of keys, 0 to 87; 88 is a rest."""
    return np.where(voices == REST, RESTING, voices - LOWEST)


def pitches_of(keys: np.ndarray) -> np.ndarray:
    """Numbers of keys as MIDI pitches, -1 for a rest."""
    return np.where(keys == RESTING, REST, keys + LOWEST)


def roll_of_keys(keys: np.ndarray) -> np.ndarray:
    """The piano roll `(steps, 88)` of numbers of keys `(steps, voices)`: whether each sounds."""
    roll = np.zeros((len(keys), PITCHES), dtype=bool)
    roll[np.arange(len(keys))[:, None], keys] = True
    return roll[:, :KEYS]


def pitch_name(pitch: int) -> str:
    """A MIDI pitch as musicians write it: 60 is C4, -1 is "rest"."""
    return "rest" if pitch == REST else f"{_NAMES[pitch % 12]}{pitch // 12 - 1}"


def check_voices(where: str, voices: np.ndarray) -> np.ndarray:
    """Voices `(steps, voices)` as int64.

    Raises:
        DataError: no note, a pitch outside of 21 to 108, or too many voices or steps.
    """
    if voices.dtype.kind not in "iu":
        raise DataError(
            f"{where} must have whole numbers as pitches, got {voices.dtype}. A piano roll of "
            "True and False has 88 or 128 columns."
        )
    voices = voices.astype(np.int64)
    if voices.ndim != 2 or voices.shape[1] > MOST_VOICES or len(voices) > MOST_STEPS:
        raise DataError(
            f"{where} must be (steps, voices) with at most {MOST_STEPS:,} steps and {MOST_VOICES} "
            f"voices, got shape {voices.shape}."
        )
    wrong = (voices != REST) & ((voices < LOWEST) | (voices >= LOWEST + KEYS))
    if wrong.any():
        step, voice = np.argwhere(wrong)[0].tolist()
        raise DataError(
            f"{where} has the pitch {voices[step, voice]} at step {step}; a piano has 21 to 108, "
            "and -1 is a rest. Transpose it by octaves."
        )
    if (voices == REST).all():
        raise DataError(f"{where} has no notes. Leave it out.")
    return voices


def check_grid(where: str, steps_per_beat: Any, tempo: Any = TEMPO) -> None:
    """Raise `OptionError` unless the grid and the tempo are possible."""
    check_number(where, "steps_per_beat", steps_per_beat, low=1, high=96, whole=True)
    try:
        check_number(where, "tempo", tempo, low=4, high=1000)
    except OptionError as error:
        raise OptionError(f"{error} It is in quarter notes a minute.") from error
