"""Text drawn from a language model: the next tokens of many texts side by side."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from ostinato import nn
from ostinato.decoding import Recent, Sampler

if TYPE_CHECKING:
    from ostinato.data import TextEncoder

FIRST = 2  # the first token that can be drawn: padding and unknown come before
AT_ONCE = 256  # texts that are written side by side
READ_TOKENS = 8_192  # of prompts, read at once


def pieces(encoder: TextEncoder) -> Callable[[str], Callable[[int], str]]:
    """Makes, after each prompt, a function from the next token to the piece of text that it
    completes, which may be empty; words begin with a space where the text so far has none."""
    table = encoder.vocabulary
    if encoder.level == "char":
        return lambda prompt: table.__getitem__
    if encoder.level == "bpe":
        letters = [bytes(map(_byte_of().__getitem__, token)) for token in table[FIRST:]]
        letters = [b"", b"", *letters]

        def made(prompt: str) -> Callable[[int], str]:
            # A byte pair may end inside a letter.
            decode = codecs.getincrementaldecoder("utf-8")("replace").decode
            return lambda token: decode(letters[token])

        return made

    def spaced(prompt: str) -> Callable[[int], str]:
        words = iter([" " if prompt and not prompt[-1].isspace() else ""])
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
        module: a `LanguageModelModule`.
        encoder: its vocabulary.
        prompts: what each text begins with.
        tokens: the tokens of the prompts, at least one each.
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
        prompts: Sequence[str],
        tokens: Sequence[np.ndarray],
        length: int,
        stop: str | None,
        sampler: Sampler,
    ) -> None:
        piece = pieces(encoder)
        self.module, self.length, self.stop, self.sampler = module, length, stop, sampler
        self.embedding = module.embedding.weight.detach().numpy()
        self.texts = [_Text(piece(prompt), stop) for prompt in prompts]
        self.recent = Recent(tokens)
        self.count, self.fixed = 0, nn.FixedWeights()
        self.rows = np.arange(len(prompts) if length else 0)
        self.going = [self.texts[row] for row in self.rows]
        if length:
            self.stepper = module.stepper(len(prompts))
            self.logits, self.stepper.state = read(module, tokens)

    def step(self) -> list[str]:
        """Take every text on by one token; the pieces of text that came, one for each of `rows`."""
        if self.count:
            outputs = self.stepper.step(self.embedding[self.last])
            with torch.no_grad(), self.fixed:
                self.logits = self.module.logits(torch.from_numpy(outputs)).numpy()
        tokens = self.sampler.draw(self.logits, self.recent.tokens)
        self.last = tokens
        self.recent.add(tokens)
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
                self.recent.keep(left)
                self.last = self.last[left]
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
