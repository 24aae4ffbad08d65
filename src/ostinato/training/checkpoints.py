"""What a fit must remember to go on later as if it had not stopped, on disk."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from ostinato.errors import TrainingError
from ostinato.storage import write_atomically

VERSION = 2  # of the state's layout


def path_of(directory: Path) -> Path:
    return directory / "checkpoints" / "last.ckpt"


def write(directory: Path, state: dict[str, Any]) -> None:
    """Write `directory/checkpoints/last.ckpt` whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    path = path_of(directory)
    path.parent.mkdir(parents=True, exist_ok=True)
    # Through memory: torch's own writer ends a full disk's OSError in a RuntimeError.
    memory = io.BytesIO()
    torch.save(state | {"version": VERSION}, memory)
    write_atomically(path, memory.getvalue())


def read(directory: Path) -> dict[str, Any]:
    """The state in `directory/checkpoints/last.ckpt`; nothing in the file can run code.

    Raises:
        TrainingError: there is no checkpoint, or it is damaged or of another version.
    """
    path = path_of(directory)
    if not path.exists():
        raise TrainingError(
            f"{path}: there is no checkpoint to resume from. Start without resume; a checkpoint "
            "is written at the end of each epoch."
        )
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingError(f"{path}: is damaged ({error}). Start anew.") from error
    if not isinstance(state, dict) or state.get("version") != VERSION:
        raise TrainingError(f"{path}: was written by another version of Ostinato. Start anew.")
    return state


@contextlib.contextmanager
def held(directory: Path) -> Iterator[None]:
    """Make the directory, and keep other fits out of it; the lock ends with its process.

    Raises:
        TrainingError: another fit is in it, or it cannot be written.
    """
    import filelock

    lock = filelock.FileLock(directory / ".lock", timeout=0)
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except filelock.Timeout:
        raise TrainingError(
            f"fit: directory {directory} is in use by another fit. Wait until it ends, or give "
            "another directory."
        ) from None
    except OSError as error:
        raise TrainingError(f"fit: directory {directory} cannot be written ({error}).") from error
    try:
        # Left by a process that was killed while it wrote; nobody else writes there now.
        for each in path_of(directory).parent.glob(".ostinato-*.partial"):
            with contextlib.suppress(OSError):
                each.unlink()
        yield
    finally:
        lock.release()


def random_state() -> dict[str, Any]:
    """The global generators' states."""
    state = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        state["cuda"] = torch.cuda.get_rng_state()
    return state


def set_random_state(state: dict[str, Any]) -> None:
    """Put `random_state` back."""
    torch.set_rng_state(state["cpu"])
    if "cuda" in state and torch.cuda.is_available():
        torch.cuda.set_rng_state(state["cuda"])


@contextlib.contextmanager
def own_random_state() -> Iterator[None]:
    """Whatever is drawn inside, the global generators are as before at the end."""
    before = random_state()
    try:
        yield
    finally:
        set_random_state(before)
