"""What tasks share in the shell: what a task is, and tables out of the sources typed."""

from __future__ import annotations

import dataclasses
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ostinato.errors import DataError, OptionError

if TYPE_CHECKING:
    import pandas as pd

    from ostinato.inspection import Evidence


@dataclasses.dataclass(kw_only=True)
class Loaded:
    """Rows read for one fit.

    Attributes:
        training: positional arguments of `fit`.
        validation: held-out rows as `fit` takes them.
        facts: what the report says about the data.
        example: words for the next command.
    """

    training: tuple[Any, ...]
    validation: Any
    facts: dict[str, object]
    example: list[str]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One task.

    Attributes:
        estimator: imports and returns the estimator's class.
        words: `train`'s own options: type, Typer option, default.
        read: the rows of a fit, from the words typed and the constructor's options, which it may
            fill in.
        evidence: what the report shows, from the fitted estimator and the rows.
        answer: the answers of `predict`, a dictionary a row, from the estimator, the sources
            typed and the options in `asks` that were typed.
        asks: options of `predict` that the task understands.
        measure: `evaluate`: the scores and the number of rows, from the estimator, the sources
            and the options in `names` that were typed.
        names: options of `evaluate` that the task understands.
    """

    estimator: Callable[[], type]
    words: Mapping[str, tuple[Any, Any, Any]]
    read: Callable[[dict[str, Any], dict[str, Any]], Loaded]
    evidence: Callable[[Any, Loaded], Evidence]
    answer: Callable[[Any, Sequence[str], dict[str, Any]], list[dict[str, Any]]]
    asks: Sequence[str] = ()
    measure: Callable[[Any, Sequence[str], dict[str, Any]], tuple[Mapping[str, float], int]]
    names: Sequence[str] = ()

    def next_words(self, place: Path, loaded: Loaded) -> str:
        return shlex.join(["ostinato", "predict", str(place), *loaded.example])


ERRORS = (
    str,
    typer.Option(
        help="Bytes that are not UTF-8: strict (an error) or replace.", metavar="strict|replace"
    ),
    "strict",
)


def table(
    sources: Sequence[str], errors: str = "strict", **columns: str | Sequence[str] | None
) -> pd.DataFrame:
    """Every source as one table; `columns` maps the option that names columns to the columns.

    Raises:
        DataError: a file cannot be used or lacks a column; the message says which option names it.
    """
    from ostinato import data

    required = {
        name: f"Name it with --{flag}."
        for flag, names in columns.items()
        for name in ([names] if isinstance(names, str) else names or [])
    }
    return data.read_table(list(sources), required=required, errors=errors)


def fraction(word: str) -> float | None:
    """`--validation` as a fraction, or None where it is a file.

    Raises:
        OptionError: it is a number that is not between 0 and 1.
    """
    try:
        share = float(word)
    except ValueError:
        return None
    if not 0 < share < 1:
        raise OptionError(f"--validation must be a fraction above 0 and below 1, got {word}.")
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


def typed_texts(sources: Sequence[str], options: dict[str, Any]) -> list[str]:
    """What `predict` is to answer: `--text`, a column of tables, or standard input, which without
    a named column holds one text a line.

    Raises:
        OptionError: there is nothing, or both texts and files.
    """
    from ostinato.data.pairs import read_lines

    texts, column = options.get("text"), options.get("column")
    errors = options.get("errors", "strict")
    if texts and sources:
        raise OptionError("predict: give either --text or files, not both.")
    if texts:
        return list(texts)
    if not sources or list(sources) == ["-"]:
        if not sources and sys.stdin.isatty():
            raise OptionError("predict: nothing to answer. Give files, --text, or standard input.")
        if column is None:
            return [line for line in read_lines("-", errors) if line.strip()]
        sources = ["-"]
    name = column or "text"
    return texts_of(table(sources, errors, column=name), name, sources)
