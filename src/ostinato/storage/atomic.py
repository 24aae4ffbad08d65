"""Files that are either the old one, whole, or the new one, whole."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from pathlib import Path

from ostinato.errors import StorageError

_REMEDIES = {
    errno.ENOSPC: "The disk is full. Free some space or choose another folder.",
    errno.EDQUOT: "The disk quota is used up. Free some space or choose another folder.",
    errno.EFBIG: "A file of this size is not allowed there. Choose another folder.",
    errno.EACCES: "No permission to write there. Choose another folder or change its permissions.",
    errno.EPERM: "No permission to write there. Choose another folder or change its permissions.",
    errno.EROFS: "The file system is read-only. Choose another folder.",
    errno.ENAMETOOLONG: "The name is too long. Choose a shorter one.",
}


def write_atomically(path: str | os.PathLike[str], content: bytes) -> None:
    """Write `content` to `path` so that a crash at any moment leaves the old file whole.

    The bytes go to a temporary file in the same folder, are flushed to the disk, and the
    temporary file is renamed over the old one. A symbolic link stays a link; the file it
    points to is replaced. A new file gets the permissions of the old one, or the usual ones. What
    is no file, such as a pipe or /dev/stdout, gets the bytes as they are and stays what it is.

    Raises:
        StorageError: the file cannot be written; the old file, if any, is as it was.
    """
    try:
        target = Path(os.path.realpath(path))
        os.fsencode(target)
    except ValueError as error:  # a null character, or one that no name can have
        raise StorageError(f"{path!r}: is no path ({error}).") from None
    if os.path.isdir(target):
        raise StorageError(f"{path}: is a folder. Give the name of a file in it.")
    if not os.path.isdir(target.parent):
        raise StorageError(f"{path}: the folder {target.parent} does not exist. Create it first.")
    if os.path.exists(target) and not os.path.isfile(target):
        try:
            target.write_bytes(content)
        except OSError as error:
            raise StorageError(_explain(path, target, error)) from error
        return
    temporary = target.with_name(f".ostinato-{secrets.token_hex(8)}.partial")
    try:
        # "x" fails rather than write into a file of the same name, and gives the permissions
        # that the user's mask asks for.
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if os.path.exists(target):
            os.chmod(temporary, target.stat().st_mode & 0o777)
        os.replace(temporary, target)
    except BaseException as error:  # Ctrl-C too must not leave a temporary file behind
        if not isinstance(error, FileExistsError):
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        if isinstance(error, OSError):
            raise StorageError(_explain(path, target, error)) from error
        raise
    _flush_folder(target.parent)


def _explain(path: str | os.PathLike[str], target: Path, error: OSError) -> str:
    reason = error.strerror or str(error)
    remedy = _REMEDIES.get(error.errno or 0, "Choose another folder.")
    state = " The old file is unchanged." if os.path.exists(target) else ""
    return f"{path}: cannot be written: {reason}. {remedy}{state}"


def _flush_folder(folder: Path) -> None:
    """Make the rename itself survive a power cut, where the system offers that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
