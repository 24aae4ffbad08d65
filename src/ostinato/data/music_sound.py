"""Pieces as sound: a few harmonics for each note, so that one can listen without a synthesizer."""

from __future__ import annotations

import os
import wave

import numpy as np

from ostinato.data.music import Piece
from ostinato.errors import DataError, check_number

RATE = 22_050  # samples a second
LONGEST = 3_600.0  # seconds
HARMONICS = (1.0, 0.45, 0.25, 0.12, 0.06)
ATTACK, RELEASE, FADING = 0.012, 0.08, 2.5  # seconds: to full loudness, after the end, to a third


def synthesise(piece: Piece, rate: int = RATE) -> np.ndarray:
    """The piece as samples `(count,)` from -1 to 1, float32.

    Each note is a sum of harmonics (those below half the rate) that swells quickly and fades; equal
    temperament, A4 at 440 Hz.

    Raises:
        OptionError: the rate is below 8,000 or above 192,000 samples a second.
        DataError: the piece is longer than an hour.
    """
    check_number("synthesise", "rate", rate, low=8_000, high=192_000, whole=True)
    if piece.seconds > LONGEST:
        raise DataError(
            f"synthesise: the piece lasts {piece.seconds:.0f} s, and at most {LONGEST:.0f} are "
            "written. Cut it."
        )
    total = int((piece.seconds + RELEASE) * rate) + 1
    sound = np.zeros(total, dtype=np.float32)
    for note in piece.notes():
        begin = int(note.start * piece.step_seconds * rate)
        lasting = (note.end - note.start) * piece.step_seconds
        wave_of_note = _tone(note.pitch, lasting, rate)[: total - begin]
        sound[begin : begin + len(wave_of_note)] += wave_of_note
    highest = float(np.abs(sound).max())
    return sound * np.float32(0.89 / highest) if highest else sound


def _tone(pitch: int, lasting: float, rate: int) -> np.ndarray:
    """One note: `lasting` seconds and its end."""
    time = np.arange(int((lasting + RELEASE) * rate)) / rate
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    loudness = np.minimum(time / ATTACK, 1) * np.exp(-time / FADING)
    loudness *= np.clip((lasting + RELEASE - time) / RELEASE, 0, 1)
    tone = np.zeros(len(time))
    for number, strength in enumerate(HARMONICS, 1):
        if number * frequency < rate / 2:
            tone += strength * np.sin(2 * np.pi * number * frequency * time)
    return (tone * loudness).astype(np.float32)


def write_sound(piece: Piece, path: str | os.PathLike[str], rate: int = RATE) -> None:
    """The piece as a wav file of 16 bits, one channel; see `synthesise`.

    Raises:
        DataError: the file cannot be written.
    """
    samples = np.round(synthesise(piece, rate) * 32_767).astype("<i2")
    try:
        with open(path, "wb") as place, wave.open(place, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes(samples.tobytes())
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}.") from error
