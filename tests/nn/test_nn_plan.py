"""A module written down as a plan answers the module's bits, or says that it cannot."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from ostinato import nn
from ostinato.nn.plan import Plan
from ostinato.ops import native_info

needs_kernels = pytest.mark.skipif(not native_info(), reason="without kernels nothing is packed")


class Net(torch.nn.Module):
    """Views, elementwise work, padding, a constant of the weights, and a state that is repeated."""

    def __init__(self, cell: type[torch.nn.Module], *, odd: bool = False) -> None:
        super().__init__()
        self.first, self.second = cell(5, 6, batch_first=True), cell(6, 4, batch_first=True)
        self.inner, self.head, self.odd = nn.Linear(3, 5), nn.Linear(4, 2), odd
        self.code = torch.nn.Parameter(torch.randn(2, 6))

    def forward(self, x: Tensor, more: Tensor) -> Tensor:
        last = x[:, -1:]
        read = torch.relu(self.inner(torch.cat([x - last, more], dim=-1)))
        outputs, state = self.first(read)
        outputs, _ = self.second(outputs, None)
        padded = torch.nn.functional.pad(outputs.transpose(1, 2), (1, 2)).transpose(1, 2)
        codes = (self.code * 2)[None] + 0 * last[..., :1]
        if not isinstance(state, tuple):
            codes, _ = self.first(torch.relu(codes)[..., :5], state)
        found = self.head(padded)[..., None] / 3 + codes.mean() if self.odd else self.head(padded)
        return torch.cat([found.flatten(1), codes.reshape(len(x), -1)], dim=1)


@needs_kernels
@pytest.mark.parametrize("cell", [nn.GRU, nn.LSTM, nn.RNN])
@pytest.mark.parametrize("rows", [1, 3])
def test_a_plan_answers_the_modules_bits(cell, rows):
    torch.manual_seed(0)
    module = Net(cell).eval()
    x, more = torch.randn(rows, 7, 2), torch.randn(rows, 7, 1)
    plan = Plan(module, (x, more))
    assert plan.works
    with torch.no_grad():
        np.testing.assert_array_equal(plan.run(), module(x, more))
        for _ in range(2):
            x, more = torch.randn(rows, 7, 2), torch.randn(rows, 7, 1)
            plan.inputs[0][...], plan.inputs[1][...] = x, more
            np.testing.assert_array_equal(plan.run(), module(x, more))
        module.code.add_(1)
        module.first.weight_hh_l0.mul_(2)
        np.testing.assert_array_equal(plan.run(), module(x, more))


def test_what_cannot_be_written_down_is_said():
    plan = Plan(Net(nn.GRU, odd=True), (torch.randn(1, 7, 2), torch.randn(1, 7, 1)))
    assert not plan.works
