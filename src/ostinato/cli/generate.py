"""`ostinato generate`: text from a language model, printed as it is drawn."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ostinato.cli import output
from ostinato.cli.answer import load_model
from ostinato.errors import OptionError


def generate(
    model: Path, prompt: str, length: int, options: dict[str, Any], *, as_json: bool
) -> None:
    """Write on after `prompt`.

    Raises:
        OptionError: the model is no language model, or an option is not allowed.
    """
    estimator = load_model(model)
    if estimator.kind != "language-model":
        raise OptionError(
            f"generate: the model must be a language-model, got a {estimator.kind}. "
            "Use ostinato predict."
        )
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise OptionError(
            f"generate: --prompt must be UTF-8, got a byte that is not at place {error.start}."
        ) from error
    pieces = estimator.write(prompt, length, **options)  # checks them before anything is printed
    if as_json:
        output.result({"model": str(model), "prompt": prompt, "text": "".join(pieces)})
        return
    sys.stdout.write(prompt)
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")
