"""Runs below one folder: what there is of each, and its model, loaded once."""

from __future__ import annotations

import csv
import math
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from ostinato.errors import DataError, StorageError

MODEL, HISTORY, REPORT, CHECKPOINTS = (
    "model.safetensors",
    "history.csv",
    "report.html",
    "checkpoints",
)
KEPT = 4  # models in memory
SHOWN = 200  # runs that the page lists


class Runs:
    """The runs in `folder`; nothing outside of it is ever read.

    Args:
        folder: as `ostinato train --out`; it need not be there yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._models: OrderedDict[Path, tuple[tuple[int, int], Any, threading.Lock]] = OrderedDict()
        self._lock = threading.Lock()

    def place(self, name: str) -> Path:
        """The folder of a run.

        Raises:
            DataError: there is none of that name below `folder`, or a link leads out of it.
        """
        found = self.folder if "\0" in name else (self.folder / name).resolve()
        if found.parent != self.folder or not found.is_dir():
            raise DataError(f"There is no run {name!r}. Look at the list again.")
        return found

    def file(self, name: str, file: str) -> Path:
        """A file of a run, as `place`; it may be missing."""
        found = self.place(name) / file
        if found.resolve().parent != self.place(name):
            raise DataError(f"{file} of {name!r} is a link to another place, which is not read.")
        return found

    def listed(self) -> list[dict[str, Any]]:
        """What the page's list shows of each run, the newest first."""
        if not self.folder.is_dir():
            return []
        places = [
            each
            for each in self.folder.iterdir()
            if each.is_dir()
            and not each.is_symlink()
            and any((each / name).exists() for name in (MODEL, HISTORY, CHECKPOINTS))
        ]
        places.sort(key=_changed, reverse=True)
        return [self.about(each.name) for each in places[:SHOWN]]

    def about(self, name: str) -> dict[str, Any]:
        """Kind, scores, options and history of a run; "error" instead of what cannot be read."""
        place = self.place(name)
        found: dict[str, Any] = {"name": name, "kind": None, "scores": {}, "options": {}}
        found |= {"history": {}, "report": False, "unfinished": not (place / MODEL).is_file()}
        found["resumable"] = (place / CHECKPOINTS).is_dir()
        try:
            found["history"] = self.history(name)
            found["report"] = self.file(name, REPORT).is_file()
            if not found["unfinished"]:
                found |= _document(self.file(name, MODEL))
        except (DataError, StorageError) as error:
            found["error"] = str(error)
        return found

    def history(self, name: str) -> dict[str, list[float | None]]:
        """The columns of history.csv; what is no number is null."""
        try:
            with open(self.file(name, HISTORY), encoding="utf-8", newline="") as file:
                rows = list(csv.DictReader(file))
        except (OSError, UnicodeDecodeError, csv.Error):
            return {}
        names = [each for each in rows[0] if each] if rows else []
        return {each: [_number(row.get(each)) for row in rows] for each in names}

    def model(self, name: str) -> tuple[Any, threading.Lock]:
        """The fitted estimator of a run, and what to hold while it is asked.

        It is loaded again when its file was written anew.

        Raises:
            DataError: the run has no model yet.
            StorageError: the file cannot be read.
        """
        from ostinato.tasks.loading import load

        path = self.file(name, MODEL)
        try:
            stat = path.stat()
        except OSError:
            raise DataError(f"{name} has no model yet. It is written when training ends.") from None
        state = (stat.st_mtime_ns, stat.st_size)
        with self._lock:
            known = self._models.get(path)
            if known is None or known[0] != state:
                known = (state, load(path), threading.Lock())
                self._models[path] = known
            self._models.move_to_end(path)
            while len(self._models) > KEPT:
                self._models.popitem(last=False)
            return known[1], known[2]


def _changed(place: Path) -> float:
    """When a run last changed, in seconds."""
    times = [0.0]
    for name in (MODEL, HISTORY):
        try:
            times.append((place / name).stat().st_mtime)
        except OSError:
            continue
    return max(times)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _document(path: Path) -> dict[str, Any]:
    """What a model file says of itself; its weights are not read."""
    from ostinato import storage

    header = storage.read_header(path)
    fit = header.document.get("fit", {})
    return {
        "kind": header.kind,
        "scores": header.document.get("baseline", {}),
        "options": header.document.get("options", {}),
        "status": fit.get("status"),
        "best_epoch": fit.get("best_epoch"),
        "seconds": fit.get("seconds"),
        "parameters": sum(math.prod(shape) for _, shape in header.tensors.values()),
    }
