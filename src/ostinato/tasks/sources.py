"""What tasks' shells share: tables and texts out of the sources typed."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ostinato.errors import DataError, OptionError
from ostinato.options import Options, option
from ostinato.tasks.contracts import Loaded

if TYPE_CHECKING:
    import pandas as pd

    from ostinato.data import Table, TableLayout


class FileWords(Options):
    """How files are read, for every task."""

    errors: Literal["strict", "replace"] = option(
        "What to do with bytes that are not UTF-8: strict stops, replace reads on with a sign in "
        "their place.",
        default="strict",
    )


class TableWords(FileWords):
    """How tables are read; what is not named is found, and the model remembers it."""

    delimiter: str | None = option(
        "What stands between the fields of a table, such as ; or tab. Without it, it is found.",
        default=None,
    )
    decimal: Literal[".", ","] | None = option(
        "The sign before the decimals of a number. Without it, it is found.", default=None
    )
    comment: str | None = option(
        "What begins the lines of a table that are left out, such as #.", default=None
    )
    no_header: bool = option(
        "The tables have no line of names: columns are called 0, 1 and so on.", default=False
    )


W = TypeVar("W", bound=Options)


def remembered(kind: type[W], estimator: Any, **typed: Any) -> W:
    """What training was told of the files, with what is typed now instead; None is not typed."""
    known, now = estimator.source_, {k: v for k, v in typed.items() if v is not None}
    names = kind.declared()
    return kind(**{name: value for name, value in (known | now).items() if name in names})


def layout_of(estimator: Any) -> TableLayout | None:
    """How the tables of training stood in their files, where the model knows."""
    from ostinato import data

    known = estimator.source_.get("layout")
    return data.TableLayout.from_dict(known) if known else None


def table(
    sources: Sequence[str],
    words: FileWords,
    *,
    layout: TableLayout | None = None,
    as_texts: Sequence[str] = (),
    as_labels: Sequence[str] = (),
    filled: Sequence[str] = (),
    skip_empty: bool = False,
    **columns: str | Sequence[str] | None,
) -> Table:
    """Every source as one table, and how it stands in the files.

    Args:
        words: how to read; a `TableWords` names signs and header too.
        layout: of other files that these follow: its signs are tried first.
        as_texts, as_labels, filled, skip_empty: as `text`, `labels`, `filled` and `skip_empty` of
            `data.read_table`.
        columns: the option that names columns, to the columns.

    Raises:
        DataError: a file cannot be used or lacks a column; the message says which option names it.
        OptionError: a sign has more than one character.
    """
    from ostinato import data

    required = {
        name: f"Name it with --{flag}."
        for flag, names in columns.items()
        for name in ([names] if isinstance(names, str) else names or [])
    }
    told = words if isinstance(words, TableWords) else TableWords(errors=words.errors)
    return data.load_table(
        list(sources),
        required=required,
        errors=told.errors,
        text=as_texts,
        labels=as_labels,
        filled=filled,
        skip_empty=skip_empty,
        header=not told.no_header,
        separator=_sign(told.delimiter),
        decimal=told.decimal,
        comment=told.comment,
        layout=layout,
    )


def _sign(word: str | None) -> str | None:
    """The sign between fields; "tab" and a written "\\t" are one that shells hardly can type."""
    sign = {"tab": "\t", "\\t": "\t"}.get(word or "", word)
    if sign is not None and len(sign) != 1:
        raise OptionError(f"--delimiter must be one sign, or tab, got {word!r}.")
    return sign


def load_series(
    sources: Sequence[str],
    words: TableWords,
    validation: Any,
    options: Mapping[str, Any],
    columns: Sequence[str],
) -> Loaded:
    """The rows of a fit of a task that reads series in time.

    Args:
        options: of the constructor, as typed.
        columns: those options that name columns, first what is learned.
    """
    named = named_columns(options, columns)
    frame, layout = table(sources, words, **named)
    held_out, said = validation, validation
    if isinstance(validation, str):
        held_out = table([validation], words, layout=layout, **named).frame
    elif validation is not None:
        said = f"{validation:.0%} of the rows, the last ones"
    return Loaded(
        arguments=(frame,),
        validation=held_out,
        source=words.options() | {"layout": layout.to_dict()},
        facts={
            "files": ", ".join(sources),
            "columns": ", ".join(named[columns[0]]) or "every column of numbers",
            "rows": f"{len(frame):,}",
            "held out": said or "none",
        },
    )


def named_columns(options: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The columns that each of some options names."""
    found = {}
    for name in names:
        words = options.get(name)
        several = words if isinstance(words, tuple) else () if words is None else (words,)
        found[name] = [str(each) for each in several]
    return found


def validation_of(typed: str) -> float | str:
    """`--validation` as a fraction, or the name of a file.

    Raises:
        OptionError: it is a number that is not between 0 and 1.
    """
    try:
        share = float(typed)
    except ValueError:
        return typed
    if not 0 < share < 1:
        raise OptionError(f"--validation must be a fraction above 0 and below 1, got {typed}.")
    return share


def texts_of(frame: pd.DataFrame, name: str, sources: Sequence[str]) -> list[str]:
    """The texts of a column.

    Raises:
        DataError: a row has none.
    """
    import numpy as np

    empty = np.asarray(frame[name].isna(), dtype=bool)
    if empty.any():
        row = int(empty.argmax())
        raise DataError(
            f"{', '.join(sources)}: column {name!r} is empty in row {row + 1}. "
            "Fill it in or take the row out."
        )
    return [str(each) for each in frame[name]]


def labels_of(
    frame: pd.DataFrame, name: str, sources: Sequence[str], separator: str | None = None
) -> list[Any]:
    """The labels of a column, checked as `texts_of`, in the type the file has; with `separator`
    each row is a list of labels, and an empty one has none."""
    if separator is not None:
        words = ["" if each is None else str(each) for each in frame[name].fillna("")]
        return [[part.strip() for part in row.split(separator) if part.strip()] for row in words]
    texts_of(frame, name, sources)
    return frame[name].tolist()


def typed_texts(
    sources: Sequence[str],
    typed: dict[str, Any],
    words: FileWords,
    *,
    column: str = "text",
    layout: TableLayout | None = None,
) -> list[str]:
    """What `predict` is to answer: `--text`, a column of tables, or standard input, which without
    a named column holds one text a line.

    Args:
        typed: the options typed: "text", "column" and "skip_empty" count.
        words: how files are read.
        column: the column of tables where none is typed: what training was told.
        layout: of training's tables.

    Raises:
        OptionError: there is nothing, or both texts and files.
        DataError: a text is empty, and "skip_empty" was not typed.
    """
    texts, named = typed.get("text"), typed.get("column")
    skip = bool(typed.get("skip_empty"))
    if texts and sources:
        raise OptionError("predict: give either --text or files, not both.")
    if texts:
        return list(texts)
    if not sources or list(sources) == ["-"]:
        if not sources and sys.stdin.isatty():
            raise OptionError("predict: nothing to answer. Give files, --text, or standard input.")
        if named is None:
            return _typed_lines(words, skip)
        sources = ["-"]
    name = named or column
    options: dict[str, Any] = {"as_texts": [name], "filled": [name], "skip_empty": skip}
    frame = table(sources, words, layout=layout, column=name, **options).frame
    return texts_of(frame, name, sources)


def _typed_lines(words: FileWords, skip: bool) -> list[str]:
    """The lines of standard input, which are no table."""
    from ostinato import data

    options: dict[str, Any] = {"format": "txt", "errors": words.errors, "text": ["text"]}
    frame = data.read_table("-", filled=["text"], skip_empty=skip, **options)
    return frame["text"].tolist()
