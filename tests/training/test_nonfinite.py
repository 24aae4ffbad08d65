"""Where NaN begins: in the rows, a weight, or a layer at a step."""

from __future__ import annotations

import math

import pytest
import torch

from ostinato import nn, training
from ostinato.errors import NonFiniteError
from ostinato.training.nonfinite import where_it_began


class Root(torch.nn.Module):
    def forward(self, x):
        return x.sqrt()


def test_a_row_that_has_one():
    x = torch.zeros(4, 5, 2)
    x[2, 3, 1] = math.nan
    layer = nn.GRU(2, 3, batch_first=True)
    assert where_it_began(layer, {"x": x}, lambda: layer(x)) == (
        "The rows have one: x, step 4 of row 3."
    )
    rows = torch.tensor([0.0, math.inf])
    assert where_it_began(layer, (x[:1], rows), lambda: None) == (
        "The rows have one: the input, row 2."
    )


def test_a_weight_that_is_one():
    layer = nn.GRU(2, 3, batch_first=True)
    with torch.no_grad():
        layer.weight_hh_l0[0, 0] = math.inf
    x = torch.zeros(1, 2, 2)
    assert where_it_began(layer, x, lambda: layer(x)).startswith("The weight weight_hh_l0 has one")


def test_the_layer_that_makes_the_first_one_and_its_earliest_step():
    x = torch.ones(3, 4, 2)
    x[1, 2], x[0, 3] = -1.0, -1.0
    module = torch.nn.Sequential(torch.nn.Identity(), Root(), torch.nn.Linear(2, 2))
    said = where_it_began(module, x, lambda: module(x))
    assert said == "It began in '1' (Root), step 3 of row 2."
    assert not module[1]._forward_hooks
    fine = x.abs()
    assert where_it_began(module, fine, lambda: module(fine)) == ""


class Between(torch.nn.Module):
    """Makes NaN itself, and hands it to a layer."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(2, 2)

    def forward(self, x):
        return self.layer(x.sqrt())


def test_a_layer_that_only_got_one_is_not_blamed():
    module, x = Between(), -torch.ones(1, 2, 2)
    assert where_it_began(module, x, lambda: module(x)) == "It began in Between, step 1 of row 1."


def test_a_fit_says_where_its_loss_became_nan():
    X, y = torch.full((8, 3, 2), -1.0), torch.zeros(8, 3, 2)
    module = torch.nn.Sequential(torch.nn.Linear(2, 2), Root())
    with torch.no_grad():
        module[0].weight.copy_(torch.eye(2))
        module[0].bias.zero_()
    with pytest.raises(NonFiniteError, match=r"It began in '1' \(Root\), step 1 of row 1\. Look"):
        training.fit(module, (X, y), loss="mse")
