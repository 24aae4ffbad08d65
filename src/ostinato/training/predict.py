"""Answers of a module, for all rows and in their order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import DataError, OptionError, ShapeError, check_number
from ostinato.training.arrays import to_tensor
from ostinato.training.batches import Batches


@torch.inference_mode()
def predict(
    module: torch.nn.Module,
    data: Any,
    *,
    batch_size: int = 256,
    call: Callable[[torch.nn.Module, Any], Any] | None = None,
) -> Any:
    """What `module` answers to every row of `data`, in the rows' order.

    The module is in evaluation mode meanwhile (no dropout), without gradients, and on the device
    where it is.

    Args:
        module: any `torch.nn.Module`.
        data: X, an array or tensor `(rows, ...)`; or `Batches`, a `DataLoader` or another iterable
            of batches. Of batches (X, y) only X is used.
        batch_size: rows at a time, where `data` is X.
        call: a function of (module, batch) that returns the answers, for batches that are not
            X or (X, y).

    Returns:
        The answers of all rows, one after another: a tensor `(rows, ...)` on the CPU, or a tuple
        or dictionary of them where the module returns one.

    Raises:
        OptionError: `data` come in random order, or leave rows out.
        DataError: there are no rows, or a batch is of a kind that needs `call`.
        ShapeError: the batches' answers differ in shape, so that they cannot be joined.
    """
    if not isinstance(module, torch.nn.Module):
        raise OptionError(
            f"predict: module must be a torch.nn.Module, got {type(module).__name__}."
        )
    check_number("predict", "batch_size", batch_size, low=1, whole=True)
    first = next((p for p in module.parameters() if p.is_floating_point()), torch.zeros(0))
    before, order = [(each, each.training) for each in module.modules()], None
    if isinstance(data, Batches):
        order = torch.cat(data.order())
        if len(order) < data.rows:
            raise OptionError("predict: data must have drop_last=False, or rows are left out.")
    module.eval()
    try:
        parts = []
        for batch in _batches(data, first.dtype, batch_size):
            batch = _moved(batch, first.device)
            parts.append(_moved(call(module, batch) if call else _answer(module, batch), "cpu"))
    finally:
        for each, training in before:
            each.training = training
    if not parts:
        raise DataError("predict: there are no rows.")
    joined = _joined(parts)
    return joined if order is None else _ordered(joined, order.argsort())


def _batches(data: Any, dtype: torch.dtype, batch_size: int) -> Any:
    if isinstance(data, Batches):
        return data
    if isinstance(data, torch.utils.data.DataLoader):
        if isinstance(data.sampler, torch.utils.data.RandomSampler) or data.drop_last:
            raise OptionError(
                "predict: data must keep the rows' order and all rows. Make the DataLoader with "
                "shuffle=False and drop_last=False."
            )
        return data
    if isinstance(data, tuple) or (isinstance(data, list) and data and isinstance(data[0], Tensor)):
        raise OptionError(
            "predict: data must be X alone, Batches or a DataLoader, got a "
            f"{type(data).__name__} of {len(data)}. Give X without y."
        )
    if hasattr(data, "__iter__") and not hasattr(data, "__array__") and not isinstance(data, list):
        return data
    x = to_tensor("predict", "X", data, dtype)
    if not x.dim() or not len(x):
        raise DataError(f"predict: X must have rows, got shape {tuple(x.shape)}.")
    return x.split(batch_size)


def _answer(module: torch.nn.Module, batch: Any) -> Any:
    if isinstance(batch, Tensor):
        return module(batch)
    if isinstance(batch, tuple | list) and batch and isinstance(batch[0], Tensor):
        return module(batch[0])
    raise DataError(
        f"predict: a batch is a {type(batch).__name__}. Give call, a function of (module, batch)."
    )


def _moved(value: Any, device: Any) -> Any:
    if isinstance(value, Tensor):
        return value.to(device)
    if isinstance(value, dict):
        return {name: _moved(each, device) for name, each in value.items()}
    if isinstance(value, tuple | list):
        return type(value)(_moved(each, device) for each in value)
    return value


def _joined(parts: list[Any]) -> Any:
    if isinstance(parts[0], dict):
        return {name: _joined([part[name] for part in parts]) for name in parts[0]}
    if isinstance(parts[0], tuple | list):
        return tuple(_joined(list(each)) for each in zip(*parts, strict=True))
    if not isinstance(parts[0], Tensor):
        raise OptionError(
            f"predict: the module must return tensors, got {type(parts[0]).__name__}. Give call."
        )
    if len({part.shape[1:] for part in parts}) > 1:
        shapes = sorted({tuple(part.shape) for part in parts})
        raise ShapeError(
            f"predict: answers of different shapes cannot be joined: {shapes[0]} and {shapes[-1]}. "
            "Give call, and return as much for every row, for example the last step."
        )
    return torch.cat(parts)


def _ordered(value: Any, places: Tensor) -> Any:
    if isinstance(value, dict):
        return {name: _ordered(each, places) for name, each in value.items()}
    if isinstance(value, tuple):
        return tuple(_ordered(each, places) for each in value)
    return value[places]
