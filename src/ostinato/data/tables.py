"""Tables from files of many kinds, checked before anyone computes with them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict, Unpack

from ostinato.data.columns import as_text, find_decimal, type_column
from ostinato.data.delimited import TableLayout, check_unique, find_separator, read_delimited
from ostinato.data.labels import is_missing
from ostinato.data.sources import PARQUET, Source, decode, read_sources
from ostinato.data.typed import read_jsonl, read_parquet, read_text
from ostinato.errors import DataError, OptionError, check_choice, suggestion

if TYPE_CHECKING:
    import pandas as pd

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_KINDS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".parquet": "parquet",
    ".txt": "txt",
}
ENDINGS = tuple(_KINDS)
FORMATS = ("csv", "tsv", "jsonl", "parquet", "txt")


class Table(NamedTuple):
    """Rows and columns, and how they stood in the files."""

    frame: pd.DataFrame
    layout: TableLayout


class Reading(TypedDict, total=False):
    """What `read_table` and `load_table` may be told of the files."""

    required: Iterable[str] | Mapping[str, str]
    where: str
    format: str | None
    errors: str
    text: Iterable[str]
    labels: Iterable[str]
    filled: Iterable[str]
    skip_empty: bool
    header: bool
    separator: str | None
    decimal: str | None
    thousands: str | None
    comment: str | None
    layout: TableLayout | None


def read_table(paths: Paths | pd.DataFrame, **told: Unpack[Reading]) -> pd.DataFrame:
    """One table from one or many files.

    Args:
        paths: a file, a pattern ("data/*.csv"), a list of them, "-" for standard input, or a
            table already read, which is only checked. Kinds, by the name's end: .csv, .tsv,
            .jsonl, .parquet, .txt (each line a row of the column "text"), any of them also in
            .gz, .xz, .bz2, .zst or .zip.
        required: columns that must be there. As a mapping, each has what the message then
            adds: {"label": "Name it with --label."}
        where: what messages name instead of the file.
        format: "csv", "tsv", "jsonl", "parquet" or "txt" instead of the name's end. Without
            it, standard input is told by its first line.
        errors: "replace" reads bytes that are not UTF-8 as U+FFFD.
        text: columns that are kept as they are written: "0012" and "1.10" stay these signs.
        labels: columns that become numbers only where every value is written as Python prints it.
        filled: columns in which no row may be empty (nothing, or only white space).
        skip_empty: leave out rows that are empty in a `filled` column (or, if none is named, in a
            required one) instead of an error.
        header: False for .csv and .tsv files without names of columns: they are "0", "1", ...
        separator: between the fields of .csv and .tsv; None finds it among comma, semicolon, tab
            and bar.
        decimal: "." or ","; None finds it where semicolons set fields apart, else it is ".".
        thousands: the sign between groups of three digits, "," or "."; None: "." where the
            decimal sign is a comma, else none.
        comment: what begins lines to leave out. Lines with "#" before the header always are.
        layout: what `load_table` found in another file, tried first for what is not named here.

    A column is numeric where all its values are numbers or missing (an empty field, NA, NaN, null
    and the like) and none has leading zeros; whole numbers stay whole beside missing ones. In other
    columns only an empty field is missing, so that the word "NA" stays a word. Quotes in .tsv files
    are ordinary characters unless a field is quoted as a whole with inner quotes doubled, as
    spreadsheets do. A blank line is a row of empty fields, except at the end of a file.

    Raises:
        DataError: a file is missing, empty, without rows, not UTF-8, or has uneven rows; a
            column is missing or there twice; files differ in their columns; a row is empty in a
            column of `filled`.
        MissingDependencyError: Parquet or .zst without pyarrow.
    """
    return load_table(paths, **told).frame


def load_table(paths: Paths | pd.DataFrame, **told: Unpack[Reading]) -> Table:
    """`read_table`, and the layout of the files besides, for a model to remember."""
    import pandas as pd

    unknown = told.keys() - Reading.__annotations__.keys()
    if unknown:
        raise OptionError(
            f"read_table: unknown option {min(unknown)!r}."
            f"{suggestion(min(unknown), Reading.__annotations__)}"
        )
    asked = told.get("required", ())
    hints = dict(asked) if isinstance(asked, Mapping) else dict.fromkeys(asked, "")
    filled, where = list(told.get("filled", ())), told.get("where", "")
    skip = told.get("skip_empty", False)
    check_choice("read_table", "errors", told.get("errors", "strict"), ("strict", "replace"))
    for name, allowed in (("format", FORMATS), ("decimal", (".", ","))):
        if told.get(name) is not None:
            check_choice("read_table", name, told[name], allowed)
    if isinstance(paths, pd.DataFrame):
        _check(where or "the table", paths, hints)
        frame = _without_empty(where or "the table", paths, filled or list(hints), filled, skip)
        return Table(frame, TableLayout(format="frame", columns=tuple(map(str, paths.columns))))
    first, tables, untyped, found = _tables(paths, hints, told)
    typing = _Typing.of(told)
    # Values of all files together tell the type of a column.
    if all(untyped):
        frame = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
        frame, found = typing.apply(first, frame, found)
    else:
        tables = [
            typing.apply(first, table, found)[0] if raw else table
            for table, raw in zip(tables, untyped, strict=True)
        ]
        frame = tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)
        found = dataclasses.replace(found, columns=tuple(map(str, frame.columns)))
    frame = _without_empty(first, frame, filled or list(hints), filled, skip)
    return Table(frame, found)


def _tables(
    paths: Paths, hints: dict[str, str], told: Reading
) -> tuple[str, list[pd.DataFrame], list[bool], TableLayout]:
    """The name of the first file, the tables of all of them, which of these are still as they are
    written, and the layout of the first."""
    layout, comment = told.get("layout"), told.get("comment")
    known = layout or TableLayout()
    tables: list[pd.DataFrame] = []
    found, first, untyped = known, "", []
    for source in read_sources(paths, told.get("errors", "strict")):
        name = told.get("where") or source.name
        kind = (
            told.get("format") or _KINDS.get(source.suffix) or _sniff(source, list(hints), layout)
        )
        if kind not in FORMATS:
            raise DataError(
                f"{source.name}: cannot tell the kind of table from its name. Known endings: "
                f"{', '.join(ENDINGS)}, also with .gz, .xz, .bz2, .zst or .zip behind them."
            )
        table, seen = _read(
            source,
            kind,
            separator=told.get("separator") or "",
            preferred=known.separator,
            header=told.get("header", True) and known.header,
            comment=known.comment if comment is None else comment,
            hints=list(hints),
        )
        _check(name, table, hints, seen)
        if tables and set(table.columns) != set(tables[0].columns):
            raise DataError(
                f"{name}: its columns are {_listed(table)}, but those of {first} are "
                f"{_listed(tables[0])}. Files read together must have the same columns."
            )
        if not tables:
            found, first = seen, name
        tables.append(table)
        untyped.append(kind in ("csv", "tsv"))
    return first, tables, untyped, found


class _Typing(NamedTuple):
    """Which columns become what."""

    text: Collection[str]
    labels: Collection[str]
    decimal: str | None
    thousands: str | None
    layout: TableLayout | None

    @classmethod
    def of(cls, told: Reading) -> _Typing:
        return cls(
            set(told.get("text", ())),
            set(told.get("labels", ())),
            told.get("decimal"),
            told.get("thousands"),
            told.get("layout"),
        )

    def apply(
        self, name: str, frame: pd.DataFrame, found: TableLayout
    ) -> tuple[pd.DataFrame, TableLayout]:
        """The columns of strings in their types, and the layout with what was found."""
        before = self.layout or TableLayout()
        written = {
            column
            for column, kind in zip(before.columns, before.types, strict=False)
            if kind == "text"
        }
        free = [column for column in frame.columns if column not in {*self.text, *written}]
        decimal, thousands = self.decimal, self.thousands
        if decimal is None and before.separator and before.separator == found.separator:
            decimal = before.decimal
            thousands = before.thousands if thousands is None else thousands
        elif decimal is None and thousands is None and found.separator == ";":
            candidates = [column for column in free if column not in self.labels]
            decimal, thousands = find_decimal(name, frame, candidates)
        decimal = decimal or ("," if thousands == "." else ".")
        thousands = thousands if thousands is not None else "." if decimal == "," else ""
        columns, types = {}, []
        for column in frame.columns:
            if column in free:
                columns[column], kind = type_column(
                    frame[column],
                    decimal=decimal,
                    thousands=thousands,
                    exact=column in self.labels,
                )
            else:
                columns[column], kind = as_text(frame[column]), "text"
            types.append(kind)
        typed = dataclasses.replace(
            found,
            decimal=decimal,
            thousands=thousands,
            columns=tuple(map(str, frame.columns)),
            types=tuple(types),
        )
        return frame.assign(**columns), typed


def written_table(source: Source) -> tuple[pd.DataFrame, TableLayout]:
    """A .csv or .tsv as it is written: strings, "" where a field is empty."""
    frame, found = read_delimited(source, tabs=source.suffix in (".tsv", ".tab"))
    _check(source.name, frame, {}, found)
    return frame, found


def _check(
    name: str, table: pd.DataFrame, hints: dict[str, str], found: TableLayout | None = None
) -> None:
    check_unique(name, list(table.columns))
    for column, hint in hints.items():
        if column not in table.columns:
            if found is not None and found.header and _bare(table):
                hint = f"{hint} If its first line is a row and no header, say header=False.".strip()
            raise DataError(
                f"{name}: no column {column!r}. Columns: {_listed(table)}."
                f"{suggestion(column, table.columns)}{' ' + hint if hint else ''}"
            )
    if len(table) == 0:
        raise DataError(f"{name}: has a header but no rows.")


def _bare(table: pd.DataFrame) -> bool:
    """Whether the names of the columns look like values: a number, or a sentence."""
    names = list(map(str, table.columns))
    return any(len(name.split()) > 3 or name.lstrip("+-").isdigit() for name in names)


def _without_empty(
    name: str, frame: pd.DataFrame, columns: Sequence[str], filled: Sequence[str], skip: bool
) -> pd.DataFrame:
    """The table without rows that are empty in one of the columns, or an error that counts them."""
    if not (filled or skip) or not columns:
        return frame
    empty = {
        column: [k for k, value in enumerate(frame[column].tolist()) if _is_empty(value)]
        for column in columns
        if column in frame.columns
    }
    gone = {row for rows in empty.values() for row in rows}
    if not gone:
        return frame
    if skip:
        if len(gone) == len(frame):
            raise DataError(f"{name}: each of its {len(frame)} rows is empty.")
        keep = [k for k in range(len(frame)) if k not in gone]
        return frame.iloc[keep].reset_index(drop=True)
    parts = [
        f"column {column!r} is empty in {len(rows):,} of {len(frame):,} rows "
        f"({'row' if len(rows) == 1 else 'rows'} {', '.join(map(str, rows[:10]))}"
        f"{', ...' if len(rows) > 10 else ''}, counted from 0)"
        for column, rows in empty.items()
        if rows
    ]
    raise DataError(
        f"{name}: {'; '.join(parts)}. Fill them in, or leave such rows out with skip_empty=True "
        "(in the shell, --skip-empty)."
    )


def _is_empty(value: Any) -> bool:
    return is_missing(value) or (isinstance(value, str) and not value.strip())


def _listed(table: pd.DataFrame) -> str:
    return ", ".join(map(str, table.columns))


def _sniff(source: Source, hints: Sequence[str], layout: TableLayout | None) -> str:
    """The kind of table, from the first line; plain text where no column name fits."""
    if source.content.startswith(PARQUET):
        return "parquet"
    if source.suffix != "":
        return source.suffix
    text = decode(source).lstrip("\r\n")
    first = text.partition("\n")[0]
    if first.startswith(("{", "[{")) or first.strip() == "[":
        return "jsonl"
    if layout is not None and layout.format in ("csv", "tsv", "txt"):
        return layout.format
    separator = find_separator(text)
    columns = [name.strip('"\r ') for name in first.split(separator or ",")]
    if set(hints) <= {"text"} and "text" not in columns:
        return "txt"
    return "tsv" if separator == "\t" else "csv"


def _read(source: Source, kind: str, **options: Any) -> tuple[pd.DataFrame, TableLayout]:
    if kind in ("csv", "tsv"):
        return read_delimited(source, tabs=kind == "tsv", **options)
    return _READERS[kind](source), TableLayout(format=kind)


_READERS = {"jsonl": read_jsonl, "parquet": read_parquet, "txt": read_text}
