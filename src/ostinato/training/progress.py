"""A progress bar on stderr: epoch, loss, the monitored quantity, time left."""

from __future__ import annotations

import time
from typing import Any

from lightning.pytorch.callbacks import Callback

REFRESH = 0.2  # seconds


class Progress(Callback):
    """Rich's bar over all steps of the fit, redrawn at most five times a second."""

    def __init__(self, epochs: int, done: int, monitor: str) -> None:
        self.epochs, self.done, self.monitor = epochs, done, monitor
        self.bar: Any = None
        self.last = 0.0
        self.text = ""

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
        from rich.progress import Progress as Bar

        self.bar = Bar(
            TextColumn("epoch {task.fields[epoch]}"),
            BarColumn(),
            TextColumn("{task.fields[text]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=not Console(stderr=True).is_terminal,
        )
        self.bar.start()
        batches = int(trainer.num_training_batches)
        self.task = self.bar.add_task("", total=batches * self.epochs, epoch="", text="")
        self.bar.update(self.task, completed=batches * self.done)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, *_: Any) -> None:
        now = time.monotonic()
        if self.bar is None or now - self.last < REFRESH:
            return
        self.last = now
        loss = float(outputs["loss"]) if isinstance(outputs, dict) else float(outputs)
        epoch = trainer.current_epoch
        done = epoch * int(trainer.num_training_batches) + pl_module.batch_in_epoch
        self.bar.update(
            self.task,
            completed=done,
            epoch=f"{epoch + 1}/{self.epochs}",
            text=f"loss {loss:.4f} {self.text}",
        )

    def show(self, record: dict[str, float]) -> None:
        """Remember the epoch's figure for the text."""
        if self.monitor in record:
            self.text = f"{self.monitor} {record[self.monitor]:.4f}"

    def close(self) -> None:
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
