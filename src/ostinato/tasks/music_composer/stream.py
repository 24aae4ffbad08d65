"""A piece read step by step, and steps drawn from what is expected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato import nn
from ostinato.data.music import KEYS, RESTING
from ostinato.decoding import Sampler
from ostinato.tasks.music_composer.module import Chain, KeysHead, MusicModule
from ostinato.tasks.music_composer.rows import MusicRows


class MusicStream:
    """`step(frame)` takes the notes of a step and answers what is expected of the next.

    The answers are `MusicComposer.probabilities`', bit for bit on the native path.
    """

    def __init__(self, rows: MusicRows, module: MusicModule) -> None:
        self.rows, self.module = rows, module
        self._fixed, self._stepper = nn.FixedWeights(), nn.Stepper(module.layer)
        self.reset()

    def reset(self) -> None:
        """Begin a new piece."""
        self._fixed.refresh()
        self._stepper.reset()
        self.read(None)

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The layers' state."""
        return self._stepper.state

    @property
    def probabilities(self) -> np.ndarray:
        """Of the next step: of a roll `(88,)`, how likely each key sounds; of a chain
        `(voices, 89)`, each voice's keys and its rest, where the voices above it have their
        likeliest."""
        with torch.no_grad(), self._fixed:
            outputs, head = torch.from_numpy(self._outputs), self.module.head
            if isinstance(head, KeysHead):
                return head.shares(outputs)[0]
            return head.likeliest(outputs)[1][0]

    def step(self, frame: int | Sequence[int] | np.ndarray) -> np.ndarray:
        """Take the MIDI pitches of a step, voice by voice, -1 for a rest, and answer
        `probabilities` of the next.

        Raises:
            DataError: they are no pitches, or more than the model has voices.
        """
        self.read(self.rows.frame("MusicStream.step", frame))
        return self.probabilities

    def read(self, keys: np.ndarray | None) -> None:
        """Take a step as numbers of keys `(voices,)`, or the sign of a beginning."""
        values = self.module.frame(keys)
        self._outputs = np.concatenate([self._stepper.step(values), values], 1)

    def draw(self, sampler: Sampler) -> np.ndarray:
        """The next step drawn from what is expected, as numbers of keys `(voices,)`; it is not
        read."""
        with torch.no_grad(), self._fixed:
            outputs, head = torch.from_numpy(self._outputs), self.module.head
            if isinstance(head, KeysHead):
                return self._draw_roll(head(outputs)[0].numpy(), sampler)
            chain, keys = Chain(head, outputs), []
            for _ in range(self.module.voices):
                (key,) = sampler.draw(chain.scores().numpy(), _NOTHING)
                keys.append(int(key))
                chain.take(torch.tensor([keys[-1]]))
        return np.array(keys)

    def _draw_roll(self, logits: np.ndarray, sampler: Sampler) -> np.ndarray:
        """Every key by itself; of more than there are voices, the likeliest."""
        scores = np.stack([np.zeros(KEYS), logits], axis=1)
        sounding = np.array([sampler.draw(each[None], _NOTHING)[0] for each in scores])
        keys = np.flatnonzero(sounding)
        keys = keys[np.argsort(-logits[keys], kind="stable")[: self.module.voices]]
        rests = [RESTING] * (self.module.voices - len(keys))
        return np.array([*sorted(keys.tolist(), reverse=True), *rests])


_NOTHING: Any = np.zeros((1, 0), dtype=np.int64)
