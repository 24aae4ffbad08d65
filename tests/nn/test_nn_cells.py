"""The cells against torch's, and against one step of the layers."""

from __future__ import annotations

import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError

PAIRS = [
    (nn.RNNCell, torch.nn.RNNCell, {}),
    (nn.RNNCell, torch.nn.RNNCell, {"nonlinearity": "relu"}),
    (nn.GRUCell, torch.nn.GRUCell, {}),
    (nn.LSTMCell, torch.nn.LSTMCell, {}),
]


def whole(found):
    return list(found) if isinstance(found, tuple) else [found]


def random_state(cell, *shape):
    parts = [torch.randn(*shape, 6).double().requires_grad_() for _ in range(2)]
    return tuple(parts) if isinstance(cell, nn.LSTMCell) else parts[0]


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize(("ours", "theirs", "options"), PAIRS)
def test_the_same_as_torch(ours, theirs, options, bias):
    one, other = ours(4, 6, bias, **options).double(), theirs(4, 6, bias, **options).double()
    one.load_state_dict(other.state_dict())
    other.load_state_dict(one.state_dict())
    assert [*dict(one.named_parameters())] == [*dict(other.named_parameters())]
    for shape in ((3,), ()):
        x, state = torch.randn(*shape, 4).double().requires_grad_(), random_state(one, *shape)
        torch.testing.assert_close(one(x), other(x))
        found, expected = whole(one(x, state)), whole(other(x, state))
        for a, b in zip(found, expected, strict=True):
            torch.testing.assert_close(a, b)
        weights = [torch.randn_like(each) for each in found]
        for cell, results in ((one, found), (other, expected)):
            cell.zero_grad()
            inputs = [x, *whole(state), *cell.parameters()]
            cell.grads = torch.autograd.grad(results, inputs, weights)
        for a, b in zip(one.grads, other.grads, strict=True):
            torch.testing.assert_close(a, b)


OPTIONS = [
    (nn.RNNCell, nn.RNN, {"layer_norm": True, "zoneout": 0.2}),
    (nn.GRUCell, nn.GRU, {"reset_after": False, "init": "keras"}),
    (nn.GRUCell, nn.GRU, {"layer_norm": True}),
    (nn.LSTMCell, nn.LSTM, {"peephole": True, "zoneout": 0.3, "forget_bias": 1.0}),
    (nn.LSTMCell, nn.LSTM, {"coupled_gates": True, "layer_norm": True, "init": "orthogonal"}),
]


@pytest.mark.parametrize(("ours", "layer", "options"), OPTIONS)
def test_options_are_those_of_the_layer(ours, layer, options):
    cell, other = ours(4, 6, **options).double().eval(), layer(4, 6, **options).double().eval()
    for name, value in cell.named_parameters():
        torch.nn.init.normal_(value)
        getattr(
            other, f"{name.removeprefix('weight_') if 'peep' in name else name}_l0"
        ).data = value
    state = random_state(cell, 3)
    x = torch.randn(3, 4).double()
    given = tuple(s[None] for s in state) if isinstance(state, tuple) else state[None]
    found, expected = cell(x, state), other(x[None], given)[1]
    for a, b in zip(whole(found), whole(expected), strict=True):
        torch.testing.assert_close(a, b[0])
    for name, default in options.items():
        assert f"{name}={default!r}" in repr(cell)


def test_zoneout_keeps_units_in_training():
    cell, h = nn.GRUCell(4, 600, zoneout=0.5), torch.randn(2, 600)
    kept = (cell(torch.randn(2, 4), h) == h).float().mean()
    assert 0.4 < kept < 0.6


def test_what_does_not_fit():
    cell = nn.LSTMCell(4, 6)
    with pytest.raises(ShapeError, match=r"LSTMCell: input must have shape \(batch, 4\)"):
        cell(torch.randn(2, 5))
    with pytest.raises(ShapeError, match=r"state c must have shape \(2, 6\), got \(2, 5\)"):
        cell(torch.randn(2, 4), (torch.randn(2, 6), torch.randn(2, 5)))
    with pytest.raises(OptionError, match="hidden_size must be a whole number"):
        nn.GRUCell(4, 0)
    with pytest.raises(OptionError, match="nonlinearity must be one of"):
        nn.RNNCell(4, 4, nonlinearity="sigmoid")
    with pytest.raises(OptionError, match="forget_bias must be None"):
        nn.LSTMCell(4, 4, bias=False, forget_bias=1.0)
