"""Run folders: runs/NAME/ with model.safetensors, history.csv, report.html and checkpoints/."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

from ostinato.errors import OptionError, StorageError, suggestion

MODEL, HISTORY, REPORT, CHECKPOINTS = (
    "model.safetensors",
    "history.csv",
    "report.html",
    "checkpoints",
)


def folder(out: Path, name: str | None, stem: str, *, resume: bool, force: bool) -> Path:
    """The folder a training run writes to, made if need be.

    Without a name it is `stem` with the next free number; with `resume` and no name, the newest
    run of that stem.

    Raises:
        OptionError: the named run exists and neither `resume` nor `force` was said, or there is
            nothing to resume.
        StorageError: the folder cannot be made.
        TrainingError: another fit is writing to the folder that `force` would clear.
    """
    if name is not None and (not name.strip() or Path(name).name != name or name == ".."):
        raise OptionError(f"--name must be a plain folder name, got {name!r}. --out says where.")
    if resume and force:
        raise OptionError("--resume and --force exclude each other: continue a run, or replace it.")
    if name is None:
        numbers = _numbers(out, stem)
        chosen = max(numbers, default=0) + (0 if resume else 1)
        if resume and not numbers:
            raise OptionError(f"--resume: no run {stem}-N in {out}. Say which with --name.")
        name = f"{stem}-{chosen}"
    place = out / name
    finished, begun = (place / MODEL).exists(), (place / CHECKPOINTS).exists()
    if resume and not begun:
        raise OptionError(f"--resume: {place} has no checkpoints to continue from.")
    if (finished or begun) and not resume and not force:
        state = "is a finished run" if finished else "is an unfinished run"
        wish = "" if finished else "--resume continues it, "
        raise OptionError(
            f"--name: {place} {state}. {wish}--force replaces it, another --name keeps it."
        )
    if force and place.is_dir():
        from ostinato.training.checkpoints import held

        with held(place):  # a fit that is writing there loses nothing
            shutil.rmtree(place / CHECKPOINTS, ignore_errors=True)
            for each in (MODEL, HISTORY, REPORT):
                (place / each).unlink(missing_ok=True)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"cannot make {place}: {error.strerror}. Choose another --out."
        ) from error
    return place


def stem_of(task: str, sources: Sequence[str]) -> str:
    """`task-file` from the first source, in characters that are safe in a folder's name."""
    first = sources[0] if sources else "-"
    word = "stdin" if first == "-" else Path(first).name.split(".")[0]
    safe = re.sub(r"[^\w-]+", "-", word).strip("-")
    return f"{task}-{safe or 'data'}"


def _numbers(out: Path, stem: str) -> list[int]:
    if not out.is_dir():
        return []
    found = (re.fullmatch(re.escape(stem) + r"-(\d+)", each.name) for each in out.iterdir())
    return [int(match[1]) for match in found if match]


def model_file(model: Path) -> Path:
    """The model file that a run folder or a file names.

    Raises:
        StorageError: there is none.
    """
    if model.is_file():
        return model
    if model.is_dir():
        if (model / MODEL).is_file():
            return model / MODEL
        unfinished = (model / CHECKPOINTS).exists()
        hint = "The run is unfinished; train with --resume." if unfinished else "Train first."
        raise StorageError(f"{model}: no {MODEL} in this folder. {hint}")
    parent = model.parent
    near = [str(parent / each.name) for each in parent.iterdir()] if parent.is_dir() else []
    raise StorageError(f"{model}: no such run folder or file.{suggestion(model, near)}")
