"""Files by which a stream that learns goes on after a stop, with the bits of one that never did."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from torch import Tensor

from ostinato import storage
from ostinato.errors import OptionError, StorageError
from ostinato.options import OnlineOptions, Options

FREE = ("progress", "snapshot_every", "epochs", "batch_size")  # may differ when a stream goes on


def write_snapshot(
    path: str | os.PathLike[str],
    kind: str,
    options: Options,
    online: OnlineOptions,
    tensors: Mapping[str, Tensor],
    document: Mapping[str, Any],
) -> None:
    """Write all that is needed to go on, whole or not at all.

    Args:
        kind: of the task, which alone reads it.
        options, online: of the model and of the stream, kept beside.

    Raises:
        StorageError: the file cannot be written; the one before is whole.
    """
    told = {"options": options.options(), "online": online.options()}
    storage.save(path, _name(kind), tensors, {**document, **told})


@contextlib.contextmanager
def read_snapshot(
    path: str | os.PathLike[str], kind: str, options: Options, online: OnlineOptions
) -> Iterator[storage.Archive]:
    """What `write_snapshot` wrote; what cannot be used of it inside the `with` is a StorageError.

    Raises:
        StorageError: the file is damaged, or of another model.
        OptionError: it was made with other options than those that are now given.
    """
    archive = storage.load(path)
    if archive.kind != _name(kind):
        raise StorageError(
            f"{path}: holds a {archive.kind!r}, not a snapshot of a stream. Name another file."
        )
    try:
        _check_same(path, archive.document["options"], options, "model")
        _check_same(path, archive.document["online"], online, "stream")
        yield archive
    except OptionError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, OSError) as error:
        raise StorageError(
            f"{path}: is no snapshot of this stream ({error}). Name another file."
        ) from error


def check_columns(before: list[str], now: list[str]) -> None:
    """Refuse a snapshot of rows with other columns.

    Raises:
        StorageError: they differ.
    """
    if before != now:
        raise StorageError(f"columns were {', '.join(before)}")


def _name(kind: str) -> str:
    return f"{kind}-snapshot"


def _check_same(path: Any, given: Mapping[str, Any], now: Options, what: str) -> None:
    for name, value in now.options().items():
        if name not in FREE and given.get(name) != value:
            raise OptionError(
                f"stream: {path} was made by a {what} with {name}={given.get(name)!r}, and "
                f"it is {value!r} now. Give the same, or another file."
            )
