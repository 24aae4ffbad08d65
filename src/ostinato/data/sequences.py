"""Sequences of different lengths: cut to a length, or padded to one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ostinato.errors import DataError, check_choice, check_number


def truncate(
    sequences: Sequence[np.ndarray],
    length: int,
    side: Literal["left", "right", "middle"] = "right",
) -> list[np.ndarray]:
    """Sequences of at most `length` steps; `side` says where steps are taken away.

    "right" keeps the first steps, "left" the last ones (Keras: `truncating="pre"`), and
    "middle" the first `length // 2` and the last ones. Shorter sequences stay the same object,
    and those cut at one side are views.
    """
    check_number("truncate", "length", length, low=0, whole=True)
    check_choice("truncate", "side", side, ["left", "right", "middle"])
    head = {"right": length, "left": 0, "middle": length // 2}[side]
    tail = length - head

    def cut(sequence: np.ndarray) -> np.ndarray:
        if len(sequence) <= length:
            return sequence
        if tail == 0:
            return sequence[:head]
        if head == 0:
            return sequence[-tail:]
        return np.concatenate([sequence[:head], sequence[-tail:]])

    return [cut(sequence) for sequence in sequences]


def pad(
    sequences: Sequence[np.ndarray],
    side: Literal["left", "right"] = "right",
    value: float = 0,
    *,
    length: int | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """One array for sequences of different lengths, and their lengths.

    Args:
        sequences: arrays `(steps,)` or `(steps, features)`, the same features in all.
        side: where the padding goes. The recurrent layers expect it on the right.
        value: what the padding holds.
        length: steps of the result; `None` takes the longest sequence's.

    Returns:
        array `(batch, length)` or `(batch, length, features)`, and int64 lengths `(batch,)`.

    Raises:
        DataError: the sequences do not fit together, or one is longer than `length`.
    """
    check_choice("pad", "side", side, ["left", "right"])
    arrays = [np.asarray(sequence) for sequence in sequences]
    shapes = {array.shape[1:] for array in arrays if array.ndim}
    if len(shapes) > 1 or any(array.ndim == 0 for array in arrays):
        raise DataError(
            "pad: sequences must all have shape (steps,) or (steps, features), got "
            f"{sorted({array.shape for array in arrays})[:5]}."
        )
    lengths = np.array([len(array) for array in arrays], dtype=np.int64)
    longest = int(lengths.max(initial=0))
    if length is None:
        length = longest
    check_number("pad", "length", length, low=0, whole=True)
    if longest > length:
        raise DataError(
            f"pad: sequence {int(lengths.argmax())} has {longest} steps, more than length "
            f"{length}. Call truncate first."
        )
    # An empty list becomes float64 in numpy; it must not turn whole numbers into floats.
    kinds = [array.dtype for array in arrays if array.size] or [a.dtype for a in arrays[:1]]
    shape = (len(arrays), length, *(shapes.pop() if shapes else ()))
    result = np.full(shape, value, dtype=np.result_type(*kinds) if kinds else np.int64)
    if lengths.any():
        steps = np.arange(length)
        inside = steps < lengths[:, None]
        if side == "left":
            inside = inside[:, ::-1]
        result[inside] = np.concatenate([array for array in arrays if len(array)])
    return result, lengths
