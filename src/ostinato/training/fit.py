"""Fit one module: the loop is Lightning's; best weights, history and resuming are here."""

from __future__ import annotations

import contextlib
import csv
import importlib.util
import logging
import math
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import lightning.pytorch as lightning
import torch
from lightning.pytorch.callbacks import Callback
from torch import Tensor

from ostinato.errors import (
    DataError,
    MissingDependencyError,
    OptionError,
    RecordWarning,
    check_choice,
)
from ostinato.options import TrainingOptions
from ostinato.training import state as states
from ostinato.training.batches import Batches
from ostinato.training.progress import Progress
from ostinato.training.task import Loss, Task, loss_named

LOGS = ("csv", "tensorboard")


@dataclass
class FitResult:
    """What a fit did: the history of every quantity by epoch, the best epoch (from 1) and value,
    the status ("finished", "early_stopped" or "interrupted"), seconds, optimizer steps."""

    history: dict[str, list[float]] = field(default_factory=dict)
    best_epoch: int = 0
    best_value: float = math.nan
    status: str = "finished"
    seconds: float = 0.0
    steps: int = 0


class _Epochs:
    """A loader that is told each epoch's number before its pass."""

    def __init__(self, loader: Any, first: int) -> None:
        self.loader, self.epoch = loader, first

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        if hasattr(self.loader, "set_epoch"):
            self.loader.set_epoch(self.epoch)
        yield from self.loader


class _Keeper(Callback):
    """At the end of each epoch: the record, the best weights, early stopping, the checkpoint."""

    def __init__(
        self,
        task: Task,
        train: _Epochs,
        result: FitResult,
        monitor: str,
        directory: Path | None,
        log: Sequence[str],
        bar: Progress | None,
    ) -> None:
        self.task, self.train, self.result, self.monitor = task, train, result, monitor
        self.directory, self.bar, self.logs = directory, bar, log
        self.best: dict[str, Tensor] | None = None
        self.waiting = 0  # epochs without a better value
        self.lagging = 0  # the same, since the last drop of the rate
        self.epoch = 0
        self.earlier_seconds = 0.0
        self.started = time.perf_counter()
        self.board: Any = None
        if directory is not None and "tensorboard" in log:
            self.board = _tensorboard(directory)

    def better(self, value: float) -> bool:
        best = self.result.best_value
        if math.isnan(best):
            return not math.isnan(value)
        return value < best if self.task.options.mode == "min" else value > best

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        options = self.task.options
        if self.epoch >= options.early_dropout * options.epochs:
            self.task.module.eval()

    def on_train_epoch_end(self, trainer: Any, pl_module: Any) -> None:
        task, options = self.task, self.task.options
        rate = trainer.optimizers[0].param_groups[0]["lr"]
        record = task.train_means.take("train_")
        record |= task.validation_means.take("val_")
        if self.monitor not in record:
            raise OptionError(
                f"fit: monitor must be one of {', '.join(record)}, got {self.monitor!r}."
            )
        self.epoch += 1
        self.train.epoch = self.epoch
        value = record[self.monitor]
        if self.better(value):
            self.result.best_epoch, self.result.best_value = self.epoch, value
            self.best = self.weights()
            self.waiting = self.lagging = 0
        else:
            self.waiting += 1
            self.lagging += 1
        if options.schedule == "plateau" and self.lagging >= options.decay_every:
            task.drops += 1
            self.lagging = 0
        seconds = self.earlier_seconds + time.perf_counter() - self.started
        for name, each in (record | {"learning_rate": rate, "seconds": seconds}).items():
            self.result.history.setdefault(name, []).append(each)
        task.trigger(self.result.history[self.monitor])
        if options.patience is not None and self.waiting >= options.patience:
            self.result.status = "early_stopped"
            trainer.should_stop = True
        if self.bar is not None:
            self.bar.show(record)
        if self.board is not None:
            for name, each in record.items():
                self.board.add_scalar(name, each, self.epoch)
        if self.directory is not None:
            self.write(self.directory, trainer)

    def write(self, directory: Path, trainer: Any) -> None:
        """The record on disk; a full disk must not cost what was learned."""
        try:
            states.write(directory, self.state(trainer))
            if "csv" in self.logs:
                _write_history(directory / "history.csv", self.result.history)
        except OSError as error:
            warnings.warn(
                f"fit: epoch {self.epoch} could not be recorded in {directory} ({error}). Training "
                "goes on; resume would begin after the last epoch that was.",
                RecordWarning,
                stacklevel=2,
            )

    def weights(self) -> dict[str, Tensor]:
        """The module's weights (their averages, where kept), copied to the CPU."""
        self.task.swap_averages()
        held = self.task.module.state_dict().items()
        copied = {name: value.detach().to("cpu", copy=True) for name, value in held}
        self.task.swap_averages()
        return copied

    def state(self, trainer: Any) -> dict[str, Any]:
        result = self.result
        return {
            "module": self.task.module.state_dict(),
            "optimizer": trainer.optimizers[0].state_dict(),
            "averages": self.task.averages,
            "averaged": self.task.averaged,
            "best": self.best,
            "random": states.random_state(),
            "epoch": self.epoch,
            "steps": self.task.step,
            "drops": self.task.drops,
            "waiting": self.waiting,
            "lagging": self.lagging,
            "seconds": self.earlier_seconds + time.perf_counter() - self.started,
            "history": result.history,
            "best_epoch": result.best_epoch,
            "best_value": result.best_value,
            "status": result.status,
        }

    def restore(self, state: dict[str, Any]) -> None:
        task, result = self.task, self.result
        task.module.load_state_dict(state["module"])
        task.optimizer_state = state["optimizer"]
        task.averages, task.averaged = state["averages"], state.get("averaged", -1)
        task.first_step, task.drops = state["steps"], state["drops"]
        self.best, self.epoch = state["best"], state["epoch"]
        self.waiting, self.lagging = state["waiting"], state["lagging"]
        self.earlier_seconds = state["seconds"]
        self.train.epoch = self.epoch
        result.history, result.status = state["history"], state["status"]
        result.best_epoch, result.best_value = state["best_epoch"], state["best_value"]
        states.set_random_state(state["random"])


def fit(
    module: torch.nn.Module,
    train: Any,
    validation: Any = None,
    *,
    loss: Loss | str | None = None,
    options: TrainingOptions | None = None,
    directory: str | Path | None = None,
    resume: bool = False,
    progress: bool = True,
    log: str | Sequence[str] = "csv",
    callbacks: Sequence[Callback] = (),
) -> FitResult:
    """Train `module` in place and leave the best weights in it.

    Args:
        module: any `torch.nn.Module`.
        train: `Batches`, a `DataLoader` or any sized iterable of batches; or a pair (X, y) of
            tensors, from which `options.batch_size` makes batches.
        validation: the same, or None; without it the best weights are those of the lowest
            train_loss.
        loss: a function of (module, batch) returning the mean loss of the batch, or a dictionary
            with "loss" and other means to record; or for (x, y) batches "cross_entropy", "mse",
            "mae", "huber" or "bce" (of logits).
        options: a `TrainingOptions`.
        directory: where history.csv, checkpoints/ and TensorBoard's files go; None writes nothing.
        resume: go on from `directory`'s checkpoint; the weights end as they would have without the
            interruption, bit for bit.
        progress: a bar on stderr.
        log: "csv", "tensorboard" or both.
        callbacks: Lightning callbacks of the caller's.

    Ctrl-C ends training early: the best weights so far are kept and the status is "interrupted".
    torch's global random state is put back at the end.

    Raises:
        OptionError: an option is not allowed.
        DataError: there is nothing to train on.
        NonFiniteError: the loss became NaN or infinite.
        TrainingError: no checkpoint to resume from, or `directory` cannot be written.

    Warns:
        RecordWarning: an epoch's record could not be written; training went on.
    """
    options = (options or TrainingOptions()).check("fit")
    logs = (log,) if isinstance(log, str) else tuple(log)
    for each in logs:
        check_choice("fit", "log", each, LOGS)
    if loss is None:
        raise OptionError("fit: loss must be a function of (module, batch), or a loss's name.")
    measure = loss_named(loss) if isinstance(loss, str) else loss
    folder = None if directory is None else Path(directory)
    if resume and folder is None:
        raise OptionError("fit: resume needs the directory of the fit to go on with.")
    if folder is not None:
        states.check_writable(folder)
    train_loader = _loader(train, options, shuffle=True)
    validation_loader = None if validation is None else _loader(validation, options, shuffle=False)
    if not len(train_loader):
        raise DataError("fit: there are no batches to train on.")
    monitor = options.monitor
    if validation_loader is None and monitor.startswith("val_"):
        monitor = "train_" + monitor.removeprefix("val_")
    epochs = _Epochs(train_loader, 0)
    steps_per_epoch = math.ceil(len(train_loader) / options.accumulate)
    training = module.training
    if not training:
        module.train()  # Lightning leaves it as it is
    with _own_random_state(), _quiet(), tempfile.TemporaryDirectory() as scratch:
        torch.manual_seed(options.seed)
        task = Task(module, measure, options, steps_per_epoch)
        result = FitResult()
        bar = Progress(options.epochs, 0, monitor) if progress else None
        keeper = _Keeper(task, epochs, result, monitor, folder, logs, bar)
        if resume and folder is not None:
            keeper.restore(states.read(folder))
        left = options.epochs - keeper.epoch
        if bar is not None:
            bar.done = keeper.epoch
        if left > 0 and result.status != "early_stopped":
            result.status = "finished"
            trainer = lightning.Trainer(
                max_epochs=left,
                accumulate_grad_batches=options.accumulate,
                precision={"32": "32-true", "64": "64-true"}.get(
                    options.precision, options.precision
                ),  # pyright: ignore[reportArgumentType]
                devices=1,
                logger=False,
                enable_checkpointing=False,
                enable_progress_bar=False,
                enable_model_summary=False,
                num_sanity_val_steps=0,
                use_distributed_sampler=False,
                default_root_dir=scratch,
                callbacks=[keeper, *([bar] if bar else []), *callbacks],
            )
            try:
                _run(trainer, task, epochs, validation_loader, result)
            finally:
                if bar is not None:
                    bar.close()
                if keeper.board is not None:
                    keeper.board.close()
                task.trainer = None  # pyright: ignore[reportAttributeAccessIssue]
            result.steps = task.first_step + trainer.global_step
        else:
            result.steps = task.first_step
        if keeper.best is not None:
            module.load_state_dict(keeper.best)
    result.seconds = keeper.earlier_seconds + time.perf_counter() - keeper.started
    module.to("cpu").train(training)
    return result


def _run(trainer: Any, task: Task, train: Any, validation: Any, result: FitResult) -> None:
    main = threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGINT) if main else None
    try:
        trainer.fit(task, train, validation)
    except SystemExit:
        # Lightning ends the process on Ctrl-C; what was learned is worth more than that.
        if not trainer.interrupted:
            raise
    finally:
        if main and handler is not None:
            signal.signal(signal.SIGINT, handler)
    if trainer.interrupted:
        result.status = "interrupted"


def _loader(data: Any, options: TrainingOptions, *, shuffle: bool) -> Any:
    if isinstance(data, tuple) and len(data) == 2:
        x, y = data
        return Batches(
            {"x": x, "y": y},
            options.batch_size,
            shuffle=shuffle,
            seed=options.seed,
            transform=lambda batch: (batch["x"], batch["y"]),
        )
    if not hasattr(data, "__iter__") or not hasattr(data, "__len__"):
        raise DataError(
            "fit: data must be (X, y), Batches or a sized iterable of batches, got "
            f"{type(data).__name__}."
        )
    return data


def _write_history(path: Path, history: dict[str, list[float]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["epoch", *history])
        for epoch, row in enumerate(zip(*history.values(), strict=True), 1):
            writer.writerow([epoch, *row])


def _tensorboard(directory: Path) -> Any:
    if importlib.util.find_spec("tensorboard") is None:
        raise MissingDependencyError(
            "fit: log='tensorboard' needs TensorBoard. Install it: "
            "pip install 'ostinato[tensorboard]'"
        )
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(directory / "tensorboard"))


@contextlib.contextmanager
def _own_random_state() -> Iterator[None]:
    before = states.random_state()
    try:
        yield
    finally:
        states.set_random_state(before)


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
