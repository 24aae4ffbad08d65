"""Recordings with what is said in them: folders and tables to (path, text) pairs."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ostinato.data.audio import SUFFIXES, Recording, read_audio
from ostinato.data.readable import readable
from ostinato.data.tables import ENDINGS, read_table
from ostinato.errors import DataError, OstinatoWarning, suggestion

LIBRI = ".trans.txt"  # "ID TEXT" a line, beside the recordings
SPHINX = ".transcription"  # "<s> TEXT </s> (ID)" a line, as AN4 has them
BESIDE = (".txt", ".lab")  # one text a recording, of the same name
SHOWN = 5  # bad files that a message names
_SPHINX_LINE = re.compile(r"^(?:<s>)?(.*?)(?:</s>)?\s*\(([^()]+)\)\s*$")


@dataclass(frozen=True, kw_only=True)
class Utterance:
    """One recording's file, and what is said in it."""

    path: Path
    text: str


def read_transcripts(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    path: str = "path",
    text: str = "text",
) -> list[Utterance]:
    """The recordings that folders, lists and tables name, with their texts.

    Args:
        sources: a folder, in which lies for all recordings a list of LibriSpeech's form
            (`*.trans.txt`, "ID TEXT" a line) or AN4's (`*.transcription`, "<s> TEXT </s> (ID)"),
            or beside each a `.txt` or `.lab` of its name; one such list, whose recordings lie
            somewhere in its folder or in the one above; or a table with a column of paths, which
            count from the table's folder.
        path, text: the table's columns.

    Raises:
        DataError: there is no recording; a text has no recording, or of a folder a recording no
            text; or a table lacks a column.
    """
    given = [sources] if isinstance(sources, str | os.PathLike) else list(sources)
    found = [each for source in given for each in _source(Path(source), path, text)]
    if not found:
        raise DataError("read_transcripts: no recording was named.")
    return found


def listed_recordings(
    sources: Iterable[str | os.PathLike[str]], *, path: str = "path"
) -> list[Path]:
    """The recordings by name, of folders all that are in them, of tables those of a column.

    Raises:
        DataError: a folder has no recordings, or a table lacks the column.
    """
    found: list[Path] = []
    for each in map(Path, sources):
        if each.is_dir():
            found += sorted(_recordings(each).values())
        elif each.suffix.lower() in ENDINGS:
            wanted = {path: "Name it with --column."}
            table = read_table(str(each), required=wanted, text=[path], filled=[path])
            found += [each.parent / str(one) for one in table[path]]
        else:
            found.append(each)
    return found


def _source(source: Path, path: str, text: str) -> list[Utterance]:
    if source.is_dir():
        return _folder(source)
    if source.name.endswith((LIBRI, SPHINX)):
        root = source.parent if source.name.endswith(LIBRI) else source.parent.parent
        return _listed(source, _recordings(root))[0]
    table = read_table(
        str(source),
        required={path: "Name it with --path.", text: "Name it with --text."},
        text=[path, text],
        filled=[path],
    )
    folder = source.parent
    texts = table[text].fillna("")
    return [
        Utterance(path=folder / str(one), text=str(other))
        for one, other in zip(table[path], texts, strict=True)
    ]


def _folder(folder: Path) -> list[Utterance]:
    """Everything in a folder and those below it."""
    recordings = _recordings(folder)
    lists = sorted(each for form in (LIBRI, SPHINX) for each in folder.rglob(f"*{form}"))
    if lists:
        found, used = [], set()
        for each in lists:
            utterances, names = _listed(each, recordings)
            found += utterances
            used |= names
        left = sorted(set(recordings) - used)
        if left:
            raise DataError(_without_text(folder, [recordings[name] for name in left]))
        return found
    texts = {file.with_suffix(""): file for form in BESIDE for file in folder.rglob(f"*{form}")}
    paths = sorted(recordings.values())
    bare = [each for each in paths if each.with_suffix("") not in texts]
    if bare:
        raise DataError(_without_text(folder, bare))
    stems = {each.with_suffix("") for each in paths}
    alone = sorted(file for stem, file in texts.items() if stem not in stems)
    if alone:
        raise DataError(
            f"{folder}: {len(alone):,} texts have no recording: {_some(alone)}. Take them out, or "
            "put the recordings beside them."
        )
    return [
        Utterance(path=each, text=" ".join(_read(texts[each.with_suffix("")]).split()))
        for each in paths
    ]


def _recordings(folder: Path) -> dict[str, Path]:
    """The recordings in a folder and those below it, by name without suffix.

    Raises:
        DataError: there is none.
    """
    found: dict[str, Path] = {}
    for each in sorted(folder.rglob("*")):
        if each.suffix.lower() in SUFFIXES and each.is_file():
            found[each.stem if each.stem not in found else str(each.relative_to(folder))] = each
    if not found:
        raise DataError(
            f"{folder}: has no recordings. Those that are read end in {', '.join(SUFFIXES)}."
        )
    return found


def _listed(file: Path, recordings: dict[str, Path]) -> tuple[list[Utterance], set[str]]:
    """The utterances of a list, and their names."""
    found, used, missing = [], set(), []
    for number, line in enumerate(_read(file).splitlines(), 1):
        if not line.strip():
            continue
        name, text = _line(file, number, line)
        name = Path(name).name if name not in recordings else name
        if name not in recordings:
            missing.append(name)
            continue
        used.add(name)
        found.append(Utterance(path=recordings[name], text=text))
    if missing:
        close = suggestion(missing[0], recordings)
        raise DataError(
            f"{file}: {len(missing):,} texts have no recording: {_some(missing)}.{close} Take the "
            "lines out, or put the recordings into the folder."
        )
    return found, used


def _line(file: Path, number: int, line: str) -> tuple[str, str]:
    """Name and text of a line."""
    if file.name.endswith(LIBRI):
        name, _, text = line.strip().partition(" ")
        return name, " ".join(text.split())
    match = _SPHINX_LINE.match(line.strip())
    if match is None:
        raise DataError(
            f"{file}: line {number} must be '<s> TEXT </s> (NAME)', got {line.strip():.60}."
        )
    words = re.sub(r"\s+", " ", match[1]).strip()
    return match[2].strip(), words


def _without_text(folder: Path, paths: Sequence[Path]) -> str:
    return (
        f"{folder}: {len(paths):,} recordings have no text: {_some(paths)}. Put a .txt of the same "
        "name beside each, name them in the list, or take them out."
    )


def _some(names: Sequence[object]) -> str:
    more = "" if len(names) <= SHOWN else f" and {len(names) - SHOWN:,} more"
    return ", ".join(map(str, names[:SHOWN])) + more


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DataError(f"{file}: is not UTF-8. Convert it.") from error


def read_recordings(
    utterances: Sequence[Utterance], *, skip_bad: bool = False
) -> tuple[list[Recording], list[str]]:
    """The recordings themselves, at their own sampling rates, and their texts.

    Args:
        skip_bad: leave out those that cannot be read, with a warning that names them.

    Raises:
        DataError: a recording cannot be read, or none can.

    Warns:
        OstinatoWarning: recordings were left out.
    """
    good, wrong = readable(utterances, lambda each: read_audio(each.path), skip_bad=skip_bad)
    bad = list(wrong.values())
    if not good:
        raise DataError(f"read_recordings: none of {len(bad):,} recordings can be read: {bad[0]}")
    if bad:
        warnings.warn(
            f"{len(bad):,} of {len(utterances):,} recordings were left out: {_some(bad)}",
            OstinatoWarning,
            stacklevel=2,
        )
    return list(good.values()), [utterances[k].text for k in good]
