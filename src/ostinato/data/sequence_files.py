"""Recordings from files: .ts, .npz, long tables, or folders with a table a recording."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ostinato.data.readable import readable
from ostinato.data.sequence_arrays import check_sequences
from ostinato.data.sources import Source, read_sources
from ostinato.data.tables import read_table
from ostinato.data.ts_files import Read, read_ts
from ostinato.errors import DataError, OptionError, check_choice, suggestion

TABLES = (".csv", ".tsv", ".parquet", ".jsonl")
Paths = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class SequenceFiles:
    """Recordings that were read.

    Attributes:
        X: arrays `(steps, channels)`.
        y: a label a recording, or of a long table an array with one a step; None without labels.
        channels: names of the channels, or None where they have none.
        names: of each recording, for people: file, line, or what the table calls it.
        bad: files or recordings that were left out, each with its reason.
    """

    X: list[np.ndarray]
    y: list[Any] | None
    channels: list[str] | None
    names: list[str]
    bad: list[tuple[str, str]] = dataclasses.field(default_factory=list)


def read_sequences(
    paths: Paths,
    *,
    label: str | None = "label",
    labels: Literal["folder", "file"] | str | None = None,
    id: str = "id",
    time: str | None = None,
    rate: float | None = None,
    channels: Sequence[str] | None = None,
    skip_bad: bool = False,
) -> SequenceFiles:
    """Recordings and their labels from files of any of these kinds:

    - .ts (timeseriesclassification.com), also in .xz, .gz and the like.
    - .npz with `X` `(recordings, steps, channels)` and, with labels, `y`; recordings of different
      lengths as `X` `(all steps, channels)` and `lengths`.
    - long tables (.csv, .tsv, .parquet, .jsonl): a row a step, with a column `id`.
    - a folder with a table a recording, a row a step.

    Args:
        label: column of long tables, and of an index table, with the labels; None: there are none.
        labels: where a folder's recordings have their labels: "folder", the folder that each file
            lies in; "file", its name up to the first "_" or "-"; or an index table with the columns
            "file" and `label`. None takes an index.csv in the folder, else folders within it, else
            the files' names.
        id, time, rate, channels: as in `check_sequences`; in a folder's tables `time` puts the
            rows in order.
        skip_bad: leave out files that cannot be read, and recordings without a label or a file,
            and tell of them in `bad`, instead of an error.

    Raises:
        DataError: a file cannot be read, a recording has no label, or a label no recording.
    """
    given = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    if len(given) == 1 and os.path.isdir(given[0]):
        found = _folder(Path(given[0]), label, labels, time, rate, channels, skip_bad)
    else:
        found = _files(given, label, id, time, rate, channels)
    if not found.X:
        raise DataError(f"{given[0]}: there is no recording that can be used.")
    sizes = [each.shape[1] for each in found.X]
    for size, name in zip(sizes, found.names, strict=True):
        if size != sizes[0]:
            raise DataError(
                f"{name}: has {size} channels, and {found.names[0]} has {sizes[0]}. All must have "
                "the same."
            )
    return found


# Files with several recordings.


def _files(
    paths: list[Any],
    label: str | None,
    id: str,
    time: str | None,
    rate: float | None,
    channels: Sequence[str] | None,
) -> SequenceFiles:
    tables = [each for each in paths if Path(_bare(each)).suffix in TABLES]
    if tables and len(tables) < len(paths):
        raise DataError(
            f"{tables[0]}: tables cannot be read together with other files. Name one kind."
        )
    if tables or [os.fspath(each) for each in paths] == ["-"]:
        return _long(paths, label, id, time, rate, channels)
    values, found, names = [], [], []
    named: list[str] | None = None
    for source in read_sources(paths):
        read = _source(source)
        values += read.values
        named = read.channels or named
        found.append(read.labels)
        names += [f"{source.name}, recording {k}" for k in range(len(read.values))]
    given = [each for each in found if each is not None]
    if given and len(given) < len(found):
        raise DataError(f"{os.fspath(paths[0])}: some of the files have labels and others none.")
    y = [each for part in given for each in part] if given and label is not None else None
    return SequenceFiles(X=values, y=y, channels=named, names=names)


def _bare(path: Any) -> str:
    """A file's name without what says how it is packed."""
    stem, suffix = os.path.splitext(os.fspath(path).lower())
    return stem if suffix in (".gz", ".xz", ".bz2", ".zst", ".zip") else stem + suffix


def _source(source: Source) -> Read:
    if source.suffix == ".npz":
        return _npz(source)
    if source.suffix == ".ts":
        return read_ts(source)
    raise DataError(
        f"{source.name}: must be .ts, .npz or a table ({', '.join(TABLES)}), or a folder of tables."
    )


def _npz(source: Source) -> Read:
    """Arrays by name; none may be pickled, for a pickle can run code."""
    try:
        with np.load(io.BytesIO(source.content), allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (ValueError, OSError, EOFError, KeyError) as error:
        raise DataError(
            f"{source.name}: cannot be read as .npz: {error}. Save it with numpy.savez, without "
            "objects."
        ) from error
    if "X" not in arrays:
        listed = ", ".join(arrays) or "none"
        raise DataError(
            f"{source.name}: has no array 'X'. Arrays: {listed}.{suggestion('X', arrays)}"
        )
    X, lengths = arrays["X"], arrays.get("lengths")
    if lengths is not None:
        if X.ndim not in (1, 2) or lengths.ndim != 1 or lengths.sum() != len(X):
            raise DataError(
                f"{source.name}: with lengths, X must have shape (all steps, channels) and as many "
                f"steps as their sum, got {X.shape} and a sum of {int(lengths.sum()):,}."
            )
        X = np.split(X, np.cumsum(lengths)[:-1])
    values = check_sequences(source.name, X).values
    y = arrays.get("y")
    if y is not None and len(y) != len(values):
        raise DataError(f"{source.name}: X has {len(values):,} recordings and y {len(y):,} labels.")
    names = arrays.get("channels")
    fits = names is not None and names.shape == (values[0].shape[1],)
    return Read(
        values,
        None if y is None else (y.tolist() if y.ndim == 1 else list(y)),
        [str(each) for each in names] if fits and names is not None else None,
    )


def _long(
    paths: Any,
    label: str | None,
    id: str,
    time: str | None,
    rate: float | None,
    channels: Sequence[str] | None,
) -> SequenceFiles:
    frame = read_table(paths, labels=[] if label is None else [label])
    where = ", ".join(map(os.fspath, paths))
    y = None
    if label is not None:
        if label not in frame.columns:
            raise DataError(
                f"{where}: no column {label!r}. Columns: {', '.join(map(str, frame.columns))}. "
                f"Name it with label, or say that there is none.{suggestion(label, frame.columns)}"
            )
        y = frame[label].tolist()
        frame = frame.drop(columns=label)
    found = check_sequences(where, frame, id=id, time=time, channels=channels, rate=rate)
    assert found.ids is not None
    assert found.rows is not None
    by_id = None if y is None else [[y[k] for k in places] for places in found.rows]
    if by_id is not None and all(len(set(map(str, part))) == 1 for part in by_id):
        by_id = [part[0] for part in by_id]
    names = [str(each) for each in found.ids]
    return SequenceFiles(X=found.values, y=by_id, channels=found.channels, names=names)


# A folder with a table a recording.


def _folder(
    folder: Path,
    label: str | None,
    labels: str | None,
    time: str | None,
    rate: float | None,
    channels: Sequence[str] | None,
    skip_bad: bool,
) -> SequenceFiles:
    index = _index_of(folder, labels)
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and Path(_bare(path)).suffix in TABLES and path != index
    )
    if not files:
        raise DataError(f"{folder}: has no table ({', '.join(TABLES)}), each of one recording.")
    bad: list[tuple[str, str]] = []
    known = None
    if label is not None:
        known = _labels_of(folder, files, index, label, labels, bad, skip_bad)
    files = [path for path in files if known is None or path in known]
    named = list(channels) if channels is not None else None

    def read(path: Path) -> np.ndarray:
        nonlocal named  # the first recording's channels are asked of all others
        values, named = _one_table(path, time, rate, named)
        return values

    good, wrong = readable(files, read, skip_bad=skip_bad)
    bad += [(str(files[k]), message) for k, message in wrong.items()]
    if not good:
        raise DataError(f"{folder}: none of its recordings can be used. {bad[0][1]}")
    return SequenceFiles(
        X=list(good.values()),
        y=None if known is None else [known[files[k]] for k in good],
        channels=named,
        names=[str(files[k]) for k in good],
        bad=bad,
    )


def _one_table(
    path: Path, time: str | None, rate: float | None, channels: list[str] | None
) -> tuple[np.ndarray, list[str]]:
    """One recording, and its channels."""
    frame = read_table(path).assign(**{"recording ": 0})
    found = check_sequences(
        str(path), frame, id="recording ", time=time, channels=channels, rate=rate
    )
    assert found.channels is not None
    return found.values[0], found.channels


def _index_of(folder: Path, labels: str | None) -> Path | None:
    """The table that names files and labels, or None."""
    if labels in ("folder", "file"):
        return None
    if labels is None:
        found = folder / "index.csv"
        return found if found.is_file() else None
    path = Path(labels)
    for each in (path, folder / path):
        if each.is_file():
            return each.resolve() if each.resolve().is_relative_to(folder.resolve()) else each
    check_choice("read_sequences", "labels", labels, ("folder", "file", "the name of a table"))
    raise OptionError(f"read_sequences: labels: no such table {labels!r}.")


def _labels_of(
    folder: Path,
    files: list[Path],
    index: Path | None,
    label: str,
    labels: str | None,
    bad: list[tuple[str, str]],
    skip_bad: bool,
) -> dict[Path, Any]:
    """The label of each file."""
    if index is not None:
        return _indexed(folder, files, index, label, bad, skip_bad)
    inside = all(path.parent != folder for path in files)
    if labels == "folder" or (labels is None and inside):
        outside = next((path for path in files if path.parent == folder), None)
        if outside is not None:
            raise DataError(f"{outside}: lies in no folder that would be its label.")
        return {path: path.parent.name for path in files}
    return {path: path.name.split(".")[0].replace("-", "_").split("_")[0] for path in files}


def _indexed(
    folder: Path,
    files: list[Path],
    index: Path,
    label: str,
    bad: list[tuple[str, str]],
    skip_bad: bool,
) -> dict[Path, Any]:
    frame = read_table(
        index,
        required={"file": "It names the files.", label: "Name it with label."},
        labels=[label],
    )
    found: dict[Path, Any] = {}
    by_name = {str(path.relative_to(folder)): path for path in files}
    problems: list[tuple[str, str]] = []
    for name, value in zip(frame["file"].astype(str), frame[label].tolist(), strict=True):
        if name not in by_name:
            problems.append((name, f"{index}: names {name!r}, and there is no such file."))
        elif value is None or value != value:
            problems.append((name, f"{index}: has no label for {name!r}."))
        else:
            found[by_name[name]] = value
    listed = set(frame["file"].astype(str))
    problems += [
        (name, f"{path}: {index} has no label for it.")
        for name, path in by_name.items()
        if name not in listed
    ]
    if problems and not skip_bad:
        raise DataError(f"{problems[0][1]} Mend the table, or leave such files out with skip_bad.")
    bad += problems
    return found
