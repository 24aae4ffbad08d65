"""Text drawn from a language model: the next tokens of many texts side by side."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ostinato import nn
from ostinato.errors import check_number

if TYPE_CHECKING:
    from ostinato.data import TextEncoder

RECENT = 64  # tokens that the repetition penalty looks back
FIRST = 2  # the first token that can be drawn: padding and unknown come before
AT_ONCE = 256  # texts that are written side by side
READ_TOKENS = 8_192  # of prompts, read at once
DRAWS = 256  # random numbers made at once


class Sampler:
    """Draws tokens from scores; see `LanguageModel.generate`.

    With a seed every text has the random numbers that it would have alone.
    """

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
        self.seed = seed
        self.restart()

    def restart(self) -> None:
        """Begin the random numbers again: the same with a seed, others without."""
        self.random = np.random.default_rng(self.seed)
        self.numbers = iter(())

    def _numbers(self, rows: int) -> Any:
        """Uniform random numbers `(rows,)`, with a seed one for all."""
        if self.seed is None:
            return self.random.random(rows)
        for number in self.numbers:
            return number
        self.numbers = iter(self.random.random(DRAWS).tolist())
        return next(self.numbers)

    def draw(self, logits: np.ndarray, before: Sequence[np.ndarray]) -> np.ndarray:
        """The tokens `(rows,)` drawn from scores `(rows, vocabulary)` after `before`, the tokens
        `(rows,)` of earlier steps; padding and unknown never are."""
        scores = logits.astype(np.float64)
        scores[:, :FIRST] = -np.inf
        if self.penalty and len(before):
            # A token that came twice is lowered once: NumPy subtracts before it puts back.
            scores[np.arange(len(scores)), np.stack(before)] -= self.penalty
        if not self.temperature:
            return scores.argmax(1)
        if self.top_k is not None and self.top_k < scores.shape[1]:
            least = np.partition(scores, -self.top_k, axis=1)[:, -self.top_k, None]
            scores[scores < least] = -np.inf
        scores -= np.maximum.reduce(scores, 1, keepdims=True)
        if self.temperature != 1:
            scores /= self.temperature
        shares = np.exp(scores, out=scores)
        if self.top_p is not None:
            order = np.argsort(-shares, axis=1, kind="stable")
            sums = np.cumsum(np.take_along_axis(shares, order, 1), axis=1)
            beyond = np.zeros(shares.shape, dtype=bool)
            late = sums[:, :-1] >= self.top_p * sums[:, -1:]
            np.put_along_axis(beyond, order[:, 1:], late, 1)
            shares[beyond] = 0
        sums = shares.cumsum(1)
        limits = self._numbers(len(sums)) * sums[:, -1]
        places = np.add.reduce(sums <= limits[:, None], 1)
        return np.minimum(places, sums.shape[1] - 1)


def pieces(encoder: TextEncoder) -> Callable[[], Callable[[int], str]]:
    """Makes, for each text, a function from its next token to the piece of text that it completes,
    which may be empty."""
    table = encoder.vocabulary
    if encoder.level == "char":
        return lambda: table.__getitem__
    if encoder.level == "bpe":
        letters = [bytes(map(_byte_of().__getitem__, token)) for token in table[FIRST:]]
        letters = [b"", b"", *letters]

        def made() -> Callable[[int], str]:
            # A byte pair may end inside a letter.
            decode = codecs.getincrementaldecoder("utf-8")("replace").decode
            return lambda token: decode(letters[token])

        return made

    def spaced() -> Callable[[int], str]:
        words = iter([""])
        return lambda token: next(words, " ") + table[token]

    return spaced


def _byte_of() -> dict[str, int]:
    """The byte that each sign of GPT-2's byte pairs stands for: the printable ones for themselves,
    the others for the signs from 256 on."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in plain]
    return {chr(b): b for b in plain} | {chr(256 + k): b for k, b in enumerate(others)}


class _Text:
    """One text as it grows, and whether it has come to `stop`."""

    def __init__(self, piece: Callable[[int], str], stop: str | None) -> None:
        self.piece, self.stop = piece, stop
        self.parts: list[str] = []
        self.tail = ""

    def stopped(self) -> bool:
        assert self.stop is not None
        self.tail += self.parts[-1]
        found = self.stop in self.tail
        self.tail = self.tail[-len(self.stop) :]
        return found


class Writing:
    """Texts that are written side by side, a token of each at every step.

    Args:
        module: a `LanguageNet`.
        encoder: its vocabulary.
        prompts: the tokens of each text so far, at least one.
        length: tokens to write.
        stop: a text ends after this has come.
        sampler: how to draw.

    Attributes:
        rows: the texts that are still being written.
    """

    def __init__(
        self,
        module: Any,
        encoder: TextEncoder,
        prompts: Sequence[np.ndarray],
        length: int,
        stop: str | None,
        sampler: Sampler,
    ) -> None:
        piece = pieces(encoder)
        self.module, self.length, self.stop, self.sampler = module, length, stop, sampler
        self.embedding = module.embedding.weight.detach().numpy()
        self.texts = [_Text(piece(), stop) for _ in prompts]
        self.recent: deque[np.ndarray] = deque(maxlen=RECENT)
        self.count, self.fixed = 0, nn.FixedWeights()
        self.rows = np.arange(len(prompts) if length else 0)
        self.going = [self.texts[row] for row in self.rows]
        if length:
            self.stepper = module.stepper(len(prompts))
            self.logits, self.stepper.state = read(module, prompts)

    def step(self) -> list[str]:
        """Take every text on by one token; the pieces of text that came, one for each of `rows`."""
        if self.count:
            outputs = self.stepper.step(self.embedding[self.recent[-1]])
            with torch.no_grad(), self.fixed:
                self.logits = self.module.logits(torch.from_numpy(outputs)).numpy()
        tokens = self.sampler.draw(self.logits, self.recent)
        self.recent.append(tokens)
        self.count += 1
        going, came = self.going, []
        for text, token in zip(going, tokens.tolist(), strict=True):
            piece = text.piece(token)
            came.append(piece)
            text.parts.append(piece)
        if self.count == self.length:
            self.rows, self.going = self.rows[:0], []
        elif self.stop is not None:
            left = [place for place, text in enumerate(going) if not text.stopped()]
            if len(left) < len(going):
                self.stepper.keep(left)
                self.rows, self.going = self.rows[left], [going[place] for place in left]
                self.recent = deque((each[left] for each in self.recent), maxlen=RECENT)
        return came


@torch.no_grad()
def read(module: Any, prompts: Sequence[np.ndarray]) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """The scores `(prompts, vocabulary)` of the token after each prompt, and the states of all."""
    lengths = np.array([len(each) for each in prompts])
    steps = max(1, READ_TOKENS // len(prompts))
    outputs = torch.empty(len(prompts), module.layer.proj_size or module.layer.hidden_size)
    state: Any = None
    for first in range(0, int(lengths.max()), steps):
        part = np.zeros((len(prompts), min(steps, int(lengths.max()) - first)), dtype=np.int64)
        for row, tokens in enumerate(prompts):
            here = tokens[first : first + steps]
            part[row, : len(here)] = here
        counts = torch.from_numpy(np.clip(lengths - first, 0, part.shape[1]))
        values, state = module.layer(
            module.embedding(torch.from_numpy(part)), state, lengths=counts
        )
        some = counts > 0
        outputs[some] = values[some, counts[some] - 1]
    parts = state if isinstance(state, tuple) else (state,)
    return module.logits(outputs).numpy(), tuple(each.numpy() for each in parts)
