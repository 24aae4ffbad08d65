"""What is inside a run's model, for heat maps: weights, and gates over the steps of a text."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np

from ostinato.errors import check_choice

MOST = 4_000_000  # numbers of one map


def weights(model: Any, name: str | None = None) -> dict[str, Any]:
    """The names and shapes of all weight matrices and, of the one called `name`, its values:
    little-endian float32 in base64, row after row."""
    named = {
        key: value
        for key, value in model.module_.state_dict().items()
        if value.dim() == 2 and value.is_floating_point() and value.numel() <= MOST
    }
    found: dict[str, Any] = {"matrices": [[key, *value.shape] for key, value in named.items()]}
    if name is not None:
        check_choice("The page", "name", name, tuple(named))
        found |= matrix(named[name].detach().cpu().numpy())
    return found


def matrix(values: np.ndarray) -> dict[str, Any]:
    """A matrix as the page's heat map reads it."""
    plain = np.ascontiguousarray(values, dtype="<f4")
    rows, columns = plain.shape
    return {
        "rows": rows,
        "columns": columns,
        "values": base64.b64encode(plain.tobytes()).decode(),
        "largest": float(np.abs(plain).max()) if plain.size else 0.0,
    }
