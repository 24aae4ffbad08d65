"""Pairs of texts in the shell: two files line by line, or a table with two columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import typer

from ostinato.cli.tasks.common import ERRORS, Loaded, Task, fraction, typed_texts

if TYPE_CHECKING:
    from ostinato.inspection import Evidence


def _read(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    from ostinato import data

    def pairs(files: Sequence[str]) -> tuple[list[str], list[str]]:
        return data.read_pairs(
            files,
            source=typed["source"],
            target=typed["target"],
            header=not typed["no_header"],
            empty="drop" if typed["drop_empty"] else "error",
            errors=typed["errors"],
        )

    sources, targets = pairs(typed["data"])
    share = fraction(typed["validation"])
    if share is None:
        held_out = pairs(typed["validation"].split(","))
    else:
        seed = int(options.get("seed") or 0)
        learn, judge = data.split_random(len(sources), share, seed=seed)
        held_out = [sources[k] for k in judge], [targets[k] for k in judge]
        sources, targets = [sources[k] for k in learn], [targets[k] for k in learn]
    facts: dict[str, object] = {
        "files": ", ".join(typed["data"]),
        "training pairs": f"{len(sources):,}",
        "held-out pairs": f"{len(held_out[0]):,}",
        "an example": f"{sources[0][:80]} → {targets[0][:80]}",
    }
    return Loaded(
        training=(sources, targets),
        validation=held_out,
        facts=facts,
        example=["--text", held_out[0][0]],
    )


def _judge(estimator: Any, loaded: Loaded) -> Evidence:
    from ostinato.inspection import Evidence

    return Evidence(scores=estimator.baseline_, facts=loaded.facts)


def _answer(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    from ostinato.data.pairs import is_table, read_lines

    files = [each for each in sources if each != "-"]
    if (
        files
        and "column" not in options
        and "text" not in options
        and not any(map(is_table, files))
    ):
        texts = read_lines(sources, options.get("errors", "strict"))
    else:
        texts = typed_texts(sources, options)
    top = options.get("top", 1)
    beam = options.get("beam", max(estimator.beam, top))
    return [
        {"answer": answer, "score": round(score, 6), "text": text}
        for text, found in zip(texts, estimator.predict_best(texts, top, beam=beam), strict=True)
        for answer, score in found
    ]


def _measure(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    from ostinato import data

    texts, truth = data.read_pairs(list(sources), **options)
    return estimator.evaluate(texts, truth), len(texts)


def _estimator() -> type:
    from ostinato.estimators import Translator

    return Translator


TASK = Task(
    estimator=_estimator,
    words={
        "source": (
            str,
            typer.Option(help="Tables: column with the texts to read.", metavar="COL"),
            "source",
        ),
        "target": (
            str,
            typer.Option(help="Tables: column with the texts to write.", metavar="COL"),
            "target",
        ),
        "no_header": (
            bool,
            typer.Option("--no-header", help=".tsv without a header: its first two fields."),
            False,
        ),
        "drop_empty": (
            bool,
            typer.Option("--drop-empty", help="Leave out pairs with an empty side."),
            False,
        ),
        "errors": ERRORS,
    },
    read=_read,
    evidence=_judge,
    answer=_answer,
    asks=("text", "column", "top", "beam", "errors"),
    measure=_measure,
    names=("source", "target", "errors"),
)
