"""Pairs of texts in the shell: two files line by line, or a table with two columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, remembered, typed_texts

ANSWER = ("text", "column", "top", "beam", "errors")
MEASURE = ("source", "target", "errors")


class Words(FileWords):
    """What `train translator` is told of the files."""

    source: str = option("Column of tables with the texts to read.", default="source")
    target: str = option("Column of tables with the texts to write.", default="target")
    no_header: bool = option(
        "The .tsv files have no line of names: their first two fields are read.", default=False
    )
    drop_empty: bool = option("Leave out pairs with an empty side.", default=False)


def _pairs(files: Sequence[str], words: Words) -> tuple[list[str], list[str]]:
    from ostinato import data

    return data.read_pairs(
        list(files),
        source=words.source,
        target=words.target,
        header=not words.no_header,
        empty="drop" if words.drop_empty else "error",
        errors=words.errors,
    )


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    texts, targets = _pairs(sources, words)
    files = validation.split(",") if isinstance(validation, str) else None
    return Loaded(
        arguments=(texts, targets),
        validation=validation if files is None else _pairs(files, words),
        source=words.options(),
        facts={
            "files": ", ".join(sources),
            "pairs": f"{len(texts):,}",
            "an example": f"{texts[0][:80]} → {targets[0][:80]}",
        },
        example=["--text", texts[0]],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The best answers to each text."""
    from ostinato.data.pairs import is_table, read_lines

    words = remembered(Words, estimator, errors=typed.get("errors"))
    files = [each for each in sources if each != "-"]
    named = typed.get("column") is not None or typed.get("text")
    if files and not named and not any(map(is_table, files)):
        texts = read_lines(list(sources), words.errors)
    else:
        texts = typed_texts(sources, typed, words.source, words.errors)
    top = typed.get("top", 1)
    beam = typed.get("beam", max(estimator.beam, top))
    return [
        {"answer": answer, "score": round(score, 6), "text": text}
        for text, found in zip(texts, estimator.predict_best(texts, top, beam=beam), strict=True)
        for answer, score in found
    ]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    texts, truth = _pairs(sources, remembered(Words, estimator, **typed))
    return estimator.evaluate(texts, truth), len(texts)
