"""oneDNN's products beside torch's, values and gradients."""

from __future__ import annotations

import pytest
import torch

from ostinato.nn.product import ProductLinear, product
from tolerances import assert_same_row


@pytest.mark.parametrize("shape", [(7,), (1,), (5, 3), (64, 2)])
@pytest.mark.parametrize("bias", [True, False])
def test_product_and_gradients_are_those_of_float64(shape, bias):
    x, weight = torch.randn(*shape, 33), torch.randn(21, 33)
    offset, outer = torch.randn(21) if bias else None, torch.randn(*shape, 21)

    def run(dtype):
        given = [
            each.to(dtype).requires_grad_() for each in (x, weight, offset) if each is not None
        ]
        out = product(given[0], given[1], given[2] if bias else None)
        return [out, *torch.autograd.grad(out, given, outer.to(dtype))]

    for found, expected in zip(run(torch.float32), run(torch.float64), strict=True):
        torch.testing.assert_close(found.double(), expected, rtol=1e-5, atol=1e-4)


def test_only_the_gradients_asked_for_are_computed():
    layer = ProductLinear(4, 3)
    layer.weight.requires_grad_(False)
    layer(torch.randn(2, 4)).sum().backward()
    assert layer.weight.grad is None
    assert layer.bias.grad is not None
    assert layer(torch.zeros(0, 4)).shape == (0, 3)


def test_without_gradients_a_row_has_the_same_bits_alone():
    layer, x = ProductLinear(40, 50), torch.randn(30, 40)
    with torch.no_grad():
        whole = layer(x)
        for k in range(30):
            assert_same_row(layer(x[k : k + 1])[0], whole[k])
