"""What a user may give as data, made into loaders of batches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.errors import DataError, OptionError, check_number
from ostinato.options import TrainingOptions
from ostinato.training.arrays import to_tensor
from ostinato.training.batches import Batches


class Epochs:
    """A loader that is told each epoch's number before its pass."""

    def __init__(self, loader: Any) -> None:
        self.loader, self.epoch = loader, 0

    def __len__(self) -> int:
        return len(self.loader)

    def __iter__(self) -> Iterator[Any]:
        for each in (self.loader, getattr(self.loader, "sampler", None)):
            if each is not None and hasattr(each, "set_epoch"):
                each.set_epoch(self.epoch)
        yield from self.loader


def as_pair(data: Any) -> tuple[Any, Any] | None:
    """(X, y), if that is what `data` is; a list [X, y] of arrays too."""
    if isinstance(data, tuple) and len(data) == 2:
        return data
    arrays = (Tensor, np.ndarray)
    if isinstance(data, list) and len(data) == 2 and all(isinstance(each, arrays) for each in data):
        return data[0], data[1]
    return None


def loaders(
    train: Any, validation: Any, options: TrainingOptions, dtype: torch.dtype
) -> tuple[Any, Any]:
    """A loader of each, None for no validation; a share of the rows is held out if it asks so.

    Raises:
        DataError: there are no batches, or the data are of no kind that can be used.
        OptionError: a share is not between 0 and 1, or the data cannot be divided.
    """
    if isinstance(validation, int | float):
        train, validation = _divided(train, validation, options, dtype)
    judge = None if validation is None else _loader("validation", validation, options, dtype)
    return _loader("train", train, options, dtype, shuffle=True), judge


def _loader(
    name: str, data: Any, options: TrainingOptions, dtype: torch.dtype, *, shuffle: bool = False
) -> Any:
    pair = as_pair(data)
    if pair is not None:
        return _batches(_tensors(name, pair, dtype), options, shuffle=shuffle)
    if not hasattr(data, "__iter__") or not hasattr(data, "__len__"):
        raise DataError(
            f"fit: {name} must be (X, y), Batches or a sized iterable of batches, got "
            f"{type(data).__name__}."
        )
    if not len(data):
        raise DataError(f"fit: {name} has no batches. Check its rows, batch_size and drop_last.")
    return data


def _tensors(name: str, pair: tuple[Any, Any], dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    x, y = (
        to_tensor("fit", f"{name} {what}", each, dtype)
        for what, each in zip(("X", "y"), pair, strict=True)
    )
    if not x.dim() or not y.dim() or len(x) != len(y):
        raise DataError(
            f"fit: {name} X and y must have the same number of rows, got {tuple(x.shape)} and "
            f"{tuple(y.shape)}."
        )
    if not len(x):
        raise DataError(f"fit: {name} has no rows.")
    return x, y


def _batches(pair: tuple[Tensor, Tensor], options: TrainingOptions, *, shuffle: bool) -> Batches:
    return Batches(
        {"x": pair[0], "y": pair[1]},
        options.batch_size,
        shuffle=shuffle,
        seed=options.seed,
        transform=lambda batch: (batch["x"], batch["y"]),
    )


def _divided(
    train: Any, share: float, options: TrainingOptions, dtype: torch.dtype
) -> tuple[Any, Any]:
    """The rows to learn from and the rows held out, drawn at random from `options.seed`."""
    check_number("fit", "validation", share, above=0, below=1)
    pair = as_pair(train)
    if pair is None and not isinstance(train, Batches):
        raise OptionError(
            f"fit: validation={share} needs train as (X, y) or Batches, got "
            f"{type(train).__name__}. Give the validation data themselves."
        )
    x, y = (None, None) if pair is None else _tensors("train", pair, dtype)
    rows = train.rows if x is None else len(x)
    held = max(1, round(share * rows))
    if held >= rows:
        raise DataError(
            f"fit: validation={share} of {rows} rows leaves none to learn from. Give a smaller "
            "share or more rows."
        )
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(options.seed))
    judged, learned = order[:held].sort().values, order[held:].sort().values
    if x is None or y is None:
        return train.take(learned), train.take(judged)
    return (x[learned], y[learned]), (x[judged], y[judged])
