"""Files into the user's cache, checked, and from there into a table."""

from __future__ import annotations

import os
import tarfile
import wave
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from ostinato.datasets.catalogue import File, Info, info
from ostinato.datasets.readers import READERS
from ostinato.errors import DownloadError

if TYPE_CHECKING:
    import pandas as pd

_UNREADABLE = (
    *(ValueError, KeyError, EOFError, OSError),
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, wave.Error),
)


def load(name: str, directory: str | os.PathLike[str] | None = None) -> pd.DataFrame:
    """A data set as one table; see `info(name)` for its columns and its licence.

    Files that are not there yet are downloaded, and the log (on stderr) says from where and
    under which licence. A column "part" tells training from test rows where the source keeps
    them in separate files.

    Args:
        name: one of `names()`.
        directory: where the files are kept; `None` takes `cache_directory()`.

    Raises:
        OptionError: there is no data set of that name.
        DownloadError: a file cannot be fetched, or does not have the checksum it should.
        MissingDependencyError: it comes with a library that is not installed.
    """
    described = info(name)
    folder = (cache_directory() if directory is None else Path(directory)) / name
    paths = {file.name: _fetch(described, file, folder) for file in described.files}
    try:
        return READERS[name](paths)
    except _UNREADABLE as error:
        if not paths:
            raise
        raise DownloadError(
            f"{name}: the files in {folder} cannot be read: {error}. Delete that folder and load "
            "again."
        ) from error


def cache_directory() -> Path:
    """Where downloads go: $OSTINATO_DATA if set, else the system's place for caches."""
    import pooch

    return Path(os.environ.get("OSTINATO_DATA") or pooch.os_cache("ostinato"))


def _fetch(described: Info, file: File, folder: Path) -> Path:
    import pooch

    path = folder / file.name
    if not path.exists():
        logger = pooch.get_logger()
        logger.info("%s: licence: %s", described.name, described.licence)
        if file.sha256 is None:
            logger.info("%s: no checksum is known for %s", described.name, file.name)
    try:
        return Path(
            pooch.retrieve(
                file.url,
                known_hash=None if file.sha256 is None else f"sha256:{file.sha256}",
                fname=file.name,
                path=folder,
            )
        )
    except ValueError as error:  # what pooch raises for another checksum
        raise DownloadError(
            f"{described.name}: {file.url} does not have the checksum it should: {error} "
            "The source changed, or the download was altered on the way. Try another network."
        ) from error
    except OSError as error:  # requests' errors are OSErrors too
        raise DownloadError(
            f"{described.name}: cannot fetch {file.url}: {_reason(error)}. Check the network, or "
            f"download it elsewhere and put it at {path}."
        ) from error


def _reason(error: BaseException) -> str:
    """The innermost reason: requests wraps a refused connection in three layers of words."""
    while error.__context__ is not None and not isinstance(error, ConnectionRefusedError):
        error = error.__context__
    return (str(error) or type(error).__name__).rstrip(".")
