"""How a composer learns: its loss, its batches, and the transposition of pieces."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.data.music import KEYS
from ostinato.options import TrainingOptions
from ostinato.tasks.music_composer.rows import cut
from ostinato.training import Batches

Loss = Callable[[Any, dict[str, Tensor]], Tensor]


def loss_of(transpose: int) -> Loss:
    """The negative log probability of a step, in nats: a mean over the steps of a batch. Where the
    batch says so, every piece is shifted by chance, up to `transpose` semitones."""

    def loss(module: Any, batch: dict[str, Tensor]) -> Tensor:
        keys, lengths = batch["keys"], batch["keys_lengths"]
        live = torch.arange(keys.shape[1]) < lengths[:, None]
        if transpose and batch["shift"]:
            keys = transposed(keys, live, transpose)
        scores = module(keys, lengths, batch["begins"])
        return module.head.nats(scores[live], keys[live]).mean()

    return loss


def transposed(keys: Tensor, live: Tensor, most: int) -> Tensor:
    """Pieces `(batch, steps, voices)`, each shifted by up to `most` semitones, as far as a piano's
    keys go; rests stay, and so do the steps behind a piece's end."""
    sounding = live[..., None] & (keys < KEYS)
    down = torch.where(sounding, keys, KEYS).amin((1, 2)).clamp(max=most)
    up = (KEYS - 1 - torch.where(sounding, keys, -1).amax((1, 2))).clamp(max=most)
    shift = torch.floor(torch.rand(len(keys)) * (down + up + 1)).long() - down
    return torch.where(sounding, keys + shift[:, None, None], keys)


def batches_of(
    pieces: Sequence[np.ndarray] | None,
    chunk: int,
    options: TrainingOptions,
    *,
    shuffle: bool,
    shifted: float = 0.0,
) -> Batches | None:
    """Batches of pieces `(steps, voices)`, in parts of at most `chunk` steps, of like length, which
    are to be shifted in the first `shifted` epochs; None where there are no pieces."""
    if pieces is None:
        return None
    parts, begins = cut(pieces, chunk)

    def told(batch: dict[str, Tensor]) -> dict[str, Tensor]:
        return batch | {"shift": torch.tensor(batches.epoch < shifted)}

    batches = Batches(
        {"keys": parts, "begins": begins},
        options.batch_size,
        shuffle=shuffle,
        seed=options.seed,
        bucket=True,
        transform=told,
    )
    return batches
