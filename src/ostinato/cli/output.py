"""What a command says: results on standard output, everything else on standard error."""

from __future__ import annotations

import contextlib
import json
import logging
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from ostinato.measures import Scores

INTERRUPTED = 130  # exit status after Ctrl-C


def note(words: str) -> None:
    """One line for the person at the terminal, on standard error."""
    typer.echo(words, err=True)


def result(values: Mapping[str, Any]) -> None:
    """The one JSON object of `--json`, on standard output."""
    typer.echo(json.dumps(plain(values), ensure_ascii=False))


@contextlib.contextmanager
def followed() -> Iterator[None]:
    """While it lasts, what the package tells its log goes to standard error."""

    class Notes(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            note(record.getMessage())

    log, notes = logging.getLogger("ostinato"), Notes()
    level = log.level
    log.addHandler(notes)
    log.setLevel(logging.INFO)
    try:
        yield
    finally:
        log.removeHandler(notes)
        log.setLevel(level)


def failure(error: Exception, *, as_json: bool) -> None:
    """One clean message on standard error, and the same as JSON where JSON was asked for."""
    message = " ".join(str(each) for each in error.args) or str(error)
    note(f"Error: {message}")
    if as_json:
        result({"error": message, "kind": type(error).__name__})


def plain(value: Any) -> Any:
    """The same in types that JSON has; NaN and infinity, which it lacks, become null."""
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if hasattr(value, "tolist"):  # numpy scalars and arrays
        return plain(value.tolist())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (str, int)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def show(title: str, rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> None:
    """A table on standard error; the first column stands left, the others right."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title or None, title_justify="left", show_header=bool(head), box=None)
    for place in range(len(rows[0]) if rows else 0):
        name = head[place] if head else ""
        table.add_column(name, justify="right" if place and head else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_escape(each) for each in row))
    Console(stderr=True, highlight=False).print(table)


def _escape(words: str) -> str:
    from rich.markup import escape

    return escape(words)


def say(words: str) -> None:
    """One line of the result, on standard output."""
    typer.echo(words)


def summary(kind: str, result: Any, scores: Scores) -> None:
    """What a fit reached on held-out rows beside the baselines, on standard error."""
    epochs = f"best epoch {result.best_epoch}, " if result.best_epoch else ""
    note(f"\n{kind}: {epochs}{result.seconds:.1f} s of training")
    head, *rows = compared(scores)
    if rows:
        show("", rows, ("held-out rows", *head[1:]))


def compared(scores: Scores) -> list[list[str]]:
    """A head and a row for each measure: its name, the model's figure, every baseline's."""
    there = scores.shown()
    rows = [["measure", "model", *(each.name for each in there)]]
    together = scores.compared()
    for name in [*together, *(each for each in scores.model if each not in together)]:
        naive = [scores.naive[each.prefix].get(name) for each in there]
        figures = [scores.model[name], *naive]
        rows.append([name, *("" if each is None else f"{each:.6g}" for each in figures)])
    return rows
