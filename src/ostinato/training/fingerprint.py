"""What a fit is told from another by, so that no checkpoint is gone on with by a different one."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import torch

from ostinato.errors import OptionError
from ostinato.options import TrainingOptions

Identity = dict[str, dict[str, Any]]


def identity(
    *,
    module: torch.nn.Module,
    options: TrainingOptions,
    train: Any,
    validation: Any,
    given: Mapping[str, Any] | None,
    others: Mapping[str, Any],
) -> Identity:
    """Everything that decides a fit's bits, in groups of plain values by name."""
    return {
        # The user's own words come first, so that they are named before what follows from them.
        "option": {**options_of(options), **others},
        "fingerprint": {str(name): _plain(value) for name, value in (given or {}).items()},
        "train data": _data_of(train),
        "validation data": _data_of(validation),
        "module": module_of(module),
    }


def options_of(options: TrainingOptions) -> dict[str, Any]:
    return {each.name: _plain(getattr(options, each.name)) for each in dataclasses.fields(options)}


def module_of(module: torch.nn.Module) -> dict[str, Any]:
    """Names, shapes and types of all weights, and the layers as they print themselves."""
    found: dict[str, Any] = {
        name: f"{tuple(value.shape)} {value.dtype}" for name, value in module.state_dict().items()
    }
    for name, each in module.named_parameters():
        if not each.requires_grad:
            found[f"{name} is trained"] = False
    for name, each in module.named_modules():
        # A container's text has its children's, which come themselves.
        if not any(each.children()):
            found[f"layer {name}"] = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(each))
    return found


def check_same(now: Identity, then: Identity, *, path: object, epochs_done: int) -> None:
    """Compare a fit with the one that wrote the checkpoint.

    Only another `epochs` may pass, and only where no step before the end depends on it.

    Raises:
        OptionError: they differ; the message names what, with both values.
    """
    for group, values in now.items():
        earlier = then.get(group, {})
        for name in [*values, *(each for each in earlier if each not in values)]:
            one, other = values.get(name), earlier.get(name)
            if one == other or (name == "epochs" and _extended(now, epochs_done)):
                continue
            raise OptionError(
                f"fit: resume needs what the checkpoint was made with: {group} {name!r} is "
                f"{_shown(one)}, and was {_shown(other)} in {path}. Give the same, or start anew "
                "without resume."
            )


def _extended(now: Identity, epochs_done: int) -> bool:
    options = now["option"]
    free = options["schedule"] not in ("cosine", "one_cycle") and not options["warmup"]
    return free and options["early_dropout"] == 1 and options["epochs"] >= epochs_done


def _shown(value: Any) -> str:
    return "not there" if value is None else repr(value)


def _data_of(loader: Any) -> dict[str, Any]:
    """What a loader says of itself by `fingerprint()`, or else its kind and number of batches."""
    if loader is None:
        return {}
    found: dict[str, Any] = {"kind": type(loader).__name__}
    if hasattr(loader, "fingerprint"):
        return found | {str(name): _plain(value) for name, value in loader.fingerprint().items()}
    found["batches"] = len(loader)
    for name in ("batch_size", "drop_last"):
        if hasattr(loader, name):
            found[name] = _plain(getattr(loader, name))
    if hasattr(loader, "dataset") and hasattr(loader.dataset, "__len__"):
        found["rows"] = len(loader.dataset)
        tensors = getattr(loader.dataset, "tensors", ())
        if all(isinstance(each, torch.Tensor) for each in tensors):
            from ostinato.training.arrays import digest

            found |= {f"tensor {k}": digest(each) for k, each in enumerate(tensors)}
    return found


def _plain(value: Any) -> Any:
    """Of JSON's kinds, so that a checkpoint can hold it and equal values stay equal."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    return repr(value)
