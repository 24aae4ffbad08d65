"""Files one after the other, of which some may be bad."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from ostinato.errors import DataError

Item = TypeVar("Item")
Value = TypeVar("Value")


def readable(
    items: Iterable[Item], read: Callable[[Item], Value], *, skip_bad: bool
) -> tuple[dict[int, Value], dict[int, str]]:
    """What `read` makes of each item, by its place among them, and what is wrong with the others.

    Raises:
        DataError: an item cannot be read, and `skip_bad` was not said.
    """
    good: dict[int, Value] = {}
    bad: dict[int, str] = {}
    for place, item in enumerate(items):
        try:
            good[place] = read(item)
        except DataError as error:
            if not skip_bad:
                raise DataError(f"{error} Or go on without such files: --skip-bad.") from error
            bad[place] = str(error)
    return good, bad
