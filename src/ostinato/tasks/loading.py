"""A fitted estimator from its file."""

from __future__ import annotations

import os
from typing import Any

from ostinato import storage
from ostinato.errors import StorageError
from ostinato.tasks.registry import TASKS


def load(path: str | os.PathLike[str]) -> Any:
    """The fitted estimator in a file that `save` wrote.

    Raises:
        StorageError: the file is missing, damaged, foreign, newer, or of an unknown kind.
    """
    archive = storage.load(path)
    if archive.kind not in TASKS:
        raise StorageError(
            f"{path}: holds a {archive.kind!r}; this version knows {', '.join(TASKS)}. "
            "It may be newer: update ostinato."
        )
    return TASKS[archive.kind].estimator.from_archive(path, archive)
