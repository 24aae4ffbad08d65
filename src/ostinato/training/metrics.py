"""Figures beside the loss: functions, or objects that gather over an epoch as torchmetrics' do."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ostinato.errors import OptionError
from ostinato.training.means import Means

RESERVED = ("loss", "epoch", "learning_rate", "seconds", "output", "target")


def check(metrics: Mapping[str, Any] | None) -> dict[str, Any]:
    """The metrics by name, none taken by a column of the history.

    Raises:
        OptionError: a name or a metric is not allowed.
    """
    if metrics is None:
        return {}
    if not isinstance(metrics, Mapping):
        raise OptionError(
            "fit: metrics must be a dictionary of name to metric, for example "
            f"{{'accuracy': function}}, got {type(metrics).__name__}."
        )
    for name, metric in metrics.items():
        if not isinstance(name, str) or name in RESERVED:
            raise OptionError(
                f"fit: a metric must have a name of its own, other than {', '.join(RESERVED)}; "
                f"got {name!r}."
            )
        if isinstance(metric, type) or not callable(metric):
            raise OptionError(
                f"fit: metric {name!r} must be a function of (output, y) or a torchmetrics object, "
                f"got {metric!r}."
            )
    return dict(metrics)


class Figures:
    """All figures of one pass over the data: means of the loss's values, and the metrics."""

    def __init__(self, metrics: Mapping[str, Any]) -> None:
        self.means = Means()
        self.whole: dict[str, float] = {}  # of all rows at once
        self.functions: dict[str, Callable[[Tensor, Tensor], Any]] = {}
        self.objects: dict[str, Any] = {}
        for name, metric in metrics.items():
            if all(hasattr(metric, each) for each in ("update", "compute", "reset")):
                self.objects[name] = copy.deepcopy(metric)
                self.objects[name].reset()
            else:
                self.functions[name] = metric

    def add(self, values: dict[str, Any], rows: int) -> None:
        """Take in a batch's loss values, with "output" and "target" for the metrics."""
        output, target = values.pop("output", None), values.pop("target", None)
        if self.functions or self.objects:
            if output is None or target is None:
                raise OptionError(
                    "fit: metrics need the module's output and the target. Use a loss by name, or "
                    "let the loss function return them as 'output' and 'target' beside 'loss'."
                )
            output = output.detach()
            with torch.no_grad():
                for name, function in self.functions.items():
                    values[name] = _number(name, function(output, target))
                for each in self.objects.values():
                    if hasattr(each, "to"):
                        each.to(output.device)
                    each.update(output, target)
        self.means.add(values, rows)

    def take(self, prefix: str) -> dict[str, float]:
        """All figures since the last call, named with the prefix."""
        found = self.means.take(prefix)
        if not found:
            return found
        found |= {prefix + name: value for name, value in self.whole.items()}
        self.whole = {}
        for name, each in self.objects.items():
            value = each.compute()
            parts = value if isinstance(value, Mapping) else {"": value}
            for part, number in parts.items():
                full = f"{name}_{part}" if part else name
                found[prefix + full] = float(_number(full, number))
            each.reset()
        return found


def _number(name: str, value: Any) -> Tensor:
    tensor = torch.as_tensor(value)
    if tensor.numel() != 1:
        raise OptionError(
            f"fit: metric {name!r} must give one number, got shape {tuple(tensor.shape)}."
        )
    return tensor.reshape(())
