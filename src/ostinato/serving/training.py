"""Trainings that the page starts: one `ostinato train` each, in a process of its own."""

from __future__ import annotations

import itertools
import json
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato.errors import DataError, OptionError
from ostinato.options import Declared, choices, members
from ostinato.serving.runs import Runs
from ostinato.tasks.registry import TASKS, task_of

UPLOADS, COMMANDS = "uploads", ".studio"  # folders beside the runs
SAID = 4_000  # characters at the end of what a training said that the page shows
RUN = "import sys; from ostinato.cli import main; main()"


def form(kind: str) -> dict[str, Any]:
    """Every option that `ostinato train KIND` takes, for a form.

    Raises:
        OptionError: there is no such task.
    """
    task = task_of(kind)
    words = task.part("shell").Words.declared()
    options = task.options.declared()
    shown = [each for name, each in options.items() if name not in words and name != "progress"]
    shown.sort(key=lambda each: each.depth)
    return {
        "kind": kind,
        "sentence": task.sentence,
        "data": [_field(each) for each in words.values()],
        "options": [_field(each) for each in shown],
    }


def _field(each: Declared) -> dict[str, Any]:
    kinds, listed = members(each.annotation), choices(each.annotation)
    kind = "bool" if bool in kinds else "choice" if listed else "text"
    if kind == "text" and kinds and set(kinds) <= {int, float, type(None)}:
        kind = "number"
    default = each.default
    return {
        "name": each.name,
        "kind": kind,
        "choices": [str(one) for one in listed],
        "default": "" if default is None or default == () else str(default),
        "sentence": each.rule.sentence,
    }


class Trainings:
    """The trainings of this studio, by run.

    Args:
        runs: where they write to.
    """

    def __init__(self, runs: Runs) -> None:
        self.runs = runs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._lock = threading.Lock()

    def upload(self, name: str, body: bytes) -> str:
        """Keep a file that the page sent, under its own name, or where another has that a numbered
        one; the name that `start` takes.

        Raises:
            DataError: it is empty, or has no name.
        """
        plain = re.sub(r"[^\w.-]+", "_", Path(name.replace("\\", "/")).name).lstrip(".")[-120:]
        if not plain or not body:
            raise DataError("The file is empty or has no name. Choose another.")
        folder = self.runs.folder / UPLOADS
        folder.mkdir(parents=True, exist_ok=True)
        for number in itertools.count(1):
            name = plain if number == 1 else f"{number}-{plain}"
            place = folder / name
            if place.is_file() and not place.is_symlink() and place.read_bytes() == body:
                return name
            try:
                with open(place, "xb") as file:  # never through a link, never over another file
                    file.write(body)
            except FileExistsError:
                continue
            return name
        raise AssertionError

    def start(
        self, kind: str, files: Sequence[str], options: Mapping[str, str], name: str = ""
    ) -> str:
        """Begin a training of uploaded files; the name of its run.

        Raises:
            OptionError: there is no such task or option.
            DataError: a file was not uploaded.
        """
        task = task_of(kind)
        known = {**task.part("shell").Words.declared(), **task.options.declared()}
        words = []
        for key, value in options.items():
            if key not in known:
                raise OptionError(f"{kind} has no option {key!r}.")
            words += _typed(key, str(value), known[key])
        places = []
        for each in files:
            place = self.runs.folder / UPLOADS / Path(each).name
            if not place.is_file() or place.is_symlink():
                raise DataError(f"{each}: was not uploaded. Choose the file again.")
            places.append(str(place))
        if not places:
            raise DataError("Choose a file to learn from.")
        name = name.strip() or self._free(kind, places[0])
        if not re.fullmatch(r"[\w-][\w. -]{0,80}", name):
            raise OptionError(f"The name must be letters, digits, - and _, got {name!r}.")
        command = ["train", kind, *places, *words, "--name", name]
        self._begin(name, command)
        return name

    def resume(self, name: str) -> None:
        """Go on with a training that was stopped here.

        Raises:
            DataError: it was not begun here, or is running.
        """
        kept = self.runs.folder / COMMANDS / f"{Path(name).name}.json"
        try:
            command = json.loads(kept.read_text("utf-8"))
        except (OSError, ValueError):
            raise DataError(
                f"{name} was not begun on this page. Type the command that began it once more, "
                "with --resume."
            ) from None
        self._begin(name, [*command, "--resume"], keep=False)

    def _begin(self, name: str, command: list[str], *, keep: bool = True) -> None:
        with self._lock:
            if name in self._running and self._running[name].poll() is None:
                raise DataError(f"{name} is being trained already.")
            folder = self.runs.folder / COMMANDS
            folder.mkdir(parents=True, exist_ok=True)
            if keep:
                (folder / f"{name}.json").write_text(json.dumps(command), "utf-8")
            with open(folder / f"{name}.log", "wb") as log:
                self._running[name] = subprocess.Popen(
                    [sys.executable, "-c", RUN, *command, "--out", str(self.runs.folder)],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )

    def stop(self, name: str) -> None:
        """Ask a training to end: its best weights so far are kept.

        Raises:
            DataError: it is not running here.
        """
        process = self._running.get(name)
        if process is None or process.poll() is not None:
            raise DataError(f"{name} is not being trained by this page.")
        process.send_signal(signal.SIGINT)

    def state(self, name: str) -> dict[str, Any]:
        """Whether it runs, its figures so far, and what it said last."""
        process = self._running.get(name)
        status = None if process is None else process.poll()
        log = self.runs.folder / COMMANDS / f"{Path(name).name}.log"
        said = log.read_text("utf-8", "replace")[-SAID:] if log.is_file() else ""
        try:
            history = self.runs.history(name)
        except DataError:
            history = {}  # the folder is made when data were read
        return {
            "name": name,
            "running": process is not None and status is None,
            "status": status,
            "history": history,
            "said": said,
            "time": time.time(),
        }

    def close(self) -> None:
        """End what is running, as Ctrl-C does, and wait a little."""
        for process in self._running.values():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
        for process in self._running.values():
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()

    def _free(self, kind: str, file: str) -> str:
        stem = re.sub(r"[^\w-]+", "-", Path(file).name.split(".")[0]).strip("-") or "data"
        number = 1
        while (self.runs.folder / f"{kind}-{stem}-{number}").exists():
            number += 1
        return f"{kind}-{stem}-{number}"


def _typed(name: str, value: str, each: Declared) -> list[str]:
    """An option as the shell reads it."""
    flag = name.replace("_", "-")
    if bool in members(each.annotation) and value.lower() in ("true", "false"):
        return [f"--{flag}" if value.lower() == "true" else f"--no-{flag}"]
    return [f"--{flag}", value]


def kinds() -> list[dict[str, str]]:
    """The tasks there are."""
    return [{"kind": each.kind, "sentence": each.sentence} for each in TASKS.values()]
