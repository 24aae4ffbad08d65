"""Names a user types to the bytes they mean: globs, compressed files, standard input."""

from __future__ import annotations

import bz2
import glob
import gzip
import io
import lzma
import os
import sys
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ostinato.errors import DataError, suggestion

_DECOMPRESSORS = {".gz": gzip.decompress, ".xz": lzma.decompress, ".bz2": bz2.decompress}
DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, RuntimeError)


PARQUET = b"PAR1"  # how such a file begins
UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class Source:
    """One file's name as the user knows it, its suffix in lower case, and its content.

    `suffix` is of the file inside: ".csv" for "reviews.csv.gz", "" for standard input.
    """

    name: str
    suffix: str
    content: bytes


def expand(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> list[str]:
    """File names for names, patterns ("data/*.csv", "**" for any folders) and "-".

    Raises:
        DataError: a pattern or name matches no file.
    """
    if isinstance(paths, str | os.PathLike):
        paths = [paths]
    names: list[str] = []
    for each in paths:
        path = os.fspath(each)
        if path == "-" or os.path.isfile(path):
            names.append(path)
        elif os.path.isdir(path):
            raise DataError(f"{path}: is a folder. Name the files in it, such as {path}/*.csv.")
        elif glob.has_magic(path):
            found = sorted(name for name in glob.glob(path, recursive=True) if os.path.isfile(name))
            if not found:
                raise DataError(f"{path}: the pattern matches no file.")
            names.extend(found)
        elif os.path.exists(path):  # a pipe or a device, as in <(command)
            names.append(path)
        else:
            raise DataError(f"{path}: no such file.{_neighbour(path)}")
    if not names:
        raise DataError("no data file was named.")
    return names


def _neighbour(path: str) -> str:
    folder, name = os.path.split(path)
    try:
        return suggestion(name, os.listdir(folder or "."))
    except OSError:
        return ""


def read_sources(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], errors: str = "strict"
) -> Iterator[Source]:
    """The content of each file, decompressed; a .zip gives one source for each file in it.

    With `errors="replace"` bytes that are not UTF-8 are U+FFFD in the content of a text.

    Raises:
        DataError: a file is missing, cannot be read, or is damaged.
    """
    for source in _stored(paths):
        if errors == "strict" or source.content.startswith((PARQUET, *UTF16)):
            yield source
        else:
            text = source.content.decode(errors=errors)
            yield Source(source.name, source.suffix, text.encode())


def _stored(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Source]:
    for name in expand(paths):
        if name == "-":
            yield Source("standard input", "", sys.stdin.buffer.read())
            continue
        try:
            content = Path(name).read_bytes()
        except OSError as error:
            raise DataError(f"{name}: cannot be read: {error.strerror}.") from error
        stem, suffix = os.path.splitext(name)
        try:
            if suffix.lower() == ".zip":
                yield from _members(name, content)
                continue
            if suffix.lower() in _DECOMPRESSORS:
                content = _DECOMPRESSORS[suffix.lower()](content)
                suffix = os.path.splitext(stem)[1]
        except DAMAGED as error:
            raise DataError(
                f"{name}: cannot be decompressed: {error}. Copy or download it again."
            ) from error
        yield Source(name, suffix.lower(), content)


def _members(name: str, content: bytes) -> list[Source]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        names = [
            each.filename
            for each in archive.infolist()
            if not each.is_dir() and not each.filename.startswith("__MACOSX/")
        ]
        if not names:
            raise DataError(f"{name}: there is no file in it.")
        return [
            Source(f"{name}/{each}", os.path.splitext(each)[1].lower(), archive.read(each))
            for each in names
        ]


def not_utf8(name: str, byte: int, offset: int, line: int) -> DataError:
    """The error of a byte that is not UTF-8."""
    return DataError(
        f"{name}: not valid UTF-8: byte 0x{byte:02x} at offset {offset} (line {line}). Save it as "
        "UTF-8, for example: iconv -f latin1 -t utf-8 OLD > NEW"
    )


def decode(source: Source) -> str:
    """The content as text.

    Raises:
        DataError: it is not UTF-8; the message has the place and the line.
    """
    content = source.content
    if content.startswith(UTF16):
        raise DataError(f"{source.name}: is UTF-16, not UTF-8. Save it as UTF-8.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # "utf-8-sig" counts from behind the mark at the file's start.
        start = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        line = content.count(b"\n", 0, start) + 1
        raise not_utf8(source.name, content[start], start, line) from None
    if "\0" in text:
        place = content.index(b"\0")
        raise DataError(f"{source.name}: is no text: byte 0x00 at offset {place}.")
    if not text.strip():
        raise DataError(f"{source.name}: the file is empty.")
    return text
