"""Running text in the shell: every file is one text, read as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import check_choice
from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.language_model.recipes import RECIPES
from ostinato.tasks.sources import FileWords, remembered, typed_texts

VERB = "generate"  # what follows training
ANSWER = ("text", "column", "top", "skip_empty", "errors")
MEASURE = ("errors",)


class Words(FileWords):
    """What `train language-model` is told."""

    recipe: str | None = option(
        "Options that were published: awd-lstm. Others that are typed come first.", default=None
    )


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    from ostinato.data import TextFiles

    if words.recipe is not None:
        check_choice("train language-model", "--recipe", words.recipe, tuple(RECIPES))
        for name, value in RECIPES[words.recipe].items():
            options.setdefault(name, value)
    texts = TextFiles(sources, words.errors)
    held_out = TextFiles(validation, words.errors) if isinstance(validation, str) else validation
    return Loaded(
        arguments=(texts,),
        validation=held_out,
        source=words.options(),
        facts={"files": ", ".join(sources), "characters": f"{texts.characters:,}"},
        example=["--prompt", "Once"],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The likeliest tokens after each text."""
    words = remembered(Words, estimator, errors=typed.get("errors"))
    return [
        {"next": token, "probability": round(share, 6), "text": text}
        for text in typed_texts(sources, typed, words)
        for token, share in estimator.predict_next(text, typed.get("top", 5))
    ]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    from ostinato.data import TextFiles

    texts = TextFiles(sources, remembered(Words, estimator, **typed).errors)
    return estimator.evaluate(texts), len(texts.names)
