"""A progress bar on stderr, or in a notebook: epoch, loss, the monitored quantity, time left."""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol

from lightning.pytorch.callbacks import Callback

REFRESH = 0.2  # seconds


class Bar(Protocol):
    """Something that shows how far a fit is."""

    def update(self, done: int, epoch: str, text: str) -> None: ...

    def stop(self) -> None: ...


class Progress(Callback):
    """A bar over all steps of the fit, redrawn at most five times a second, in one place."""

    def __init__(self, epochs: int, done: int, monitor: str) -> None:
        self.epochs, self.done, self.monitor = epochs, done, monitor
        self.bar: Bar | None = None
        self.last = 0.0
        self.text = ""

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        batches = int(trainer.num_training_batches)
        kind = NotebookBar if in_notebook() else TerminalBar
        self.bar = kind(batches * self.epochs, batches * self.done)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *_: Any) -> None:
        now = time.monotonic()
        if self.bar is None or now - self.last < REFRESH:
            return
        self.last = now
        loss = float(outputs["loss"]) if isinstance(outputs, dict) else float(outputs)
        epoch = trainer.current_epoch
        done = epoch * int(trainer.num_training_batches) + pl_module.batch_in_epoch
        self.bar.update(done, f"{epoch + 1}/{self.epochs}", f"loss {loss:.4f} {self.text}")

    def show(self, record: dict[str, float]) -> None:
        """Remember the epoch's figure for the text."""
        if self.monitor in record:
            self.text = f"{self.monitor} {record[self.monitor]:.4f}"

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None


class TerminalBar:
    """Rich's bar on stderr; where that is no terminal, nothing is written."""

    def __init__(self, total: int, done: int) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            Progress,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )

        console = Console(stderr=True)
        self.bar = Progress(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=console,
            transient=not console.is_terminal,
        )
        self.bar.start()
        self.task = self.bar.add_task("", total=total, completed=done, epoch="", text="")

    def update(self, done: int, epoch: str, text: str) -> None:
        self.bar.update(self.task, completed=done, epoch=epoch, text=text)

    def stop(self) -> None:
        self.bar.stop()


class NotebookBar:
    """One output of a cell, which is replaced."""

    def __init__(self, total: int, done: int) -> None:
        self.total, self.started, self.first = max(total, 1), time.monotonic(), done
        self.done = done
        self.shown = self._display(self._html(done, ""))

    @staticmethod
    def _display(html: Any) -> Any:
        from IPython.display import display  # pyright: ignore[reportMissingImports]

        return display(html, display_id=True)

    def update(self, done: int, epoch: str, text: str) -> None:
        self.done, passed = done, time.monotonic() - self.started
        left = passed * (self.total - done) / max(done - self.first, 1)
        words = f"epoch {epoch} {text}, {passed:.0f} s, {left:.0f} s left"
        self.shown.update(self._html(done, words))

    def stop(self) -> None:
        passed = time.monotonic() - self.started
        self.shown.update(self._html(self.done, f"ended after {passed:.0f} s"))

    def _html(self, done: int, words: str) -> Any:
        from IPython.display import HTML  # pyright: ignore[reportMissingImports]

        return HTML(f'<progress value="{done}" max="{self.total}"></progress> {words}')


def in_notebook() -> bool:
    """Whether a notebook's kernel runs this; a terminal's IPython is none."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return type(shell).__name__ == "ZMQInteractiveShell"
