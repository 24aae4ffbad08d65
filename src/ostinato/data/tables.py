"""Tables from files of many kinds, checked before anyone computes with them."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ostinato.data.sources import PARQUET, Source, decode, read_sources
from ostinato.errors import DataError, MissingDependencyError, check_choice, suggestion

if TYPE_CHECKING:
    import pandas as pd

Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]

_MISSING = {"", "NA", "N/A", "NaN", "nan", "null", "NULL", "None"}


def read_table(
    paths: Paths | pd.DataFrame,
    *,
    required: Iterable[str] | Mapping[str, str] = (),
    where: str = "",
    format: str | None = None,
    errors: str = "strict",
) -> pd.DataFrame:
    """One table from one or many files.

    Args:
        paths: a file, a pattern ("data/*.csv"), a list of them, "-" for standard input, or a
            table already read, which is only checked. Kinds, by the name's end: .csv, .tsv,
            .jsonl, .parquet, .txt (each line a row of the column "text"), any of them also in
            .gz, .xz, .bz2 or .zip.
        required: columns that must be there. As a mapping, each has what the message then
            adds: {"label": "Name it with --label."}
        where: what messages name instead of the file.
        format: "csv", "tsv", "jsonl", "parquet" or "txt" instead of the name's end. Without
            it, standard input is told by its first line.
        errors: "replace" reads bytes that are not UTF-8 as U+FFFD.

    A .csv whose header has semicolons and no comma is read with semicolons. A column is numeric
    where all its values are numbers or missing (an empty field, NA, NaN,
    null and the like); in other columns only an empty field is missing, so that the word "NA"
    stays a word. Quotes in .tsv files are ordinary characters unless a field is quoted as a
    whole with inner quotes doubled, as spreadsheets do.

    Raises:
        DataError: a file is missing, empty, without rows, not UTF-8, or has uneven rows; a
            column is missing or there twice; files differ in their columns.
        MissingDependencyError: Parquet without pyarrow.
    """
    import pandas as pd

    hints = dict(required) if isinstance(required, Mapping) else dict.fromkeys(required, "")
    check_choice("read_table", "errors", errors, ("strict", "replace"))
    if format is not None:
        check_choice("read_table", "format", format, [each[1:] for each in _READERS])
    if isinstance(paths, pd.DataFrame):
        _check(where or "the table", paths, hints)
        return paths
    tables: list[pd.DataFrame] = []
    first = ""
    for source in read_sources(paths, errors):
        suffix = f".{format}" if format else source.suffix or _sniff(source, hints)
        if suffix not in _READERS:
            raise DataError(
                f"{source.name}: cannot tell the kind of table from its name. Known endings: "
                f"{', '.join(_READERS)}, also with .gz, .xz, .bz2 or .zip behind them."
            )
        table = _READERS[suffix](source)
        name = where or source.name
        _check(name, table, hints)
        if tables and set(table.columns) != set(tables[0].columns):
            raise DataError(
                f"{name}: its columns are {_listed(table)}, but those of {first} are "
                f"{_listed(tables[0])}. Files read together must have the same columns."
            )
        first = first or name
        tables.append(table)
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def _check(name: str, table: pd.DataFrame, hints: dict[str, str]) -> None:
    _check_unique(name, list(table.columns))
    for column, hint in hints.items():
        if column not in table.columns:
            raise DataError(
                f"{name}: no column {column!r}. Columns: {_listed(table)}."
                f"{suggestion(column, table.columns)}{' ' + hint if hint else ''}"
            )
    if len(table) == 0:
        raise DataError(f"{name}: has a header but no rows.")


def _check_unique(name: str, columns: list[Any]) -> None:
    for column, count in Counter(columns).items():
        if count > 1 and column != "":
            raise DataError(f"{name}: column {column!r} is there {count} times. Rename the others.")


def _listed(table: pd.DataFrame) -> str:
    return ", ".join(map(str, table.columns))


def _sniff(source: Source, hints: dict[str, str]) -> str:
    """The kind of table, from the first line; plain text where no column name fits."""
    if source.content.startswith(PARQUET):
        return ".parquet"
    header = source.content.lstrip(b"\xef\xbb\xbf\r\n").split(b"\n", 1)[0].decode(errors="replace")
    if header.startswith("{"):
        return ".jsonl"
    delimiter = "\t" if "\t" in header else ","
    columns = next(csv.reader([header.strip("\r")], delimiter=delimiter), [])
    if set(hints) <= {"text"} and "text" not in columns:
        return ".txt"
    return ".tsv" if delimiter == "\t" else ".csv"


def _read_csv(source: Source) -> pd.DataFrame:
    text = decode(source).strip("\r\n")
    header = text.partition("\n")[0]
    # Spreadsheets write semicolons where the comma is the decimal point.
    return _parse(source, text, sep=";" if ";" in header and "," not in header else ",")


def _read_tsv(source: Source) -> pd.DataFrame:
    text = decode(source).strip("\r\n").replace("\r\n", "\n")
    tabs = [line.count("\t") for line in text.split("\n")]
    uneven = [line for line, count in enumerate(tabs) if count != tabs[0]]
    if uneven and '"' in text:
        try:
            return _parse(source, text, sep="\t")
        except DataError:
            pass  # the quotes are part of the text after all: say which line is uneven
    if uneven:
        raise DataError(
            f"{source.name}: line {uneven[0] + 1} has {tabs[uneven[0]] + 1} fields, the header "
            f"{tabs[0] + 1}. Remove the tabs and line breaks inside fields, or quote these fields."
        )
    table = _parse(source, text, sep="\t", quoting=csv.QUOTE_NONE, lineterminator="\n")
    for column in table.columns:
        table[column] = _without_quotes(table[column])
    return table.rename(columns=lambda name: _unquoted(name) if _QUOTED.match(name) else name)


_QUOTED = re.compile(r'"(?:[^"]|"")*"\Z')


def _unquoted(field: str) -> str:
    return field[1:-1].replace('""', '"')


def _without_quotes(column: Any) -> Any:
    """The column as it is, unless each field with a quote in it is a whole quoted field."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    with_quotes = column[column.str.contains('"', regex=False, na=False)]
    if len(with_quotes) == 0 or not all(map(_QUOTED.match, with_quotes)):
        return column
    return _numeric(
        column.mask(column.isin(with_quotes), column.map(_unquoted, na_action="ignore"))
    )


def _parse(source: Source, text: str, **options: Any) -> pd.DataFrame:
    """pandas' reader, without the places where it renames, drops or reinterprets silently."""
    import pandas as pd

    quoting = options.get("quoting", csv.QUOTE_MINIMAL)
    header = next(csv.reader(io.StringIO(text), delimiter=options["sep"], quoting=quoting), [])
    _check_unique(source.name, header)
    try:
        with warnings.catch_warnings():
            # With index_col=False a row that is too long is cut, with only a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                io.StringIO(text),
                index_col=False,
                keep_default_na=False,
                na_values=[""],
                skip_blank_lines=False,
                low_memory=False,
                **options,
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError) as error:
        reason = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise DataError(
            f"{source.name}: its rows do not fit its header: {reason.rstrip('.')}. Check that row "
            "for a separator or a quote inside a field; such a field must be quoted as a whole."
        ) from error
    for column in table.columns:
        table[column] = _numeric(table[column])
    return table


def _numeric(column: Any) -> Any:
    """Numbers where a column of text holds nothing but numbers and words for a missing one."""
    import pandas as pd

    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return column
    present = column[~column.isin(_MISSING) & column.notna()]
    numbers: Any = pd.to_numeric(present, errors="coerce")
    if len(numbers) == 0 or numbers.isna().any():
        return column
    return numbers.reindex(column.index)


def _read_jsonl(source: Source) -> pd.DataFrame:
    import pandas as pd

    rows = []
    # Only "\n" ends a line: str.splitlines would also cut at U+2028, which JSON allows in strings.
    for number, line in enumerate(decode(source).split("\n"), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line, object_pairs_hook=_unique_keys)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{source.name}: line {number} is not JSON: {error}.") from error
        if not isinstance(row, dict):
            raise DataError(
                f"{source.name}: line {number} must be an object such as "
                f'{{"text": "..."}}, got {line.strip()[:40]}.'
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has the same key twice")
    return result


def _read_parquet(source: Source) -> pd.DataFrame:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingDependencyError(
            f"{source.name}: Parquet needs pyarrow. "
            'Install it with: pip install "ostinato[parquet]"'
        ) from None
    try:
        table = pyarrow.parquet.read_table(io.BytesIO(source.content))
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{source.name}: is not a readable Parquet file: {error}.") from error
    _check_unique(source.name, table.column_names)
    return table.to_pandas()


def _read_lines(source: Source) -> pd.DataFrame:
    import pandas as pd

    lines = decode(source).rstrip("\r\n").split("\n")
    return pd.DataFrame({"text": [line.removesuffix("\r") for line in lines]})


_READERS: dict[str, Callable[[Source], Any]] = {
    ".csv": _read_csv,
    ".tsv": _read_tsv,
    ".jsonl": _read_jsonl,
    ".parquet": _read_parquet,
    ".txt": _read_lines,
}
