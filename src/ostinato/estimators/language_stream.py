"""A language model fed token by token, and how the next token is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ostinato import nn
from ostinato.data.text import PADDING, UNKNOWN, check_texts
from ostinato.errors import check_number

if TYPE_CHECKING:
    from ostinato.data import TextEncoder
    from ostinato.estimators.language_model import LanguageModel

RECENT = 64  # tokens that the repetition penalty looks back


class LanguageStream:
    """`step(text)` reads on and answers the probability of every token as the next one.

    The answers are those of the whole text at once, bit for bit on the native path.
    """

    def __init__(self, estimator: LanguageModel) -> None:
        self.estimator = estimator
        self._module: Any = estimator.module_
        self._embedding = self._module.embedding.weight.detach().numpy()
        self._stepper = nn.Stepper(self._module.layer)
        self.reset()

    @classmethod
    def joined(cls, streams: Sequence[LanguageStream]) -> nn.Stepper:
        """A stepper that takes all these streams on side by side."""
        stepper = nn.Stepper(streams[0]._module.layer, len(streams))
        states = zip(*(each.state for each in streams), strict=True)
        stepper.state = tuple(np.concatenate(parts, 1) for parts in states)
        return stepper

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


class Written:
    """Tokens drawn so far, and their text as it grows."""

    def __init__(self, encoder: TextEncoder, length: int, stop: str | None) -> None:
        self.encoder, self.length, self.stop = encoder, length, stop
        self.tokens: list[int] = []
        self.text = ""

    @property
    def done(self) -> bool:
        """Whether the length, or the text to stop at, has been reached."""
        stopped = self.stop is not None and self.stop in self.text
        return stopped or len(self.tokens) >= self.length

    def add(self, token: int) -> str:
        """Take a token; the piece of text that it completes, which may be empty."""
        self.tokens.append(token)
        if self.encoder.level == "char":
            piece = self.encoder.decode([token])
        else:
            # Words are set apart, and a byte pair may end inside a letter: decode what is there.
            piece = self.encoder.decode(self.tokens)[len(self.text) :]
            piece = "" if "\ufffd" in piece else piece
        self.text += piece
        return piece


class Sampler:
    """Draws a token from scores; see `LanguageModel.generate`."""

    def __init__(
        self,
        temperature: float,
        top_k: int | None,
        top_p: float | None,
        repetition_penalty: float,
        seed: int | None,
    ) -> None:
        where = "LanguageModel.generate"
        check_number(where, "temperature", temperature, low=0)
        if top_k is not None:
            check_number(where, "top_k", top_k, low=1, whole=True)
        if top_p is not None:
            check_number(where, "top_p", top_p, above=0, high=1)
        check_number(where, "repetition_penalty", repetition_penalty, low=1)
        self.temperature, self.top_k, self.top_p = temperature, top_k, top_p
        self.penalty = float(np.log(repetition_penalty))
        self.random = np.random.default_rng(seed)

    def draw(self, logits: np.ndarray, before: list[int]) -> int:
        """The number of the token drawn; padding and unknown never are."""
        scores = logits.astype(np.float64)
        scores[PADDING] = scores[UNKNOWN] = -np.inf
        if self.penalty:
            scores[list(set(before[-RECENT:]))] -= self.penalty
        if not self.temperature:
            return int(scores.argmax())
        if self.top_k is not None and self.top_k < len(scores):
            least = np.partition(scores, -self.top_k)[-self.top_k]
            scores[scores < least] = -np.inf
        shares = np.exp((scores - scores.max()) / self.temperature)
        if self.top_p is not None:
            order = np.argsort(-shares, kind="stable")
            sums = np.cumsum(shares[order])
            shares[order[1:][sums[:-1] >= self.top_p * sums[-1]]] = 0
        sums = np.cumsum(shares)
        place = np.searchsorted(sums, self.random.random() * sums[-1], side="right")
        return min(int(place), len(sums) - 1)
