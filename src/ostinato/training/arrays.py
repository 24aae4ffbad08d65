"""Arrays of any origin as tensors."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.errors import DataError

_WHOLE = 1 << 26  # bytes up to which all are hashed; of more, every so many blocks
_BLOCK = 1 << 12


def to_tensor(where: str, name: str, values: Any, dtype: torch.dtype | None = None) -> Tensor:
    """A tensor of `values`; of `dtype`, where they are not whole numbers.

    Raises:
        DataError: they are not numbers, or rows of different lengths.
    """
    if not isinstance(values, Tensor):
        try:
            array = np.asarray(values)
        except ValueError as error:
            raise DataError(
                f"{where}: {name} has rows of different lengths ({error}). Use training.Batches, "
                "which pads them, and a loss function that reads their lengths."
            ) from error
        if array.dtype.kind not in "biufc":
            raise DataError(f"{where}: {name} must be numbers, got {array.dtype}. Encode it first.")
        array = np.require(array, array.dtype.newbyteorder("="), ["C", "W"])
        values = torch.from_numpy(array)
    return values.to(dtype) if dtype is not None and values.is_floating_point() else values


def digest(values: Tensor | np.ndarray) -> str:
    """A short hash of the bytes: of all of them, or of blocks evenly apart where they are many."""
    if isinstance(values, Tensor):
        values = values.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
    data = np.ascontiguousarray(values).reshape(-1).view(np.uint8)
    found = hashlib.blake2b(digest_size=8)
    if data.nbytes > _WHOLE:
        found.update(str(data.nbytes).encode())
        blocks = _WHOLE // _BLOCK
        data = np.stack(
            [data[k : k + _BLOCK] for k in np.linspace(0, len(data) - _BLOCK, blocks, dtype=int)]
        )
    found.update(np.ascontiguousarray(data).data)
    return found.hexdigest()
