"""How to train: every number that a fit depends on, by name."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from ostinato.errors import OptionError, check_choice, check_number, suggestion

OPTIMIZERS = ("sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd")
SCHEDULES = ("constant", "step", "exponential", "cosine", "one_cycle", "plateau")
PRECISIONS = ("32", "64", "bf16-mixed", "16-mixed")

# name: (low, high, above, below, whole)
RANGES: dict[str, tuple[float | None, float | None, float | None, float | None, bool]] = {
    "epochs": (1, None, None, None, True),
    "batch_size": (1, None, None, None, True),
    "learning_rate": (None, None, 0, None, False),
    "momentum": (0, None, None, 1, False),
    "weight_decay": (0, None, None, None, False),
    "clip_norm": (None, None, 0, None, False),
    "clip_value": (None, None, 0, None, False),
    "warmup": (0, 1, None, None, False),
    "decay": (None, 1, 0, None, False),
    "decay_every": (1, None, None, None, True),
    "patience": (1, None, None, None, True),
    "seed": (0, None, None, None, True),
    "accumulate": (1, None, None, None, True),
    "average": (0, None, None, 1, False),
    "nonmonotone": (1, None, None, None, True),
    "early_dropout": (0, 1, None, None, False),
}
OPTIONAL = ("clip_norm", "clip_value", "patience")


@dataclass(frozen=True, kw_only=True)
class TrainingOptions:
    """Options of one fit.

    Args:
        epochs: passes over the training data.
        batch_size: rows in a batch.
        optimizer: "sgd" (with `momentum`), "rmsprop", "adam", "adamw", "nadam" or "nt_asgd": steps
            along the plain gradient; from when `monitor` is worse than it once was, more than
            `nonmonotone` epochs before, the mean of the weights of all steps since then takes
            their place (Merity et al., arXiv:1708.02182, section 4).
        learning_rate: the highest step size; what a schedule's factor multiplies.
        momentum: of sgd and rmsprop.
        betas: of adam, adamw and nadam.
        weight_decay: L2 penalty (adamw: decoupled decay).
        clip_norm: largest norm of all gradients together; None leaves it.
        clip_value: largest absolute value of a gradient; None leaves it. Applied before the norm.
        schedule: "constant"; "step" (times `decay` each `decay_every` epochs); "exponential"
            (the same, smoothly); "cosine" (to zero); "one_cycle" (up over the first 30 %, or over
            `warmup` where that is given, then down to zero, both by cosine; Smith & Topin,
            arXiv:1708.07120); "plateau" (times `decay` after `decay_every` epochs without a better
            `monitor`).
        warmup: fraction of all steps over which the rate rises from zero, for every schedule.
        decay, decay_every: see `schedule`; `decay_every` in epochs.
        patience: epochs without a better `monitor` after which training stops; None never stops.
        monitor: the quantity that decides which weights are best, a column of the history;
            without validation data train_loss stands in for val_loss.
        mode: "min" or "max", which way the quantity is better.
        seed: of shuffles and dropout. The same seed gives the same bits on the same machine.
        precision: "32", "64", "bf16-mixed" or "16-mixed".
        accumulate: batches whose gradients are added up for one optimizer step.
        average: decay of an exponential moving average of the weights, a step; 0 is off. The
            averaged weights are the ones validated and kept. Not with nt_asgd.
        nonmonotone: how many epochs nt_asgd looks back, see there.
        early_dropout: share of the epochs in which the module is in training mode, with dropout;
            in the others it learns in evaluation mode, without (Liu et al., arXiv:2303.01500,
            section 4).
    """

    epochs: int = 10
    batch_size: int = 32
    optimizer: str = "adam"
    learning_rate: float = 1e-3
    momentum: float = 0.9
    betas: tuple[float, float] = (0.9, 0.999)
    weight_decay: float = 0.0
    clip_norm: float | None = None
    clip_value: float | None = None
    schedule: str = "constant"
    warmup: float = 0.0
    decay: float = 0.5
    decay_every: int = 1
    patience: int | None = None
    monitor: str = "val_loss"
    mode: str = "min"
    seed: int = 0
    precision: str = "32"
    accumulate: int = 1
    average: float = 0.0
    nonmonotone: int = 5
    early_dropout: float = 1.0

    def check(self, where: str = "TrainingOptions") -> TrainingOptions:
        """Itself, when every value is allowed.

        Raises:
            OptionError: names the option, its rule and the value.
        """
        check_choice(where, "optimizer", self.optimizer, OPTIMIZERS)
        check_choice(where, "schedule", self.schedule, SCHEDULES)
        check_choice(where, "precision", self.precision, PRECISIONS)
        check_choice(where, "mode", self.mode, ("min", "max"))
        for name, (low, high, above, below, whole) in RANGES.items():
            value = getattr(self, name)
            if value is None and name in OPTIONAL:
                continue
            check_number(
                where, name, value, low=low, high=high, above=above, below=below, whole=whole
            )
        if self.optimizer == "nt_asgd" and self.average:
            raise OptionError(
                f"{where}: average must be 0 with optimizer='nt_asgd', got {self.average}. It has "
                "an average of its own."
            )
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise OptionError(f"{where}: betas must be two numbers in [0, 1), got {self.betas!r}.")
        return self

    @classmethod
    def of(cls, where: str = "TrainingOptions", **values: Any) -> TrainingOptions:
        """Options by name; an unknown one raises `OptionError` with the closest as suggestion."""
        names = [field.name for field in fields(cls)]
        for name in values:
            if name not in names:
                raise OptionError(
                    f"{where}: unknown option {name!r}.{suggestion(name, names)} "
                    f"Options: {', '.join(names)}."
                )
        return cls(**values).check(where)
