"""Batch normalisation over the steps that count, beside torch's over those steps alone."""

from __future__ import annotations

import pytest
import torch

from ostinato import nn
from ostinato.errors import ShapeError

LENGTHS = torch.tensor([5, 2, 0])


def pair():
    torch.manual_seed(0)
    ours, theirs = nn.BatchNorm(3), torch.nn.BatchNorm1d(3)
    with torch.no_grad():
        ours.weight.normal_(), ours.bias.normal_()
    theirs.load_state_dict(ours.state_dict(), strict=False)
    x = torch.randn(3, 5, 3)
    x[1, 2:], x[2] = 1e9, 1e9
    return ours, theirs, x


def test_training_counts_no_padding_and_gradients_are_torchs():
    ours, theirs, x = pair()
    live = torch.arange(5) < LENGTHS.unsqueeze(1)
    one = x.clone().requires_grad_()
    other = x[live].clone().requires_grad_()
    found, wanted = ours(one, LENGTHS), theirs(other)
    assert torch.allclose(found[live], wanted, atol=1e-6)
    assert not found[~live].any()
    weights = torch.randn_like(wanted)
    (found[live] * weights).sum().backward()
    (wanted * weights).sum().backward()
    assert torch.allclose(one.grad[live], other.grad, atol=1e-6)
    assert not one.grad[~live].any()
    assert torch.allclose(ours.running_mean, theirs.running_mean)
    assert torch.allclose(ours.running_var, theirs.running_var)


def test_answers_are_by_the_running_means_step_by_step():
    ours, theirs, x = pair()
    ours(x, LENGTHS)
    theirs.load_state_dict(ours.state_dict(), strict=False)
    ours.eval(), theirs.eval()
    x = torch.randn(2, 4, 3)
    found = ours(x, torch.tensor([4, 3]))
    assert torch.allclose(found[0], theirs(x[0]), atol=1e-6)
    assert not found[1, 3].any()
    assert torch.equal(found[0, 1], ours.step(x[0, 1]))
    assert torch.equal(ours(x)[1], ours.step(x[1]))


def test_one_step_alone_has_no_variance_and_changes_nothing():
    ours, _, _ = pair()
    x = torch.randn(1, 1, 3)
    assert torch.equal(ours(x)[0], ours.step(x[0]))
    assert not ours.running_mean.any()


def test_another_size_is_refused():
    with pytest.raises(ShapeError, match=r"BatchNorm: input must have shape .* 3\), got \(2, 3\)"):
        nn.BatchNorm(3)(torch.zeros(2, 3))
