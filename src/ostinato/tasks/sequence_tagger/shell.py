"""Tags of words in the shell: files of tagged sentences in, entities or tagged sentences out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal

from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, typed_texts

ANSWER = ("text", "column", "errors")
MEASURE = ("label", "errors")
TAGGED = (".conll", ".conllu", ".bio", ".iob")


class Words(FileWords):
    """What `train sequence-tagger` is told of the files."""

    format: Literal["auto", "conll", "conllu", "jsonl"] = option(
        "How the files are written. auto goes by their names.", default="auto"
    )
    column: str | None = option(
        "Field with the tags: a name of CoNLL-U, where it is upos unless you say so, or a number "
        "of CoNLL, from 0, where it is the last.",
        default=None,
    )


def _rows(files: Sequence[str], told: Mapping[str, Any], scheme: str) -> tuple[Any, Any]:
    from ostinato import data

    return data.read_tagged(
        list(files),
        format=told["format"],
        column=_column(told["column"]),
        scheme=scheme,
        errors=told["errors"],
    )


def _column(word: str | None) -> str | int | None:
    return int(word) if word is not None and word.lstrip("-").isdigit() else word


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    told = words.options()
    scheme = options.get("scheme") or "auto"
    sentences, tags = _rows(sources, told, scheme)
    held_out = validation
    if isinstance(validation, str):
        held_out = _rows([validation], told, scheme)
    return Loaded(
        arguments=(sentences, tags),
        validation=held_out,
        source=told,
        facts={
            "files": ", ".join(sources),
            "sentences": f"{len(sentences):,} of {sum(map(len, sentences)):,} tokens",
            "tags": ", ".join(sorted({tag for row in tags for tag in row})[:40]),
        },
        example=["--text", " ".join(sentences[0])],
    )


def _told(estimator: Any, typed: Mapping[str, Any]) -> dict[str, Any]:
    """What training was told, with what is typed now instead."""
    return Words().options() | estimator.source_ | dict(typed)


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each entity; `row` counts the texts from 1."""
    from ostinato import data

    told = _told(estimator, {k: v for k, v in typed.items() if k == "errors"})
    texts: list[Any]
    if sources and all(_is_tagged(name) for name in sources):
        texts = list(data.read_tagged(list(sources), scheme="none", errors=told["errors"])[0])
    else:
        texts = list(typed_texts(sources, typed, None, told["errors"]))
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
    return bool(set(PurePath(name).suffixes) & set(TAGGED))


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    told = _told(estimator, {k: v for k, v in typed.items() if k == "errors"})
    if "label" in typed:
        told["column"] = typed["label"]
    words, tags = _rows(sources, told, estimator.scheme_)
    marks = [[tag for tag in row if tag != "O"] for row in tags]
    estimator.rows_.check_some_known(", ".join(sources), marks)
    return estimator.evaluate(words, tags), len(words)
