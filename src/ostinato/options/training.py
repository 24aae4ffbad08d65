"""How to train: every number that a fit depends on, by name."""

from __future__ import annotations

from typing import Any, Literal, Self

from ostinato.errors import OptionError
from ostinato.options.declaration import Options, option


class TrainingOptions(Options):
    """Options of one fit. With the same options and seed a fit gives the same bits."""

    epochs: int = option("Passes over the training rows.", default=10, low=1)
    batch_size: int = option("Rows in one optimizer step.", default=32, low=1)
    optimizer: Literal["sgd", "rmsprop", "adam", "adamw", "nadam", "nt_asgd"] = option(
        "How gradients become steps. adam suits most data. nt_asgd takes plain steps, and "
        "from when `monitor` stops improving it keeps the mean of the weights instead (Merity et "
        "al., arXiv:1708.02182, section 4); it is for long fits of language models.",
        default="adam",
    )
    learning_rate: float = option(
        "Size of a step at its highest. Lower it when the loss jumps, raise it when the loss "
        "hardly falls.",
        default=1e-3,
        above=0,
    )
    momentum: float = option(
        "Share of the last step that is added to the next; for sgd and rmsprop.",
        default=0.9,
        low=0,
        below=1,
    )
    betas: tuple[float, float] = option(
        "How long adam, adamw and nadam remember the mean and the square of the gradients.",
        default=(0.9, 0.999),
        low=0,
        below=1,
    )
    weight_decay: float = option(
        "How strongly weights are pulled to zero, against overfitting; 0 is off.",
        default=0.0,
        low=0,
    )
    clip_norm: float | None = option(
        "Largest length of all gradients together; None leaves them. Recurrent networks need it "
        "where the loss jumps.",
        default=None,
        above=0,
    )
    clip_value: float | None = option(
        "Largest size of a single gradient, applied before clip_norm; None leaves them.",
        default=None,
        above=0,
    )
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = option(
        "How the learning rate changes. step: times `decay` every `decay_every` epochs. "
        "exponential: the same, smoothly. cosine: falls to zero. one_cycle: rises, then falls to "
        "zero (Smith & Topin, arXiv:1708.07120). plateau: times `decay` after `decay_every` "
        "epochs without a better `monitor`.",
        default="constant",
    )
    warmup: float = option(
        "Share of all steps in which the learning rate rises from zero. one_cycle takes 0.3 where "
        "this is 0.",
        default=0.0,
        low=0,
        high=1,
    )
    decay: float = option(
        "Factor of the schedules step, exponential and plateau.", default=0.5, above=0, high=1
    )
    decay_every: int = option("Epochs between two decays.", default=1, low=1)
    patience: int | None = option(
        "Epochs without a better `monitor` after which training stops; None never stops early.",
        default=None,
        low=1,
    )
    monitor: str = option(
        "The figure that says which epoch is best, a column of history.csv. Without held-out rows "
        "train_loss stands in for val_loss.",
        default="val_loss",
    )
    mode: Literal["min", "max"] = option("Whether `monitor` is better low or high.", default="min")
    seed: int = option(
        "Number that all random draws start from. The same seed gives the same bits on the same "
        "machine.",
        default=0,
        low=0,
    )
    precision: Literal["32", "64", "bf16-mixed", "16-mixed"] = option(
        "Bits of the arithmetic; the mixed ones are for a GPU.", default="32"
    )
    accumulate: int = option(
        "Batches whose gradients are added up for one step: a large batch in little memory.",
        default=1,
        low=1,
    )
    average: float = option(
        "How long the moving average of the weights remembers, 0 (off) to below 1. The average "
        "is what is validated and kept; it smooths a noisy end. Not with nt_asgd.",
        default=0.0,
        low=0,
        below=1,
    )
    nonmonotone: int = option("Epochs that nt_asgd looks back, see there.", default=5, low=1)
    early_dropout: float = option(
        "Share of the epochs that train with dropout. The epochs after them train without it. "
        "Choose less than 1 where the model is too unsure at the end (Liu et al., "
        "arXiv:2303.01500, section 4).",
        default=1.0,
        low=0,
        high=1,
    )

    @classmethod
    def of(cls, where: str = "TrainingOptions", **values: Any) -> Self:
        """Checked options by name; an unknown one raises `OptionError` with a suggestion."""
        return cls(**values).check(where)

    def _check_together(self, where: str) -> None:
        super()._check_together(where)
        if self.optimizer == "nt_asgd" and self.average:
            raise OptionError(
                f"{where}: average must be 0 with optimizer='nt_asgd', got {self.average}. It has "
                "an average of its own."
            )
