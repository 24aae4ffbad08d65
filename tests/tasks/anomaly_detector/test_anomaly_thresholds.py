"""Thresholds, events and alarms, by hand and by known distributions."""

from __future__ import annotations

import numpy as np
import pytest

from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.anomaly_detector.thresholds import Alarms, Tail, pareto


def verdicts(scores, tail=None, **options):
    made = AnomalyDetectorOptions(**options)
    alarms = Alarms(made, tail or Tail.of(np.ones(100), made.rate))
    return [alarms.step(float(each)) for each in scores]


def rows_of(found, name):
    return [k for k, each in enumerate(found) if getattr(each, name)]


def test_events_are_merged_and_alarms_cool_down():
    """The threshold is 1. Rows 1, 2 and 5 are one event with merge=2; row 9 is another."""
    scores = [0, 3, 2, 0, 0, 4, 0, 0, 0, 3.5, 0]
    found = verdicts(scores, threshold="quantile", merge=2, cooldown=4)
    assert [each.event for each in found] == [0, 1, 1, 0, 0, 1, 0, 0, 0, 2, 0]
    assert rows_of(found, "above") == [1, 2, 5, 9]
    assert rows_of(found, "alarm") == [1, 9]
    assert rows_of(verdicts(scores, threshold="quantile", merge=2, cooldown=20), "alarm") == [1]
    apart = verdicts(scores, threshold="quantile", merge=0, cooldown=0)
    assert [each.event for each in apart] == [0, 1, 1, 0, 0, 2, 0, 0, 0, 3, 0]
    assert rows_of(apart, "alarm") == [1, 5, 9]


def test_what_is_twice_as_bad_does_not_wait():
    scores = [0, 3, 5, 6.5, 9, 14, 0]
    assert rows_of(verdicts(scores, threshold="quantile", cooldown=20), "alarm") == [1, 3, 5]


def test_an_event_that_began_in_the_cool_down_is_told_when_it_is_over():
    scores = [3, 0, 0, 0, 2, 2, 2, 2, 2]
    found = verdicts(scores, threshold="quantile", merge=1, cooldown=5)
    assert rows_of(found, "alarm") == [0, 6]


def test_the_largest_so_far():
    tail = Tail.of(np.array([1.0, 5, 4, 2]), 0.01)
    found = verdicts([3, 4.5, 4.2, 6, 1], tail, threshold="largest", rank=2)
    assert [each.threshold for each in found] == [4, 4, 4.5, 4.5, 5]
    assert [each.above for each in found] == [False, True, False, True, False]


def test_a_pareto_tail_is_recovered():
    rng = np.random.default_rng(0)
    for shape, scale in ((0.0, 2.0), (0.3, 1.0), (-0.2, 5.0)):
        uniform = rng.random(200_000)
        peaks = -scale * np.log(uniform) if not shape else scale / shape * (uniform**-shape - 1)
        assert pareto(peaks) == pytest.approx((shape, scale), abs=0.05)


@pytest.mark.parametrize("threshold", ["peaks", "quantile", "rate"])
@pytest.mark.parametrize("draw", ["exponential", "normal"])
def test_the_share_above_is_the_rate(threshold, draw):
    rng = np.random.default_rng(1)
    tail = Tail.of(np.abs(getattr(rng, draw)(size=5000)), 2e-3)
    scores = np.abs(getattr(rng, draw)(size=30_000))
    found = verdicts(scores, tail, threshold=threshold, rate=2e-3)
    assert np.mean([each.above for each in found]) == pytest.approx(2e-3, rel=0.5)


def test_a_threshold_with_drift_follows_scores_that_rise():
    rng = np.random.default_rng(2)
    usual, rising = rng.random(2000), rng.random(4000) + np.arange(4000) / 400
    tail = Tail.of(usual, 1e-3)
    above = {
        drift: np.mean([v.above for v in verdicts(rising, tail, threshold="peaks", drift=drift)])
        for drift in (0, 50)
    }
    assert above[50] < 0.05 < 0.5 < above[0]


def test_memory_does_not_grow():
    rng = np.random.default_rng(3)
    for threshold in ("peaks", "largest", "rate", "quantile"):
        options = AnomalyDetectorOptions(threshold=threshold, cooldown=30, drift=10)
        alarms = Alarms(options, Tail.of(rng.random(1000), 1e-3))
        for each in rng.random(20_000):
            alarms.step(float(each))
        assert len(getattr(alarms.threshold, "peaks", [])) <= 400
        assert len(getattr(alarms.threshold, "kept", [])) <= options.rank


def test_a_tail_of_equal_scores_is_usable():
    for threshold in ("peaks", "largest", "rate", "quantile"):
        tail = Tail.of(np.zeros(50), 1e-3)
        found = verdicts([0, 0, 1, 0], tail, threshold=threshold)
        assert [each.above for each in found] == [False, False, True, False], threshold
