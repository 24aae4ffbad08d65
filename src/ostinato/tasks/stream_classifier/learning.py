"""How a stream classifier learns: its loss, and the batches of a fit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ostinato.options import TrainingOptions
from ostinato.tasks.stream_classifier.rows import UNKNOWN, StreamRows
from ostinato.training import Batches

HIDDEN = 8  # one in so many windows is learned without the last labels, as `predict` has none
Loss = Callable[[torch.nn.Module, dict[str, torch.Tensor]], dict[str, torch.Tensor]]


def loss_of(rows: StreamRows) -> Loss:
    """Cross-entropy in nats and accuracy, means over the rows whose class is known."""

    def loss(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        logits = module(batch["x"])[..., : len(rows.classes)].flatten(0, 1)
        truth = batch["y"].flatten()
        found = {"loss": F.cross_entropy(logits, truth, ignore_index=UNKNOWN)}
        if module.training or not torch.is_grad_enabled():  # a stream counts by itself
            right = logits.detach().argmax(1) == truth
            found["accuracy"] = right.to(torch.float32).mean()
        return found

    return loss


def batches_of(
    inputs: np.ndarray,
    classes: np.ndarray,
    rows: StreamRows,
    options: TrainingOptions,
    *,
    window: int,
    shuffle: bool,
) -> Batches:
    """Windows of rows that follow each other; those to learn from overlap."""
    length = min(window, len(inputs))
    starts = np.arange(0, len(inputs) - length + 1, max(1, length // 6) if shuffle else length)
    hidden = np.random.default_rng(options.seed).integers(0, HIDDEN, len(starts)) == 0
    x, y, reach = torch.from_numpy(inputs), torch.from_numpy(classes), torch.arange(length)
    labels = x.shape[1] - (rows.room if rows.last_label else 0)

    def gather(batch: dict[str, Any]) -> dict[str, Any]:
        places = batch["start"][:, None] + reach
        read = x[places]
        read[..., labels:] *= ~batch["hidden"][:, None, None]
        return {"x": read, "y": y[places]}

    arrays = {
        "start": torch.from_numpy(starts),
        "hidden": torch.from_numpy(hidden & shuffle),
    }
    return Batches(
        arrays,
        options.batch_size,
        shuffle=shuffle,
        seed=options.seed,
        transform=gather,
        reads={"x": x, "y": y},
    )
