"""Where NaN and infinity begin: in the rows, in a weight, or in a layer at a step."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor


def where_it_began(module: torch.nn.Module, batch: Any, run: Callable[[], Any]) -> str:
    """A sentence that says where the first number is that is NaN or infinite, "" where none is.

    Args:
        batch: what the module reads: tensors, alone or in dictionaries, lists and tuples.
        run: computes the answer, calling the module.
    """
    for name, value in _tensors(batch):
        if (place := _place(value)) is not None:
            return f"The rows have one: {name or 'the input'}, {place}."
    for name, parameter in module.named_parameters():
        if _place(parameter) is not None:
            return f"The weight {name} has one: a step before was too large."
    return _first_layer(module, run)


def _first_layer(module: torch.nn.Module, run: Callable[[], Any]) -> str:
    found: list[str] = []
    hooks = []
    for name, each in module.named_modules():

        def look(layer: Any, given: Any, output: Any, name: str = name) -> None:
            if found or any(_place(v) is not None for _, v in _tensors(given)):
                return
            for _, value in _tensors(output):
                if (place := _place(value)) is not None:
                    where = f"{name!r} ({type(layer).__name__})" if name else type(layer).__name__
                    found.append(f"It began in {where}, {place}.")
                    return

        hooks.append(each.register_forward_hook(look))
    try:
        with torch.no_grad():
            run()
    finally:
        for hook in hooks:
            hook.remove()
    return found[0] if found else ""


def _tensors(value: Any, name: str = "") -> Iterator[tuple[str, Tensor]]:
    if isinstance(value, Tensor):
        yield name, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _tensors(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _tensors(each, name)


def _place(value: Tensor) -> str | None:
    """The row, and of `(batch, steps, ...)` the earliest step, from 1; None if all are finite."""
    if not value.is_floating_point() or bool(torch.isfinite(value).all()):
        return None
    bad = (~torch.isfinite(value.detach())).nonzero()
    if value.dim() < 3:
        return f"row {int(bad[0, 0]) + 1}" if value.dim() else "a single number"
    row, step, *_ = bad[bad[:, 1].argmin()].tolist()
    return f"step {step + 1} of row {row + 1}"
