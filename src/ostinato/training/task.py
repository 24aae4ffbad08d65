"""The one Lightning module: a module, its loss, its optimizer, and the means of an epoch."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import lightning.pytorch as lightning
import torch
from torch import Tensor

from ostinato.errors import NonFiniteError, check_choice
from ostinato.options import TrainingOptions
from ostinato.training.schedules import factor

Loss = Callable[[torch.nn.Module, Any], "Tensor | Mapping[str, Tensor]"]

NAMED_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross_entropy": torch.nn.functional.cross_entropy,
    "mse": torch.nn.functional.mse_loss,
    "mae": torch.nn.functional.l1_loss,
    "huber": torch.nn.functional.huber_loss,
    "bce": torch.nn.functional.binary_cross_entropy_with_logits,
}


def loss_named(name: str) -> Loss:
    """A loss of `(x, y)` batches by name."""
    check_choice("fit", "loss", name, NAMED_LOSSES)
    measure = NAMED_LOSSES[name]

    def loss(module: torch.nn.Module, batch: Any) -> Tensor:
        x, y = batch
        return measure(module(x), y)

    return loss


def make_optimizer(
    options: TrainingOptions, parameters: list[Any], *, sparse: bool = False
) -> torch.optim.Optimizer:
    """torch's optimizer of that name; on a CPU the one that takes a step in one pass over memory,
    in a sixth of the others' time, unless gradients are `sparse`."""
    common = {"lr": options.learning_rate, "weight_decay": options.weight_decay}
    momentum, betas = {"momentum": options.momentum}, {"betas": tuple(options.betas)}
    dense = all(p.is_cpu and p.dtype in (torch.float32, torch.float64) for p in parameters)
    fused = {"fused": True} if dense and not sparse else {}
    kinds: dict[str, tuple[type, dict[str, Any]]] = {
        "sgd": (torch.optim.SGD, momentum | fused),
        "rmsprop": (torch.optim.RMSprop, momentum),
        "adam": (torch.optim.Adam, betas | fused),
        "adamw": (torch.optim.AdamW, betas | fused),
        "nadam": (torch.optim.NAdam, betas),
        "nt_asgd": (torch.optim.SGD, fused),
    }
    kind, own = kinds[options.optimizer]
    return kind(parameters, **common, **own)


def rows_of(batch: Any) -> int:
    """Rows in a batch: the length of the first tensor found in it."""
    values = batch.values() if isinstance(batch, Mapping) else batch
    if isinstance(batch, Tensor):
        return batch.shape[0]
    for each in values:
        if isinstance(each, Tensor):
            return each.shape[0]
    return 1


class Means:
    """Means of named quantities over an epoch, each batch weighted by its rows."""

    def __init__(self) -> None:
        self.sums: dict[str, Tensor] = {}
        self.rows = 0

    def add(self, values: Mapping[str, Tensor], rows: int) -> None:
        for name, value in values.items():
            weighted = value.detach().double() * rows
            self.sums[name] = self.sums[name] + weighted if name in self.sums else weighted
        self.rows += rows

    def take(self, prefix: str) -> dict[str, float]:
        found = {
            prefix + name: float(total) / max(1, self.rows) for name, total in self.sums.items()
        }
        self.sums, self.rows = {}, 0
        return found


class Task(lightning.LightningModule):
    """`module` trained by `loss` under `options`."""

    def __init__(
        self, module: torch.nn.Module, loss: Loss, options: TrainingOptions, steps_per_epoch: int
    ) -> None:
        super().__init__()
        self.module, self.loss, self.options = module, loss, options
        self.steps_per_epoch = steps_per_epoch
        self.steps = steps_per_epoch * options.epochs
        self.first_step = 0  # steps of earlier runs, when resumed
        self.drops = 0  # of the plateau schedule
        self.batch_in_epoch = 0
        self.train_means, self.validation_means = Means(), Means()
        self.trained = [p for p in module.parameters() if p.requires_grad]
        self.averages: list[Tensor] = []
        self.averaged = -1  # steps in the mean of nt_asgd, -1 before it is triggered
        self.optimizer_state: dict[str, Any] | None = None

    def configure_optimizers(self) -> torch.optim.Optimizer:
        sparse = any(getattr(each, "sparse", False) for each in self.module.modules())
        optimizer = make_optimizer(self.options, self.trained, sparse=sparse)
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer

    @property
    def step(self) -> int:
        """Optimizer steps so far, earlier runs included."""
        return self.first_step + self.trainer.global_step

    def _measure(self, batch: Any, means: Means) -> Tensor:
        result = self.loss(self.module, batch)
        values = result if isinstance(result, Mapping) else {"loss": result}
        means.add(values, rows_of(batch))
        return values["loss"]

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        rate = factor(self.options, self.step, self.steps, self.steps_per_epoch)
        rate *= self.options.decay**self.drops
        for group in self.trainer.optimizers[0].param_groups:
            group["lr"] = self.options.learning_rate * rate
        loss = self._measure(batch, self.train_means)
        self.batch_in_epoch = batch_idx + 1
        # Reading a number from a GPU waits for it: there, look now and then.
        if (loss.device.type == "cpu" or batch_idx % 50 == 0) and not math.isfinite(
            float(loss.detach())
        ):
            raise NonFiniteError(
                f"fit: the loss became {float(loss.detach())} at step {self.step} (epoch "
                f"{self.step // self.steps_per_epoch + 1}, batch {batch_idx + 1}). Look for NaN or "
                f"huge values in the inputs; lower learning_rate, now "
                f"{self.options.learning_rate}, or set clip_norm, now {self.options.clip_norm}, "
                "for example to 1.0."
            )
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self._measure(batch, self.validation_means)

    def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
        if self.options.clip_value is not None:
            torch.nn.utils.clip_grad_value_(self.trained, self.options.clip_value)
        if self.options.clip_norm is not None:
            grads = [p.grad for p in self.trained if p.grad is not None]
            norm = torch.nn.utils.get_total_norm(grads)
            # A GPU would be waited for; a CPU spares itself a pass over memory.
            if not norm.is_cpu or not norm <= self.options.clip_norm:
                torch.nn.utils.clip_grads_with_norm_(self.trained, self.options.clip_norm, norm)

    # The moving average of the weights.

    def trigger(self, values: list[float]) -> None:
        """Let nt_asgd begin its mean, if the monitored values so far call for it."""
        earlier = values[: -self.options.nonmonotone - 1]
        if self.options.optimizer != "nt_asgd" or self.averaged >= 0 or not earlier:
            return
        low = self.options.mode == "min"
        if values[-1] > min(earlier) if low else values[-1] < max(earlier):
            self.averaged = 0

    def on_train_batch_end(self, *_: Any) -> None:
        if self.averaged >= 0:
            with torch.no_grad():
                self.averaged += 1
                if not self.averages:
                    self.averages = [p.detach().clone() for p in self.trained]
                torch._foreach_lerp_(self.averages, list[Tensor](self.trained), 1 / self.averaged)
            return
        if not self.options.average:
            return
        with torch.no_grad():
            if not self.averages:
                self.averages = [p.detach().clone() for p in self.trained]
                return
            # Early on the average follows quickly, or it would remember the random start.
            decay = min(self.options.average, (1 + self.step) / (10 + self.step))
            torch._foreach_lerp_(self.averages, list[Tensor](self.trained), 1 - decay)

    def swap_averages(self) -> None:
        """Exchange the weights with their averages; twice brings them back."""
        with torch.no_grad():
            for average, parameter in zip(self.averages, self.trained, strict=False):
                held = parameter.detach().clone()
                parameter.copy_(average)
                average.copy_(held)

    def on_validation_start(self) -> None:
        self.swap_averages()

    def on_validation_end(self) -> None:
        self.swap_averages()
