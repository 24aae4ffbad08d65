"""JSON lines, and files that hold one JSON list."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ostinato.data.sources import Source, decode, lines_of
from ostinato.errors import DataError


def json_values(source: Source) -> Iterator[tuple[int, Any]]:
    """The value of each line with the line's number, from 1; empty lines are left out.

    A file that is one list of objects, over as many lines as it likes, gives its members; they are
    numbered from 1.

    Raises:
        DataError: a line is not JSON, or an object has a key twice.
    """
    text = decode(source)
    if text.lstrip().startswith("["):
        try:
            members = json.loads(text, object_pairs_hook=_unique_keys)
        except (ValueError, RecursionError):
            members = None  # lists line by line
        if isinstance(members, list) and any(isinstance(each, dict) for each in members):
            yield from enumerate(members, 1)
            return
    for number, line in enumerate(lines_of(text), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line, object_pairs_hook=_unique_keys)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{source.name}: line {number} is not JSON: {error}.") from error


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has the same key twice")
    return result
