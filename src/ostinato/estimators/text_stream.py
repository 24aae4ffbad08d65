"""A text read token by token, with an answer at each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.errors import DataError, OptionError

if TYPE_CHECKING:
    from ostinato.estimators.text_classifier import TextClassifier

CAUSAL_POOLINGS = ("last", "mean", "max")


class TextStream:
    """`step(text)` takes the next piece of a text and answers probabilities for all so far.

    After a whole text, shorter than the model's `max_length`, the answer is `predict_proba`'s (by
    "mean", to rounding: its sum is made in another order). The wide path looks at all that was
    read at each step; `wide=False` answers in the time of one recurrent step.
    """

    def __init__(self, estimator: TextClassifier) -> None:
        if estimator.bidirectional or estimator.pooling not in CAUSAL_POOLINGS:
            raise OptionError(
                "TextClassifier.stream: needs bidirectional=False and pooling 'last', 'mean' or "
                f"'max', got bidirectional={estimator.bidirectional} and pooling="
                f"{estimator.pooling!r}. Such a model must see the whole text: use predict_proba."
            )
        self.estimator = estimator
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
        model = self.estimator.module_
        (tokens,) = self.estimator._encoder.encode([text])
        with torch.inference_mode(), nn.FixedWeights():
            self.read.extend(int(token) for token in tokens)
            for token in tokens:
                output, self.state = model.step(  # pyright: ignore[reportCallIssue]
                    torch.tensor([int(token)]), self.state
                )
                self._pool(output)
            head = model.head
            pooled = self.pooled
            if pooled is None:
                pooled = torch.zeros(1, head.in_features)  # pyright: ignore
            elif self.estimator.pooling == "mean":
                pooled = pooled / self.tokens
            logits = head(pooled)  # pyright: ignore[reportCallIssue]
            if model.wide is not None:
                wide = model.wide.logits([np.array(self.read, dtype=np.int64)])  # pyright: ignore
                logits = self.estimator._join(logits, wide)
        return self.estimator._probabilities(logits)[0]

    def _pool(self, output: Tensor) -> None:
        self.tokens += 1
        if self.pooled is None or self.estimator.pooling == "last":
            self.pooled = output
        elif self.estimator.pooling == "max":
            self.pooled = torch.maximum(self.pooled, output)
        else:
            self.pooled = self.pooled + output
