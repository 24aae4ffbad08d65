"""What tasks' shells share: tables and texts out of the sources typed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from ostinato.errors import DataError, OptionError
from ostinato.options import Options, option

if TYPE_CHECKING:
    import pandas as pd


class FileWords(Options):
    """How files are read, for every task."""

    errors: Literal["strict", "replace"] = option(
        "What to do with bytes that are not UTF-8: strict stops, replace reads on with a sign in "
        "their place.",
        default="strict",
    )


W = TypeVar("W", bound=Options)


def remembered(kind: type[W], estimator: Any, **typed: Any) -> W:
    """What training was told of the files, with what is typed now instead; None is not typed."""
    known, now = estimator.source_, {k: v for k, v in typed.items() if v is not None}
    names = kind.declared()
    return kind(**{name: value for name, value in (known | now).items() if name in names})


def table(
    sources: Sequence[str],
    errors: str = "strict",
    *,
    as_texts: Sequence[str] = (),
    as_labels: Sequence[str] = (),
    filled: Sequence[str] = (),
    skip_empty: bool = False,
    **columns: str | Sequence[str] | None,
) -> pd.DataFrame:
    """Every source as one table; `columns` maps the option that names columns to the columns.

    Args:
        as_texts, as_labels, filled, skip_empty: as `text`, `labels`, `filled` and `skip_empty` of
            `data.read_table`.

    Raises:
        DataError: a file cannot be used or lacks a column; the message says which option names it.
    """
    from ostinato import data

    required = {
        name: f"Name it with --{flag}."
        for flag, names in columns.items()
        for name in ([names] if isinstance(names, str) else names or [])
    }
    return data.read_table(
        list(sources),
        required=required,
        errors=errors,
        text=as_texts,
        labels=as_labels,
        filled=filled,
        skip_empty=skip_empty,
    )


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
    sources: Sequence[str], typed: dict[str, Any], column: str | None, errors: str
) -> list[str]:
    """What `predict` is to answer: `--text`, a column of tables, or standard input, which without
    a named column holds one text a line.

    Args:
        typed: the options typed: "text" and "column" count.
        column: the column of tables where none is typed: what training was told.

    Raises:
        OptionError: there is nothing, or both texts and files.
    """
    from ostinato.data.pairs import read_lines

    texts, named = typed.get("text"), typed.get("column")
    if texts and sources:
        raise OptionError("predict: give either --text or files, not both.")
    if texts:
        return list(texts)
    if not sources or list(sources) == ["-"]:
        if not sources and sys.stdin.isatty():
            raise OptionError("predict: nothing to answer. Give files, --text, or standard input.")
        if named is None:
            return [line for line in read_lines("-", errors) if line.strip()]
        sources = ["-"]
    name = named or column or "text"
    return texts_of(table(sources, errors, column=name, as_texts=[name]), name, sources)
