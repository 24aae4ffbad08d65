"""Fit one module."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from ostinato.errors import OptionError, TrainingError, check_choice
from ostinato.options import TrainingOptions
from ostinato.training import checkpoints, losses
from ostinato.training.fingerprint import check_same, identity
from ostinato.training.history import FitResult, History
from ostinato.training.interruptions import Interruptions
from ostinato.training.loaders import Epochs, loaders
from ostinato.training.metrics import check as check_metrics
from ostinato.training.monitoring import Best, Patience, Plateau

if TYPE_CHECKING:
    from lightning.pytorch.callbacks import Callback
    from lightning.pytorch.loggers import Logger

LOGS = ("csv", "tensorboard")


def fit(
    module: torch.nn.Module,
    train: Any,
    validation: Any = None,
    *,
    loss: losses.Loss | torch.nn.Module | str | None = None,
    metrics: Mapping[str, Callable[[Tensor, Tensor], Any]] | None = None,
    judge: Callable[[], Mapping[str, float]] | None = None,
    options: TrainingOptions | None = None,
    directory: str | Path | None = None,
    resume: bool = False,
    fingerprint: Mapping[str, Any] | None = None,
    progress: bool = True,
    log: str | Logger | Sequence[str | Logger] = "csv",
    callbacks: Sequence[Callback] = (),
) -> FitResult:
    """Train `module` in place and leave the best weights in it.

    Args:
        module: any `torch.nn.Module`.
        train: `Batches`, a `DataLoader` or any sized iterable of batches; or a pair (X, y) of
            arrays or tensors, from which `options.batch_size` makes batches.
        validation: the same; or a number between 0 and 1, the share of the rows of `train` that is
            held out, drawn at random from `options.seed`; or None. Without it the best weights are
            those of the lowest train_loss.
        loss: for (X, y) batches "cross_entropy", "mse", "mae", "huber" or "bce" (of logits), or a
            torch loss such as `torch.nn.CrossEntropyLoss()`. For any batches a function of
            (module, batch) that returns the mean loss of the batch, or a dictionary with "loss" and
            other means to record.
        metrics: figures beside the loss, by name. Each is a function of (output, y) that returns
            a mean over the batch, or an object of torchmetrics. The history has them as
            train_NAME and val_NAME. With a loss function of your own, return the "output" and the
            "target" beside the "loss".
        judge: a function without arguments that returns figures by name, asked after each pass over
            the held-out rows; for what is no mean over batches, as the F1 of whole entities. The
            history has them as val_NAME.
        options: a `TrainingOptions`.
        directory: where history.csv, checkpoints/ and TensorBoard's files go; None writes nothing.
            One fit at a time may use it.
        resume: go on from `directory`'s checkpoint; the weights end as they would have without the
            interruption, bit for bit. Options, seed, module and data must be as they were.
        fingerprint: further plain values by name that must be as they were, for example a digest
            of what a loader reads.
        progress: a bar on stderr.
        log: "csv", "tensorboard", a Lightning logger, or several of them.
        callbacks: Lightning callbacks of the caller's. All figures are in
            `trainer.callback_metrics` under their names in the history.

    Ctrl-C, SIGTERM and SIGHUP end training after the batch under way: the best weights so far are
    kept and the status is "interrupted". A second one ends it at once, with the same result.
    torch's global random state is put back at the end.

    Raises:
        OptionError: an option is not allowed, or differs from the checkpoint's.
        DataError: there is nothing to train on, or data and loss do not fit.
        NonFiniteError: the loss or a weight became NaN or infinite, or the monitored figure never
            was a finite number. The module has the best weights so far.
        TrainingError: no checkpoint to resume from, `directory` cannot be written, or another fit
            uses it.

    Warns:
        RecordWarning: an epoch's record could not be written; training went on.
    """
    _check_module(module)
    options = _checked(options)
    logs = _check_logs(log)
    if not isinstance(callbacks, list | tuple):
        raise OptionError(f"fit: callbacks must be a list, got {type(callbacks).__name__}.")
    if loss is None:
        raise OptionError("fit: loss must be a function of (module, batch), or a loss's name.")
    measure = losses.as_function(loss)
    figures = check_metrics(metrics)
    folder = None if directory is None else Path(directory)
    if resume and folder is None:
        raise OptionError("fit: resume needs the directory of the fit to go on with.")
    learned, judged = loaders(train, validation, options, _dtype(module, options))
    monitor = options.monitor
    if judged is None and monitor.startswith("val_"):
        monitor = "train_" + monitor.removeprefix("val_")

    # Lightning is imported only here: whoever only predicts does without.
    from ostinato.training.learner import Learner
    from ostinato.training.loop import Run, run_loop

    started = time.perf_counter()
    mode = module.training
    held = nullcontext() if folder is None else checkpoints.held(folder)
    with (
        held,
        checkpoints.own_random_state(),
        Interruptions() as interruptions,
    ):
        torch.manual_seed(options.seed)
        loss_object = loss if isinstance(loss, torch.nn.Module) else None
        run = Run(
            options=options,
            learner=Learner(module, measure, loss_object, figures, options, judge),
            train=Epochs(learned),
            monitor=monitor,
            steps_per_epoch=math.ceil(len(learned) / options.accumulate),
            history=History(),
            best=Best(options.mode),
            patience=Patience(options.patience),
            plateau=Plateau(options.schedule == "plateau", options.decay, options.decay_every),
            interruptions=interruptions,
            started=started,
        )
        same = None
        if folder is not None:
            same = identity(
                module=module,
                options=options,
                train=learned,
                validation=judged,
                given=fingerprint,
                others={"loss": losses.name_of(loss), "metrics": sorted(figures)},
            )
        state = _resumed(run, folder, same) if resume and folder is not None else None
        module.train()  # Lightning leaves it as it is
        try:
            if run.epoch < options.epochs and run.status != "early_stopped":
                run.status = "finished"
                run_loop(
                    run,
                    judged,
                    directory=folder,
                    identity=same,
                    logs=logs,
                    callbacks=callbacks,
                    progress=progress,
                    state=state,
                )
        finally:
            interruptions.close()
            module.to("cpu").train(mode)
            if run.best.weights is not None:
                module.load_state_dict(run.best.weights)
    return FitResult(
        history=run.history.columns(),
        best_epoch=run.best.epoch,
        best_value=run.best.value,
        status=run.status,
        seconds=run.seconds,
        steps=run.steps,
    )


def _checked(options: TrainingOptions | None) -> TrainingOptions:
    if options is not None and not isinstance(options, TrainingOptions):
        raise OptionError(
            f"fit: options must be a TrainingOptions, got {type(options).__name__}. "
            "For example: options=TrainingOptions(epochs=5)."
        )
    return (options or TrainingOptions()).check("fit")


def _check_module(module: Any) -> None:
    if not isinstance(module, torch.nn.Module):
        raise OptionError(f"fit: module must be a torch.nn.Module, got {type(module).__name__}.")
    parameters = list(module.parameters())
    if any(isinstance(p, torch.nn.parameter.UninitializedParameter) for p in parameters):
        raise OptionError(
            "fit: module has lazy layers without weights yet. Call it once with a batch, then fit."
        )
    if not any(p.requires_grad for p in parameters):
        why = "all of them are frozen" if parameters else "it has none"
        raise OptionError(
            f"fit: module must have parameters to train; {why}. Set requires_grad_() on those "
            "that are to learn."
        )


def _check_logs(log: Any) -> tuple[Any, ...]:
    logs = tuple(log) if isinstance(log, list | tuple) else (log,)
    for each in logs:
        if isinstance(each, str) or not hasattr(each, "log_metrics"):
            check_choice("fit", "log", each, LOGS)
    return logs


def _dtype(module: torch.nn.Module, options: TrainingOptions) -> torch.dtype:
    """The type that the module's numbers have, and so its inputs'."""
    if options.precision == "64":
        return torch.float64
    return next((p.dtype for p in module.parameters() if p.is_floating_point()), torch.float32)


def _resumed(run: Any, folder: Path, same: Any) -> dict[str, Any]:
    """The checkpoint's state, put into `run`."""
    path = checkpoints.path_of(folder)
    state = checkpoints.read(folder)
    try:
        check_same(same, state["identity"], path=path, epochs_done=state["epoch"])
        run.restore(state)
    except (KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise TrainingError(f"{path}: is damaged ({error!r}). Start anew.") from error
    return state
