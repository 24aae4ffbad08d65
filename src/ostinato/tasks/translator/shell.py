"""Pairs of texts in the shell: two files line by line, one with tabs, or tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, remembered, typed_texts

if TYPE_CHECKING:
    from ostinato.data import LoadedPairs

ANSWER = ("text", "column", "top", "beam", "skip_empty", "errors")
MEASURE = ("source", "target", "errors")


class Words(FileWords):
    """What `train translator` is told of the files."""

    source: str = option(
        "Column with the texts to read: a name, or a number from 0 where no line names the "
        "columns.",
        default="source",
    )
    target: str = option("Column with the texts to write, as --source.", default="target")
    no_header: bool = option(
        "The tables have no line of names: their first two fields are read, or those that --source "
        "and --target number.",
        default=False,
    )
    drop_empty: bool = option("Leave out pairs with an empty side.", default=False)


def _pairs(files: Sequence[str], words: Words) -> LoadedPairs:
    from ostinato import data

    return data.load_pairs(
        list(files),
        source=words.source,
        target=words.target,
        header=False if words.no_header else None,
        empty="drop" if words.drop_empty else "error",
        errors=words.errors,
    )


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    texts, targets, layout = _pairs(sources, words)
    if isinstance(validation, str):
        validation = _pairs(validation.split(","), words)[:2]
    return Loaded(
        arguments=(texts, targets),
        validation=validation,
        source=words.options() | {"format": layout.format},
        facts={
            "files": ", ".join(sources),
            "pairs": f"{len(texts):,}",
            "an example": f"{texts[0][:80]} → {targets[0][:80]}",
        },
        example=["--text", texts[0]],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The best answers to each text."""
    words = remembered(Words, estimator, errors=typed.get("errors"))
    texts = _texts(sources, words, typed, tabs=estimator.source_.get("format") == "tabs")
    top = typed.get("top", 1)
    beam = typed.get("beam", max(estimator.beam, top))
    return [
        {"answer": answer, "score": round(score, 6), "text": text}
        for text, found in zip(texts, estimator.predict_best(texts, top, beam=beam), strict=True)
        for answer, score in found
    ]


def _texts(sources: Sequence[str], words: Words, typed: dict[str, Any], *, tabs: bool) -> list[str]:
    """The texts to answer; `tabs`: training read a field of lines with tabs between fields."""
    from ostinato.data.pairs import is_table, read_lines

    files = [each for each in sources if each != "-"]
    named = typed.get("column") is not None or typed.get("text")
    plain = [{".tsv", ".tab"} & set(PurePath(each).suffixes) for each in files]
    bare = words.no_header and all(plain)
    if not files or named or (any(map(is_table, files)) and not bare):
        return typed_texts(sources, typed, words, column=words.source)
    lines = read_lines(list(sources), words.errors)
    tabs = tabs and bool(lines) and all("\t" in each for each in lines)
    return _fields(lines, words) if tabs else lines


def _fields(lines: Sequence[str], words: Words) -> list[str]:
    """The source's field of each line, found as `data.load_pairs` finds it."""
    rows = [each.split("\t") for each in lines]
    if not words.no_header and {words.source, words.target} <= set(rows[0]):
        return [row[rows[0].index(words.source)] for row in rows[1:]]
    place = int(words.source) if words.source.isdigit() else 0
    return [row[min(place, len(row) - 1)] for row in rows]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    texts, truth, _ = _pairs(sources, remembered(Words, estimator, **typed))
    return estimator.evaluate(texts, truth), len(texts)
