"""The figures of each epoch, and the result of a fit."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ostinato.storage import write_atomically


@dataclass
class FitResult:
    """What a fit did: the history of every quantity by epoch, the best epoch (from 1) and value,
    the status ("finished", "early_stopped" or "interrupted"), seconds, optimizer steps."""

    history: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    best_value: float = math.nan
    status: str = "finished"
    seconds: float = 0.0
    steps: int = 0

    def _repr_html_(self) -> str:
        """In a notebook: how it ended, and the last and best figure of each quantity."""
        best = self.best_epoch - 1
        rows = "".join(
            f"<tr><td>{name}</td><td>{values[best]:.4g}</td><td>{values[-1]:.4g}</td></tr>"
            for name, values in self.history.items()
            if 0 <= best < len(values)
        )
        head = f"<tr><th></th><th>epoch {self.best_epoch}, the best</th><th>last epoch</th></tr>"
        words = f"{self.status}, {self.steps:,} optimizer steps in {self.seconds:.1f} s"
        return f"<p>Fit: {words}</p><table>{head}{rows}</table>"


class History:
    """One row of named figures an epoch."""

    def __init__(self) -> None:
        self.rows: list[dict[str, float]] = []

    def add(self, row: dict[str, float]) -> None:
        self.rows.append(row)

    def column(self, name: str) -> list[float]:
        return [row[name] for row in self.rows]

    def columns(self) -> dict[str, list[float]]:
        return {name: self.column(name) for name in self.rows[0]} if self.rows else {}

    def write(self, path: Path) -> None:
        """Write `path` as CSV, whole or not at all.

        Raises:
            StorageError: it cannot be written.
        """
        text = io.StringIO(newline="")
        writer = csv.writer(text)
        writer.writerow(["epoch", *self.rows[0]])
        for epoch, row in enumerate(self.rows, 1):
            writer.writerow([epoch, *row.values()])
        write_atomically(path, text.getvalue().encode("utf-8"))

    def state(self) -> dict[str, Any]:
        return {"rows": self.rows}

    def restore(self, state: dict[str, Any]) -> None:
        self.rows = list(state["rows"])
