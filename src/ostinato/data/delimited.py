"""Text with separators between fields, as spreadsheets and databases write it: CSV and its kin.

Everything is read as it is written; `columns.py` makes numbers of it.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.data.sources import Source, decode
from ostinato.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

SEPARATORS = (",", ";", "\t", "|")
_SAMPLE = 1 << 16  # characters that show which separator it is
_QUOTED = re.compile(r'"(?:[^"]|"")*"\Z')
_EXCEL = re.compile(r'"?sep=(.)"?\s*\n', re.IGNORECASE)  # spreadsheets may begin a file so


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableLayout:
    """How a table stands in a file: what was found once and holds for the next file.

    Attributes:
        format: "csv", "tsv", "jsonl", "parquet" or "txt"; "frame" for a table in memory.
        separator: what stands between fields; "" where nothing does.
        decimal: "." or ",".
        thousands: "", or the sign between groups of three digits.
        header: whether the first line names the columns; without it they are "0", "1", ...
        comment: what begins lines to leave out, "" for nothing.
        columns: the columns' names.
        types: for each column "whole", "number", "truth" or "text".
    """

    format: str = "csv"
    separator: str = ""
    decimal: str = "."
    thousands: str = ""
    header: bool = True
    comment: str = ""
    columns: tuple[str, ...] = ()
    types: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in dataclasses.asdict(self).items()
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TableLayout:
        """The layout that `to_dict` described."""
        return cls(**{**state, "columns": tuple(state["columns"]), "types": tuple(state["types"])})


def check_unique(name: str, columns: Sequence[Any]) -> None:
    """Raise DataError where two columns have one name."""
    for column, count in Counter(columns).items():
        if count > 1 and column != "":
            raise DataError(f"{name}: column {column!r} is there {count} times. Rename the others.")


def read_delimited(
    source: Source,
    *,
    tabs: bool = False,
    separator: str = "",
    preferred: str = "",
    header: bool = True,
    comment: str = "",
    hints: Sequence[str] = (),
) -> tuple[pd.DataFrame, TableLayout]:
    """Every field as it is written, "" where it is empty, and the layout without types.

    Args:
        tabs: whether the file should have tabs (.tsv); without one it is looked at as any other.
        separator: "" finds it.
        preferred: what is tried first where it is to be found.
        comment: what begins lines to leave out. Lines with "#" before the header always are,
            unless that line names one of `hints`.
        hints: columns that the file should have.

    Raises:
        DataError: rows have other numbers of fields than the header, or columns have one name.
    """
    text = decode(source).strip("\r\n") + "\n"
    named = _EXCEL.match(text)
    if named:
        text, separator = text[named.end() :], separator or named[1]
    text, skipped = _without_comments(text, comment, header, hints)
    separator = separator or find_separator(text, preferred or ("\t" if tabs else ""))
    if separator == "\t":
        text = text.replace("\r\n", "\n")
        frame = _read_tabs(source, text, header, skipped)
    else:
        frame = _parse(source, text, header, skipped, sep=separator or ",")
    frame = frame.rename(columns=lambda name: str(name).strip())
    check_unique(source.name, list(frame.columns))
    found = TableLayout(
        format="tsv" if tabs else "csv", separator=separator, header=header, comment=comment
    )
    return frame, found


def find_separator(text: str, preferred: str = "") -> str:
    """The sign that cuts the first lines into as many fields as the first of them, "" for none."""
    sample = text[:_SAMPLE]
    if len(text) > _SAMPLE:
        sample = sample.rpartition("\n")[0] or sample
    best, most = "", (False, False)
    for sign in sorted(SEPARATORS, key=lambda sign: sign != preferred):
        rows = [row for row in _rows(sample, sign) if row]
        width = len(rows[0]) if rows else 0
        if width < 2:
            continue
        if sign == preferred:
            return sign
        fits = sum(len(row) == width for row in rows) / len(rows)
        score = (fits == 1, fits > 0.9)
        if not best or score > most:
            best, most = sign, score
    return best


def _rows(text: str, separator: str) -> Iterator[list[str]]:
    limit = csv.field_size_limit(sys.maxsize)  # a field may be a whole book
    try:
        yield from csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    except csv.Error:
        return
    finally:
        csv.field_size_limit(limit)


def _without_comments(
    text: str, comment: str, header: bool, hints: Sequence[str]
) -> tuple[str, int]:
    """The text without lines of comments, and how many were before the first row."""
    skipped = 0
    while header and text.startswith("#"):
        line, _, rest = text.partition("\n")
        names = [name.strip('" ') for name in re.split(r"[,;\t|]", line.strip("\r"))]
        bare = [names[0].lstrip("# "), *names[1:]]
        if hints and set(bare) >= set(hints):
            return text.lstrip("# "), skipped  # "#text,label" names columns
        if names[0] == "#" != names[-1] or (hints and set(names) >= set(hints)) or not rest.strip():
            break
        text, skipped = rest, skipped + 1
    if comment:
        lines = text.split("\n")
        first = next((k for k, line in enumerate(lines) if not line.startswith(comment)), 0)
        text = "\n".join(line for line in lines if not line.startswith(comment))
        skipped += first
    return text, skipped


def _read_tabs(source: Source, text: str, header: bool, skipped: int) -> pd.DataFrame:
    """Quotes are ordinary signs, unless a field is quoted as a whole."""
    lines = text.removesuffix("\n").split("\n")
    tabs = [line.count("\t") for line in lines]
    uneven = [k for k, count in enumerate(tabs) if count != tabs[0] and lines[k]]
    if uneven and '"' in text:
        try:
            return _parse(source, text, header, skipped, sep="\t")
        except DataError:
            pass  # the quotes are part of the text after all: say which line is uneven
    if uneven:
        raise DataError(
            f"{source.name}: line {skipped + uneven[0] + 1} has {tabs[uneven[0]] + 1} fields, the "
            f"header {tabs[0] + 1}. Remove the tabs and line breaks inside fields, or quote these "
            "fields."
        )
    table = _parse(
        source, text, header, skipped, sep="\t", quoting=csv.QUOTE_NONE, lineterminator="\n"
    )
    for column in table.columns:
        table[column] = _without_quotes(table[column])
    if not header:
        return table
    return table.rename(columns=lambda name: _unquoted(name) if _QUOTED.match(name) else name)


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"')


def _without_quotes(column: Any) -> Any:
    """The column as it is, unless each field with a quote in it is a whole quoted field."""
    with_quotes = column[column.str.contains('"', regex=False)]
    if len(with_quotes) == 0 or not all(map(_QUOTED.match, with_quotes)):
        return column
    return column.mask(column.isin(with_quotes), column.map(_unquoted))


def _parse(source: Source, text: str, header: bool, skipped: int, **options: Any) -> pd.DataFrame:
    """pandas' reader, without the places where it renames, drops or reinterprets silently."""
    import pandas as pd

    quoting = options.get("quoting", csv.QUOTE_MINIMAL)
    top = text.partition("\n")[0] if quoting == csv.QUOTE_NONE else text
    first = next(csv.reader(io.StringIO(top), delimiter=options["sep"], quoting=quoting), [])
    if header:
        check_unique(source.name, [name.strip() for name in first])
    spaced = len(first) > 1 and quoting != csv.QUOTE_NONE and all(n[:1] == " " for n in first[1:])
    if quoting != csv.QUOTE_NONE:
        _check_even(source, text, options["sep"], len(first), skipped)
    try:
        with warnings.catch_warnings():
            # With index_col=False a row that is too long is cut, with only a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                header=0 if header else None,
                index_col=False,
                dtype=object,  # plain strings, which Python passes over quickest
                keep_default_na=False,
                na_filter=False,
                skip_blank_lines=False,
                skipinitialspace=spaced,
                low_memory=False,
                **options,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise DataError(
            f"{source.name}: its rows do not fit its header: {reason.rstrip('.')}. Check that row "
            "for a separator or a quote inside a field; such a field must be quoted as a whole."
        ) from error
    return table


def _check_even(source: Source, text: str, separator: str, width: int, skipped: int) -> None:
    """pandas fills a row that is too short, without a word."""
    if '"' not in text:
        # Quicker, and the same where nothing is quoted.
        lines = text.replace("\r\n", "\n").replace("\r", "\n").removesuffix("\n").split("\n")
        rows = ((k, line.count(separator) + 1) for k, line in enumerate(lines, 1) if line)
    else:
        limit = csv.field_size_limit(sys.maxsize)
        try:
            reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
            rows = [(reader.line_num, len(row)) for row in reader if row]
        except csv.Error:
            return  # pandas says what is wrong
        finally:
            csv.field_size_limit(limit)
    for line, fields in rows:
        if fields != width:
            raise DataError(
                f"{source.name}: its rows do not fit its header: line {line + skipped} has "
                f"{fields} fields, the first {width}. Check it for a separator or a quote inside a "
                "field; such a field must be quoted as a whole. If lines that begin with a sign "
                "are comments, name the sign as comment."
            )
