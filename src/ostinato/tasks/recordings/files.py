"""Recordings in the shell: .ts and .npz files, long tables, folders with a table a recording."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.errors import DataError, OstinatoWarning
from ostinato.options import Options, option

if TYPE_CHECKING:
    from ostinato.data import SequenceFiles


class RecordingWords(Options):
    """What `train` is told of the files."""

    label: str = option(
        "Column with the labels, of long tables and of a table that names files.", default="label"
    )
    labels: str | None = option(
        "Where the files of a folder have their labels: folder (the one that each lies in), file "
        "(the name's beginning, up to _ or -), or a table with the columns file and label. Without "
        "it: index.csv, or folders where there are some, else the names.",
        default=None,
    )
    columns: tuple[str, ...] | None = option(
        "Columns to read as channels, with commas; without it every column of numbers.",
        default=None,
    )
    skip_bad: bool = option(
        "Leave out files that cannot be read, and those without a label, and say which.",
        default=False,
    )


def read_files(
    files: Sequence[str],
    words: RecordingWords,
    options: Mapping[str, Any],
    *,
    labelled: bool = True,
) -> SequenceFiles:
    """Recordings and their labels.

    Raises:
        DataError: a file cannot be used, or there are no labels.
    """
    from ostinato import data

    found = data.read_sequences(
        list(files),
        label=words.label if labelled else None,
        labels=words.labels,
        id=options.get("id", "id"),
        time=options.get("time"),
        rate=options.get("rate"),
        channels=words.columns,
        skip_bad=words.skip_bad,
    )
    for name, why in found.bad:
        warnings.warn(f"{name} is left out: {why}", OstinatoWarning, stacklevel=2)
    if labelled and found.y is None:
        raise DataError(f"{', '.join(files)}: there are no labels. Name their column with --label.")
    return found


def named(found: SequenceFiles) -> list[Any]:
    """The recordings, as tables where their channels have names, so that the model knows them."""
    import pandas as pd

    if found.channels is None:
        return found.X
    return [pd.DataFrame(each, columns=found.channels) for each in found.X]


def unlabelled(estimator: Any, sources: Sequence[str], words: RecordingWords) -> SequenceFiles:
    """Recordings, with or without a column of labels, which is not looked at."""
    columns = tuple(estimator.rows_.channels) if estimator.rows_.named else None
    words = dataclasses.replace(words, columns=columns)
    return read_files(sources, words, estimator.get_params(), labelled=False)


def facts_of(sources: Sequence[str], found: SequenceFiles) -> dict[str, object]:
    """What the report says of the recordings."""
    steps = [len(each) for each in found.X]
    return {
        "files": ", ".join(sources),
        "recordings": f"{len(steps):,}",
        "steps": f"{min(steps):,} to {max(steps):,}",
        "channels": ", ".join(found.channels[:40]) if found.channels else found.X[0].shape[1],
        "left out": f"{len(found.bad):,}" if found.bad else "none",
    }


def remembered_words(found: SequenceFiles, words: RecordingWords) -> dict[str, Any]:
    """What the model remembers of the files: the words, with the channels that were read."""
    channels = tuple(found.channels) if found.channels else None
    return words.options() | {"columns": channels if words.columns is None else words.columns}


def step_of(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of a stream as a step: what is empty is missing."""
    empty = {name: float("nan") for name, value in row.items() if value in ("", None)}
    return {**row, **empty}
