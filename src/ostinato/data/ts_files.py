"""The .ts format of timeseriesclassification.com: a recording a line."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ostinato.data.sources import Source, decode, lines_of
from ostinato.errors import DataError


class Read(NamedTuple):
    """Recordings of a file, their labels (None without), and names of their channels."""

    values: list[np.ndarray]
    labels: list[Any] | None
    channels: list[str] | None


def read_ts(source: Source) -> Read:
    """Header lines "@name value", then a recording a line: channels set apart by ":", values by
    ",", "?" for a missing one, last the class, or the number to learn.

    Raises:
        DataError: names the line; timestamps in the file are not read.
    """
    name, header, values, labels = source.name, {}, [], []
    begun = False
    for number, line in enumerate(lines_of(decode(source)), 1):
        line = line.strip()
        if not line or line[0] in "#%":
            continue
        if not begun:
            if line[0] != "@":
                raise DataError(
                    f"{name}: line {number} must begin with @ or #, as the header of a .ts file "
                    f"does, got {line[:40]!r}."
                )
            word, _, value = line[1:].partition(" ")
            header[word.lower()] = value.strip()
            begun = word.lower() == "data"
            if word.lower() == "timestamps" and value.strip().lower() == "true":
                raise DataError(f"{name}: line {number}: timestamps in .ts files are not read.")
            continue
        *parts, last = line.split(":")
        labelled = _labelled(header)
        if not labelled:
            parts, last = [*parts, last], ""
        if not parts:
            raise DataError(
                f"{name}: line {number} has no ':' between values and class. The header says "
                "that there is a class."
            )
        values.append(_recording(name, number, parts))
        if labelled:
            labels.append(_label(name, number, header, last))
    if not begun:
        raise DataError(f"{name}: has no line @data, after which the recordings come.")
    if not values:
        raise DataError(f"{name}: has no recording after @data.")
    return Read(values, labels or None, None)


def _labelled(header: dict[str, str]) -> bool:
    words = (header.get(key, "").lower() for key in ("classlabel", "targetlabel"))
    return any(word.startswith("true") for word in words)


def _recording(name: str, number: int, parts: list[str]) -> np.ndarray:
    columns = []
    for channel, part in enumerate(parts):
        words = [word.strip() for word in part.split(",")]
        try:
            columns.append([np.nan if word in ("?", "NaN", "") else float(word) for word in words])
        except ValueError:
            bad = next(word for word in words if not _is_number(word))
            raise DataError(
                f"{name}: line {number}, channel {channel}: {bad[:40]!r} is no number. Write ? for "
                "a missing one."
            ) from None
    lengths = {len(column) for column in columns}
    if len(lengths) > 1:
        raise DataError(
            f"{name}: line {number} has channels of {min(lengths)} and of {max(lengths)} values. "
            "All of a recording must have as many."
        )
    return np.array(columns, dtype=np.float32).T


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return word in ("?", "NaN", "")
    return True


def _label(name: str, number: int, header: dict[str, str], word: str) -> Any:
    word = word.strip()
    if header.get("targetlabel", "").lower().startswith("true"):
        if not _is_number(word):
            raise DataError(f"{name}: line {number}: the target {word[:40]!r} is no number.")
        return float(word)
    known = header.get("classlabel", "").split()[1:]
    if known and word not in known:
        raise DataError(
            f"{name}: line {number}: class {word[:40]!r} is not among those of the header: "
            f"{', '.join(known[:20])}."
        )
    return word
