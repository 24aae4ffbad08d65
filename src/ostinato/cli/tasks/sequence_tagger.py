"""Tags of tokens in the shell: files of tagged sentences in, entities out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import typer

from ostinato.cli.tasks.common import ERRORS, Loaded, Task, fraction, typed_texts

if TYPE_CHECKING:
    from ostinato.inspection import Evidence

_TAGGED = (".conll", ".conllu", ".bio", ".iob")


def _read(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    from ostinato import data

    def rows(files: Sequence[str]) -> tuple[Any, Any]:
        return data.read_tagged(
            files,
            format=typed["format"],
            column=_column(typed["column"]),
            scheme=options.get("scheme") or "auto",
            errors=typed["errors"],
        )

    words, tags = rows(typed["data"])
    share = fraction(typed["validation"])
    if share is None:
        held_out = rows([typed["validation"]])
    else:
        learn, judge = data.split_random(len(words), share, seed=int(options.get("seed") or 0))
        held_out = [words[k] for k in judge], [tags[k] for k in judge]
        words, tags = [words[k] for k in learn], [tags[k] for k in learn]
    facts: dict[str, object] = {
        "files": ", ".join(typed["data"]),
        "training sentences": f"{len(words):,} of {sum(map(len, words)):,} tokens",
        "held-out sentences": f"{len(held_out[0]):,} of {sum(map(len, held_out[0])):,} tokens",
        "tags": ", ".join(sorted({tag for row in tags for tag in row})[:40]),
    }
    return Loaded(
        training=(words, tags),
        validation=held_out,
        facts=facts,
        example=["--text", " ".join(held_out[0][0])],
    )


def _column(word: str | None) -> str | int | None:
    return int(word) if word is not None and word.lstrip("-").isdigit() else word


def _judge(estimator: Any, loaded: Loaded) -> Evidence:
    from ostinato.inspection import Evidence

    words, tags = loaded.validation
    answers = estimator.predict(words)
    return Evidence(
        scores=estimator.baseline_,
        truth=[tag for row in tags for tag in row],
        answers=[tag for row in answers for tag in row],
        facts=loaded.facts,
    )


def _answer(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    """One row for each entity; `row` counts the texts from 1."""
    from ostinato import data

    texts: list[Any]
    if sources and all(_is_tagged(name) for name in sources):
        errors = options.get("errors", "strict")
        texts = list(data.read_tagged(list(sources), scheme="none", errors=errors)[0])
    else:
        texts = list(typed_texts(sources, options))
    return [
        {
            "row": row,
            "entity": each.text,
            "type": each.type,
            "start": each.start,
            "end": each.end,
            "confidence": round(each.confidence, 6),
        }
        for row, found in enumerate(estimator.entities(texts), 1)
        for each in found
    ]


def _is_tagged(name: str) -> bool:
    return bool(set(PurePath(name).suffixes) & set(_TAGGED))


def _measure(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    from ostinato import data

    words, tags = data.read_tagged(
        list(sources),
        column=_column(options.get("label")),
        scheme=estimator.scheme_,
        errors=options.get("errors", "strict"),
    )
    return estimator.evaluate(words, tags), len(words)


def _estimator() -> type:
    from ostinato.estimators import SequenceTagger

    return SequenceTagger


TASK = Task(
    estimator=_estimator,
    words={
        "format": (
            str,
            typer.Option(
                help="Of the files; auto goes by the name.", metavar="auto|conll|conllu|jsonl"
            ),
            "auto",
        ),
        "column": (
            str | None,
            typer.Option(
                help="Field with the tags: a name of CoNLL-U [default: upos], a number from 0 of "
                "CoNLL [default: the last].",
                metavar="COL",
            ),
            None,
        ),
        "errors": ERRORS,
    },
    read=_read,
    evidence=_judge,
    answer=_answer,
    asks=("text", "column", "errors"),
    measure=_measure,
    names=("label", "errors"),
)
