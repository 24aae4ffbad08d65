"""Music in files: MIDI by symusic, chorales in JSON, many files at once."""

from __future__ import annotations

import glob
import gzip
import json
import logging
import lzma
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.data.music import (
    MOST_STEPS,
    REST,
    Piece,
    as_pieces,
    check_grid,
    check_voices,
    voices_of,
)
from ostinato.errors import DataError, MissingDependencyError

log = logging.getLogger("ostinato")
MIDI = (".mid", ".midi", ".kar")
TICKS = 480  # of a quarter note in the files that are written
LOUDNESS = 80  # MIDI velocity
_OPEN: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".xz": lzma.open}


def _symusic() -> Any:
    try:
        import symusic
    except ImportError as error:
        raise MissingDependencyError(
            "music: MIDI files need symusic. Install it with: pip install 'ostinato[music]'"
        ) from error
    return symusic


# MIDI.


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


# JSON.


def read_chorales(
    path: str | os.PathLike[str], part: str | None = None, steps_per_beat: int = 4
) -> list[Piece]:
    """Pieces of a JSON file: a list of pieces, each a list of steps, each a list of pitches with -1
    for a rest; or an object of such lists, of which `part` names one. `.gz` and `.xz` are unpacked.

    Raises:
        DataError: the file is of another form, or has no such part.
    """
    path = Path(path)
    try:
        with _OPEN.get(path.suffix, open)(path, "rt", encoding="utf-8") as file:
            content = json.load(file)
    except (OSError, ValueError, EOFError, lzma.LZMAError) as error:
        raise DataError(f"{path}: cannot be read as JSON: {error}.") from error
    if isinstance(content, dict):
        if part not in content:
            raise DataError(
                f"{path}: has the parts {', '.join(map(str, content))}, got part={part!r}. Name "
                "one of them."
            )
        content = content[part]
    if not isinstance(content, list) or not content:
        raise DataError(f"{path}: must be a list of pieces, got {type(content).__name__}.")
    return as_pieces(str(path), content, steps_per_beat)


# Many.


def files_of(sources: Sequence[str]) -> list[Path]:
    """The files that paths, folders and glob patterns name, in order; of a folder those of MIDI.

    Raises:
        DataError: a source names none.
    """
    found: list[Path] = []
    for source in sources:
        folder = Path(source)
        if folder.is_dir():
            named = sorted(p for p in folder.rglob("*") if p.suffix.lower() in MIDI)
        elif folder.exists():
            named = [folder]
        else:
            named = [Path(each) for each in sorted(glob.glob(source, recursive=True))]
        if not named:
            raise DataError(f"{source}: there are no MIDI files. Name files, folders or patterns.")
        found += named
    return found


def read_pieces(
    sources: Sequence[str],
    *,
    steps_per_beat: int = 4,
    part: str | None = None,
    skip_bad: bool = False,
) -> list[Piece]:
    """The pieces of MIDI files, folders of them, and JSON files.

    Args:
        sources: paths or glob patterns.
        part: of JSON files with several.
        skip_bad: go on without a MIDI file that cannot be used; the log names it.

    Raises:
        DataError: a file cannot be used, or with `skip_bad` none can.
    """
    pieces: list[Piece] = []
    for path in files_of(sources):
        if path.name.lower().endswith((".json", ".json.gz", ".json.xz")):
            pieces += read_chorales(path, part, steps_per_beat)
            continue
        try:
            pieces.append(read_midi(path, steps_per_beat))
        except DataError as error:
            if not skip_bad:
                raise DataError(f"{error} Or go on without such files: --skip-bad.") from error
            log.warning("left out: %s", error)
    if not pieces:
        raise DataError(f"{', '.join(sources)}: no file can be used.")
    return pieces
