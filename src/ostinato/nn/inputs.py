"""What a layer is given, checked and brought to one form in one way for all."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato.errors import ShapeError
from ostinato.ops import private


def is_whole(values: Tensor) -> bool:
    """Whether these are integers."""
    return not (values.is_floating_point() or values.is_complex() or values.dtype == torch.bool)


def within(values: Tensor, low: int, high: int) -> bool:
    """Whether all lie from low to high; True where a compiler or a transform hides them."""
    if values.numel() == 0 or private.watched() or private.fake(values):
        return True
    return bool(((values >= low) & (values <= high)).all())


def settled(
    where: str, lengths: Any, batch: int, steps: int | None, device: torch.device
) -> Tensor:
    """Lengths of any integer type as `(batch,)` int64 on `device`.

    Raises:
        ShapeError: another shape or type, or a length that is not from 0 to `steps`, where given.
    """
    lengths = torch.as_tensor(lengths)
    if tuple(lengths.shape) != (batch,) or not is_whole(lengths):
        raise ShapeError(
            f"{where}: lengths must be integers of shape ({batch},), got {lengths.dtype} of shape "
            f"{tuple(lengths.shape)}."
        )
    lengths = lengths.to(device, torch.int64)
    if steps is not None and not within(lengths, 0, steps):
        raise ShapeError(
            f"{where}: lengths must be from 0 to {steps}, the steps that there are, got "
            f"{int(lengths.min())} to {int(lengths.max())}."
        )
    return lengths


def lengths_of(where: str, lengths: Any, x: Tensor, unbatched: bool) -> Tensor | None:
    """A recurrent layer's lengths; whether they lie within the steps `ostinato.ops` looks at."""
    if lengths is None:
        return None
    lengths = torch.as_tensor(lengths)
    if unbatched and lengths.dim() == 0:
        lengths = lengths.unsqueeze(0)
    return settled(where, lengths, x.shape[0], None, x.device)


def resets_of(where: str, resets: Any, x: Tensor, unbatched: bool) -> Tensor | None:
    """A recurrent layer's resets as `(batch, steps)` booleans beside x."""
    if resets is None:
        return None
    resets = torch.as_tensor(resets, device=x.device)
    if unbatched and resets.dim() == 1:
        resets = resets.unsqueeze(0)
    if resets.shape != x.shape[:2] or resets.dtype != torch.bool:
        raise ShapeError(
            f"{where}: resets must be booleans of shape (batch, steps) = {tuple(x.shape[:2])}, got "
            f"{resets.dtype} of shape {tuple(resets.shape)}."
        )
    return resets


def batched(where: str, x: Tensor, size: int, batch_first: bool) -> Tensor:
    """A recurrent layer's input as `(batch, steps, size)`."""
    order = "(batch, steps" if batch_first else "(steps, batch"
    if x.dim() not in (2, 3) or x.shape[-1] != size:
        raise ShapeError(
            f"{where}: input must have shape {order}, {size}), got {tuple(x.shape)}. The last axis "
            f"is input_size; batch_first={batch_first} sets the order of the others."
        )
    if x.dim() == 2:
        return x.unsqueeze(0)
    return x if batch_first else x.transpose(0, 1)
