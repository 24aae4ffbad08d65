"""Inputs of every layout and size: strided, transposed, expanded, empty, over 2^31 elements."""

from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from ops_cases import CELLS, arguments, cast, gradients
from ops_cases import OPTIONS as PUBLIC_OPTIONS
from test_ops_kernels import (
    KINDS,
    LSTM_OPTIONS,
    OPTIONS,
    as_type,
    compare,
    known_options,
    leaves,
    make,
    results_of,
)

from ostinato import ops
from ostinato.ops import kernels, native
from tolerances import FORWARD, GRADIENT, assert_near

module = native.load()
pytestmark = pytest.mark.usefixtures("one_thread_for_module")
with_kernels = pytest.mark.skipif(
    module is None or not hasattr(module, "CallFloat"), reason="installed without the kernels"
)
ODD = [(17, 3, 129, 1), (3, 17, 17, 129), (129, 2, 1, 17), (1, 129, 3, 3), (2, 3, 1, 257)]


@with_kernels
@given(
    kind=st.sampled_from(sorted(KINDS)),
    shape=st.tuples(st.integers(1, 9), st.integers(1, 12), st.integers(1, 40), st.integers(1, 70)),
    options=st.sets(st.sampled_from(OPTIONS + LSTM_OPTIONS)),
    reverse=st.booleans(),
    bias=st.booleans(),
)
@settings(max_examples=200)
def test_any_shape_with_any_options_equals_the_reference(kind, shape, options, reverse, bias):
    options = [each for each in options if each in known_options(kind)]
    # Few units, normalised, are little but rounding, many times magnified.
    assume("norm" not in options or shape[3] > 7)
    # Of hundreds of random cases one or two magnify rounding: relu's sums, normalised.
    compare(*make(kind, shape, *options, reverse=reverse, bias=bias), torch.float32, slack=4)


@with_kernels
@pytest.mark.parametrize("shape", ODD, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_odd_sizes_with_every_option(kind, shape):
    options = [each for each in known_options(kind) if each != "norm" or shape[3] > 7]
    for projected in (False, True):
        chosen = [each for each in options if projected or each != "projection"]
        compare(*make(kind, shape, *chosen), torch.float32)


@with_kernels
@pytest.mark.parametrize("without", [("norm", "projection"), ("projection",), ("norm",)], ids=str)
@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_option_over_more_steps_than_one_chunk(kind, reverse, without):
    """2,700 rows are several of the chunks that a thread works through."""
    options = [each for each in known_options(kind) if each not in ("rate", *without)]
    compare(*make(kind, (9, 300, 8, 40), *options, reverse=reverse), torch.float32)


def strided(tensor):
    """The same values, every second element of a larger tensor."""
    large = torch.stack([tensor.detach(), torch.full_like(tensor.detach(), 7)], tensor.dim())
    return large[..., 0]


def transposed(tensor):
    """The same values, the axes the other way round in memory."""
    axes = tuple(range(tensor.dim()))[::-1]
    return tensor.detach().permute(axes).contiguous().permute(axes)


def expanded(tensor):
    """The first row (and step) for all: an axis without a stride."""
    return tensor.detach()[:1].expand_as(tensor)


@with_kernels
@pytest.mark.parametrize("layout", [strided, transposed, expanded])
@pytest.mark.parametrize("kind", KINDS)
def test_any_layout_gives_the_bits_of_a_contiguous_one(kind, layout):
    cell, values = make(kind, (4, 6, 5, 18), *known_options(kind))
    values = as_type(values, torch.float32)
    views = {
        name: layout(value) if isinstance(value, torch.Tensor) else value
        for name, value in values.items()
    }
    views["lengths"] = views["lengths"].to(torch.int32)
    plain = {
        name: value.contiguous() if isinstance(value, torch.Tensor) else value
        for name, value in views.items()
    }
    seen = []
    for arguments_of_one in (views, plain):
        given_now = {
            name: value.requires_grad_()
            if isinstance(value, torch.Tensor) and values[name].requires_grad
            else value
            for name, value in arguments_of_one.items()
        }
        results = results_of(cell, given_now, kernels.native)
        torch.manual_seed(3)
        weights = [layout(torch.randn_like(each)) for each in results]
        if arguments_of_one is plain:
            weights = [each.contiguous() for each in weights]
        seen.append((results, torch.autograd.grad(results, leaves(given_now), weights)))
    assert any(not each.is_contiguous() for each in leaves(views))
    for one, other in zip(*seen, strict=True):
        for found, expected in zip(one, other, strict=True):
            assert torch.equal(found, expected)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("sizes", [{"batch": 0}, {"steps": 0}, {"inputs": 0}], ids=str)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_empty_axes_with_every_option(cell, sizes, dtype):
    for option in (None, *PUBLIC_OPTIONS[cell]):
        options = [] if option is None else [option]
        wide = arguments(cell, options, **({"batch": 3} | sizes))
        narrow = cast(wide, dtype)
        expected = getattr(ops, cell)(**wide, record={})
        for found, wanted in zip(getattr(ops, cell)(**narrow), expected, strict=True):
            assert_near(found, wanted, FORWARD[dtype], str(option))
        pairs = zip(gradients(cell, narrow), gradients(cell, wide | {"record": {}}), strict=True)
        for found, wanted in pairs:
            assert_near(found, wanted, GRADIENT[dtype], f"gradient with {option}")


@pytest.mark.slow
@with_kernels
@pytest.mark.parametrize("kind", KINDS)
def test_over_two_to_the_31_elements(kind):
    """x has 2.2 thousand million, nearly all on pages never written to, which take no memory."""
    batch, steps, size = 2200, 1000, 1024
    cell, values = make(kind, (batch, 2, 1, 3))
    values = as_type(values, torch.float32)
    values["w_ih"] = torch.randn(values["w_ih"].shape[0], size, requires_grad=True)
    try:
        values["x"] = torch.zeros(batch, steps, size)
    except RuntimeError:
        pytest.skip("no 9 GB of address space")
    assert values["x"].numel() > 2**31
    values["x"][-1, -20:] = torch.randn(20, size)
    values["x"][-2, 500:520] = torch.randn(20, size)
    found = results_of(cell, values, kernels.native)
    last = {
        name: value[-2:].detach().clone().requires_grad_(value.requires_grad)
        if name in ("x", "h0", "c0")
        else value
        for name, value in values.items()
    }
    expected = results_of(cell, last, kernels.native)
    for whole, few in zip(found, expected, strict=True):
        assert torch.equal(whole[-2:], few)
    (gradient,) = torch.autograd.grad(found[0][-2:].square().sum(), values["w_ih"])
    (wanted,) = torch.autograd.grad(expected[0].square().sum(), values["w_ih"])
    assert_near(gradient, wanted, GRADIENT[torch.float32])
