"""A language model fed token by token."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ostinato.data.text import PADDING, check_texts

if TYPE_CHECKING:
    from ostinato.estimators.language_model import LanguageModel


class LanguageStream:
    """`step(text)` reads on and answers the probability of every token as the next one.

    The answers are those of the whole text at once, bit for bit on the native path.
    """

    def __init__(self, estimator: LanguageModel) -> None:
        self.estimator = estimator
        self._module: Any = estimator.module_
        self._embedding = self._module.embedding.weight.detach().numpy()
        self._stepper = self._module.stepper()
        self.reset()

    def reset(self) -> None:
        """Begin a new text."""
        self._stepper.reset()
        self._logits = self.read(np.array([PADDING]))

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The layers' states."""
        return self._stepper.state

    def step(self, text: str) -> np.ndarray:
        """Read the tokens of `text`; the probabilities `(vocabulary,)` of the next."""
        (tokens,) = self.estimator._encoder.encode(check_texts("LanguageStream.step", [text]))
        if len(tokens):
            self._logits = self.read(tokens)
        shifted = np.exp(self._logits.astype(np.float64) - self._logits.max())
        return shifted / shifted.sum()

    def read(self, tokens: np.ndarray) -> np.ndarray:
        """Take these tokens; the scores `(vocabulary,)` of the next."""
        for token in tokens[:-1]:
            self._stepper.step(self._embedding[token])
        return self.advance(int(tokens[-1]))

    def advance(self, token: int) -> np.ndarray:
        """Take one token; the scores `(vocabulary,)` of the next."""
        return self.scores(self._stepper.step(self._embedding[token]))[0]

    def scores(self, outputs: np.ndarray) -> np.ndarray:
        """The scores `(rows, vocabulary)` that the layer's outputs `(rows, hidden)` give."""
        with torch.no_grad():
            return self._module.logits(torch.from_numpy(outputs)).numpy()
