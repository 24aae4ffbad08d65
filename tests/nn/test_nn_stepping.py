"""Steps from packed weights: the sequence's bits, and no stale weight."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
import torch

from ostinato import nn
from ostinato.errors import OptionError, ShapeError
from ostinato.nn import stepping
from ostinato.nn.packing import packed
from ostinato.ops import native
from tolerances import assert_same_row

LAYERS = [nn.RNN, nn.GRU, nn.LSTM]
SIZES = [(3, 5, 1), (1, 1, 2), (16, 33, 3), (7, 128, 2), (2, 17, 1)]
kernels_built = hasattr(native.load(), "StackFloat")


def steps_of(layer, x, state=None):
    """Every step's output, and the last state, by `layer.step` under no_grad."""
    outputs = []
    with torch.no_grad():
        for each in x.unbind(1):
            output, state = layer.step(each, state)
            outputs.append(output)
    return torch.stack(outputs, 1), state


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_steps_give_the_sequences_bits(kind, sizes, batch, dtype):
    size, hidden, layers = sizes
    layer = kind(size, hidden, layers, batch_first=True, dtype=dtype).eval()
    x = torch.randn(batch, 6, size, dtype=dtype)
    with torch.no_grad():
        expected, final = layer(x)
    found, state = steps_of(layer, x)
    stepper = nn.Stepper(layer, batch)
    arrays = np.stack([stepper.step(each.numpy()) for each in x.unbind(1)], 1)
    if kernels_built:
        assert torch.equal(found, expected)
        assert np.array_equal(arrays, expected.numpy())
    parts = (state, final, stepper.state)
    parts = parts if kind is nn.LSTM else ((state,), (final,), stepper.state)
    for one, other, array in zip(*parts, strict=True):
        torch.testing.assert_close(one, other)
        torch.testing.assert_close(one, torch.from_numpy(array))


@pytest.mark.parametrize("batch", [1, 3, 40])
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (nn.LSTM, {"proj_size": 9}),
        (nn.LSTM, {"proj_size": 17, "layer_norm": True, "peephole": True, "zoneout": 0.2}),
        (nn.GRU, {"reset_after": False, "layer_norm": True}),
    ],
    ids=str,
)
def test_projected_and_normalised_steps_give_the_sequences_bits(kind, options, batch):
    layer = kind(7, 33, 2, batch_first=True, **options).eval()
    for name, each in layer.named_parameters():
        if "gain" in name:
            torch.nn.init.normal_(each)
    x = torch.randn(batch, 5, 7)
    with torch.no_grad():
        expected, final = layer(x)
    found, state = steps_of(layer, x)
    stepper = nn.Stepper(layer, batch)
    arrays = np.stack([stepper.step(each.numpy()) for each in x.unbind(1)], 1)
    assert_same_row(found, expected)
    assert_same_row(torch.from_numpy(arrays), expected)
    pairs = zip(state, final, strict=True) if kind is nn.LSTM else [(state, final)]
    for one, other in pairs:
        assert_same_row(one, other)


def change_in_place(layer):
    with torch.no_grad():
        layer.weight_hh_l0.mul_(0.5)


def load_others(layer):
    layer.load_state_dict(nn.GRU(3, 8, batch_first=True).state_dict())


def learn(layer):
    optimizer = torch.optim.SGD(layer.parameters(), lr=0.5)
    layer(torch.randn(2, 4, 3))[0].sum().backward()
    optimizer.step()


def learn_fused(layer):
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.1, fused=True)
    layer(torch.randn(2, 4, 3))[0].sum().backward()
    optimizer.step()


def replace(layer):
    layer.bias_ih_l0 = torch.nn.Parameter(torch.ones(24))


def widen(layer):
    layer.double()


@pytest.mark.parametrize(
    "change", [change_in_place, load_others, learn, learn_fused, replace, widen]
)
def test_changed_weights_are_noticed(change):
    layer = nn.GRU(3, 8, batch_first=True)
    x = torch.randn(2, 5, 3)
    before, _ = steps_of(layer, x)
    stepper = nn.Stepper(layer)
    stepper.step(x[0, 0].numpy())
    change(layer)
    x = x.to(layer.weight_hh_l0.dtype)
    found, _ = steps_of(layer, x)
    assert not torch.equal(found, before)
    with torch.no_grad():
        torch.testing.assert_close(found, layer(x)[0])
    if change is not widen:
        stepper.reset()
        arrays = np.concatenate([stepper.step(each.numpy()) for each in x[0]])
        torch.testing.assert_close(torch.from_numpy(arrays), found[0])


def test_copies_pack_their_own():
    layer = nn.LSTM(3, 4, batch_first=True)
    x = torch.randn(1, 4, 3)
    expected, _ = steps_of(layer, x)
    for other in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        change_in_place(layer)
        assert torch.equal(steps_of(other, x)[0], expected)


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        (nn.GRU, {"layer_norm": True}),
        (nn.GRU, {"zoneout": 0.3}),
        (nn.GRU, {"recurrent_dropout": 0.5}),
        (nn.GRU, {"reset_after": False}),
        (nn.GRU, {"bias": False, "learn_initial_state": True}),
        (nn.RNN, {"nonlinearity": "relu"}),
        (nn.RNN, {"layer_norm": True, "zoneout": 0.2, "bias": False}),
        (nn.LSTM, {"peephole": True}),
        (nn.LSTM, {"coupled_gates": True}),
        (nn.LSTM, {"layer_norm": True}),
        (nn.LSTM, {"zoneout": 0.3, "peephole": True, "layer_norm": True}),
        (nn.LSTM, {"zoneout": 0.3, "peephole": True, "coupled_gates": True}),
    ],
    ids=str,
)
@pytest.mark.parametrize(("batch", "hidden"), [(1, 21), (2, 6), (3, 128)])
def test_options_step_as_the_sequence(kind, options, batch, hidden):
    layer = kind(3, hidden, 2, batch_first=True, **options).eval()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    x = torch.randn(batch, 5, 3)
    found, _ = steps_of(layer, x)
    stepper = nn.Stepper(layer, batch)
    arrays = np.stack([stepper.step(each.numpy()) for each in x.unbind(1)], 1)
    with torch.no_grad():
        expected, _ = layer(x)
    if kernels_built:
        assert packed(layer) is not None
        assert torch.equal(found, expected)
        assert np.array_equal(arrays, expected.numpy())
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(torch.from_numpy(arrays), expected)


def test_a_step_is_differentiable_where_gradients_are_on():
    layer = nn.GRU(3, 4, batch_first=True)
    output, state = layer.step(torch.randn(2, 3))
    output, _ = layer.step(torch.randn(2, 3), state)
    output.sum().backward()
    assert layer.weight_ih_l0.grad.abs().sum() > 0


def test_the_steppers_state_is_set_and_read():
    layer = nn.LSTM(3, 4, batch_first=True)
    one, other = nn.Stepper(layer), nn.Stepper(layer)
    x = np.ones((6, 3), dtype=np.float32)
    for each in x[:3]:
        one.step(each)
    other.state = one.state
    assert np.array_equal(one.step(x[3]), other.step(x[3].astype(np.float64)))
    one.reset()
    assert not any(part.any() for part in one.state)


def test_what_does_not_fit_is_said():
    layer = nn.GRU(3, 4, batch_first=True)
    with pytest.raises(ShapeError, match=r"x must have shape \(1, 3\), got \(4,\)"):
        nn.Stepper(layer).step(np.ones(4, dtype=np.float32))
    with pytest.raises(OptionError, match="must not be bidirectional"):
        nn.Stepper(nn.GRU(3, 4, bidirectional=True))
    _, state = layer.step(torch.ones(2, 3))
    with torch.no_grad(), pytest.raises(ShapeError, match="x must have shape"):
        layer.step(torch.ones(2, 5), state)
    with torch.no_grad(), pytest.raises(ShapeError, match="state h must have shape"):
        layer.step(torch.ones(3, 3), state)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_stepper_goes_on_with_some_rows(kind, monkeypatch):
    layer = kind(3, 8, 2, batch_first=True).eval()
    x = torch.randn(5, 6, 3)
    with torch.no_grad():
        expected = layer(x)[0].numpy()
    rows = [3, 0, 4]
    for work in (1, 10**9):  # with threads and without
        monkeypatch.setattr(stepping, "THREAD_WORK", work)
        stepper = nn.Stepper(layer, 5)
        for k in range(3):
            np.testing.assert_allclose(stepper.step(x[:, k].numpy()), expected[:, k], rtol=1e-5)
        stepper.keep(rows)
        for k in range(3, 6):
            found = stepper.step(x[rows, k].numpy())
            assert found.shape == (3, 8)
            if kernels_built:
                assert np.array_equal(found, expected[rows, k])
            np.testing.assert_allclose(found, expected[rows, k], rtol=1e-5)
        with pytest.raises(ShapeError, match="\\(3, 3\\), got \\(5, 3\\)"):
            stepper.step(x[:, 0].numpy())


@pytest.mark.parametrize("kind", LAYERS)
def test_views_are_read_with_their_strides(kind):
    layer, x = kind(3, 5, 2), torch.randn(3, 4).t()[:, :3]
    dense = [torch.randn(2, 4, 5) for _ in range(2 if kind is nn.LSTM else 1)]
    views = [each.transpose(0, 1).contiguous().transpose(0, 1) for each in dense]
    with torch.no_grad():
        found, wanted = (
            layer.step(*given)[0]
            for given in (
                (x, tuple(views) if kind is nn.LSTM else views[0]),
                (x.contiguous(), tuple(dense) if kind is nn.LSTM else dense[0]),
            )
        )
    torch.testing.assert_close(found, wanted)
