"""How a forecaster learns: its loss and its batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ostinato.options import TrainingOptions
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.windows import Windows
from ostinato.training import Batches

LOSSES = {
    "mae": torch.nn.functional.l1_loss,
    "mse": torch.nn.functional.mse_loss,
    "huber": torch.nn.functional.huber_loss,
}
Loss = Callable[[torch.nn.Module, dict[str, Any]], dict[str, torch.Tensor]]


def loss_of(options: ForecasterOptions) -> Loss:
    """The loss on scaled values, beside the mean absolute and squared errors of the middle."""
    criterion = LOSSES[options.loss]

    def loss(module: Any, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        truth = batch["y"]
        answers = module.answers(batch["x"], batch["future"], batch["static"])
        output, level = module.output, batch["level"]
        losses = [output.loss(criterion, each, truth, level) for each in answers]
        found = {"loss": torch.stack(losses).mean() if len(losses) > 1 else losses[0]}
        with torch.no_grad():
            answer = output.middle(torch.stack(answers).mean(0))
            found["mae"] = (answer - truth).abs().mean()
            found["mse"] = (answer - truth).square().mean()
        return found

    return loss


def batches_of(
    windows: Windows, options: TrainingOptions, past: int, horizon: int
) -> tuple[Batches, Batches | None]:
    """Windows to learn from, shuffled, and those to judge by, where there are any; each with the
    `horizon` rows that the module answers at once."""
    size = options.batch_size
    learn = windows.batches(
        windows.training, past, horizon, batch_size=size, shuffle=True, seed=options.seed
    )
    judge = None
    if len(windows.validation):
        judge = windows.batches(windows.validation, past, horizon, batch_size=max(size, 64))
    return learn, judge
