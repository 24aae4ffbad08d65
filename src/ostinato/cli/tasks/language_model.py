"""Running text in the shell: every file is one text, read as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ostinato.cli.tasks.common import ERRORS, Loaded, Task, fraction, typed_texts
from ostinato.errors import check_choice

if TYPE_CHECKING:
    from ostinato.inspection import Evidence


def _read(typed: dict[str, Any], options: dict[str, Any]) -> Loaded:
    from ostinato.data import TextFiles

    _follow(typed["recipe"], options)
    texts = TextFiles(typed["data"], typed["errors"])
    share = fraction(typed["validation"])
    if share is None:
        held_out = TextFiles(typed["validation"], typed["errors"])
    else:
        texts, held_out = texts.cut(share)
    facts: dict[str, object] = {
        "files": ", ".join(typed["data"]),
        "training characters": f"{texts.characters:,}",
        "held-out characters": f"{held_out.characters:,}",
    }
    return Loaded(training=(texts,), validation=held_out, facts=facts, example=[])


def _follow(recipe: str | None, options: dict[str, Any]) -> None:
    """Fill in a recipe's options where none was typed."""
    from ostinato.estimators.language_recipes import RECIPES

    if recipe is not None:
        check_choice("train language-model", "--recipe", recipe, tuple(RECIPES))
        for name, value in RECIPES[recipe].items():
            options.setdefault(name, value)


def _judge(estimator: Any, loaded: Loaded) -> Evidence:
    from ostinato.inspection import Evidence

    return Evidence(scores=estimator.baseline_, facts=loaded.facts)


def _answer(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> list[dict[str, Any]]:
    return [
        {"next": token, "probability": round(share, 6), "text": text}
        for text in typed_texts(sources, options)
        for token, share in estimator.predict_next(text, options.get("top", 5))
    ]


def _measure(
    estimator: Any, sources: Sequence[str], options: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    from ostinato.data import TextFiles

    texts = TextFiles(sources, options.get("errors", "strict"))
    return estimator.evaluate(texts), len(texts.names)


def _estimator() -> type:
    from ostinato.estimators import LanguageModel

    return LanguageModel


class _Written(Task):
    def next_words(self, place: Path, loaded: Loaded) -> str:
        return f"ostinato generate {place} --prompt 'Once'"


TASK = _Written(
    estimator=_estimator,
    words={
        "errors": ERRORS,
        "recipe": (
            str | None,
            typer.Option(
                help="Options that were published: awd-lstm. Others that are typed come first.",
                metavar="WORD",
            ),
            None,
        ),
    },
    read=_read,
    evidence=_judge,
    answer=_answer,
    asks=("text", "column", "top", "errors"),
    measure=_measure,
    names=("errors",),
)
