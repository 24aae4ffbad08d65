"""Text classes in the shell: a table with a column of texts and one of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import (
    TableWords,
    labels_of,
    layout_of,
    remembered,
    table,
    texts_of,
    typed_texts,
)

if TYPE_CHECKING:
    from ostinato.data import TableLayout

ANSWER = ("text", "column", "neutral", "skip_empty", "errors")
MEASURE = ("text", "label", "separator", "skip_empty", "errors")


class Words(TableWords):
    """What `train text-classifier` is told of the files."""

    text: str = option("Column with the texts.", default="text")
    label: str = option("Column with the labels.", default="label")
    separator: str | None = option(
        "What stands between the labels of a row, such as |, where a row may have several.",
        default=None,
    )
    skip_empty: bool = option("Leave out rows without a text or a label.", default=False)


def _rows(
    files: Sequence[str], words: Words, layout: TableLayout | None = None
) -> tuple[list[str], list[Any], TableLayout]:
    one_label = words.separator is None
    frame, found = table(
        files,
        words,
        layout=layout,
        as_texts=[words.text],
        as_labels=[words.label] if one_label else [],
        filled=[words.text, words.label] if one_label else [words.text],
        skip_empty=words.skip_empty,
        text=words.text,
        label=words.label,
    )
    labels = labels_of(frame, words.label, files, words.separator)
    return texts_of(frame, words.text, files), labels, found


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    texts, labels, layout = _rows(sources, words)
    held_out = validation
    if isinstance(validation, str):
        held_out = _rows([validation], words, layout)[:2]
    names = {str(name) for each in labels for name in (each if isinstance(each, list) else [each])}
    return Loaded(
        arguments=(texts, labels),
        validation=held_out,
        source=words.options() | {"layout": layout.to_dict()},
        facts={
            "files": ", ".join(sources),
            "columns": f"text {words.text!r}, label {words.label!r}",
            "rows": f"{len(texts):,}",
            "classes": ", ".join(sorted(names)[:40]),
        },
        example=["--text", "your text here"],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The label of each text, its probability, and every class's."""
    words = remembered(Words, estimator, errors=typed.get("errors"))
    texts = typed_texts(sources, typed, words, column=words.text, layout=layout_of(estimator))
    if typed.get("neutral") is not None:
        estimator.set_params(neutral=tuple(typed["neutral"]))
    answers, found = estimator.predict(texts), estimator.predict_proba(texts)
    return [
        {
            "label": _label(each),
            "confidence": round(float(row.max()), 6),
            "text": text,
            **{
                f"p({name})": round(float(p), 6)
                for name, p in zip(estimator.classes_, row, strict=True)
            },
        }
        for each, row, text in zip(answers, found, texts, strict=True)
    ]


def _label(answer: Any) -> Any:
    """A class as it is, several as one word with bars between."""
    if isinstance(answer, (list, tuple, set)):
        return "|".join(map(str, answer))
    return answer.item() if hasattr(answer, "item") else answer


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    words = remembered(Words, estimator, **typed)
    texts, labels, _ = _rows(sources, words, layout_of(estimator))
    return estimator.evaluate(texts, labels), len(texts)
