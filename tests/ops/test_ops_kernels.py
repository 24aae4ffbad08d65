"""The native kernels against the float64 reference, and their bit-for-bit guarantees."""

from __future__ import annotations

import itertools
import random

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from ostinato.ops import call, kernels, native
from ostinato.ops.gru import GRU
from ostinato.ops.lstm import LSTM
from ostinato.ops.rnn import RNN

module = native.load()
pytestmark = [
    pytest.mark.usefixtures("one_thread_for_module"),
    pytest.mark.skipif(
        module is None or not hasattr(module, "CallFloat"), reason="installed without the kernels"
    ),
]

KINDS = {
    "tanh": (RNN, 1),
    "relu": (RNN, 1),
    "gru": (GRU, 3),
    "before": (GRU, 3),
    "lstm": (LSTM, 4),
    "coupled": (LSTM, 3),
}
OPTIONS = ["ragged", "resets", "starts", "mask", "zone", "rate", "norm"]
LSTM_OPTIONS = ["peephole", "cells", "projection"]
SHAPES = [
    (5, 7, 3, 17),
    (1, 9, 1, 1),
    (4, 6, 5, 129),
    (7, 11, 9, 3),
    (3, 4, 33, 32),
    (9, 300, 8, 40),
]
LEEWAY = {torch.float32: (5e-6, 1e-5), torch.float64: (1e-13, 1e-12)}


@pytest.fixture(params=["avx512", "avx2", "baseline"])
def instruction_set(request):
    if request.param not in module.instruction_sets():
        pytest.skip("not built here, or this machine cannot run it")
    before = module.instruction_set()
    module.use_instruction_set(request.param)
    yield request.param
    module.use_instruction_set(before)


def known_options(kind):
    """The options that the kernels have for this kind."""
    return OPTIONS + (LSTM_OPTIONS if KINDS[kind][0] is LSTM else [])


def make(kind, shape, *options, ragged=False, reverse=False, resets=False, bias=True):
    """Every argument of a cell's reference, random and different everywhere, in float64.

    Options are "ragged", "resets", "starts" (resets return to given states), "mask" (recurrent
    dropout), "zone" and "rate" (zoneout in training and evaluation), "norm", and for LSTM
    "peephole", "cells" (c at every step) and "projection".
    """
    ragged, resets = ragged or "ragged" in options, resets or {"resets", "starts"} & {*options}
    cell, gates = KINDS[kind]
    batch, steps, size, hidden = shape
    bound = hidden**-0.5
    state = max(1, 2 * hidden // 3) if "projection" in options else hidden

    def uniform(*dims):
        return ((torch.rand(*dims, dtype=torch.float64) * 2 - 1) * bound).requires_grad_()

    def normal(*dims):
        return torch.randn(*dims, dtype=torch.float64).requires_grad_()

    values = dict.fromkeys(cell.names)
    values |= {name: 0.0 for name in cell.names if name.endswith("_rate")}
    values |= {
        "x": normal(batch, steps, size),
        "h0": normal(batch, state),
        "w_ih": uniform(gates * hidden, size),
        "w_hh": uniform(gates * hidden, state),
        "b_ih": uniform(gates * hidden) if bias else None,
        "b_hh": uniform(gates * hidden) if bias else None,
        "reverse": reverse,
        "eps": 1e-5,
        "lengths": torch.randint(0, steps + 1, (batch,)) if ragged else None,
        "resets": torch.rand(batch, steps) < 0.3 if resets else None,
    }
    if "mask" in options:
        values["recurrent_mask"] = (torch.rand(batch, state) < 0.7).double() / 0.7
    for name in ("zoneout", "zoneout_cell"):
        if name in values and "zone" in options:
            units = state if name == "zoneout" else hidden
            values[name] = torch.rand(batch, steps, units) < 0.4
        if name in values and "rate" in options:
            values[f"{name}_rate"] = 0.3 if name == "zoneout" else 0.2
    if "starts" in options:
        sizes = {"h_reset": state, "c_reset": hidden}
        values |= {name: normal(batch, size) for name, size in sizes.items() if name in values}
    if "norm" in options:
        rows = gates * hidden
        sizes = {"gain_ih": rows, "gain_hh": rows, "gain_cell": hidden, "bias_cell": hidden}
        values |= {name: normal(size) for name, size in sizes.items() if name in values}
    if cell is LSTM:
        values |= {"c0": normal(batch, hidden), "coupled_gates": kind == "coupled"}
        values["cell_sequence"] = "cells" in options
        values["peephole"] = uniform(3 * hidden) if "peephole" in options else None
        values["w_hr"] = uniform(state, hidden) if "projection" in options else None
    elif cell is GRU:
        values["reset_after"] = kind == "gru"
    else:
        values["activation"] = kind
    return cell, values


def as_type(values, dtype):
    """The same values in `dtype`, as new leaves."""
    return {
        name: value.detach().to(dtype).requires_grad_(value.requires_grad)
        if isinstance(value, torch.Tensor) and value.is_floating_point()
        else value
        for name, value in values.items()
    }


def leaves(values):
    return [v for v in values.values() if isinstance(v, torch.Tensor) and v.requires_grad]


def results_of(cell, values, run):
    several = 3 + values["cell_sequence"] if cell.name == "lstm" else 2
    return run(cell, values)[:several]


def reference(cell, values):
    return cell.reference(**values)


def off(found, expected, least=0.0):
    """The largest difference, relative to the largest value, or to `least` where that is more."""
    if not expected.numel():
        return 0.0
    found, expected = found.detach().double(), expected.detach()
    scale = max(float(expected.abs().max()), least) or 1.0
    return float((found - expected).abs().max()) / scale


def compare(cell, values, dtype, slack=1):
    expected = results_of(cell, values, reference)
    weights = [torch.randn_like(each) for each in expected]
    loss = sum((e * w).sum() for e, w in zip(expected, weights, strict=True))
    expected_gradients = torch.autograd.grad(loss, leaves(values))
    same = as_type(values, dtype)
    assert kernels.serves(same)
    found = results_of(cell, same, kernels.native)
    loss = sum((f * w.to(dtype)).sum() for f, w in zip(found, weights, strict=True))
    gradients = torch.autograd.grad(loss, leaves(same))
    forward, backward = LEEWAY[dtype]
    for ours, theirs, leeway in (
        (found, expected, forward),
        (gradients, expected_gradients, backward),
    ):
        # A sum that cancels keeps its terms' rounding: a tenth of the largest value is its scale.
        least = 0.1 * max(float(each.detach().abs().max()) for each in theirs if each.numel())
        for one, other in zip(ours, theirs, strict=True):
            assert off(one, other, least) < slack * leeway


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_results_and_every_gradient_equal_the_reference(kind, shape, instruction_set):
    for dtype in LEEWAY:
        compare(*make(kind, shape), dtype)


def combinations():
    """Every option alone, every pair, and all that go together."""
    for kind in KINDS:
        known = known_options(kind)
        sets = [(each,) for each in known] + list(itertools.combinations(known, 2))
        for options in [*sets, tuple(known)]:
            yield pytest.param(kind, options, id=f"{kind}-{'-'.join(options)}")


@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize(("kind", "options"), list(combinations()))
def test_options_equal_the_reference(kind, options, reverse):
    for dtype in LEEWAY:
        compare(*make(kind, (5, 7, 4, 19), *options, reverse=reverse), dtype)


@pytest.mark.parametrize("kind", KINDS)
def test_options_of_every_instruction_set(kind, instruction_set):
    known = known_options(kind)
    for hidden in (1, 16, 33):
        # Normalised by itself one unit is nothing but rounding, a thousandfold.
        options = [each for each in known if hidden > 1 or each != "norm"]
        compare(*make(kind, (4, 6, 3, hidden), *options), torch.float32)


@given(
    kind=st.sampled_from(sorted(KINDS)),
    shape=st.tuples(
        *(st.integers(1, 9), st.integers(1, 12), st.integers(1, 40), st.integers(1, 70))
    ),
    ragged=st.booleans(),
    bias=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_any_shape_equals_the_reference(kind, shape, ragged, bias):
    compare(*make(kind, shape, ragged=ragged, bias=bias), torch.float32)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_has_the_same_bits_in_any_company(kind, instruction_set):
    cell, values = make(
        kind, (13, 21, 10, 37), *{"ragged", "mask", "rate", "norm"} & {*known_options(kind)}
    )
    values = as_type(values, torch.float32)
    with torch.no_grad():
        whole = results_of(cell, values, kernels.native)
        for row, length in enumerate(values["lengths"].tolist()):
            if length == 0:
                continue
            alone = {
                name: value[row : row + 1]
                if isinstance(value, torch.Tensor) and name in ("h0", "c0", "recurrent_mask")
                else value
                for name, value in values.items()
            }
            alone |= {"x": values["x"][row : row + 1, :length], "lengths": None}
            outputs, *finals = results_of(cell, alone, kernels.native)
            assert torch.equal(outputs[0], whole[0][row, :length])
            assert not whole[0][row, length:].any()
            for final, all_finals in zip(finals, whole[1:], strict=True):
                assert torch.equal(final[0], all_finals[row])


@pytest.mark.parametrize("kind", KINDS)
def test_step_by_step_and_any_thread_count_give_the_same_bits(kind, monkeypatch):
    cell, values = make(kind, (6, 17, 5, 33))
    values = as_type(values, torch.float32)
    threads = torch.get_num_threads()
    with torch.no_grad():
        single = results_of(cell, values, kernels.native)
        try:
            monkeypatch.setattr(call, "THREAD_WORK", 1)
            torch.set_num_threads(3)
            whole = results_of(cell, values, kernels.native)
        finally:
            torch.set_num_threads(threads)
        states = [values["h0"], values.get("c0")]
        for time in range(17):
            step = values | {"x": values["x"][:, time : time + 1], "h0": states[0]}
            if cell is LSTM:
                step["c0"] = states[1]
            output, *states = results_of(cell, step, kernels.native)
            assert torch.equal(output[:, 0], whole[0][:, time])
    for one, other in zip(single, whole, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("kind", ["tanh", "gru", "before", "lstm"])
def test_double_backward_and_a_second_backward(kind):
    cell, values = make(kind, (3, 5, 4, 6), ragged=True)
    x = values["x"]

    def outputs(each):
        return kernels.native(cell, values | {"x": each})[0]

    assert torch.autograd.gradcheck(outputs, (x,))
    assert torch.autograd.gradgradcheck(outputs, (x,))
    loss = outputs(x).square().sum()
    first = torch.autograd.grad(loss, leaves(values), retain_graph=True, allow_unused=True)
    second = torch.autograd.grad(loss, leaves(values), allow_unused=True)
    for one, other in zip(first, second, strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_nan_and_infinity_go_through_as_in_the_reference(kind, value):
    cell, values = make(kind, (3, 6, 4, 18))
    values = as_type(values, torch.float32)
    with torch.no_grad():
        values["x"][1, 2, 3] = value
        found = kernels.native(cell, values)[0]
        expected = cell.reference(**values)[0]
    assert torch.equal(found.isnan(), expected.isnan())
    assert torch.equal(found.isinf(), expected.isinf())


def test_padding_is_never_read():
    cell, values = make("gru", (4, 8, 3, 5), ragged=True)
    values = as_type(values, torch.float32)
    clean = kernels.native(cell, values)[0]
    padded = values["x"].detach().clone()
    for row, length in enumerate(values["lengths"].tolist()):
        padded[row, length:] = float("nan")
    padded.requires_grad_()
    dirty = kernels.native(cell, values | {"x": padded})[0]
    assert torch.equal(clean, dirty)
    (gradient,) = torch.autograd.grad(dirty.sum(), padded)
    assert gradient.isfinite().all()


def test_strides_of_any_kind_are_served():
    cell, values = make("lstm", (4, 6, 5, 8))
    values = as_type(values, torch.float32)
    plain = kernels.native(cell, values)[0]
    steps_first = values["x"].detach().transpose(0, 1).contiguous().transpose(0, 1)
    sparse = torch.stack([values["x"].detach()] * 2, 3)[..., 0]
    for x in (steps_first, sparse):
        assert not x.is_contiguous()
        found = kernels.native(cell, values | {"x": x.requires_grad_()})[0]
        assert torch.equal(found, plain)
        found.sum().backward()
        assert x.grad is not None


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_several_threads(kind, monkeypatch):
    monkeypatch.setattr(call, "THREAD_WORK", 1)
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        compare(*make(kind, (7, 11, 5, 33), ragged=True, resets=True), torch.float32)
        compare(*make(kind, (7, 11, 5, 33), *known_options(kind)), torch.float32)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.slow
def test_memory_does_not_grow_over_calls_of_changing_shapes():
    resource = pytest.importorskip("resource")
    draw = random.Random(0)

    def calls(count):
        for _ in range(count):
            shape = tuple(draw.randint(1, most) for most in (12, 30, 20, 40))
            cell, values = make(draw.choice(sorted(KINDS)), shape)
            values = as_type(values, torch.float32)
            sum(r.sum() for r in results_of(cell, values, kernels.native)).backward()
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    before = calls(2_000)
    assert calls(8_000) - before < 8_000  # KiB
