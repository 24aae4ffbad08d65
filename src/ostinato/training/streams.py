"""Batches of running text for truncated backpropagation through time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from ostinato.errors import DataError, check_number
from ostinato.training.arrays import digest


class Streams:
    """One long sequence, cut into `batch_size` streams that run side by side.

    Each batch is the next chunk of every stream, so that a model may carry its state from batch to
    batch. It is a dictionary: "targets" `(batch * steps,)`, the token after each of "inputs"
    `(batch, steps)`, and "start", whether the streams begin here. In training the chunks' borders
    are moved by chance, other ones each epoch (Merity et al., arXiv:1708.02182, section 5).

    Args:
        tokens: whole numbers `(tokens,)` of any size, a `numpy.memmap` too: what is not in a batch
            is never copied.
        batch_size: streams; fewer where they would be shorter than two tokens.
        chunk: steps of a batch, about.
        vary: move the borders by up to a fifth of a chunk.
        seed: the borders come from it and the epoch's number alone.

    Raises:
        DataError: fewer than two tokens.
    """

    def __init__(
        self, tokens: np.ndarray, batch_size: int, chunk: int, *, vary: bool = False, seed: int = 0
    ) -> None:
        check_number("Streams", "batch_size", batch_size, low=1, whole=True)
        check_number("Streams", "chunk", chunk, low=1, whole=True)
        if len(tokens) < 2:
            raise DataError(f"Streams: there must be 2 tokens or more, got {len(tokens)}.")
        streams = min(batch_size, len(tokens) - 1)
        self.steps = (len(tokens) - 1) // streams
        # Streams overlap by the one token that the former's last target is.
        self.tokens, self.starts = tokens, [k * self.steps for k in range(streams)]
        self.chunk, self.vary, self.seed = min(chunk, self.steps), vary, seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The number that, with the seed, decides where the next pass is cut."""
        self.epoch = epoch

    def __len__(self) -> int:
        return -(-self.steps // self.chunk)

    def fingerprint(self) -> dict[str, Any]:
        """What tells these streams from others."""
        return {
            "tokens": f"{len(self.tokens)} {self.tokens.dtype} {digest(self.tokens)}",
            "streams": len(self.starts),
            "chunk": self.chunk,
            "vary": self.vary,
            "seed": self.seed,
        }

    def borders(self) -> list[int]:
        """Where this epoch's chunks begin, and the end."""
        inner = np.arange(1, len(self)) * self.steps / len(self)
        if self.vary:
            draw = np.random.default_rng([self.seed, self.epoch])
            inner += draw.uniform(-0.2, 0.2, len(inner)) * self.chunk
        return [0, *np.round(inner).astype(int).tolist(), self.steps]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        borders = self.borders()
        for first, last in itertools.pairwise(borders):
            if last > first:
                parts = [self.tokens[k + first : k + last + 1] for k in self.starts]
                rows = torch.from_numpy(np.stack(parts).astype(np.int64))
                targets = rows[:, 1:].reshape(-1)
                yield {"targets": targets, "inputs": rows[:, :-1], "start": first == 0}
