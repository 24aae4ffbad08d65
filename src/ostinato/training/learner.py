"""The one Lightning module: a module, its loss, its optimizer, and an epoch's figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import lightning.pytorch as lightning
import torch
from torch import Tensor

from ostinato.errors import NonFiniteError
from ostinato.options import TrainingOptions
from ostinato.training.averages import Averages
from ostinato.training.losses import Loss, checked
from ostinato.training.means import rows_of
from ostinato.training.metrics import Figures
from ostinato.training.nonfinite import where_it_began
from ostinato.training.optimizers import clip, make_optimizer


class Learner(lightning.LightningModule):
    """`module` trained by `loss` under `options`."""

    def __init__(
        self,
        module: torch.nn.Module,
        loss: Loss,
        loss_object: torch.nn.Module | None,
        metrics: Mapping[str, Any],
        options: TrainingOptions,
        judge: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        super().__init__()
        self.module, self.loss, self.options = module, loss, options
        self.judge = judge
        self.loss_object = loss_object  # here, so that its weights move to the device too
        self.train_figures, self.validation_figures = Figures(metrics), Figures(metrics)
        self.trained = [p for p in module.parameters() if p.requires_grad]
        self.averages = Averages(options, self.trained)
        self.optimizer_state: dict[str, Any] | None = None
        self.averaged_step = 0
        self.batch_in_epoch = 0

    def configure_optimizers(self) -> torch.optim.Optimizer:
        sparse = any(getattr(each, "sparse", False) for each in self.module.modules())
        optimizer = make_optimizer(self.options, self.trained, sparse=sparse)
        if self.optimizer_state is not None:
            optimizer.load_state_dict(self.optimizer_state)
        return optimizer

    def _measure(self, batch: Any, figures: Figures, *, learning: bool) -> Tensor:
        values = checked(self.loss(self.module, batch), learning=learning)
        figures.add(values, rows_of(batch))
        return values["loss"]

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        loss = self._measure(batch, self.train_figures, learning=True)
        self.batch_in_epoch = batch_idx + 1
        # Reading a number from a GPU waits for it: there, look now and then.
        if (loss.device.type == "cpu" or batch_idx % 50 == 0) and not math.isfinite(
            float(loss.detach())
        ):
            began = where_it_began(self.module, batch, lambda: self.loss(self.module, batch))
            self.refuse(f"the loss became {float(loss.detach())}", batch_idx, began)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        self._measure(batch, self.validation_figures, learning=False)

    def refuse(self, what: str, batch_idx: int, began: str = "") -> None:
        """Raise `NonFiniteError`, with what helps."""
        options = self.options
        began = f" {began}" if began else ""
        raise NonFiniteError(
            f"fit: {what} at step {self.trainer.global_step} (epoch "
            f"{self.trainer.current_epoch + 1}, batch {batch_idx + 1}).{began} Look for NaN or "
            f"huge values in the inputs; lower learning_rate, now {options.learning_rate}, or set "
            f"clip_norm, now {options.clip_norm}, for example to 1.0."
        )

    def configure_gradient_clipping(self, *_: Any, **__: Any) -> None:
        clip(self.options, self.trained)

    def on_train_batch_end(self, *_: Any) -> None:
        step = self.trainer.global_step
        if step != self.averaged_step:
            self.averaged_step = step
            self.averages.after_step(step)

    def on_validation_start(self) -> None:
        self.averages.swap()

    def on_validation_epoch_end(self) -> None:
        if self.judge is not None:
            found = self.judge().items()
            self.validation_figures.whole = {name: float(value) for name, value in found}

    def on_validation_end(self) -> None:
        self.averages.swap()

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """A `ModelCheckpoint` of the caller's has the names of the module's own state_dict."""
        checkpoint["state_dict"] = self.module.state_dict()

    def finite(self) -> bool:
        """Whether every trained weight is a finite number."""
        filled = [p.detach() for p in self.trained if p.numel()]
        largest = torch._foreach_norm(filled, math.inf)
        return all(map(math.isfinite, torch.stack([n.double() for n in largest]).tolist()))

    def weights(self) -> dict[str, Tensor]:
        """The module's weights (their averages, where kept), copied to the CPU."""
        self.averages.swap()
        held = self.module.state_dict().items()
        copied = {name: value.detach().to("cpu", copy=True) for name, value in held}
        self.averages.swap()
        return copied
