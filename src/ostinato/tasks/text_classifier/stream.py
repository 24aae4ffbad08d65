"""A text read token by token, with an answer at each."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.errors import DataError, OptionError
from ostinato.tasks.text_classifier.module import TextClassifierModule, probabilities
from ostinato.tasks.text_classifier.options import TextClassifierOptions
from ostinato.tasks.text_classifier.rows import TextRows

CAUSAL_POOLINGS = ("last", "mean", "max")


class TextStream:
    """`step(text)` takes the next piece of a text and answers probabilities for all so far.

    After a whole text, shorter than the model's `max_length`, the answer is `predict_proba`'s (by
    "mean", to rounding: its sum is made in another order). The n-grams look at all that was read
    at each step; `wide=False` answers in the time of one recurrent step.
    """

    def __init__(
        self, options: TextClassifierOptions, rows: TextRows, module: TextClassifierModule
    ) -> None:
        if options.bidirectional or options.pooling not in CAUSAL_POOLINGS:
            raise OptionError(
                "TextClassifier.stream: needs bidirectional=False and pooling 'last', 'mean' or "
                f"'max', got bidirectional={options.bidirectional} and pooling="
                f"{options.pooling!r}. Such a model must see the whole text: use predict_proba."
            )
        self.rows, self.module, self.pooling = rows, module, options.pooling
        self.reset()

    def reset(self) -> None:
        """Begin a new text."""
        self.state: list[Any] = []
        self.tokens = 0
        self.read: list[int] = []
        self.pooled: Tensor | None = None

    def step(self, text: str) -> np.ndarray:
        """Read the tokens of `text`; probabilities `(classes,)` after them.

        Raises:
            DataError: `text` is no string.
        """
        if not isinstance(text, str):
            raise DataError(f"TextStream.step: text must be a string, got {type(text).__name__}.")
        (tokens,) = self.rows.whole([text])
        with torch.inference_mode(), nn.FixedWeights():
            self.read.extend(int(token) for token in tokens)
            for token in tokens:
                output, self.state = self.module.step(torch.tensor([int(token)]), self.state)
                self._pool(output)
            pooled = self.pooled
            if pooled is None:
                pooled = torch.zeros(1, self.module.head.in_features)
            elif self.pooling == "mean":
                pooled = pooled / self.tokens
            read = [np.array(self.read, dtype=np.int64)]
            logits = self.module.joined(self.module.head(pooled), read)
            return probabilities(logits, self.rows.several)[0]

    def _pool(self, output: Tensor) -> None:
        self.tokens += 1
        if self.pooled is None or self.pooling == "last":
            self.pooled = output
        elif self.pooling == "max":
            self.pooled = torch.maximum(self.pooled, output)
        else:
            self.pooled = self.pooled + output
