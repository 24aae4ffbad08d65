"""The loop, which is Lightning's; at its hooks, the parts of a fit do their work."""

from __future__ import annotations

import contextlib
import importlib.util
import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.callbacks import Callback, Checkpoint
from lightning.pytorch.loggers import Logger
from lightning.pytorch.utilities.exceptions import SIGTERMException

from ostinato.errors import MissingDependencyError, NonFiniteError, OptionError, RecordWarning
from ostinato.options import TrainingOptions
from ostinato.training import checkpoints
from ostinato.training.history import History
from ostinato.training.interruptions import Interruptions
from ostinato.training.learner import Learner
from ostinato.training.loaders import Epochs
from ostinato.training.monitoring import Best, Patience, Plateau
from ostinato.training.progress import Progress
from ostinato.training.schedules import factor

PARTS = ("history", "best", "patience", "plateau")


@dataclass(kw_only=True)
class Run:
    """The parts of one fit, and what of it is not a part's: epochs done, steps, seconds."""

    options: TrainingOptions
    learner: Learner
    train: Epochs
    monitor: str
    steps_per_epoch: int
    history: History
    best: Best
    patience: Patience
    plateau: Plateau
    interruptions: Interruptions
    epoch: int = 0
    steps: int = 0
    status: str = "finished"
    earlier_seconds: float = 0.0
    started: float = 0.0

    @property
    def seconds(self) -> float:
        return self.earlier_seconds + time.perf_counter() - self.started

    def state(self, trainer: Any) -> dict[str, Any]:
        """Everything that the next epoch depends on."""
        return {
            "module": self.learner.module.state_dict(),
            "optimizer": trainer.optimizers[0].state_dict(),
            "precision": trainer.precision_plugin.state_dict(),
            "averages": self.learner.averages.state(),
            "random": checkpoints.random_state(),
            "epoch": self.epoch,
            "steps": trainer.global_step,
            "seconds": self.seconds,
            "status": self.status,
            **{name: getattr(self, name).state() for name in PARTS},
        }

    def restore(self, state: dict[str, Any]) -> None:
        self.learner.module.load_state_dict(state["module"])
        self.learner.optimizer_state = state["optimizer"]
        self.learner.averages.restore(state["averages"])
        self.learner.averaged_step = state["steps"]
        for name in PARTS:
            getattr(self, name).restore(state[name])
        checkpoints.set_random_state(state["random"])
        self.epoch = self.train.epoch = state["epoch"]
        self.steps, self.status = state["steps"], state["status"]
        self.earlier_seconds = state["seconds"]


class Conductor(Callback):
    """Before each batch the rate; after each epoch its figures, and what follows from them."""

    def __init__(self, run: Run, bar: Progress | None) -> None:
        self.run, self.bar = run, bar

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        self.run.interruptions.end_if_asked()

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        options = self.run.options
        if self.run.epoch >= options.early_dropout * options.epochs:
            self.run.learner.module.eval()

    def on_train_batch_start(self, trainer: Any, *_: Any) -> None:
        run, options = self.run, self.run.options
        steps = run.steps_per_epoch * options.epochs
        rate = factor(options, trainer.global_step, steps, run.steps_per_epoch)
        rate *= run.plateau.factor
        for group in trainer.optimizers[0].param_groups:
            group["lr"] = options.learning_rate * rate

    def on_train_batch_end(self, *_: Any) -> None:
        self.run.interruptions.end_if_asked()

    def on_validation_batch_end(self, *_: Any) -> None:
        self.run.interruptions.end_if_asked()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        run, learner = self.run, self.run.learner
        if not learner.finite():
            learner.refuse("a weight became NaN or infinite", learner.batch_in_epoch - 1)
        record = learner.train_figures.take("train_") | learner.validation_figures.take("val_")
        if run.monitor not in record:
            raise OptionError(
                f"fit: monitor must be one of {', '.join(record)}, got {run.monitor!r}."
            )
        for name, value in record.items():
            learner.log(name, value, batch_size=1)
        epoch, value = run.epoch + 1, record[run.monitor]
        better = run.best.beaten_by(value)
        if better:
            run.best.keep(epoch, value, learner.weights())
        self._refuse_no_numbers(epoch, value)
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        run.history.add(record | {"learning_rate": rate, "seconds": run.seconds})
        run.patience.see(better)
        run.plateau.see(better)
        learner.averages.after_epoch(run.history.column(run.monitor))
        run.epoch = run.train.epoch = epoch
        if run.patience.spent:
            run.status = "early_stopped"
            trainer.should_stop = True
        if self.bar is not None:
            self.bar.show(record)

    def _refuse_no_numbers(self, epoch: int, value: float) -> None:
        """A fit without any best epoch would end with weights that nobody judged."""
        run, options = self.run, self.run.options
        last = epoch >= options.epochs or (
            options.patience is not None and epoch >= options.patience
        )
        if run.best.weights is None and (last or run.monitor.endswith("_loss")):
            raise NonFiniteError(
                f"fit: {run.monitor} is {value} in epoch {epoch} and was a finite number in none, "
                "so that no epoch can be called the best. Look for NaN or infinite values in the "
                "validation rows, or lower learning_rate, now "
                f"{options.learning_rate}."
            )


class Recorder(Checkpoint):
    """The record on disk, once all other callbacks have seen the epoch's end."""

    def __init__(self, run: Run, directory: Path, identity: Any, csv: bool) -> None:
        self.run, self.directory, self.identity, self.csv = run, directory, identity, csv

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        run = self.run
        if trainer.should_stop:
            run.status = "early_stopped"
        state = run.state(trainer) | {
            "identity": self.identity,
            "callbacks": callback_states(trainer, self),
        }
        try:
            checkpoints.write(self.directory, state)
            if self.csv:
                run.history.write(self.directory / "history.csv")
        except OSError as error:  # a full disk must not cost what was learned
            warnings.warn(
                f"fit: epoch {run.epoch} could not be recorded in {self.directory} ({error}). "
                "Training goes on; resume would begin after the last epoch that was.",
                RecordWarning,
                stacklevel=1,  # Lightning's own warnings, a level up, are silenced
            )


class Ending(Callback):
    """Whether the loop ended because somebody asked for it."""

    interrupted = False

    def on_exception(self, trainer: Any, pl_module: Any, exception: BaseException) -> None:
        self.interrupted = isinstance(exception, KeyboardInterrupt | SIGTERMException)


class Silent(Logger):
    """A logger that keeps nothing, for callbacks that ask for one; the record is history.csv."""

    @property
    def name(self) -> str:
        return ""

    @property
    def version(self) -> str:
        return ""

    def log_metrics(self, metrics: Any, step: int | None = None) -> None:
        """Nothing: figures are in the history and in `trainer.callback_metrics`."""

    def log_hyperparams(self, params: Any, *_: Any, **__: Any) -> None:
        """Nothing."""


def callback_states(trainer: Any, apart: Callback | None) -> dict[str, Any]:
    """What the caller's callbacks want to remember, as far as a checkpoint can hold it."""
    states = {c.state_key: c.state_dict() for c in trainer.callbacks if c is not apart}
    return {key: state for key, state in states.items() if state and _plain(state)}


def _plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(isinstance(k, str | int) and _plain(v) for k, v in value.items())
    if isinstance(value, list | tuple):
        return all(map(_plain, value))
    return value is None or type(value) in (bool, int, float, str) or type(value) is torch.Tensor


def run_loop(
    run: Run,
    validation: Any,
    *,
    directory: Path | None,
    identity: Any,
    logs: Sequence[Any],
    callbacks: Sequence[Callback],
    progress: bool,
    state: dict[str, Any] | None,
) -> None:
    """Train until the last epoch, or until something ends it; `run` has what came of it."""
    options = run.options
    bar = Progress(options.epochs, run.epoch, run.monitor) if progress else None
    ending = Ending()
    own: list[Callback] = [Conductor(run, bar), ending, *([bar] if bar else [])]
    last = [] if directory is None else [Recorder(run, directory, identity, "csv" in logs)]
    with _quiet():
        trainer = lightning.Trainer(
            max_epochs=options.epochs,
            accumulate_grad_batches=options.accumulate,
            precision={"32": "32-true", "64": "64-true"}.get(options.precision, options.precision),  # pyright: ignore[reportArgumentType]
            devices=1,
            logger=_loggers(logs, directory, silent=bool(callbacks)),
            enable_checkpointing=any(isinstance(c, Checkpoint) for c in [*callbacks, *last]),
            enable_progress_bar=False,
            enable_model_summary=False,
            num_sanity_val_steps=0,
            use_distributed_sampler=False,
            default_root_dir=None if directory is None else directory / "lightning",
            log_every_n_steps=max(1, min(50, len(run.train))),
            callbacks=[*own, *callbacks, *last],
        )
        _begin_at(trainer, run, state)
        try:
            trainer.fit(run.learner, run.train, validation)
        except (SystemExit, KeyboardInterrupt):
            # Lightning ends the process on Ctrl-C; what was learned is worth more than that.
            if not ending.interrupted:
                raise
        finally:
            if bar is not None:
                bar.close()
            run.steps = trainer.global_step
            run.learner.trainer = None  # pyright: ignore[reportAttributeAccessIssue]
    if ending.interrupted:
        run.status = "interrupted"
    elif trainer.should_stop and run.epoch < options.epochs:
        run.status = "early_stopped"


def _begin_at(trainer: Any, run: Run, state: dict[str, Any] | None) -> None:
    """Set the loop's counters, so that epochs and steps are numbered from the fit's start."""
    if state is None:
        return
    for each in ("ready", "started", "processed", "completed"):
        setattr(trainer.fit_loop.epoch_progress.current, each, run.epoch)
        setattr(trainer.fit_loop.epoch_progress.total, each, run.epoch)
    loop = trainer.fit_loop.epoch_loop
    loop._batches_that_stepped = run.steps
    for each in ("ready", "completed"):
        setattr(loop.automatic_optimization.optim_progress.optimizer.step.total, each, run.steps)
    if state["precision"]:
        trainer.precision_plugin.load_state_dict(state["precision"])
    for callback in trainer.callbacks:
        if callback.state_key in state["callbacks"]:
            callback.load_state_dict(state["callbacks"][callback.state_key])


def _loggers(logs: Sequence[Any], directory: Path | None, *, silent: bool) -> Any:
    found: list[Any] = [each for each in logs if not isinstance(each, str)]
    if "tensorboard" in logs:
        if importlib.util.find_spec("tensorboard") is None:
            raise MissingDependencyError(
                "fit: log='tensorboard' needs TensorBoard. Install it: "
                "pip install 'ostinato[tensorboard]'"
            )
        if directory is not None:
            from lightning.pytorch.loggers import TensorBoardLogger

            found.append(TensorBoardLogger(directory, name="tensorboard", version=""))
    return found or (Silent() if silent else False)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Lightning's advice is for its own users; ours get our messages."""
    loggers = [logging.getLogger(n) for n in ("lightning.pytorch", "lightning.fabric")]
    levels = [each.level for each in loggers]
    for each in loggers:
        each.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for module in ("lightning", "pytorch_lightning", "torch.utils"):
                warnings.filterwarnings("ignore", module=f"{module}.*")
            warnings.filterwarnings("ignore", message=".*LeafSpec.*")
            yield
    finally:
        for each, level in zip(loggers, levels, strict=True):
            each.setLevel(level)
