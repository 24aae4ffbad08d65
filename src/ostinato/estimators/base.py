"""What every estimator does the same way: options, saving, loading, summary."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, ClassVar, Self

import torch
from sklearn.base import BaseEstimator

from ostinato import nn, storage
from ostinato.errors import NotFittedError, StorageError
from ostinato.training import FitResult, TrainingOptions


class Estimator(BaseEstimator):
    """The base of all estimators.

    Constructor arguments are stored as given and checked in `fit`; learned attributes end in `_`.
    A subclass has `kind`, its name in files and the shell; `fit`; `_document` and `_restore_state`,
    which turn what it learned (but the module's weights) to JSON and back; and `_example`.

    Attributes:
        module_: the trained `torch.nn.Module`.
        history_: every quantity by epoch.
        fit_result_: a `training.FitResult`; its status is "interrupted" after Ctrl-C, and the model
            is then partial: the best weights so far.
        baseline_: measures on the validation data, the naive baseline's beside the model's.
    """

    kind: ClassVar[str]
    module_: torch.nn.Module
    history_: dict[str, list[float]]
    fit_result_: FitResult
    baseline_: dict[str, float]

    def _document(self) -> dict[str, Any]:
        raise NotImplementedError

    def _restore_state(self, document: dict[str, Any]) -> None:
        raise NotImplementedError

    def _example(self) -> tuple[Any, ...]:
        """An example batch for `module_`, for the summary."""
        raise NotImplementedError

    def _check_fitted(self) -> None:
        if not hasattr(self, "module_"):
            name = type(self).__name__
            raise NotFittedError(f"{name}: not fitted yet. Call fit(...), or ostinato.load(path).")

    def _training_options(self) -> TrainingOptions:
        """The training options among the constructor's arguments, checked."""
        names = [field.name for field in dataclasses.fields(TrainingOptions)]
        values = {name: getattr(self, name) for name in names if hasattr(self, name)}
        return TrainingOptions(**values).check(type(self).__name__)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write everything learned to one `.safetensors` file, whole or not at all.

        Raises:
            NotFittedError: there is nothing to save.
            StorageError: the file cannot be written.
        """
        self._check_fitted()
        document = {
            "options": self.get_params(deep=False),
            "learned": self._document(),
            "fit": dataclasses.asdict(self.fit_result_),
            "baseline": self.baseline_,
        }
        storage.save(path, self.kind, self.module_.state_dict(), document)

    @classmethod
    def _from_archive(cls, path: Any, archive: storage.Archive) -> Self:
        document = archive.document
        try:
            options = {
                name: tuple(value) if isinstance(value, list) else value
                for name, value in document["options"].items()
            }
            estimator = cls(**options)
            estimator._restore_state(document["learned"])
            estimator.module_.load_state_dict(archive.tensors)
            estimator.module_.eval()
            estimator.fit_result_ = FitResult(**document["fit"])
            estimator.history_ = estimator.fit_result_.history
            estimator.baseline_ = document["baseline"]
        except (KeyError, TypeError, RuntimeError) as error:
            raise StorageError(
                f"{path}: does not hold a whole {cls.kind} ({type(error).__name__}: {error}). "
                "Train again, or load it with the version that wrote it."
            ) from error
        return estimator

    def summary(self, biases: str = "torch") -> nn.Summary:
        """Layers, output shapes and parameters; `biases` as in `nn.summary`."""
        self._check_fitted()
        return nn.summary(self.module_, *self._example(), biases=biases)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "module_")


def load_as(path: str | os.PathLike[str], kinds: dict[str, type[Estimator]]) -> Any:
    """The estimator in a file, of the class that `kinds` has for the file's kind.

    Raises:
        StorageError: the file is missing, damaged, foreign, newer, or of an unknown kind.
    """
    archive = storage.load(path)
    if archive.kind not in kinds:
        raise StorageError(
            f"{path}: holds a {archive.kind!r}; this version knows {', '.join(kinds)}. "
            "It may be newer: update ostinato."
        )
    return kinds[archive.kind]._from_archive(path, archive)
