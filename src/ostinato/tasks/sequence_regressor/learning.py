"""How a sequence regressor learns: its loss and its batches."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F

from ostinato.options import TrainingOptions
from ostinato.tasks.sequence_regressor.options import SequenceRegressorOptions
from ostinato.tasks.sequence_regressor.rows import Pairs, RegressorRows
from ostinato.training import Batches
from ostinato.training.augmentation import augment

Loss = Callable[[torch.nn.Module, dict[str, torch.Tensor]], dict[str, torch.Tensor]]
ERRORS = {"mse": F.mse_loss, "mae": F.l1_loss, "huber": F.smooth_l1_loss}


def loss_of(options: SequenceRegressorOptions) -> Loss:
    """The error of scaled numbers, the mean over a batch; recordings are changed at random while
    the module is in training."""
    error = ERRORS[options.loss]

    def loss(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        x, lengths = batch["x"], batch["x_lengths"]
        if module.training:
            x, lengths = augment(options.augmentation, x, lengths)
        return {"loss": error(module(x, lengths), batch["y"])}

    return loss


def batches_of(
    rows: RegressorRows,
    pairs: Pairs,
    options: TrainingOptions,
    *,
    shuffle: bool,
) -> Batches:
    """Batches of recordings of like length."""
    arrays = {"x": rows.sequences(pairs.values), "y": torch.from_numpy(rows.encode(pairs.numbers))}
    return Batches(arrays, options.batch_size, shuffle=shuffle, seed=options.seed, bucket=True)
