"""Mean and spread kept up row by row, beside NumPy's."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ostinato.data.running import RunningScale


def test_it_is_numpys_mean_and_spread_until_memory_is_full():
    rows = np.random.default_rng(0).normal(3, 2, (50, 4))
    scale = RunningScale(4, [100])
    for k, row in enumerate(rows):
        (found,) = scale.step(row)
        if k:
            so_far = rows[: k + 1]
            assert found == pytest.approx((row - so_far.mean(0)) / so_far.std(0))


def test_then_old_rows_fade():
    scale = RunningScale(1, [10])
    for k in range(400):
        scale.step(np.array([0.0 if k < 200 else 7.0]))
    assert scale.mean[0, 0] == pytest.approx(7)
    weights = 0.9 ** np.arange(200)
    rows = np.random.default_rng(0).normal(size=200)
    for row in rows:
        scale.step(np.array([row]))
    assert scale.mean[0, 0] == pytest.approx((weights * rows[::-1]).sum() / weights.sum(), abs=1e-7)


def test_a_constant_column_gives_zeros_and_wakes_when_it_moves():
    scale = RunningScale(1, [1000])
    assert all(scale.step(np.array([0.003467])) == 0 for _ in range(500))
    chance = np.random.default_rng(0)
    found = [scale.step(0.003467 + chance.normal(0, 0.1, 1))[0, 0] for _ in range(300)]
    assert np.abs(found[:3]).max() == 5  # drawn in
    assert 0.3 < np.std(found[100:]) < 3


def test_one_wrong_reading_blinds_no_scale_and_a_new_level_is_followed():
    chance, scale = np.random.default_rng(0), RunningScale(1, [2000, 24])
    for _ in range(500):
        scale.step(chance.normal(size=1))
    assert (scale.step(np.array([1e300])) == 5).all()
    later = np.stack([scale.step(chance.normal(size=1))[:, 0] for _ in range(200)])
    assert later[:, 0].std() > 0.6
    assert later[100:, 1].std() > 0.8
    moved = np.stack([scale.step(1000 + chance.normal(size=1))[:, 0] for _ in range(400)])
    assert moved[200:, 1].std() > 0.5
    assert abs(moved[-1, 0]) < 3


def test_scales_do_not_mix():
    one, other, both = (RunningScale(3, each) for each in ([4], [50], [4, 50]))
    for row in np.random.default_rng(0).normal(size=(80, 3)):
        expected = np.concatenate([one.step(row), other.step(row)])
        assert np.array_equal(both.step(row), expected)


def test_saved_and_loaded_it_has_the_same_bits():
    scale = RunningScale(2, [5, 30])
    rows = np.random.default_rng(0).normal(size=(20, 2))
    rows[10] = 1000
    for row in rows[:10]:
        scale.step(row)
    again = RunningScale.from_dict(json.loads(json.dumps(scale.to_dict())))
    copied = scale.copy()
    for row in rows[10:]:
        expected = scale.step(row)
        assert np.array_equal(again.step(row), expected)
        assert np.array_equal(copied.step(row), expected)
