"""What the network of a language model reads of a text."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ostinato.data import TextFiles
from ostinato.tasks.inside import Examples, Inside, between, share_unknown, texts_of
from ostinato.tasks.language_model.estimator import LanguageModel


def read(where: str, model: LanguageModel, data: Any) -> Inside:
    """A text, or several as one; the sign of its beginning is the first step."""
    tokens = model.rows_.tokens(texts_of(where, data))
    encoder = model.rows_.encoder
    return Inside(
        inputs=(torch.from_numpy(np.asarray(tokens)).long()[None],),
        tokens=["", *(encoder.decode([int(k)]) for k in tokens[1:])],
        answers=encoder.vocabulary,
        separator=between(encoder),
    )


def examples(model: LanguageModel, X: Any, y: Any, *, steps: bool) -> Examples:
    """Texts as `fit` takes them, which are one long text to it, or files of them."""
    if isinstance(X, TextFiles):
        text = next(X.pieces(), (True, ""))[1][:SIGNS]
    else:
        text = "\n".join(texts_of("doctor", X))[:SIGNS]
    tokens = np.asarray(model.rows_.tokens([text]))[1:]
    return Examples(count=len(tokens), unknown=share_unknown([tokens]), sample=text)


SIGNS = 2000  # characters that are looked at
