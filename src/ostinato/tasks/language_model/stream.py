"""A language model fed token by token."""

from __future__ import annotations

import numpy as np
import torch

from ostinato import data
from ostinato.data.text import PADDING, check_texts
from ostinato.tasks.language_model.module import LanguageModelModule, log_probabilities


class LanguageStream:
    """`step(text)` reads on and answers the probability of every token as the next one.

    The answers are those of the whole text at once, bit for bit on the native path.
    """

    def __init__(self, encoder: data.TextEncoder, module: LanguageModelModule) -> None:
        self._encoder, self._module = encoder, module
        self._embedding = self._module.embedding.weight.detach().numpy()
        self._stepper = self._module.stepper()
        self.reset()

    def reset(self) -> None:
        """Begin a new text."""
        self._stepper.reset()
        self._logits = self.read(np.array([PADDING]))

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The layers' states; set, the stream goes on from there."""
        return self._stepper.state

    @state.setter
    def state(self, parts: tuple[np.ndarray, ...]) -> None:
        self._stepper.state = parts

    def step(self, text: str) -> np.ndarray:
        """Read the tokens of `text`; the probabilities `(vocabulary,)` of the next."""
        (tokens,) = self._encoder.encode(check_texts("LanguageStream.step", [text]))
        if len(tokens):
            self._logits = self.read(tokens)
        return np.exp(log_probabilities(self._logits)[0])

    def take(self, token: int) -> np.ndarray:
        """Read one token by its number; the probabilities `(vocabulary,)` of the next."""
        self._logits = self.read(np.array([token]))
        return np.exp(log_probabilities(self._logits)[0])

    def read(self, tokens: np.ndarray) -> torch.Tensor:
        """Take these tokens; the scores `(1, vocabulary)` of the next."""
        for token in tokens[:-1]:
            self._stepper.step(self._embedding[token])
        outputs = self._stepper.step(self._embedding[tokens[-1]])
        with torch.no_grad():
            return self._module.logits(torch.from_numpy(outputs))
