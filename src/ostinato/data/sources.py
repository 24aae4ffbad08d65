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
from typing import IO

from ostinato.errors import DataError, MissingDependencyError, suggestion

DAMAGED = (OSError, EOFError, lzma.LZMAError, zlib.error, zipfile.BadZipFile, RuntimeError)
PACKED = (".gz", ".xz", ".bz2", ".zst", ".zip")
PARQUET = b"PAR1"  # how such a file begins
UTF16 = (b"\xff\xfe", b"\xfe\xff")
_BEGINNINGS = {
    b"\x1f\x8b\x08": ".gz",
    b"\xfd7zXZ\x00": ".xz",
    b"\x28\xb5\x2f\xfd": ".zst",
    **{b"BZh%d1AY&SY" % level: ".bz2" for level in range(1, 10)},
}
_HIDDEN = ("__MACOSX/", ".DS_Store")


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
        if errors == "strict" or source.content.startswith(PARQUET):
            yield source
        else:
            encoding = "utf-16" if source.content.startswith(UTF16) else "utf-8"
            text = source.content.decode(encoding, errors=errors)
            yield Source(source.name, source.suffix, text.encode(errors="replace"))


def _stored(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Source]:
    for name in expand(paths):
        shown = "standard input" if name == "-" else name
        try:
            content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
        except OSError as error:
            raise DataError(f"{name}: cannot be read: {error.strerror}.") from error
        stem, suffix = os.path.splitext("" if name == "-" else name)
        suffix = suffix.lower()
        packed = suffix if suffix in PACKED else _packed(content)
        try:
            if packed == ".zip":
                yield from _members(name, content)
                continue
            if packed is not None:
                content = unpack(shown, io.BytesIO(content), packed).read()
                suffix = os.path.splitext(stem)[1].lower() if packed == suffix else suffix
        except DAMAGED as error:
            raise DataError(
                f"{shown}: cannot be decompressed: {error}. Copy or download it again."
            ) from error
        yield Source(shown, suffix, content)


def _packed(content: bytes) -> str | None:
    """How a content is packed that its name does not tell, by how it begins."""
    return next((end for begin, end in _BEGINNINGS.items() if content.startswith(begin)), None)


def unpack(name: str, stream: IO[bytes], suffix: str) -> IO[bytes]:
    """The stream of what a packed stream holds: .gz, .xz, .bz2 or .zst.

    Raises:
        MissingDependencyError: .zst without pyarrow.
    """
    if suffix == ".gz":
        return gzip.GzipFile(fileobj=stream)  # pyright: ignore[reportReturnType]
    if suffix == ".xz":
        return lzma.LZMAFile(stream)  # pyright: ignore[reportReturnType]
    if suffix == ".bz2":
        return bz2.BZ2File(stream)  # pyright: ignore[reportReturnType]
    try:
        import pyarrow
    except ImportError:
        raise MissingDependencyError(
            f'{name}: .zst needs pyarrow. Install it with: pip install "ostinato[parquet]"'
        ) from None
    return pyarrow.CompressedInputStream(stream, "zstd")  # pyright: ignore[reportReturnType]


def members(archive: zipfile.ZipFile, name: str) -> list[str]:
    """The files in an archive, in its order, without what a system keeps for itself.

    Raises:
        DataError: there is none.
    """
    names = [
        each.filename
        for each in archive.infolist()
        if not each.is_dir() and not any(part in each.filename for part in _HIDDEN)
    ]
    if not names:
        raise DataError(f"{name}: there is no file in it.")
    return names


def _members(name: str, content: bytes) -> list[Source]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [
            Source(f"{name}/{each}", os.path.splitext(each)[1].lower(), archive.read(each))
            for each in members(archive, name)
        ]


def not_utf8(name: str, byte: int, offset: int, line: int) -> DataError:
    """The error of a byte that is not UTF-8."""
    return DataError(
        f"{name}: not valid UTF-8: byte 0x{byte:02x} at offset {offset} (line {line}). Save it as "
        "UTF-8, for example: iconv -f latin1 -t utf-8 OLD > NEW"
    )


def decode(source: Source) -> str:
    """The content as text: UTF-8, or UTF-16 with its mark. A lone "\\r" ends a line where no
    "\\n" does, as on old Macs.

    Raises:
        DataError: it is neither; the message has the place and the line.
    """
    content = source.content
    if content.startswith(UTF16):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError as error:
            raise DataError(
                f"{source.name}: not valid UTF-16 at offset {error.start}. Save it as UTF-8."
            ) from None
    else:
        text = _utf8(source)
    if "\0" in text:
        place = content.index(b"\0")
        raise DataError(
            f"{source.name}: is no text: byte 0x00 at offset {place}. If it is UTF-16 or a "
            "spreadsheet, save it as UTF-8 text."
        )
    if not text.strip():
        raise DataError(f"{source.name}: the file is empty.")
    return text if "\n" in text else text.replace("\r", "\n")


def lines_of(text: str) -> list[str]:
    """Lines that end with "\\n", "\\r\\n" or "\\r", for formats in which none can be inside a line.

    Unlike `str.splitlines`, which also cuts at U+2028 and others.
    """
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _utf8(source: Source) -> str:
    content = source.content
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # "utf-8-sig" counts from behind the mark at the file's start.
        start = error.start + (3 if content.startswith(b"\xef\xbb\xbf") else 0)
        line = content.count(b"\n", 0, start) + 1
        raise not_utf8(source.name, content[start], start, line) from None
