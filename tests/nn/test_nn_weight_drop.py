"""Recurrent weights dropped for a call, and whole again after it."""

from __future__ import annotations

import copy

import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError


@pytest.mark.parametrize("kind", [nn.RNN, nn.GRU, nn.LSTM])
def test_a_call_uses_masked_weights_and_gives_them_gradients(kind):
    torch.manual_seed(0)
    layer = kind(3, 20, 2, batch_first=True)
    call, x = nn.WeightDrop(layer, 0.4), torch.randn(2, 5, 3)
    whole = copy.deepcopy(layer.state_dict())
    torch.manual_seed(7)
    masked = {name: weight.detach() for name, weight in call.weights().items()}
    assert set(masked) == {"weight_hh_l0", "weight_hh_l1"}
    for name, weight in masked.items():
        kept = weight != 0
        assert 0.3 < 1 - kept.float().mean() < 0.5
        torch.testing.assert_close(weight[kept], whole[name][kept] / 0.6, rtol=1e-4, atol=0)
    torch.manual_seed(7)
    outputs, _ = call(x)
    outputs.square().sum().backward()
    other = copy.deepcopy(layer)
    other.zero_grad()
    other.load_state_dict(whole | masked)
    expected, _ = other(x)
    expected.square().sum().backward()
    torch.testing.assert_close(outputs, expected)
    for (name, found), wanted in zip(layer.named_parameters(), other.parameters(), strict=True):
        gradient = wanted.grad
        if name in masked:
            gradient = gradient * (masked[name] != 0) / 0.6
        torch.testing.assert_close(found.grad, gradient, rtol=1e-4, atol=1e-6)
    for name, weight in layer.state_dict().items():
        assert torch.equal(weight, whole[name])
    assert not torch.equal(call(x)[0], call(x)[0])  # another mask each call
    layer.eval()
    assert torch.equal(call(x)[0], layer(x)[0])


def test_a_probability_of_one_is_refused():
    with pytest.raises(OptionError, match="WeightDrop: p must be"):
        nn.WeightDrop(nn.GRU(2, 3), 1.0)
