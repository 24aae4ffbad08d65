"""What a fit must remember to go on later as if it had not stopped."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any

import torch

from ostinato.errors import TrainingError

NAME = "last.ckpt"


def write(directory: Path, state: dict[str, Any]) -> None:
    """Write `directory/checkpoints/last.ckpt` whole or not at all."""
    folder = directory / "checkpoints"
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{NAME}.{os.getpid()}"
    try:
        torch.save(state, temporary)
        os.replace(temporary, folder / NAME)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise TrainingError(f"{folder}: the checkpoint cannot be written ({error}).") from error


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
