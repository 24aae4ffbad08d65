"""`ostinato doctor`: what is wrong with a trained model, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from ostinato.cli import output
from ostinato.cli.answer import load_model


def doctor(model: Path, sources: Sequence[str], validation: str | None, *, as_json: bool) -> None:
    """Print what the checks found of a model, and of its rows where files are named."""
    from ostinato.inspection import diagnose

    estimator = load_model(model)
    train = held_out = None
    if sources:
        train = _read(estimator, sources)
    if validation is not None:
        held_out = _read(estimator, [validation])
    found = diagnose(estimator, train, validation=held_out)
    if as_json:
        output.result({"model": str(model)} | found.to_dict())
    else:
        typer.echo(str(found))


def _read(estimator: Any, sources: Sequence[str]) -> tuple[Any, ...]:
    """Rows as `fit` takes them, read as they were for training."""
    from ostinato.tasks.registry import task_of
    from ostinato.tasks.sources import remembered

    shell = task_of(estimator.kind).part("shell")
    words = remembered(shell.Words, estimator)
    return shell.read(sources, words, None, estimator.options()).arguments
