"""Scores of anomalies against cases worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from ostinato.errors import DataError, OptionError
from ostinato.measures.alarms import (
    Labelled,
    average_precision,
    measure_alarms,
    nab_probation,
    nab_score,
    rolling_zscore,
    spans_of,
    subsequence_pca,
    vus_pr,
    windowed_gaussian,
)


def alarms(rows: int, *at: int) -> np.ndarray:
    found = np.zeros(rows)
    found[list(at)] = 1
    return found


def test_spans_are_runs_of_true_rows():
    assert spans_of([0, 1, 1, 0, 0, 1]) == [(1, 2), (5, 5)]
    assert spans_of([True]) == [(0, 0)]
    assert spans_of([0, 0]) == []


def test_nab_worked_by_hand():
    """Window of rows 10 to 14; alarms in rows 3, 11, 12 and 16.

    Row 11 is at -(14 - 11 + 1) / 5 = -0.8 of the window: 0.964028 of at most 0.986614 at -1.
    Row 16 is 2 of 4 rows behind it: -0.848284. Row 3 has no window before it: -1.
    """
    series = [Labelled(scores=alarms(40, 3, 11, 12, 16), spans=[(10, 14)])]
    hit, near = 0.964028 / 0.986614, 0.848284
    for profile, miss, false in (
        ("standard", 1, 0.11),
        ("low_fp", 1, 0.22),
        ("low_fn", 2, 0.11),
    ):
        raw = hit - near * false - false
        score, _ = nab_score(series, profile, threshold=1)
        assert score == pytest.approx(100 * (raw + miss) / (1 + miss), abs=1e-3)


def test_nab_rows_in_probation_do_not_count():
    """The window's first rows are in probation: the first that counts is row 12, at -0.6."""
    series = [Labelled(scores=alarms(40, 3, 11, 12), spans=[(10, 14)], probation=12)]
    hit = (2 / (1 + math.exp(-3)) - 1) / 0.986614
    assert nab_score(series, threshold=1)[0] == pytest.approx(50 * (hit + 1), abs=1e-3)


def test_nab_far_behind_a_window_costs_in_full():
    spans = [(0, 4)]
    near = nab_score([Labelled(scores=alarms(40, 0, 15), spans=spans)], threshold=1)[0]
    far = nab_score([Labelled(scores=alarms(40, 0, 16), spans=spans)], threshold=1)[0]
    assert far == pytest.approx(100 - 5.5)
    assert near == pytest.approx(100 + 5.5 * (2 / (1 + math.exp(5 * 11 / 4)) - 1))


def test_nab_a_silent_and_a_perfect_detector():
    spans = [(10, 14), (30, 39)]
    assert nab_score([Labelled(scores=alarms(60), spans=spans)], threshold=1)[0] == 0
    assert nab_score([Labelled(scores=alarms(60, 10, 30), spans=spans)], threshold=1)[0] == 100


def test_nab_takes_the_threshold_that_is_best_for_all_series_together():
    rng = np.random.default_rng(0)
    series = [
        Labelled(scores=rng.random(200).round(1), spans=[(50, 59), (120, 149)], probation=30),
        Labelled(scores=rng.random(100).round(1), spans=[(40, 49)], probation=15),
    ]
    for profile in ("standard", "low_fp", "low_fn"):
        best, threshold = nab_score(series, profile)
        tried = [nab_score(series, profile, t)[0] for t in np.arange(0, 1.2, 0.1).round(1)]
        assert best == max(tried)
        if threshold < math.inf:
            assert nab_score(series, profile, threshold)[0] == best


def test_nab_probation_is_a_share_of_at_most_5000_rows():
    assert nab_probation(1000) == 150
    assert nab_probation(4032) == 604
    assert nab_probation(22695) == 750


def test_nab_refuses_what_it_cannot_score():
    with pytest.raises(DataError, match="no anomaly lies outside of probation"):
        nab_score([Labelled(scores=alarms(9), spans=[])])
    with pytest.raises(DataError, match="scores must be finite"):
        nab_score([Labelled(scores=np.array([np.nan, 1]), spans=[(0, 0)])])
    with pytest.raises(OptionError, match="profile"):
        nab_score([Labelled(scores=alarms(9), spans=[(2, 3)])], "low")


def test_vus_pr_without_edges_is_the_area_under_points():
    """Scores without ties: trapezoids between (0, 1), (1/2, 1), (1/2, 1/2), (1, 2/3), times the
    share of the two anomalies touched so far."""
    scores, labels = [4, 1, 3, 2], [1, 0, 0, 1]
    recall = [0, 0.5 * 0.5, 0.5 * 0.5, 1, 1]
    precision = [1, 1, 1 / 2, 2 / 3, 1 / 2]
    area = sum(
        (recall[k + 1] - recall[k]) * (precision[k + 1] + precision[k]) / 2 for k in range(4)
    )
    assert vus_pr(scores, labels, width=0) == pytest.approx(area)


def test_vus_pr_forgives_an_alarm_that_is_a_little_early():
    labels = np.zeros(200)
    labels[100:110] = 1
    scores = {shift: np.roll(labels, -shift) for shift in (0, 15, 60)}
    area = {shift: vus_pr(each, labels, width=60) for shift, each in scores.items()}
    assert area[0] > area[15] > 2 * area[60]
    assert vus_pr(labels, labels, width=0) == 1


def test_average_precision_is_scikit_learns():
    rng = np.random.default_rng(1)
    labels, scores = rng.random(50) < 0.2, rng.random(50)
    assert average_precision(scores, labels) == average_precision_score(labels, scores)


def test_measures_worked_by_hand():
    """Anomalies in rows 2 to 5 and 8; rows 1, 4 and 5 above; alarms raised in rows 1 and 4."""
    labels = np.array([0, 0, 1, 1, 1, 1, 0, 0, 1, 0], dtype=bool)
    above = alarms(10, 1, 4, 5)
    found = measure_alarms(above * 0.9, alarms(10, 1, 4), above, labels)
    assert found["precision"] == pytest.approx(2 / 3)
    assert found["recall"] == pytest.approx(2 / 5)
    assert found["f1"] == pytest.approx(0.5)
    assert found["found"] == 0.5
    assert found["delay"] == 2
    assert found["false_alarms"] == pytest.approx(1000 / 5)
    assert found["rows_above"] == 0.3
    assert not any("adjust" in name for name in found)
    assert set(measure_alarms(above, above, above, np.zeros(10))) == {"false_alarms", "rows_above"}


def test_measures_refuse_other_lengths():
    with pytest.raises(DataError, match="one label for each row, got 3 labels for 4 rows"):
        measure_alarms(np.zeros(4), np.zeros(4), np.zeros(4), np.zeros(3))


@pytest.mark.parametrize(
    "score", [rolling_zscore, windowed_gaussian, lambda v: subsequence_pca(v, 300)]
)
def test_baselines_see_a_spike_and_only_the_rows_before(score):
    rng = np.random.default_rng(0)
    values = np.stack([np.sin(np.arange(500) / 8), rng.normal(size=500)], axis=1) + 1e6
    values[400, 0] += 9
    found = score(values)
    assert found.shape == (500,)
    assert 400 <= 50 + found[50:].argmax() < 432  # the first rows have few before them
    later = values.copy()
    later[450:] = 0
    assert np.array_equal(score(later)[:450], found[:450])


def test_a_windowed_gaussian_moves_in_steps():
    values = np.arange(12.0)[:, None]
    found = windowed_gaussian(values, window=5, stride=3)
    assert found[0] == 0
    spread = np.std(np.arange(5.0))
    for row in (5, 6, 7):
        tail = 0.5 * math.erfc((row - 2) / spread / math.sqrt(2))
        assert found[row] == pytest.approx(1 - tail)
    moved = 0.5 * math.erfc((8 - 5) / spread / math.sqrt(2))
    assert found[8] == pytest.approx(1 - moved)
