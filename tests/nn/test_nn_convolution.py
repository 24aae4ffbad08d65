"""A convolution over steps against torch's, and the bits it promises."""

from __future__ import annotations

import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, OstinatoError, ShapeError
from ostinato.ops import native_info
from tolerances import FORWARD, GRADIENT, error

SHAPES = [(3, 1, False), (5, 2, False), (4, 3, False), (1, 1, True), (4, 1, True), (5, 3, True)]


def independent(layer, x, length):
    """Window by window, from the equation."""
    weight = layer.linear.weight.view(layer.output_size, layer.width, layer.input_size)
    rows = []
    for start in range(0, length, layer.stride):
        total = layer.linear.bias
        for j in range(layer.width):
            place = start + j - (layer.width - 1 if layer.causal else (layer.width - 1) // 2)
            if 0 <= place < length:
                total = total + weight[:, j] @ x[place]
        rows.append(total)
    return torch.stack(rows) if rows else x.new_zeros(0, layer.output_size)


@pytest.mark.parametrize(("width", "stride", "causal"), SHAPES)
@pytest.mark.parametrize("learning", [True, False])
def test_answers_and_gradients_are_those_of_the_equation(width, stride, causal, learning):
    layer = nn.Convolution(3, 4, width, stride=stride, causal=causal).double()
    x = torch.randn(4, 11, 3, dtype=torch.float64, requires_grad=True)
    lengths = torch.tensor([11, 7, 0, 1])
    with torch.set_grad_enabled(learning):
        found, after = layer(x, lengths)
    assert after.tolist() == [-(-n // stride) for n in lengths.tolist()]
    expected = torch.zeros_like(found)
    for row, length in enumerate(lengths.tolist()):
        expected[row, : after[row]] = independent(layer, x[row], length)
    assert error(found, expected) < FORWARD[torch.float64]
    if learning:
        wanted = [x, layer.linear.weight, layer.linear.bias]
        upstream = torch.randn_like(found)
        one = torch.autograd.grad((found * upstream).sum(), wanted)
        other = torch.autograd.grad((expected * upstream).sum(), wanted)
        for a, b in zip(one, other, strict=True):
            assert error(a, b) < GRADIENT[torch.float64]


@pytest.mark.skipif(not native_info(), reason="torch's products have other bits in a batch")
@pytest.mark.parametrize(("width", "stride", "causal"), SHAPES)
def test_a_sequence_has_the_same_bits_alone_in_company_and_step_by_step(width, stride, causal):
    layer = nn.Convolution(3, 4, width, stride=stride, causal=causal)
    x = torch.randn(3, 13, 3)
    lengths = torch.tensor([13, 6, 9])
    with torch.inference_mode():
        both, after = layer(x, lengths)
        for row, length in enumerate(lengths.tolist()):
            alone, _ = layer(x[row : row + 1, :length])
            assert torch.equal(alone[0], both[row, : after[row]])
            if causal:
                state, found = None, []
                for step in x[row, :length]:
                    answer, state = layer.step(step[None], state)
                    found += [] if answer is None else [answer[0]]
                assert torch.equal(torch.stack(found), alone[0])


def test_what_does_not_fit_is_refused_with_the_rule():
    with pytest.raises(ShapeError, match=r"must have shape \(batch, steps, 3\), got \(2, 5, 4\)"):
        nn.Convolution(3, 4, 3)(torch.zeros(2, 5, 4))
    with pytest.raises(OptionError, match=r"needs causal=True"):
        nn.Convolution(3, 4, 3).step(torch.zeros(1, 3))
    with pytest.raises(OstinatoError, match="stride"):
        nn.Convolution(3, 4, 3, stride=0)


def test_no_steps_give_no_answers():
    found, after = nn.Convolution(3, 4, 5, stride=2)(torch.zeros(2, 0, 3))
    assert found.shape == (2, 0, 4)
    assert after.tolist() == [0, 0]
