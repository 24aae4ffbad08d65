"""First and second derivatives of every option, by finite differences and against float64."""

from __future__ import annotations

import pytest
import torch
from ops_cases import CELLS, OPTIONS, arguments, call, cast, gradients, split

from ostinato import ops
from ostinato.ops import double_backward, fused
from tolerances import FORWARD, GRADIENT, SECOND, assert_near

pytestmark = pytest.mark.usefixtures("one_thread")

SINGLES = [(cell, (option,)) for cell in CELLS for option in ("plain", *OPTIONS[cell])]
EVERYTHING = [
    (cell, tuple(o for o in OPTIONS[cell] if not o.endswith("rate") and o != "no_bias"))
    for cell in CELLS
]


def small(cell, options):
    known = [o for o in options if o != "plain"]
    # relu has no derivative at 0, where finite differences would look.
    return arguments(cell, known, seed=3, batch=3, steps=3, inputs=2, hidden=3)


def as_function(cell, given):
    tensors, join = split(given)
    leaves = tuple(tensor.clone().requires_grad_() for tensor in tensors)
    return (lambda *new: call(cell, join(new))), leaves


@pytest.mark.parametrize(("cell", "options"), SINGLES + EVERYTHING)
def test_gradients_are_finite_differences(cell, options, plain_path):
    function, leaves = as_function(cell, small(cell, options))
    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)


@pytest.mark.parametrize(("cell", "options"), SINGLES + EVERYTHING)
def test_second_derivatives_are_finite_differences(cell, options, plain_path):
    function, leaves = as_function(cell, small(cell, options))
    assert torch.autograd.gradgradcheck(function, leaves, fast_mode=True)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("cell", "options"),
    [(cell, ()) for cell in CELLS]
    + [(cell, (o,)) for cell in CELLS for o in ("lengths", "reverse", "resets", "layer_norm")]
    + [(cell, ("lengths", "reverse")) for cell in CELLS],
)
def test_values_and_gradients_hold_the_promised_figures(cell, options, dtype, plain_path):
    given = arguments(cell, options, steps=20, hidden=8)
    given = {n: v * 0.3 if n.startswith("w_") else v for n, v in given.items()}
    record = {}
    expected = getattr(ops, cell)(**given, record=record)
    narrow = cast(given, dtype)
    for found, wanted in zip(call(cell, narrow), expected, strict=True):
        assert_near(found, wanted, FORWARD[dtype])
    pairs = zip(gradients(cell, narrow), gradients(cell, given | {"record": {}}), strict=True)
    for found, wanted in pairs:
        assert_near(found, wanted, GRADIENT[dtype], "gradient")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths",), ("lengths", "reverse")])
def test_second_derivatives_of_float32(cell, options, plain_path):
    given = arguments(cell, options)
    # Weights of the size that training has: larger ones amplify any rounding step by step.
    given = {n: v * 0.3 if n.startswith("w_") else v for n, v in given.items()}

    def second(given):
        tensors, join = split(given)
        leaves = [tensor.clone().requires_grad_() for tensor in tensors]
        results = call(cell, join(leaves))
        loss = sum((result**2).sum() for result in results)
        first = torch.autograd.grad(loss, leaves, create_graph=True)
        return torch.autograd.grad(sum((grad**2).sum() for grad in first), leaves)

    narrow = cast(given, torch.float32)
    for found, wanted in zip(second(narrow), second(given | {"record": {}}), strict=True):
        assert_near(found, wanted, SECOND[torch.float32], "second derivative")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths", "reverse"), ("resets",)])
def test_torch_func(cell, options):
    given = arguments(cell, options)
    tensors, join = split(given)

    def loss(*new):
        return sum((result**2).sum() for result in call(cell, join(new)))

    every = tuple(range(len(tensors)))
    leaves = [tensor.clone().requires_grad_() for tensor in tensors]
    wanted = torch.autograd.grad(loss(*leaves), leaves)
    for found, expected in zip(torch.func.grad(loss, every)(*tensors), wanted, strict=True):
        assert_near(found, expected, GRADIENT[torch.float64])
    make = torch.Generator().manual_seed(5)
    tangents = [torch.randn(t.shape, generator=make, dtype=t.dtype) for t in tensors]
    _, slope = torch.func.jvp(loss, tuple(tensors), tuple(tangents))
    along = sum((g * t).sum() for g, t in zip(wanted, tangents, strict=True))
    assert_near(slope, along, GRADIENT[torch.float64])


@pytest.mark.parametrize("cell", CELLS)
def test_vmap_over_models(cell):
    several = [arguments(cell, seed=seed) for seed in range(3)]
    stacked = [torch.stack(each) for each in zip(*(split(g)[0] for g in several), strict=True)]
    join = split(several[0])[1]
    found = torch.func.vmap(lambda *new: call(cell, join(new))[0])(*stacked)
    for value, given in zip(found, several, strict=True):
        assert_near(value, call(cell, given)[0], FORWARD[torch.float64])


@pytest.mark.parametrize("cell", CELLS)
def test_per_sample_gradients(cell):
    given = arguments(cell)
    state = [name for name in ("x", "h0", "c0") if name in given]
    per_batch = [given.pop(name) for name in state]

    def loss(w_hh, *rows):
        rows = dict(zip(state, (row.unsqueeze(0) for row in rows), strict=True))
        return (call(cell, given | rows | {"w_hh": w_hh})[0] ** 2).sum()

    spread = torch.func.vmap(torch.func.grad(loss), in_dims=(None, *[0] * len(state)))
    found = spread(given["w_hh"], *per_batch)
    w_hh = given["w_hh"].clone().requires_grad_()
    results = call(cell, given | dict(zip(state, per_batch, strict=True)) | {"w_hh": w_hh})
    wanted = torch.autograd.grad((results[0] ** 2).sum(), w_hh)[0]
    assert_near(found.sum(0), wanted, GRADIENT[torch.float64])


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths", "reverse"), ("no_bias",)])
def test_kernels_without_second_derivatives_get_them(cell, options, plain_path, monkeypatch):
    """What serves cuDNN, whose backward has no derivative, run on torch's CPU kernels."""
    if plain_path == "native":
        pytest.skip("torch's kernels are what is wrapped")
    given = small(cell, options)
    wanted = gradients(cell, given)
    monkeypatch.setattr(fused, "fused", double_backward.differentiable_twice)
    for found, expected in zip(gradients(cell, given), wanted, strict=True):
        assert_near(found, expected, GRADIENT[torch.float64])
    function, leaves = as_function(cell, given)
    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)
    assert torch.autograd.gradgradcheck(function, leaves, fast_mode=True)


@pytest.mark.gpu
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths",), ("lengths", "reverse"), ("layer_norm",)])
def test_cuda_equals_the_reference(cell, options):
    given = arguments(cell, options)
    given = {n: v * 0.3 if n.startswith("w_") else v for n, v in given.items()}

    def moved(value):
        if isinstance(value, tuple):
            return tuple(moved(each) for each in value)
        return value.cuda() if isinstance(value, torch.Tensor) else value

    on_gpu = {name: moved(value) for name, value in cast(given, torch.float32).items()}
    for found, expected in zip(call(cell, on_gpu), call(cell, given), strict=True):
        assert_near(found.cpu(), expected, FORWARD[torch.float32])
    function, leaves = as_function(cell, {name: moved(value) for name, value in given.items()})
    assert torch.autograd.gradcheck(function, leaves, fast_mode=True)
    assert torch.autograd.gradgradcheck(function, leaves, fast_mode=True)
