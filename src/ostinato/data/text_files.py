"""Running text read from files in pieces, so that a file may be larger than memory."""

from __future__ import annotations

import codecs
import contextlib
import copy
import os
import re
import sys
import tempfile
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Self

from ostinato.data.sources import DAMAGED, PACKED, UTF16, expand, members, not_utf8, unpack
from ostinato.errors import DataError, check_choice, check_number

PIECE = 1 << 18  # bytes read at once
LONGEST = 8 * PIECE  # characters without white space before they are cut all the same
_GAP = re.compile(r"(?<=\S)\s")
_TAG = 82  # the longest tag that is one word


class TextFiles:
    """The text of files, piece by piece, as it stands; memory does not grow with the files.

    A file is plain, .gz, .xz, .bz2, .zst or .zip (each file in it is a text), or "-", standard
    input, which is first copied to a temporary file; a pattern stands for all it matches. Lines
    end with "\\n", whether "\\r\\n" or "\\r" stood there. Pieces are cut where a word ends, so that
    their tokens are those of the whole.

    Args:
        paths: names of files.
        errors: "strict", or "replace", which reads bytes that are not UTF-8 as "\\ufffd".

    Attributes:
        names: the files' names.
        characters: in all; counted by reading every file once.

    Raises:
        DataError: a file is missing. While reading: it is damaged, empty, or not UTF-8; the message
            has the byte's place.
    """

    def __init__(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        errors: str = "strict",
    ) -> None:
        check_choice("TextFiles", "errors", errors, ("strict", "replace"))
        self.names, self.errors = expand(paths), errors
        self._first, self._last = 0, None
        self._count: int | None = None
        self._input = _Input() if "-" in self.names else None

    @property
    def characters(self) -> int:
        if self._count is None:
            self._count = sum(len(piece) for _, piece in self.pieces())
        return self._count

    def cut(self, share: float) -> tuple[Self, Self]:
        """All but the last `share` of the characters, and these.

        Raises:
            OptionError: the share is not between 0 and 1.
        """
        check_number("TextFiles.cut", "share", share, above=0, below=1)
        total = self.characters
        place = self._first + round(total * (1 - share))
        before, behind = copy.copy(self), copy.copy(self)
        before._last, behind._first = place, place
        before._count = place - self._first
        behind._count = total - before._count
        return before, behind

    def pieces(self) -> Iterator[tuple[bool, str]]:
        """Pairs: whether a file begins (or here its first part that counts), and some text."""
        place = 0
        for name, stream in self._streams():
            begins, written = True, False
            for text in _cut(_decoded(name, stream, self.errors)):
                written = written or not text.isspace()
                low = max(0, self._first - place)
                high = len(text) if self._last is None else max(0, self._last - place)
                place += len(text)
                if low < min(high, len(text)):
                    yield begins, text[low:high]
                    begins = False
                if self._last is not None and place >= self._last:
                    return
            if not written:
                raise DataError(f"{name}: the file is empty.")

    def _streams(self) -> Iterator[tuple[str, IO[bytes]]]:
        for name in self.names:
            if self._input is not None and name == "-":
                self._input.file.seek(0)
                yield "standard input", self._input.file
                continue
            suffix = os.path.splitext(name)[1].lower()
            with _readable(name), contextlib.ExitStack() as opened:
                if suffix != ".zip":
                    stream = opened.enter_context(open(name, "rb"))
                    if suffix in PACKED:
                        stream = opened.enter_context(unpack(name, stream, suffix))
                    yield name, stream
                    continue
                archive = opened.enter_context(zipfile.ZipFile(name))
                for each in members(archive, name):
                    with archive.open(each) as stream:
                        yield f"{name}/{each}", stream


class _Input:
    """A copy of standard input, which can be read more than once."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()  # noqa: SIM115  closed with this object
        while block := sys.stdin.buffer.read(PIECE):
            self.file.write(block)

    def __del__(self) -> None:
        self.file.close()


@contextlib.contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except DAMAGED as error:
        raise DataError(f"{name}: cannot be read: {error}. Copy or download it again.") from error


def _decoded(name: str, stream: IO[bytes], errors: str) -> Iterator[str]:
    """The stream's text, a block of bytes at a time."""
    held, offset, line = b"", 0, 1  # of the first byte that is not decoded yet
    block = b"?"
    while block:
        with _readable(name):
            block = stream.read(PIECE if offset else max(PIECE, 4))  # four show UTF-16
        held += block
        if not offset and held.startswith(UTF16):
            raise DataError(f"{name}: is UTF-16, not UTF-8. Save it as UTF-8.")
        if b"\0" in held:
            place = offset + held.index(b"\0")
            raise DataError(f"{name}: is no text: byte 0x00 at offset {place}.")
        if not offset and held.startswith(codecs.BOM_UTF8):
            offset, held = len(codecs.BOM_UTF8), held[len(codecs.BOM_UTF8) :]
        try:
            text, used = codecs.utf_8_decode(held, errors, not block)
        except UnicodeDecodeError as error:
            line += held.count(b"\n", 0, error.start)
            place = offset + error.start
            raise not_utf8(name, held[error.start], place, line) from None
        offset, line, held = offset + used, line + text.count("\n"), held[used:]
        yield text


def _cut(blocks: Iterator[str]) -> Iterator[str]:
    """The same text with "\\n" for "\\r\\n" and "\\r", cut where a word ends."""
    rest = ""
    for block in blocks:
        rest += block
        place = _place(rest)
        if place:
            yield _with_line_ends(rest[:place])
            rest = rest[place:]
    if rest:
        yield _with_line_ends(rest)


def _with_line_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _place(text: str) -> int:
    """The last place where the text can be cut: before white space, outside a tag. 0 where there
    is none, unless the text is very long."""
    begin = len(text)
    while begin > 0:
        end, begin = begin, max(0, begin - 4096)
        gaps = [begin + gap.start() for gap in _GAP.finditer(text[begin:end])]
        for place in reversed(gaps):
            before = text[max(0, place - _TAG) : place]
            if before.rfind("<") <= before.rfind(">"):
                return place
    if len(text) < LONGEST:
        return 0
    place = len(text) - 1
    while place and unicodedata.category(text[place])[0] in "MCZ":  # marks, joiners, spaces
        place -= 1
    return place
