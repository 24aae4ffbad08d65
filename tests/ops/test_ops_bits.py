"""The same bits with every option: alone or in a batch, in any order, padded or not, with one
thread or two, whole or step by step; and gradients from run to run."""

from __future__ import annotations

import pytest
import torch
from ops_episodes import BATCHED
from test_ops_kernels import (
    KINDS,
    as_type,
    known_options,
    leaves,
    make,
    results_of,
)

from ostinato.ops import call, kernels, native
from ostinato.ops.lstm import LSTM

module = native.load()
pytestmark = [
    pytest.mark.usefixtures("one_thread_for_module"),
    pytest.mark.skipif(
        module is None or not hasattr(module, "CallFloat"), reason="installed without the kernels"
    ),
]

BATCH, STEPS = 7, 11
OF_ROWS = (*BATCHED, "lengths", "resets")


def cases():
    for kind in KINDS:
        known = known_options(kind)
        for options in [(), *((each,) for each in known), tuple(known)]:
            yield pytest.param(kind, options, id=f"{kind}-{'-'.join(options) or 'plain'}")


def given(kind, options, hidden=37):
    cell, values = make(kind, (BATCH, STEPS, 10, hidden), *options)
    return cell, as_type(values, torch.float32)


def rows(values, chosen):
    """The sequences of these indices."""
    return {
        name: value[chosen] if name in OF_ROWS and isinstance(value, torch.Tensor) else value
        for name, value in values.items()
    }


def run(cell, values):
    with torch.no_grad():
        return results_of(cell, values, kernels.native)


@pytest.fixture
def threads(monkeypatch):
    """A function that sets how many threads even a small call takes."""
    before = torch.get_num_threads()
    monkeypatch.setattr(call, "THREAD_WORK", 1)
    yield torch.set_num_threads
    torch.set_num_threads(before)


@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize(("kind", "options"), list(cases()))
def test_company_order_padding_and_threads_change_no_bit(kind, options, reverse, threads):
    cell, values = given(kind, options)
    values["reverse"] = reverse
    threads(1)
    whole = run(cell, values)
    order = torch.randperm(BATCH)
    for count in (1, 2):
        threads(count)
        for found, expected in zip(run(cell, rows(values, order)), whole, strict=True):
            assert torch.equal(found, expected[order])
    lengths = values["lengths"]
    for row in range(BATCH):
        alone = rows(values, slice(row, row + 1))
        length = STEPS if lengths is None else int(lengths[row])
        if length == 0:
            continue
        for name in ("x", "resets", "zoneout", "zoneout_cell"):
            if isinstance(alone.get(name), torch.Tensor):
                alone[name] = alone[name][:, :length]
        alone["lengths"] = None
        for found, expected in zip(run(cell, alone), whole, strict=True):
            within = expected[row, :length] if expected.dim() == 3 else expected[row]
            assert torch.equal(found[0], within)


@pytest.mark.parametrize(("kind", "options"), list(cases()))
def test_step_by_step_gives_the_bits_of_the_whole(kind, options):
    cell, values = given(kind, options)
    lengths, resets = values["lengths"], values["resets"]
    whole = run(cell, values)
    state = [values[name] for name in ("h0", "c0") if name in values]
    reset_to = [values[name] for name in ("h_reset", "c_reset") if name in values]
    for time in range(STEPS):
        going = torch.ones(BATCH, dtype=torch.bool) if lengths is None else lengths > time
        if resets is not None:
            start = (resets[:, time] & going)[:, None]
            state = [
                torch.where(start, 0 if r is None else r, s)
                for r, s in zip(reset_to, state, strict=True)
            ]
        step = values | {"h0": state[0], "resets": None, "lengths": None}
        step |= {name: None for name in ("h_reset", "c_reset") if name in values}
        for name in ("x", "zoneout", "zoneout_cell"):
            if isinstance(values.get(name), torch.Tensor):
                step[name] = values[name][:, time : time + 1]
        if cell is LSTM:
            step["c0"] = state[1]
        outputs, *rest = run(cell, step)
        assert torch.equal(outputs[going, 0], whole[0][going, time])
        state = [
            torch.where(going[:, None], n, s)
            for n, s in zip(rest[: len(state)], state, strict=True)
        ]
    for found, expected in zip(state, whole[1:], strict=False):
        assert torch.equal(found, expected)


@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_gradients_have_the_same_bits_from_run_to_run(kind, count, threads):
    threads(count)
    every = known_options(kind)
    other_cell, other = given("gru", ("ragged",), hidden=64)

    def gradients(cell, values):
        results = results_of(cell, values, kernels.native)
        return torch.autograd.grad(sum(each.square().sum() for each in results), leaves(values))

    for options in ((), tuple(every), ("ragged", "resets", "mask")):
        cell, values = given(kind, options)
        first = gradients(cell, values)
        # A call of other sizes leaves its own numbers in the workspace.
        gradients(other_cell, other)
        for one, two in zip(first, gradients(cell, values), strict=True):
            assert torch.equal(one, two)


@pytest.mark.parametrize("reverse", [False, True], ids=["forwards", "backwards"])
@pytest.mark.parametrize("kind", KINDS)
def test_threads_that_split_the_units_change_no_bit(kind, reverse, threads):
    """More threads than sequences: each takes some units, and gradients keep their bits too."""
    alone = ("norm", "rate", "projection")  # those two are not split
    options = [each for each in known_options(kind) if each not in alone]
    for chosen, hidden in (((), 257), (options, 240)):
        cell, values = make(kind, (2, 60, 40, hidden), *chosen, reverse=reverse)
        values = as_type(values, torch.float32)
        found = []
        for count in (1, 3, 5):
            threads(count)
            results = results_of(cell, values, kernels.native)
            loss = sum(each.square().sum() for each in results)
            found.append([*results, *torch.autograd.grad(loss, leaves(values))])
        for split in found[1:]:
            for one, other in zip(found[0], split, strict=True):
                assert torch.equal(one, other)
