"""Pairs of texts: a sentence and its translation, an abstract and its title."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from ostinato.data.labels import is_missing
from ostinato.data.sources import PACKED, Source, decode, expand, read_sources
from ostinato.data.tables import read_table
from ostinato.errors import DataError, check_choice, suggestion

if TYPE_CHECKING:
    import pandas as pd

Pairs = tuple[list[str], list[str]]
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_TABLES = (".csv", ".tsv", ".tab", ".jsonl", ".ndjson", ".json", ".parquet")


@dataclasses.dataclass(frozen=True, kw_only=True)
class PairsLayout:
    """How pairs stand in files: what was found once and holds for the next file.

    Attributes:
        format: "lines" (two files), "tabs" (one file, tabs between) or "table".
        source, target: the columns: names, or numbers from 0 where there is no header.
        header: whether the first line names the columns.
    """

    format: str = "lines"
    source: str | int = "source"
    target: str | int = "target"
    header: bool = True

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> PairsLayout:
        """The layout that `to_dict` described."""
        return cls(**state)


class LoadedPairs(NamedTuple):
    """Sources, targets, and how they stood in the files."""

    sources: list[str]
    targets: list[str]
    layout: PairsLayout


def read_pairs(
    paths: Paths,
    *,
    source: str | int = "source",
    target: str | int = "target",
    header: bool | None = None,
    empty: Literal["error", "drop"] = "error",
    errors: Literal["strict", "replace"] = "strict",
    layout: PairsLayout | None = None,
) -> Pairs:
    """Sources and targets, as two lists of the same length.

    Args:
        paths: two files of plain text whose lines belong together (train.de, train.en); one or
            more tables (.csv, .tsv, .jsonl, .parquet); or one or more files of text with tabs
            between source, target and what else there may be; all also in .gz, .xz, .bz2, .zst or
            .zip.
        source, target: the columns: names, or without a header numbers from 0 (if none
            is named, 0 and 1).
        header: whether the first line of a file with tabs names the columns. None: a .tsv has
            one, any other file where its first line holds both names.
        empty: what happens to a pair with an empty side: an error, or it is left out.
        errors: "replace" reads bytes that are not UTF-8 as U+FFFD.
        layout: what `load_pairs` found in another file, instead of `source`, `target`, `header`.

    Raises:
        DataError: a file cannot be used; the two files have different numbers of lines (the
            message says where they part); a side is empty.
    """
    return load_pairs(
        paths,
        source=source,
        target=target,
        header=header,
        empty=empty,
        errors=errors,
        layout=layout,
    )[:2]


def load_pairs(
    paths: Paths,
    *,
    source: str | int = "source",
    target: str | int = "target",
    header: bool | None = None,
    empty: Literal["error", "drop"] = "error",
    errors: Literal["strict", "replace"] = "strict",
    layout: PairsLayout | None = None,
) -> LoadedPairs:
    """`read_pairs`, and the layout of the files besides, for a model to remember."""
    check_choice("read_pairs", "empty", empty, ("error", "drop"))
    check_choice("read_pairs", "errors", errors, ("strict", "replace"))
    if layout is not None and layout.format != "lines":
        source, target, header = layout.source, layout.target, layout.header
    names = expand(paths)
    kinds = {_kind(name) for name in names}
    tables = kinds <= set(_TABLES)
    where = ", ".join(names)
    if tables and (header is not False or not kinds <= {".tsv", ".tab"}):
        rows = _columns(names, str(source), str(target), header is not False, errors)
        found = PairsLayout(
            format="table", source=source, target=target, header=header is not False
        )
    elif tables or (not kinds & set(_TABLES) and _with_tabs(names, errors)):
        parts = [_fields(each, source, target, header) for each in read_sources(names, errors)]
        rows = [a for one, _, _ in parts for a in one], [b for _, other, _ in parts for b in other]
        found = parts[0][2]
    elif len(names) == 2 and not kinds & set(_TABLES):
        rows, where = _aligned(names, errors), f"{names[0]} and {names[1]}"
        found = PairsLayout()
    else:
        raise DataError(
            f"{where}: pairs are in two files of text whose lines belong together, in one with a "
            f"tab between source and target, or in tables ({', '.join(_TABLES)}), got "
            f"{len(names)} files."
        )
    return LoadedPairs(*_filled(where, rows, empty), found)


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
    return PurePath(path.stem).suffix.lower() if suffix in PACKED else suffix


def _columns(names: list[str], source: str, target: str, header: bool, errors: str) -> Pairs:
    hint = "Name it as {}." + (
        " If its first line is a pair, say header=False."
        if {_kind(name) for name in names} <= {".tsv", ".tab"}
        else ""
    )
    if not header:
        source, target = _numbers(source, target, ("0", "1"))
    table: pd.DataFrame = read_table(
        names,
        required={source: hint.format("source"), target: hint.format("target")},
        text=(source, target),
        header=header,
        errors=errors,
    )
    first, second = (
        ["" if is_missing(value) else str(value) for value in table[name]]
        for name in (source, target)
    )
    return first, second


def _numbers(source: Any, target: Any, default: tuple[Any, Any]) -> tuple[Any, Any]:
    """The columns, which without a header are numbers."""
    return default if (source, target) == ("source", "target") else (source, target)


def _lines(source: Source) -> list[str]:
    # Only "\n" ends a line: str.splitlines would also cut at U+2028.
    lines = [line.removesuffix("\r") for line in decode(source).split("\n")]
    return lines[:-1] if lines and not lines[-1] else lines


def _with_tabs(names: list[str], errors: str) -> bool:
    """Whether each file has a tab in its first line that is not empty."""
    if "-" in names:
        return False  # can be read only once
    for source in read_sources(names, errors):
        first = next((line for line in _lines(source) if line.strip()), "")
        if "\t" not in first:
            return False
    return True


def _fields(
    file: Source, source: Any, target: Any, header: bool | None
) -> tuple[list[str], list[str], PairsLayout]:
    """Two fields of each line; the lines must have equally many."""
    rows = [line.split("\t") for line in _lines(file)]
    width = len(rows[0])
    for number, row in enumerate(rows, 1):
        if len(row) < 2 or len(row) != width:
            raise DataError(
                f"{file.name}: line {number} must have "
                f"{'two fields' if width < 2 else f'{width} fields, as the first has,'} with a tab "
                f"between them, got {len(row)}: {' | '.join(row)[:60]!r}."
            )
    if header is None:
        header = {source, target} <= set(rows[0])
    if header:
        for name in (source, target):
            if name not in rows[0]:
                raise DataError(
                    f"{file.name}: no column {name!r}. Columns: {', '.join(rows[0])}."
                    f"{suggestion(name, rows[0])} If its first line is a pair, say header=False."
                )
        places = [rows[0].index(name) for name in (source, target)]
        rows = rows[1:]
    else:
        places = list(_numbers(source, target, (0, 1)))
        for name in places:
            if not str(name).isdigit() or int(name) >= width:
                raise DataError(
                    f"{file.name}: has no header, so that source and target are numbers from 0 to "
                    f"{width - 1}, got {name!r}."
                )
        places = [int(name) for name in places]
    names = (source, target) if header else places
    found = PairsLayout(format="tabs", source=names[0], target=names[1], header=header)
    return [row[places[0]] for row in rows], [row[places[1]] for row in rows], found


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
