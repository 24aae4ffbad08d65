"""Zoneout's random flags."""

from __future__ import annotations

import pytest
import torch

from ostinato.nn.dropout import chosen_quickly
from ostinato.ops import native

CPU = torch.device("cpu")


@pytest.mark.parametrize("p", [0.0, 0.1, 0.5, 0.9])
def test_the_share_is_p_and_neighbours_are_independent(p):
    torch.manual_seed(0)
    flags = chosen_quickly((1000, 999), p, CPU).double()
    assert flags.mean().item() == pytest.approx(p, abs=5 * (p * (1 - p) / 999_000) ** 0.5 + 1e-5)
    for shifted in (flags[:, 1:] * flags[:, :-1], flags[1:] * flags[:-1]):
        assert shifted.mean().item() == pytest.approx(p * p, abs=2.5e-3)


def test_a_seed_gives_the_same_flags_with_every_instruction_set():
    module = native.load()
    if not hasattr(module, "choose"):
        pytest.skip("installed without the kernels")
    before, found = module.instruction_set(), []
    for name in module.instruction_sets():
        module.use_instruction_set(name)
        torch.manual_seed(3)
        found.append(chosen_quickly((7, 11, 3), 0.3, CPU))
    module.use_instruction_set(before)
    assert all(torch.equal(found[0], each) for each in found)
    assert not torch.equal(found[0], chosen_quickly((7, 11, 3), 0.3, CPU))
