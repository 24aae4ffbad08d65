"""Tags of words in the shell: files of tagged sentences in, entities or tagged sentences out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Literal

from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, typed_texts

if TYPE_CHECKING:
    from ostinato.data import Tagged, TaggedLayout

ANSWER = ("text", "column", "skip_empty", "errors")
MEASURE = ("label", "errors")
FORMATS = ("conll", "conllu")  # that `formatted` makes, beside the rows of `answer`
TAGGED = (".conll", ".conllu", ".conllup", ".bio", ".iob", ".parquet")


class Words(FileWords):
    """What `train sequence-tagger` is told of the files."""

    format: Literal["auto", "conll", "conllu", "jsonl", "csv", "parquet"] = option(
        "How the files are written. auto goes by their names and by what is in them.",
        default="auto",
    )
    column: str | None = option(
        "Field with the tags: a name, such as xpos of CoNLL-U, where it is upos unless you say so, "
        "or a number of CoNLL, from 0, where it is the last.",
        default=None,
    )
    names: tuple[str, ...] | None = option(
        "What tags that are written as whole numbers stand for, from 0 on, with commas: "
        "O,B-PER,I-PER.",
        default=None,
    )
    repair: Literal["begin", "drop", "convert"] | None = option(
        "What to do with tags that break their scheme, such as I-place behind B-name: let them "
        "begin a name of their own (begin), leave their name out (drop), or give them the type of "
        "the name before (convert). Without it they stop the run.",
        default=None,
    )


def _load(files: Sequence[str], told: Mapping[str, Any], scheme: str) -> Tagged:
    """Sentences, tags, and how they stand in the files."""
    from ostinato import data
    from ostinato.data.tags import form_of, guess_scheme, reform_tags, repair_tags

    how = told.get("repair")
    found = data.load_tagged(
        list(files),
        format=told["format"],
        column=_column(told["column"]),
        scheme="none" if how else scheme,
        errors=told["errors"],
        names=told["names"],
        layout=_layout(told),
    )
    if how is None:
        return found
    tags = reform_tags(found.y)
    used = guess_scheme(tags) if scheme == "auto" else scheme
    layout = dataclasses.replace(found.layout, scheme=used, form=form_of(found.y))
    return found._replace(y=[repair_tags(row, used, how) for row in tags], layout=layout)


def _layout(told: Mapping[str, Any]) -> TaggedLayout | None:
    from ostinato import data

    return data.TaggedLayout.from_dict(told["layout"]) if "layout" in told else None


def _column(word: str | None) -> str | int | None:
    return int(word) if word is not None and word.lstrip("-").isdigit() else word


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    told = words.options()
    scheme = options.get("scheme") or "auto"
    found = _load(sources, told, scheme)
    sentences, tags, layout = found.X, found.y, found.layout.to_dict()
    told |= {"layout": layout, "suffixes": sorted({PurePath(name).suffix for name in sources})}
    held_out = validation
    if isinstance(validation, str):
        other = _load([validation], told, scheme)
        held_out = (other.X, other.y)
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
    told = Words().options() | estimator.source_
    return told | ({"errors": typed["errors"]} if "errors" in typed else {})


def _asked(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[Any]:
    """What is to be answered: texts, or lists of tokens where files hold sentences cut into words,
    which are read as in training."""
    from ostinato import data

    told = _told(estimator, typed)
    if sources and "column" not in typed and all(_has_tokens(name, told) for name in sources):
        return list(
            data.read_tokens(
                list(sources), format=told["format"], errors=told["errors"], layout=_layout(told)
            )
        )
    return list(typed_texts(sources, typed, FileWords(errors=told["errors"])))


def _has_tokens(name: str, told: Mapping[str, Any]) -> bool:
    """Whether a file holds sentences cut into words: by its name, by what is in JSON lines, and by
    what the files of training were."""
    suffixes = set(PurePath(name).suffixes)
    if suffixes & set(TAGGED):
        return True
    if suffixes & {".jsonl", ".ndjson", ".json"}:
        return _first_row(name, told["errors"])
    known = set(told.get("suffixes", ()))
    return told["format"] not in ("auto", "jsonl") or bool(suffixes & known)


def _first_row(name: str, errors: str) -> bool:
    from ostinato.data.pairs import read_lines

    line = next((each for each in read_lines(name, errors) if each.strip()), "")
    try:
        row = json.loads(line)
    except json.JSONDecodeError:
        return False
    return isinstance(row, list) or (isinstance(row, dict) and "tokens" in row)


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """One row for each entity; `row` counts the texts from 1."""
    return [
        {
            "row": row,
            "entity": each.text,
            "type": each.type,
            "start": each.start,
            "end": each.end,
            "confidence": round(each.confidence, 6),
        }
        for row, found in enumerate(estimator.entities(_asked(estimator, sources, typed)), 1)
        for each in found
    ]


def formatted(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any], form: str
) -> tuple[str, int]:
    """`predict --format conll`: every word with its tag, as a file that training reads, and how
    many sentences; texts are cut into words. `form` is one of `FORMATS`."""
    from ostinato import data

    asked = _asked(estimator, sources, typed)
    sentences = [data.split_words(each) if isinstance(each, str) else each for each in asked]
    sentences = [each for each in sentences if each]
    layout = _layout(_told(estimator, typed))
    tags = estimator.predict(sentences)
    return data.format_tagged(sentences, tags, format=form, layout=layout), len(sentences)


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    told = _told(estimator, typed)
    if "label" in typed:
        told["column"] = typed["label"]
    found = _load(sources, told, estimator.scheme_)
    marks = [[tag for tag in row if tag != "O"] for row in found.y]
    estimator.rows_.check_some_known(", ".join(sources), marks)
    return estimator.evaluate(found.X, found.y), len(found.X)
