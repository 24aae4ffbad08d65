"""What every estimator does the same way: build, fit one module, save, load, say what it is."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import warnings
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Generic, Protocol, Self, TypeVar

import torch
from sklearn import exceptions as sklearn_exceptions
from sklearn.base import BaseEstimator
from torch.overrides import TorchFunctionMode

from ostinato import nn, storage, training
from ostinato.errors import (
    NotFittedError,
    OptionError,
    OstinatoError,
    StorageError,
    suggestion,
)
from ostinato.options import TrainingOptions
from ostinato.tasks.options import EstimatorOptions
from ostinato.tasks.scores import scores_of
from ostinato.tasks.showing import shown


class _UnfittedError(NotFittedError, sklearn_exceptions.NotFittedError):
    """Ours, which scikit-learn's tools know too."""


class Rows(Protocol):
    """What an estimator learned of the user's rows (encoders, labels, scalers), but no weights."""

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        ...


R = TypeVar("R", bound=Rows)
M = TypeVar("M", bound=torch.nn.Module)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """Where a fit writes, whether it goes on from there, and whether a bar is shown."""

    directory: str | os.PathLike[str] | None = None
    resume: bool = False
    progress: bool | None = None


class Estimator(BaseEstimator, Generic[R, M]):
    """The base of all estimators: `class Name(Estimator[NameRows, NameModule], NameOptions)`.

    An estimator is its options, stored as given and checked in `fit`. Fitted, it holds its rows
    (what it learned of the user's data), its module, and what the fit recorded; learned attributes
    end in `_`. A task defines `kind`, `fit`, and the four methods below that raise here.

    Attributes:
        rows_: encoders, labels, scalers: what was learned of the user's rows.
        module_: the trained `torch.nn.Module`.
        history_: every quantity by epoch.
        fit_result_: a `training.FitResult`; its status is "interrupted" after Ctrl-C, and the model
            is then partial: the best weights so far.
        baseline_: measures on the held-out rows, the naive baselines' beside the model's.
        held_out_: the held-out rows as `fit` takes them, or None; not saved.
        source_: what the shell was told about the data, such as columns; {} from Python.
    """

    kind: ClassVar[str]
    rows_: R
    module_: M
    history_: dict[str, list[float]]
    fit_result_: training.FitResult
    baseline_: dict[str, float]
    held_out_: Any
    source_: dict[str, Any]

    # What a task says.

    def _make(self) -> M:
        """The module with fresh weights, from the options and `rows_`."""
        raise NotImplementedError

    def _example(self) -> tuple[Any, ...]:
        """An example batch for `module_`, for the summary."""
        raise NotImplementedError

    def _document(self) -> dict[str, Any]:
        """What was learned, but weights, as values JSON can hold."""
        return self.rows_.to_dict()

    def _restore(self, document: dict[str, Any]) -> None:
        """Set what `_document` described; the module is made afterwards."""
        raise NotImplementedError

    # Fitting.

    def _build(self) -> None:
        """The module, the same for the same seed; nothing was measured of it yet."""
        self.baseline_ = {}
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._options.seed)
            self.module_ = self._make()

    @property
    def _options(self) -> EstimatorOptions:
        """This estimator as what it is: its options."""
        assert isinstance(self, EstimatorOptions)
        return self

    def _learn(
        self,
        learn: Any,
        held_out: Any,
        *,
        loss: Any,
        options: TrainingOptions,
        run: Run,
        judge: Callable[[], Mapping[str, float]] | None = None,
        callbacks: Any = (),
    ) -> None:
        """Train the module by `loss` and keep what the fit recorded; `judge` as in
        `training.fit`. Without held-out rows the loss of training says which epoch is best."""
        if held_out is None and options.monitor.startswith("val_"):
            options = dataclasses.replace(options, monitor="train_loss", mode="min")
        self.source_ = getattr(self, "source_", {})
        self.fit_result_ = training.fit(
            self.module_,
            learn,
            held_out,
            loss=loss,
            judge=judge,
            options=options,
            directory=None if run.directory is None else os.fspath(run.directory),
            resume=run.resume,
            progress=self._options.progress if run.progress is None else run.progress,
            callbacks=callbacks,
            fingerprint=self._fingerprint(),
        )
        self.module_.eval()
        self.history_ = self.fit_result_.history

    def _fingerprint(self) -> dict[str, Any]:
        """What else than training options and batches must be as it was to go on with a fit."""
        theirs = {*TrainingOptions.declared(), "progress"}
        options = {k: v for k, v in self._options.options().items() if k not in theirs}
        # The same numbers may stand for other words or labels.
        document = json.dumps(self.rows_.to_dict(), sort_keys=True)
        rows = hashlib.blake2b(document.encode(), digest_size=8).hexdigest()
        return options | {"vocabulary, labels, scales": rows}

    def _training(self) -> TrainingOptions:
        """The training options alone, checked with all others."""
        return self._options.check().part(TrainingOptions)

    def _further(
        self, *, epochs: int = 1, learning_rate: float | None = None, **changes: Any
    ) -> TrainingOptions:
        """How `partial_fit` trains: one epoch at a constant rate, or several in which it falls to
        0; without a rate a tenth of the first."""
        several = epochs != 1
        tenth = self._options.learning_rate / 10
        further: dict[str, Any] = {
            "epochs": epochs,
            "schedule": "cosine" if several else "constant",
            "warmup": 0.05 if several else 0.0,
            "average": 0.0,
            "learning_rate": tenth if learning_rate is None else learning_rate,
        }
        return dataclasses.replace(self._training(), **further | changes)

    def _append(self, before: dict[str, list[float]]) -> None:
        """Put the record of earlier fits before that of the last."""
        joined = {name: [*before.get(name, []), *new] for name, new in self.history_.items()}
        self.history_ = {**before, **joined}
        self.fit_result_ = dataclasses.replace(self.fit_result_, history=self.history_)

    @property
    def _fitted(self) -> bool:
        return hasattr(self, "module_")

    def _check_fitted(self) -> None:
        if not self._fitted:
            name = type(self).__name__
            raise _UnfittedError(f"{name}: not fitted yet. Call fit(...), or ostinato.load(path).")

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything learned to one `.safetensors` file, whole or not at all.

        Raises:
            NotFittedError: there is nothing to save.
            StorageError: the file cannot be written.
        """
        self._check_fitted()
        document = {
            "options": self._options.options(),
            "learned": self._document(),
            "fit": dataclasses.asdict(self.fit_result_),
            "baseline": self.baseline_,
            "source": self.source_,
        }
        storage.save(path, self.kind, self.module_.state_dict(), document)

    @classmethod
    def from_archive(cls, path: Any, archive: storage.Archive) -> Self:
        """The estimator that `save` wrote into an archive.

        Raises:
            StorageError: the archive does not hold a whole one.
        """
        try:
            document = archive.document
            options = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in document["options"].items()
            }
            estimator = cls(**options)
            estimator._options.check()
            estimator._restore(document["learned"])
            _check_shapes(estimator, archive.tensors)
            estimator._build()
            estimator.module_.load_state_dict(archive.tensors)
            estimator.module_.eval()
            estimator.fit_result_ = training.FitResult(**document["fit"])
            estimator.history_ = estimator.fit_result_.history
            estimator.baseline_ = document["baseline"]
            estimator.source_ = document.get("source", {})
            estimator.held_out_ = None
        except (ArithmeticError, AttributeError, LookupError, MemoryError, OstinatoError) as error:
            raise _not_whole(cls, path, error) from error
        except (RuntimeError, TypeError, ValueError) as error:
            raise _not_whole(cls, path, error) from error
        return estimator

    def __getstate__(self) -> dict[str, Any]:
        state: dict[str, Any] = dict(super().__getstate__())  # type: ignore[arg-type]
        if "held_out_" in state:
            state["held_out_"] = None  # a copy need not carry the user's rows
        return state

    # scikit-learn's and other people's questions.

    def set_params(self, **params: Any) -> Self:
        """Set options by name.

        Raises:
            OptionError: an option is unknown; the closest is suggested.
        """
        known = self._options.declared()
        for name in params:
            if name not in known:
                raise OptionError(
                    f"{type(self).__name__}.set_params: unknown option {name!r}."
                    f"{suggestion(name, known)}"
                )
        return super().set_params(**params)

    def summary(self, biases: str = "torch") -> nn.Summary:
        """Layers, output shapes and parameters; `biases` as in `nn.summary`."""
        self._check_fitted()
        return nn.summary(self.module_, *self._example(), biases=biases)

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted

    def _repr_html_(self) -> str:  # pyright: ignore[reportIncompatibleMethodOverride]
        """In a notebook: what it is, its scores beside the baseline's, its learning curve."""
        declared = self._options.declared()
        given = {
            name: value
            for name, value in self._options.options().items()
            if value != declared[name].default
        }
        if not self._fitted:
            return shown(type(self).__name__, given)
        scores = scores_of(self.kind, self.baseline_)
        return shown(type(self).__name__, given, self.fit_result_, scores)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        return {"text/plain": repr(self), "text/html": self._repr_html_()}


class _NoDraws(TorchFunctionMode):
    """Leaves tensors without storage as they are where weights would be drawn: there torch loads
    its compiler, which takes a second."""

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if getattr(func, "__name__", "") in _DRAWS:
            return args[0] if args else (kwargs or {})["tensor"]
        return func(*args, **(kwargs or {}))


_DRAWS = ("normal_", "uniform_", "bernoulli_", "xavier_uniform_", "kaiming_uniform_", "orthogonal_")


def _check_shapes(estimator: Estimator[Any, Any], tensors: dict[str, torch.Tensor]) -> None:
    """Refuse weights of other shapes before memory is taken for a module of these options.

    Raises:
        StorageError: names the first weight that differs.
    """
    with torch.device("meta"), _NoDraws(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes that the comparison refuses
        wanted = {name: tuple(each.shape) for name, each in estimator._make().state_dict().items()}
    given = {name: tuple(each.shape) for name, each in tensors.items()}
    if wanted == given:
        return
    for name in sorted({*wanted, *given}):
        if wanted.get(name) != given.get(name):
            raise StorageError(
                f"the weight {name} has shape {given.get(name)}, and the options ask for "
                f"{wanted.get(name)}"
            )


def _not_whole(cls: type[Estimator[Any, Any]], path: Any, error: Exception) -> StorageError:
    return StorageError(
        f"{path}: does not hold a whole {cls.kind} ({type(error).__name__}: {error}). "
        "Train again, or load it with the version that wrote it."
    )
