"""MIDI files in and out, by symusic."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.data.music import MOST_STEPS, REST, Piece, check_grid, check_voices, voices_of
from ostinato.errors import DataError, MissingDependencyError

TICKS = 480  # of a quarter note in the files that are written
LOUDNESS = 80  # MIDI velocity


def _symusic() -> Any:
    try:
        import symusic
    except ImportError as error:
        raise MissingDependencyError(
            "music: MIDI files need symusic. Install it with: pip install 'ostinato[music]'"
        ) from error
    return symusic


def read_midi(path: str | os.PathLike[str], steps_per_beat: int = 4) -> Piece:
    """A MIDI file as a piece: each note from the step nearest its beginning to that nearest its
    end, one step at least.

    Tracks that never sound two notes at once are voices, the highest on average first. Where one
    does, the notes of a step are dealt to voices from the highest down. Drums are left out. The
    tempo is the first of the file.

    Raises:
        DataError: the file is missing, damaged, or has no notes or notes that no piano has.
        MissingDependencyError: symusic is not installed.
    """
    check_grid("read_midi", steps_per_beat)
    score_of, path = _symusic().Score, Path(path)
    try:
        score = score_of(path)
    except (RuntimeError, ValueError, OSError) as error:
        reason = "it is not there" if not path.exists() else str(error)
        raise DataError(f"{path}: cannot be read as a MIDI file: {reason}.") from error
    tracks = [track.notes.numpy() for track in score.tracks if not track.is_drum]
    tracks = [_on_grid(each, steps_per_beat / score.tpq) for each in tracks if len(each["time"])]
    steps = max((int(ends.max()) for _, ends, _ in tracks), default=0)
    if not steps:
        raise DataError(f"{path}: has no notes but drums. Leave it out.")
    if steps > MOST_STEPS:
        raise DataError(f"{path}: is {steps:,} steps long; at most {MOST_STEPS:,} are read.")
    tempo = float(score.tempos[0].qpm) if len(score.tempos) else 120.0  # what MIDI says
    voices = _voices([_keys(each, steps) for each in tracks])
    return Piece(
        voices=check_voices(str(path), voices),
        steps_per_beat=steps_per_beat,
        tempo=min(max(tempo, 4.0), 1000.0),
        name=str(path),
    )


Notes = tuple[np.ndarray, np.ndarray, np.ndarray]  # beginnings and ends in steps, and pitches


def _on_grid(notes: dict[str, np.ndarray], scale: float) -> Notes:
    begins = notes["time"].astype(np.float64) * scale
    ends = begins + notes["duration"].astype(np.float64) * scale
    first = np.floor(begins + 0.5).astype(np.int64)
    last = np.maximum(np.floor(ends + 0.5).astype(np.int64), first + 1)
    return first, last, notes["pitch"].astype(np.int64)


def _keys(notes: Notes, steps: int) -> np.ndarray:
    """Which of all MIDI pitches sound: `(steps, 128)`."""
    roll = np.zeros((steps, 128), dtype=bool)
    for first, last, pitch in zip(*(each.tolist() for each in notes), strict=True):
        roll[first:last, pitch] = True
    return roll


def _voices(rolls: list[np.ndarray]) -> np.ndarray:
    """Tracks `(steps, 128)` as voices, where each is one; otherwise all notes from the top."""
    if all(roll.sum(1).max() <= 1 for roll in rolls):
        rolls.sort(key=lambda roll: -float(np.nonzero(roll)[1].mean()))
        return np.stack([np.where(roll.any(1), roll.argmax(1), REST) for roll in rolls], axis=1)
    return voices_of(np.any(rolls, axis=0), lowest=0)


def write_midi(piece: Piece, path: str | os.PathLike[str]) -> None:
    """A piece as a MIDI file: a track for each voice, which `read_midi` reads back.

    Raises:
        DataError: the file cannot be written.
        MissingDependencyError: symusic is not installed.
    """
    symusic = _symusic()
    score = symusic.Score(TICKS)
    score.tempos.append(symusic.Tempo(0, piece.tempo))
    ticks = TICKS / piece.steps_per_beat
    tracks = [symusic.Track(name=f"voice {k + 1}") for k in range(piece.voices.shape[1])]
    for note in piece.notes():
        begin, end = round(note.start * ticks), round(note.end * ticks)
        tracks[note.voice].notes.append(symusic.Note(begin, end - begin, note.pitch, LOUDNESS))
    for track in tracks:
        score.tracks.append(track)
    try:
        Path(path).write_bytes(score.dumps_midi())
    except OSError as error:
        raise DataError(f"{path}: cannot be written: {error.strerror}.") from error
