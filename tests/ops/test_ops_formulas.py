"""The reference against the equations in NumPy, every option alone and in pairs."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import ops_formulas
import pytest
import torch
from ops_cases import CELLS, EXCLUSIVE, OPTIONS, arguments, call

from ostinato import ops

pytestmark = pytest.mark.usefixtures("one_thread")

CASES = [
    (cell, pair)
    for cell in CELLS
    for size in (0, 1, 2)
    for pair in combinations(OPTIONS[cell], size)
    if set(pair) not in EXCLUSIVE
]


def as_numpy(given):
    def one(value):
        if isinstance(value, tuple):
            return tuple(one(each) for each in value)
        return value.numpy() if isinstance(value, torch.Tensor) else value

    return {name: one(value) for name, value in given.items()}


@pytest.mark.parametrize(("cell", "options"), CASES, ids=str)
def test_results_are_the_equations(cell, options):
    given = arguments(cell, options, seed=len(options))
    found = call(cell, given)
    expected = ops_formulas.run(cell, as_numpy(given))
    assert len(found) == len(expected)
    for value, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(value.numpy(), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_everything_at_once(cell):
    options = [o for o in OPTIONS[cell] if not o.endswith("rate")]
    given = arguments(cell, options, steps=9)
    for value, wanted in zip(
        call(cell, given), ops_formulas.run(cell, as_numpy(given)), strict=True
    ):
        np.testing.assert_allclose(value.numpy(), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ["b_ih", "b_hh"])
def test_one_bias_alone(cell, name):
    given = arguments(cell, ["lengths"]) | {name: None}
    wanted = ops_formulas.run(cell, as_numpy(given))[0]
    np.testing.assert_allclose(call(cell, given)[0].numpy(), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [(), ("lengths", "reverse"), ("resets", "lengths")])
def test_trace_holds_the_states_the_layer_returns(cell, options):
    given = arguments(cell, options)
    names = {"rnn": "h", "gru": "rznh", "lstm": "ifgohc"}[cell]
    weights = [given.pop(k) for k in list(given) if k in ("x", "h0", "c0") or k[1] == "_"]
    traced = ops.trace(cell, *weights, **given)
    assert set(traced) == set(names)
    found = getattr(ops, cell)(*weights, **given)[0]
    torch.testing.assert_close(traced["h"], found, rtol=1e-12, atol=1e-12)
    if cell == "gru":
        before = torch.cat([weights[1].unsqueeze(1), found[:, :-1]], 1)
        z, n = traced["z"], traced["n"]
        if not options:
            torch.testing.assert_close((1 - z) * n + z * before, found, rtol=1e-12, atol=1e-12)
    if cell == "lstm":
        torch.testing.assert_close(
            traced["o"] * torch.tanh(traced["c"]), found, rtol=1e-12, atol=1e-12
        )


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("option", [None, "recurrent_mask", "zoneout_rate", "layer_norm"])
def test_steps_one_by_one_are_the_sequence(cell, option):
    given = arguments(cell, [option] if option else [])
    outputs = call(cell, given)[0]
    x = given.pop("x")
    state = [given.pop(name) for name in ("h0", "c0") if name in given]
    for t in range(x.shape[1]):
        state = getattr(ops, f"{cell}_step")(x[:, t], *state, **given)
        state = list(state) if cell == "lstm" else [state]
        torch.testing.assert_close(state[0], outputs[:, t], rtol=1e-12, atol=1e-12)
