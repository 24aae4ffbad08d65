"""What the network of a fitted estimator reads of its user's data."""

from __future__ import annotations

from typing import Any

import torch

from ostinato.errors import OptionError
from ostinato.inspection.reading import Reading, of_module
from ostinato.tasks.registry import TASKS


def read(where: str, model: Any, data: Any, **options: Any) -> Reading:
    """A reading of a fitted estimator and its data, or of a bare module and a tensor.

    Raises:
        OptionError: no estimator and no module.
        DataError: data cannot be read.
    """
    if isinstance(model, torch.nn.Module):
        return of_module(where, model, data, options)
    task = TASKS.get(getattr(model, "kind", ""))
    if task is None:
        raise OptionError(
            f"{where}: model must be a module or a fitted estimator, got {type(model).__name__}."
        )
    model._check_fitted()
    found = task.part("inside").read(where, model, data)
    return Reading(module=model.module_, **vars(found))
