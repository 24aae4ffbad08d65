"""Pairs of texts: a sentence and its translation, an abstract and its title."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING, Literal

from ostinato.data.labels import is_missing
from ostinato.data.sources import Source, decode, expand, read_sources
from ostinato.data.tables import read_table
from ostinato.errors import DataError, check_choice

if TYPE_CHECKING:
    import pandas as pd

Pairs = tuple[list[str], list[str]]
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_TABLES = (".csv", ".tsv", ".jsonl", ".parquet")
_PACKED = (".gz", ".xz", ".bz2", ".zip")


def read_pairs(
    paths: Paths,
    *,
    source: str = "source",
    target: str = "target",
    header: bool = True,
    empty: Literal["error", "drop"] = "error",
    errors: Literal["strict", "replace"] = "strict",
) -> Pairs:
    """Sources and targets, as two lists of the same length.

    Args:
        paths: two files of plain text whose lines belong together (train.de, train.en), or one
            or more tables (.csv, .tsv, .jsonl, .parquet); all also in .gz, .xz, .bz2 or .zip.
        source, target: the tables' columns.
        header: False for .tsv files without a header: the first two fields of each line.
        empty: what happens to a pair with an empty side: an error, or it is left out.
        errors: "replace" reads bytes that are not UTF-8 as U+FFFD.

    Raises:
        DataError: a file cannot be used; the two files have different numbers of lines (the
            message says where they part); a side is empty.
    """
    check_choice("read_pairs", "empty", empty, ("error", "drop"))
    check_choice("read_pairs", "errors", errors, ("strict", "replace"))
    names = expand(paths)
    kinds = {_kind(name) for name in names}
    if kinds <= set(_TABLES):
        if not header:
            parts = [_fields(each) for each in read_sources(names, errors)]
            rows = [a for one, _ in parts for a in one], [b for _, other in parts for b in other]
        else:
            rows = _columns(names, source, target, errors)
        where = ", ".join(names)
    elif len(names) == 2 and not kinds & set(_TABLES):
        rows, where = _aligned(names, errors), f"{names[0]} and {names[1]}"
    else:
        raise DataError(
            f"{', '.join(names)}: pairs are in two files of text whose lines belong together, or "
            f"in tables ({', '.join(_TABLES)}), got {len(names)} files."
        )
    return _filled(where, rows, empty)


def is_table(name: str) -> bool:
    """Whether a file of this name is a table with columns, rather than lines of text."""
    return _kind(name) in _TABLES


def read_lines(paths: Paths, errors: str = "strict") -> list[str]:
    """The lines of files of text, in order; an empty line is an empty text.

    With `errors="replace"` bytes that are not UTF-8 are read as U+FFFD.

    Raises:
        DataError: a file cannot be read or is not UTF-8.
    """
    return [line for source in read_sources(paths, errors) for line in _lines(source)]


def _kind(name: str) -> str:
    path = PurePath(name)
    suffix = path.suffix.lower()
    return PurePath(path.stem).suffix.lower() if suffix in _PACKED else suffix


def _columns(names: list[str], source: str, target: str, errors: str) -> Pairs:
    table: pd.DataFrame = read_table(
        names,
        required={source: "Name it as source.", target: "Name it as target."},
        errors=errors,
    )
    first, second = (
        ["" if is_missing(value) else str(value) for value in table[name]]
        for name in (source, target)
    )
    return first, second


def _lines(source: Source) -> list[str]:
    # Only "\n" ends a line: str.splitlines would also cut at U+2028.
    lines = [line.removesuffix("\r") for line in decode(source).split("\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def _fields(source: Source) -> Pairs:
    rows = [line.split("\t") for line in _lines(source)]
    for number, row in enumerate(rows, 1):
        if len(row) < 2:
            raise DataError(
                f"{source.name}: line {number} must have two fields with a tab between them, got "
                f"{row[0][:40]!r}."
            )
    return [row[0] for row in rows], [row[1] for row in rows]


def _aligned(names: list[str], errors: str) -> Pairs:
    first, second = (read_lines(name, errors) for name in names)
    if len(first) == len(second):
        return first, second
    shorter, longer = sorted(
        zip(names, (first, second), strict=True), key=lambda each: len(each[1])
    )
    place = len(shorter[1])
    raise DataError(
        f"{names[0]} has {len(first):,} lines and {names[1]} {len(second):,}; each line must "
        f"belong to the same line of the other. {shorter[0]} ends after line {place:,}; "
        f"line {place + 1:,} of {longer[0]} has no partner: {longer[1][place][:60]!r}."
        f"{_suspect(names, first, second)}"
    )


def _suspect(names: list[str], first: list[str], second: list[str]) -> str:
    """The first line that is empty on one side only: there lines often went missing."""
    for number, (one, other) in enumerate(zip(first, second, strict=False), 1):
        if bool(one.strip()) != bool(other.strip()):
            blank = names[1] if one.strip() else names[0]
            return f" They may part at line {number:,}, which is empty in {blank} alone."
    return ""


def _filled(where: str, rows: Pairs, empty: str) -> Pairs:
    kept = [k for k, (a, b) in enumerate(zip(*rows, strict=True)) if a.strip() and b.strip()]
    gone = len(rows[0]) - len(kept)
    if gone and empty == "error":
        places = set(kept)
        first = next(k for k in range(len(rows[0])) if k not in places)
        side = "target" if rows[0][first].strip() else "source"
        raise DataError(
            f"{where}: {gone} of {len(rows[0]):,} pairs have an empty side, the first in row "
            f"{first}: its {side}. Fill it in, or leave such pairs out with empty='drop'."
        )
    if not kept:
        raise DataError(f"{where}: there is no pair with two sides.")
    return [rows[0][k] for k in kept], [rows[1][k] for k in kept]
