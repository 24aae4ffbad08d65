"""Recordings changed at random: what each way changes, and what it leaves."""

from __future__ import annotations

import pytest
import torch

from ostinato.errors import OptionError
from ostinato.training.augmentation import WAYS, augment

LENGTHS = torch.tensor([40, 25, 1])


@pytest.fixture
def x():
    torch.manual_seed(0)
    steps = torch.arange(40.0)
    x = torch.stack([steps, torch.sin(steps), steps * 0 + 1], 1).repeat(3, 1, 1)
    return torch.where((steps < LENGTHS.unsqueeze(1)).unsqueeze(2), x, 0)


@pytest.mark.parametrize("name", list(WAYS))
def test_padding_stays_zero_and_the_same_seed_gives_the_same(name, x):
    torch.manual_seed(1)
    found, lengths = augment([name], x, LENGTHS)
    torch.manual_seed(1)
    again, _ = augment([name], x, LENGTHS)
    assert torch.equal(found, again)
    assert torch.isfinite(found).all()
    assert ((lengths >= 1) & (lengths <= LENGTHS)).all()
    assert found.shape[1] == int(lengths.max()) or name not in ("crop", "prefix")
    live = torch.arange(found.shape[1]) < lengths.unsqueeze(1)
    assert not found[~live].any()


def test_jitter_and_scaling_are_as_large_as_they_say(x):
    many = x[:1].repeat(400, 1, 1)
    noise = WAYS["jitter"](many, LENGTHS[:1].repeat(400))[0] - many
    assert float(noise.std()) == pytest.approx(0.05, rel=0.05)
    factors = WAYS["scaling"](many, LENGTHS[:1].repeat(400))[0][:, :, 2]
    assert float(factors[:, 0].std()) == pytest.approx(0.1, rel=0.2)
    assert float(factors.std(1).max()) < 1e-6  # one factor for all steps


def test_a_warped_recording_begins_and_ends_where_it_did_and_never_turns_back(x):
    found, lengths = WAYS["time_warp"](x, LENGTHS)
    assert torch.equal(lengths, LENGTHS)
    for row, length in enumerate(LENGTHS.tolist()):
        path = found[row, :length, 0]  # the channel that counts steps tells which were read
        assert float(path[0]) == 0
        assert float(path[-1]) == pytest.approx(length - 1, abs=1e-3)
        assert (path.diff() > 0).all()
    assert (found[0, :, 0] - x[0, :, 0]).abs().max() > 0.2


def test_crops_and_prefixes_are_parts_in_their_order(x):
    long = x[:1].repeat(200, 1, 1)
    for name, first in (("crop", False), ("prefix", True)):
        found, lengths = WAYS[name](long, LENGTHS[:1].repeat(200))
        assert len(lengths.unique()) > 5
        assert int(lengths.min()) >= (4 if first else 32)
        starts = found[:, 0, 0]
        assert bool((starts == 0).all()) == first
        for row, length in enumerate(lengths.tolist()):
            assert (found[row, :length, 0].diff() == 1).all()
    whole = (lengths == 40).float().mean()
    assert 0.35 < float(whole) < 0.65


def test_hidden_channels_and_steps_are_zero_and_the_others_as_they_were(x):
    many = (x[:1] + 1).repeat(300, 1, 1)
    lengths = LENGTHS[:1].repeat(300)
    found, _ = WAYS["channel_dropout"](many, lengths)
    hidden = (found == 0).all(1)
    assert 0.05 < float(hidden.float().mean()) < 0.15
    assert not hidden.all(1).any()
    assert torch.equal(
        found[~hidden.unsqueeze(1).expand_as(found)], many[~hidden.unsqueeze(1).expand_as(found)]
    )
    found, _ = WAYS["step_mask"](many, lengths)
    gone = (found == 0).all(2)
    assert int(gone.sum(1).max()) <= 5
    assert 0 < float(gone.float().mean()) < 0.1
    assert ((gone.int().diff(dim=1) == 1).sum(1) <= 1).all()  # one stretch


def test_an_unknown_way_is_refused(x):
    with pytest.raises(OptionError, match="Did you mean 'jitter'"):
        augment(["jiter"], x, LENGTHS)
