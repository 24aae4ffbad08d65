"""What a fit must remember to go on later as if it had not stopped."""

from __future__ import annotations

import contextlib
import io
import os
from pathlib import Path
from typing import Any

import torch

from ostinato.errors import TrainingError

NAME = "last.ckpt"


def write(directory: Path, state: dict[str, Any]) -> None:
    """Write `directory/checkpoints/last.ckpt` whole or not at all.

    Raises:
        OSError: it cannot be written.
    """
    folder = directory / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    try:
        # Through memory: torch's own writer ends a full disk's OSError in a RuntimeError.
        memory = io.BytesIO()
        torch.save(state, memory)
        temporary.write_bytes(memory.getbuffer())
        os.replace(temporary, folder / NAME)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def check_writable(directory: Path) -> None:
    """Make the directory, and see that files can be made in it.

    Raises:
        TrainingError: they cannot.
    """
    probe = directory / f".probe.{os.getpid()}"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise TrainingError(f"fit: directory {directory} cannot be written ({error}).") from error


def read(directory: Path) -> dict[str, Any]:
    """The state in `directory/checkpoints/last.ckpt`; nothing in the file can run code."""
    path = directory / "checkpoints" / NAME
    if not path.exists():
        raise TrainingError(
            f"{path}: there is no checkpoint to resume from. Start without resume; a checkpoint "
            "is written at the end of each epoch."
        )
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise TrainingError(f"{path}: is damaged ({error}). Start anew.") from error


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
