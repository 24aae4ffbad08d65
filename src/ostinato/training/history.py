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
