"""`ostinato predict` and `ostinato evaluate`: a trained model and new rows."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato.cli import output, runs
from ostinato.errors import OptionError, check_choice
from ostinato.storage import write_atomically
from ostinato.tasks.registry import TASKS

FORMATS = ("csv", "jsonl", "conll", "conllu")  # of all tasks together


def load_model(model: Path) -> Any:
    """The fitted estimator of a run folder or a model file."""
    from ostinato.tasks.loading import load

    return load(runs.model_file(model))


def predict(
    model: Path,
    sources: Sequence[str],
    options: Mapping[str, Any],
    *,
    form: str,
    out: Path | None,
    as_json: bool,
) -> None:
    """Answer rows of files, of `--text` or of standard input, in their order."""
    check_choice("predict", "--format", form, FORMATS)
    estimator = load_model(model)
    shell = TASKS[estimator.kind].part("shell")
    own = getattr(shell, "FORMATS", ())
    check_choice("predict", "--format", form, ("csv", "jsonl", *own))
    typed = typed_options("predict", options, shell.ANSWER, estimator.kind)
    if form in own:
        if as_json and out is None:
            raise OptionError(
                f"predict: --json prints one JSON object, which --format {form} is not. Name a "
                "file with --out, or leave one of them out."
            )
        text, count = shell.formatted(estimator, sources, typed, form)
        write_answers(text, count, model, out, as_json)
        return
    with output.followed():
        rows = shell.answer(estimator, sources, typed)
    if as_json and out is None:
        output.result({"model": str(model), "answers": rows})
        return
    if not rows:
        output.note("No answers: the model found nothing to say of this input.")
    write_answers(lines_of(rows, form), len(rows), model, out, as_json)


def write_answers(text: str, rows: int, model: Path, out: Path | None, as_json: bool) -> None:
    """Answers to standard output, or whole to a file, and what was written where."""
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return
    write_atomically(out, text.encode())
    output.note(f"{rows:,} rows written to {out}")
    if as_json:
        output.result({"model": str(model), "out": str(out), "rows": rows})


def typed_options(
    command: str, options: Mapping[str, Any], known: Sequence[str], kind: str
) -> dict[str, Any]:
    """The options that were typed.

    Raises:
        OptionError: one of them means nothing to a model of this kind.
    """
    given = {name: value for name, value in options.items() if value not in (None, [], ())}
    for name in given:
        if name not in known:
            offered = ", ".join(f"--{each}" for each in known).replace("_", "-") or "none"
            word = name.replace("_", "-")
            raise OptionError(f"{command}: --{word} is not for a {kind}; what it takes: {offered}.")
    return given


def evaluate(
    model: Path, sources: Sequence[str], options: Mapping[str, Any], *, as_json: bool
) -> None:
    """Every customary measure beside the naive baseline's on the same rows."""
    estimator = load_model(model)
    shell = TASKS[estimator.kind].part("shell")
    typed = typed_options("evaluate", options, shell.MEASURE, estimator.kind)
    with output.followed():
        scores, rows = shell.measure(estimator, sources, typed)
    if as_json:
        output.result({"model": str(model), "rows": rows, "scores": scores})
        return
    from ostinato.tasks.scores import scores_of

    for row in output.compared(scores_of(estimator.kind, scores)):
        output.say(",".join(row))


def lines_of(rows: Sequence[dict[str, Any]], form: str) -> str:
    plain = [output.plain(row) for row in rows]
    if form == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in plain)
    text = io.StringIO()
    if plain:
        writer = csv.DictWriter(text, list(plain[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(plain)
    return text.getvalue()
