"""Every tolerance of the test suite, in one place. A looser one says why.

Errors are relative to the largest absolute value of what is expected.
"""

from __future__ import annotations

import torch
from torch import Tensor

from ostinato.ops import native_info

FORWARD = {torch.float32: 5e-6, torch.float64: 1e-12}
GRADIENT = {torch.float32: 1e-5, torch.float64: 1e-11}
# Eight bits of mantissa (half a unit is 0.002), and the state is rounded at every step; without the
# kernels, the results of all operations within a step are too.
FORWARD[torch.bfloat16] = 2e-2 if native_info() else 4e-2
# Second derivatives sum over twice as many products as first ones.
SECOND = {torch.float32: 5e-5, torch.float64: 1e-10}


def error(found: Tensor, expected: Tensor) -> float:
    """The largest difference, relative to the largest expected value (to 1 where all are zero)."""
    if found.shape != expected.shape:
        raise AssertionError(f"shape {tuple(found.shape)}, expected {tuple(expected.shape)}")
    if expected.numel() == 0:
        return 0.0
    scale = expected.double().abs().max().item() or 1.0
    return (found.double() - expected.double()).abs().max().item() / scale


def assert_same_row(found: Tensor, expected: Tensor) -> None:
    """Fail unless a row has the same bits alone as among others. Without the kernels it has about
    the same values: torch's products have other bits for another number of rows."""
    if native_info():
        assert torch.equal(found, expected)
    else:
        assert_near(found, expected, FORWARD[found.dtype])


def assert_near(found: Tensor, expected: Tensor, tolerance: float, what: str = "value") -> None:
    """Fail unless `error` is within `tolerance`; NaN never is."""
    off = error(found, expected)
    assert off <= tolerance, (
        f"{what} is off by {off:.2e} of its largest value, over {tolerance:.0e}"
    )
