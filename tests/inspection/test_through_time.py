"""Gradients and influence through time, where both can be said by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError
from ostinato.inspection import gradient_norms, influence, memory_length, with_spectral_radius

STEPS = 12


def straight_rnn(rho: float, **options) -> nn.RNN:
    """tanh has slope 1 at zero, where this layer stays without inputs and biases; its recurrent
    weights turn by an angle and shrink by `rho`."""
    layer = nn.RNN(1, 2, bias=False, batch_first=True, **options)
    with torch.no_grad():
        layer.weight_hh_l0.copy_(torch.tensor([[0.6, -0.8], [0.8, 0.6]]))
        layer.weight_ih_l0.copy_(torch.tensor([[1.0], [0.0]]))
    return with_spectral_radius(layer, rho)


@pytest.mark.parametrize("rho", [0.5, 1.0, 1.3])
def test_the_gradient_of_a_straight_rnn_goes_by_powers_of_its_radius(rho):
    figure, table = gradient_norms(straight_rnn(rho), torch.zeros(1, STEPS, 1))
    assert table["norm"].to_numpy() == pytest.approx(rho ** np.arange(STEPS), rel=1e-4)
    assert table["back"].tolist() == list(range(STEPS))
    assert figure.y.scale == "log"


def test_influence_of_a_straight_rnn_and_its_memory_length():
    found = influence(straight_rnn(0.5), torch.zeros(3, STEPS, 1))
    assert found.table["influence"].to_numpy() == pytest.approx(0.5 ** np.arange(STEPS), rel=1e-4)
    assert memory_length(found.table) == 7  # 0.5^6 is 1.6 hundredths, 0.5^7 is 0.8
    assert "7 steps" in found.figure.title


def test_nothing_before_a_reset_matters():
    resets = torch.zeros(1, STEPS, dtype=torch.bool)
    resets[0, 8] = True
    torch.manual_seed(0)
    layer = nn.GRU(3, 5, batch_first=True)
    table = influence(layer, torch.randn(1, STEPS, 3), resets=resets).table
    assert (table["influence"][:4] > 0).all()
    assert (table["influence"][4:] == 0).all()


def test_influence_reads_back_from_each_end():
    torch.manual_seed(0)
    layer = nn.LSTM(2, 4, batch_first=True)
    x = torch.randn(1, 5, 2)
    padded = torch.cat([x, torch.full((1, 4, 2), 7.0)], 1)
    alone = influence(layer, x).table
    longer = influence(layer, padded, lengths=torch.tensor([5])).table
    assert longer["influence"].to_numpy() == pytest.approx(alone["influence"].to_numpy(), rel=1e-5)


@pytest.mark.parametrize("batch_first", [True, False])
def test_torch_layers_and_other_axes_say_the_same(batch_first):
    torch.manual_seed(0)
    own = nn.GRU(2, 4, batch_first=True)
    other = torch.nn.GRU(2, 4, batch_first=batch_first)
    other.load_state_dict(own.state_dict())
    x = torch.randn(2, 6, 2)
    given = x if batch_first else x.transpose(0, 1)
    for picture in (gradient_norms, influence):
        one, two = picture(own, x).table, picture(other, given).table
        assert two.iloc[:, -1].to_numpy() == pytest.approx(one.iloc[:, -1].to_numpy(), rel=1e-4)


def test_cells_side_by_side():
    layers = {"GRU": nn.GRU(2, 4), "LSTM": nn.LSTM(2, 4, num_layers=2)}
    figure, table = gradient_norms(layers, steps=5)
    assert [line.name for line in figure.lines] == ["GRU", "LSTM"]
    assert table.groupby("model")["norm"].first().tolist() == [1.0, 1.0]


def test_a_spectral_radius_is_that_of_every_gate_and_leaves_the_layer_alone():
    torch.manual_seed(0)
    layer = nn.LSTM(2, 4)
    before = layer.weight_hh_l0.clone()
    made = with_spectral_radius(layer, 1.25)
    for gate in made.weight_hh_l0.detach().split(4):
        assert float(torch.linalg.eigvals(gate).abs().max()) == pytest.approx(1.25, rel=1e-5)
    assert torch.equal(layer.weight_hh_l0, before)


LINEAR = torch.nn.Linear(2, 3)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: gradient_norms(nn.GRU(2, 3, bidirectional=True), steps=3), OptionError, "reads"),
        (lambda: gradient_norms(LINEAR), OptionError, "data must be given"),
        (lambda: gradient_norms(LINEAR, torch.zeros(1, 2)), OptionError, "recurrent"),
        (lambda: influence(nn.GRU(2, 3), torch.zeros(4, 1, 5)), ShapeError, r"steps, 2\)"),
        (lambda: influence(nn.GRU(2, 3), torch.zeros(4, 1, 2), to=9), OptionError, "below 3"),
        (lambda: influence("run", torch.zeros(4, 1, 2)), OptionError, "fitted estimator"),
    ],
)  # fmt: skip
def test_mistakes_get_a_sentence(call, error, words):
    with pytest.raises(error, match=words):
        call()
