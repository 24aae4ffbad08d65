"""The doctor beside a training: a warning in the epoch in which something goes wrong."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import DoctorWarning
from ostinato.inspection.doctor import learned
from ostinato.inspection.doctor.findings import UncheckedError

WATCHED = ("rate-too-high", "overfitting")  # the others need the whole fit


@dataclasses.dataclass
class _InTraining:
    """What a training has shown so far, as the checks of a history read it."""

    history: Mapping[str, Sequence[float]]
    options: dict[str, Any]
    kept: str = ""


def watcher() -> Any:
    """A Lightning callback for `training.fit(..., callbacks=[watcher()])`: after each epoch it
    looks at the losses so far, and warns once of each thing it finds: a learning rate that is too
    high, a held-out loss that rises.

    Warns:
        DoctorWarning: what was found, its evidence and what to do.
    """
    from lightning.pytorch.callbacks import Callback  # takes a second to load

    class Watcher(Callback):
        def __init__(self) -> None:
            self.history: dict[str, list[float]] = {}
            self.told: set[str] = set()

        def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            for name, value in trainer.callback_metrics.items():
                self.history.setdefault(name, []).append(float(value))
            options = dataclasses.asdict(pl_module.options)
            patient: Any = _InTraining(self.history, options)
            for name in WATCHED:
                try:
                    found = learned.CHECKS[name](patient)
                except UncheckedError:
                    continue
                if found is not None and name not in self.told:
                    self.told.add(name)
                    warnings.warn(str(found), DoctorWarning, stacklevel=1)

    return Watcher()
