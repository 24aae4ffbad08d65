"""`ostinato doctor`: what is wrong with a trained model, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer

from ostinato.cli import output
from ostinato.cli.answer import load_model


def doctor(
    model: Path,
    sources: Sequence[str],
    validation: str | None,
    *,
    as_json: bool,
    task: str | None = None,
    advise: bool = False,
    label: str | None = None,
) -> None:
    """Print what the checks found of a model, and of its rows where files are named; or of rows
    alone, with `advise` also what to begin with."""
    if advise or not _is_model(model):
        _rows([str(model), *sources], advise, task, label, as_json)
        return
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


def _is_model(path: Path) -> bool:
    return path.is_dir() or path.suffix == ".safetensors" or not path.exists()


def _rows(
    sources: list[str], advised: bool, task: str | None, label: str | None, as_json: bool
) -> None:
    from ostinato import data
    from ostinato.inspection import advise, diagnose_rows

    recordings = sources[0].removesuffix(".xz").endswith((".ts", ".npz"))
    words = sources[0].removesuffix(".xz").endswith((".conllu", ".conll"))
    told: dict[str, Any] = {"data": ", ".join(sources)}
    said = []
    if recordings or words:
        read = data.read_sequences(sources[0]).X if recordings else data.read_tagged(sources)[0]
        advised = True
    else:
        read = data.read_table(sources)
        found = diagnose_rows(read, label)
        told |= found.to_dict()
        said.append(str(found))
    if advised:
        advice = advise(read, task=task)
        told["advice"] = advice.to_dict()
        said.append(str(advice))
    if as_json:
        output.result(told)
    else:
        typer.echo("\n\n".join(said))


def _read(estimator: Any, sources: Sequence[str]) -> tuple[Any, ...]:
    """Rows as `fit` takes them, read as they were for training."""
    from ostinato.tasks.registry import task_of
    from ostinato.tasks.sources import remembered

    shell = task_of(estimator.kind).part("shell")
    words = remembered(shell.Words, estimator)
    return shell.read(sources, words, None, estimator.options()).arguments
