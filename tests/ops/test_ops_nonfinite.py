"""NaN and infinity in every input and every gradient that comes in: they reach what they reach in
the float64 reference, and nothing else."""

from __future__ import annotations

import itertools

import pytest
import torch
from ops_episodes import by_episodes
from test_ops_kernels import (
    KINDS,
    LEEWAY,
    as_type,
    known_options,
    leaves,
    make,
    reference,
    results_of,
)

from ostinato.ops import kernels, native
from ostinato.ops.lstm import LSTM

module = native.load()
pytestmark = [
    pytest.mark.usefixtures("one_thread_for_module"),
    pytest.mark.skipif(
        module is None or not hasattr(module, "CallFloat"), reason="installed without the kernels"
    ),
]

PLAIN, QUICK = [(), ("zone",)], [("ragged", "resets", "mask")]
SLOW = [("ragged", "resets"), ("rate",), ("mask",), ("norm",), ("zone", "norm")]
LSTM_QUICK, LSTM_SLOW = (
    [("peephole", "cells")],
    [("ragged", "resets", "peephole", "cells", "zone", "norm")],
)
VALUES = [float("nan"), float("inf"), -float("inf")]
BATCH, STEPS, INPUT, ROW = 4, 4, 3, 1
# Inputs of one sequence: the others' results are the same bits whatever stands there.
OF_ROWS = ("x", "h0", "c0", "recurrent_mask", "grad")


def cases(general, of_lstm):
    for kind, (cell, _) in KINDS.items():
        for options in general + (of_lstm if cell is LSTM else []):
            if set(options) <= {*known_options(kind)}:
                yield pytest.param(kind, options, id=f"{kind}-{'-'.join(options) or 'plain'}")


def copied(values):
    """Leaves of their own, to be written to."""
    return as_type(as_type(values, torch.float32), torch.float64)


def poisoned(values, weights, name, value):
    """Copies of arguments and incoming gradients with one entry of sequence `ROW` replaced."""
    values, weights = copied(values), [each.clone() for each in weights]
    target = weights[int(name[4:])] if name.startswith("grad") else values[name]
    place = {1: (2,), 2: (ROW, 1), 3: (ROW, 2, 1)}[target.dim()]
    with torch.no_grad():
        target[place] = value
    return values, weights


def everything(cell, values, weights, run):
    """Results, then the gradients of every leaf."""
    results = results_of(cell, values, run)
    weights = [w.to(r.dtype) for w, r in zip(weights, results, strict=True)]
    gradients = torch.autograd.grad(
        results, leaves(values), weights, allow_unused=True, materialize_grads=True
    )
    return [each.detach() for each in results], gradients


def names_of(values):
    return [n for n, v in values.items() if isinstance(v, torch.Tensor) and v.requires_grad]


def differs(found, expected, leeway, gradient):
    """What is wrong with `found`, or None. A gradient may be NaN for infinite and the reverse:
    which one a sum of infinities gives hangs on how the formula is written."""
    if gradient:
        if not torch.equal(found.isfinite(), expected.isfinite()):
            more = (found.isfinite() & ~expected.isfinite()).sum().item()
            less = (expected.isfinite() & ~found.isfinite()).sum().item()
            return f"{more} finite that should not be, {less} not finite that should be"
    elif not torch.equal(found.isnan(), expected.isnan()):
        return f"NaN in {found.isnan().sum().item()} places, not {expected.isnan().sum().item()}"
    elif not torch.equal(found[found.isinf()].double(), expected[expected.isinf()]):
        return "infinities elsewhere"
    both = expected.isfinite()
    if both.any():
        scale = max(expected[both].abs().max().item(), 0.1)
        off = (found[both].double() - expected[both]).abs().max().item() / scale
        if off > leeway:
            return f"finite values are off by {off:.1e}"
    return None


def faults(kind, options, hidden, values, dtypes):
    """Every place where the kernels and the reference part, in words."""
    cell, base = make(kind, (BATCH, STEPS, INPUT, hidden), *options)
    run = reference
    if base["lengths"] is not None:
        run = by_episodes
        base["lengths"] = torch.tensor([4, 3, 0, 2])
        base["resets"][ROW] = torch.tensor([False, True, False, True])
    base["reverse"] = hidden == 18
    clean_weights = [torch.randn_like(each) for each in results_of(cell, base, run)]
    inputs = [n for n, v in base.items() if isinstance(v, torch.Tensor) and v.is_floating_point()]
    inputs += [f"grad{k}" for k in range(len(clean_weights))]
    for name, value, dtype in itertools.product(inputs, values, dtypes):
        given, weights = poisoned(base, clean_weights, name, value)
        expected = everything(cell, given, weights, run)
        found = everything(cell, as_type(given, dtype), weights, kernels.native)
        names = [f"result {k}" for k in range(len(weights))], names_of(given)
        for gradient, of in enumerate(names):
            for what, *pair in zip(of, found[gradient], expected[gradient], strict=True):
                fault = differs(*pair, 2 * LEEWAY[dtype][gradient], bool(gradient))
                if fault:
                    yield f"{value} in {name}, {dtype}: {what}: {fault}"


@pytest.mark.parametrize(("kind", "options"), list(cases(PLAIN + QUICK, LSTM_QUICK)))
def test_they_reach_what_they_reach_in_the_reference(kind, options):
    wrong = list(faults(kind, options, 18, VALUES[:2], [torch.float32]))
    assert not wrong, "\n".join(wrong)


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [3, 32, 129])
@pytest.mark.parametrize(
    ("kind", "options"), list(cases(PLAIN + QUICK + SLOW, LSTM_QUICK + LSTM_SLOW))
)
def test_they_do_with_any_number_of_units(kind, options, hidden):
    wrong = list(faults(kind, options, hidden, VALUES, LEEWAY))
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(("kind", "options"), list(cases(PLAIN[:1] + SLOW[-1:], LSTM_SLOW)))
def test_the_other_sequences_keep_their_bits(kind, options):
    cell, base = make(kind, (BATCH, STEPS, INPUT, 18), *options)
    weights = [torch.randn_like(each) for each in results_of(cell, base, reference)]
    clean = everything(cell, as_type(base, torch.float32), weights, kernels.native)
    inputs = [n for n in OF_ROWS[:-1] if isinstance(base.get(n), torch.Tensor)]
    inputs += [f"grad{k}" for k in range(len(weights))]
    others = torch.arange(BATCH) != ROW
    for name in inputs:
        for value in VALUES:
            values, dirty = poisoned(base, weights, name, value)
            found = everything(cell, as_type(values, torch.float32), dirty, kernels.native)
            for ours, theirs in zip(found[0], clean[0], strict=True):
                assert torch.equal(ours[others], theirs[others]), name
            for what, ours, theirs in zip(names_of(base), found[1], clean[1], strict=True):
                if what in OF_ROWS:
                    assert torch.equal(ours[others], theirs[others]), (name, what)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("bits", [0x7FC00001, 0x7FC00155, 0x7FFFFFFF, -1])
def test_a_nan_is_one_whatever_its_other_bits(kind, bits):
    cell, values = make(kind, (BATCH, STEPS, INPUT, 18))
    values = as_type(values, torch.float32)
    with torch.no_grad():
        values["x"].view(torch.int32)[ROW, 2, 1] = bits
        outputs, *_ = results_of(cell, values, kernels.native)
    assert torch.equal(outputs.isnan(), by_episodes(cell, values)[0].isnan())
    assert outputs[ROW, 2:].isnan().all()
