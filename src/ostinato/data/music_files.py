"""Music in many files at once, and chorales in JSON."""

from __future__ import annotations

import glob
import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

from ostinato.data.music import Piece
from ostinato.data.music_midi import read_midi
from ostinato.data.music_pieces import as_pieces
from ostinato.data.readable import readable
from ostinato.data.sources import read_sources
from ostinato.errors import DataError

log = logging.getLogger("ostinato")
MIDI = (".mid", ".midi", ".kar")


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
        (source,) = read_sources(path)
        content = json.loads(source.content)
    except (DataError, ValueError) as error:
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
        skip_bad: go on without a file that cannot be used; the log names it.

    Raises:
        DataError: a file cannot be used, or with `skip_bad` none can.
    """

    def read(path: Path) -> list[Piece]:
        if path.name.lower().endswith((".json", ".json.gz", ".json.xz")):
            return read_chorales(path, part, steps_per_beat)
        return [read_midi(path, steps_per_beat)]

    good, bad = readable(files_of(sources), read, skip_bad=skip_bad)
    for message in bad.values():
        log.warning("left out: %s", message)
    pieces = [piece for each in good.values() for piece in each]
    if not pieces:
        raise DataError(f"{', '.join(sources)}: no file can be used.")
    return pieces
