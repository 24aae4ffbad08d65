"""The linear map: torch's values, and a row's bits in any company."""

from __future__ import annotations

import copy

import pytest
import torch

from ostinato import nn
from ostinato.nn import linear
from ostinato.ops import native

built = hasattr(native.load(), "LinearFloat")
SIZES = [(3, 5), (1, 1), (64, 65), (129, 200), (384, 1000), (7, 64)]


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_torchs_values(sizes, bias, dtype):
    layer = nn.Linear(*sizes, bias=bias, dtype=dtype)
    x = torch.randn(2, 101, sizes[0], dtype=dtype)
    expected = torch.nn.functional.linear(x.double(), *(p.double() for p in layer.parameters()))
    with torch.no_grad():
        found = layer(x)
    leeway = 5e-6 if dtype == torch.float32 else 1e-13
    assert (found - expected).abs().max() <= leeway * expected.abs().max()
    layer(x).sum().backward()
    assert layer.weight.grad is not None


@pytest.mark.skipif(not built, reason="installed without the kernels")
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_a_row_has_the_same_bits_in_any_company(sizes, monkeypatch):
    layer = nn.Linear(*sizes)
    x = torch.randn(230, sizes[0])
    order = torch.randperm(len(x))
    monkeypatch.setattr(linear, "THREAD_WORK", 1)
    before = torch.get_num_threads()
    try:
        with torch.no_grad():
            torch.set_num_threads(1)
            whole = layer(x)
            torch.set_num_threads(3)
            assert torch.equal(layer(x), whole)
            assert torch.equal(layer(x[order]), whole[order])
            for rows in (1, 2, 7, 97):
                parts = torch.cat([layer(part) for part in x.split(rows)])
                assert torch.equal(parts, whole)
    finally:
        torch.set_num_threads(before)


def test_changed_weights_are_noticed_and_copies_are_whole():
    layer = nn.Linear(4, 3)
    x = torch.randn(5, 4)
    with torch.no_grad():
        before = layer(x)
        other = copy.deepcopy(layer)
        layer.weight.mul_(2)
        assert not torch.equal(layer(x), before)
        assert torch.equal(other(x), before)
        assert layer.double()(x.double()).dtype == torch.float64


def test_wrong_shapes_are_torchs_error():
    with torch.no_grad(), pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        nn.Linear(4, 3)(torch.randn(5, 5))
    with torch.no_grad():
        assert nn.Linear(4, 3)(torch.randn(0, 4)).shape == (0, 3)
