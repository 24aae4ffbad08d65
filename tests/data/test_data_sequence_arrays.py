"""Arrays in time out of whatever holds them, and rates: values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ostinato import data
from ostinato.data.resampling import at_pace, resample
from ostinato.errors import DataError


def check(X, **told):
    return data.check_sequences("here", X, **told)


def test_lists_arrays_and_tables_give_the_same():
    X = np.arange(12, dtype=float).reshape(2, 3, 2)
    tables = [pd.DataFrame(each, columns=["a", "b"]) for each in X]
    for given in (X, list(X), X.astype(np.float32), X.tolist(), tables):
        found = check(given)
        assert all(np.array_equal(a, b) for a, b in zip(found.values, X, strict=True))
        assert found.values[0].dtype == np.float32
    assert check(tables).channels == ["a", "b"]
    assert [each.shape for each in check(X[:, :, 0]).values] == [(3, 1), (3, 1)]
    assert [each.shape for each in check([np.zeros(4), np.zeros(2)]).values] == [(4, 1), (2, 1)]


def test_tables_are_read_by_their_columns_names():
    one = pd.DataFrame({"a": [1.0], "b": [2.0]})
    other = pd.DataFrame({"b": [4.0], "a": [3.0]})
    assert check([one, other]).values[1].tolist() == [[3.0, 4.0]]
    assert check([one, other], channels=["b"]).values[1].tolist() == [[4.0]]


def test_a_long_table_is_cut_by_its_ids_in_the_order_they_come_and_sorted_by_time():
    frame = pd.DataFrame(
        {"id": ["z", "a", "z", "a"], "t": [2, 5, 1, 6], "x": [1.0, 2.0, 3.0, 4.0], "word": "w"}
    )
    found = check(frame, time="t")
    assert found.ids == ["z", "a"]
    assert found.channels == ["x"]
    assert [each[:, 0].tolist() for each in found.values] == [[3.0, 1.0], [2.0, 4.0]]
    assert found.rows is not None
    assert [each.tolist() for each in found.rows] == [[2, 0], [1, 3]]
    assert [e[:, 0].tolist() for e in check(frame[["id", "x"]]).values] == [[1.0, 3.0], [2.0, 4.0]]


def test_a_rate_puts_uneven_rows_on_even_steps():
    times = pd.to_datetime(["2026-01-01 00:00:00", "2026-01-01 00:00:03", "2026-01-01 00:00:04"])
    frame = pd.DataFrame({"id": 1, "t": times, "x": [0.0, 6.0, 7.0]})
    found = check(frame, time="t", rate=1.0)
    assert found.values[0][:, 0].tolist() == [0.0, 2.0, 4.0, 6.0, 7.0]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ("folder", "must be a list of arrays .* Read files with data.read_sequences"),
        ({"a": 1}, "got dict"),
        ([], "at least 1 recording, got none"),
        (np.zeros(5), r"shape \(recordings, steps, channels\).*got \(5,\)"),
        ([np.zeros((0, 2))], r"X\[0\] is empty, of shape \(0, 2\)"),
        ([np.zeros((2, 2)), np.zeros((2, 3))], r"X\[1\] has 3 channels, and X\[0\] has 2"),
        ([np.array([[1.0, np.inf]])], r"X\[0\] has inf in channel 1 at step 0"),
        ([np.array([[1.0], [1e31]])], r"1e\+31 in channel 0 at step 1"),
        (["abc"], r"X\[0\] must be an array \(steps, channels\), got a text"),
        ([np.zeros((2, 2, 2))], r"X\[0\] .* of shape \(2, 2, 2\)"),
        ([[["a"], ["b"]]], r"X\[0\] must be an array of numbers"),
        ([None], r"X\[0\] must be an array of numbers"),
        (pd.DataFrame({"x": [1.0]}), "no column 'id'. Columns: x. Name the one with id="),
        (pd.DataFrame({"id": [1], "x": ["a"]}), "no column of numbers beside 'id'"),
        (pd.DataFrame({"id": [1.0, None], "x": [1.0, 2.0]}), "'id' is empty in row 1"),
        (pd.DataFrame({"id": [], "x": []}), "the table has no rows"),
        ([pd.DataFrame({"a": ["x"]})], "column 'a' must hold numbers"),
        ([pd.DataFrame({"a": [1]}), pd.DataFrame({"b": [1]})], r"X\[1\]: no column 'a'"),
    ],
)
def test_what_is_no_recording_is_refused(X, message):
    with pytest.raises(DataError, match=f"^here.*{message}"):
        check(X)


def test_times_that_are_none_are_refused():
    frame = pd.DataFrame({"id": 1, "x": [1.0, 2.0], "t": [0.0, np.nan], "w": ["a", "b"]})
    with pytest.raises(DataError, match="column 't' is empty in row 1"):
        check(frame, time="t")
    with pytest.raises(DataError, match="no column 'tt'.*Did you mean 't'|time="):
        check(frame, time="tt")
    with pytest.raises(DataError, match="column 'w'"):
        check(frame, time="w", channels=["x"])


def test_resampling_keeps_slow_waves_and_takes_fast_ones_away():
    t = np.arange(400) / 100
    slow, fast = np.sin(2 * np.pi * t), np.sin(2 * np.pi * 40 * t)
    found = resample(np.stack([slow, fast], 1), 100, 50)
    assert found.shape == (200, 2)
    inner = slice(20, -20)
    assert np.abs(found[inner, 0] - slow[::2][inner]).max() < 0.01
    assert np.abs(found[inner, 1]).max() < 0.05  # 40 Hz would fold back to 10 Hz
    up = resample(slow[:, None].astype(np.float32), 100, 200)
    assert up.shape == (800, 1)
    assert up.dtype == np.float32
    assert np.abs(up[40:-40:2, 0] - slow[20:-20]).max() < 0.01
    same = slow[:, None]
    assert resample(same, 50, 50) is same


def test_what_is_missing_is_missing_at_the_new_rate_too():
    values = np.arange(40.0)[:, None]
    values[10:20] = np.nan
    found = resample(values, 20, 10)
    assert np.flatnonzero(np.isnan(found[:, 0])).tolist() == [5, 6, 7, 8, 9]
    rest = ~np.isnan(found[:, 0])
    assert np.abs(found[rest, 0] - np.arange(0, 40, 2)[rest])[1:-1].max() < 0.2
    paced = at_pace(np.array([[0.0], [np.nan], [4.0]]), np.array([0.0, 2.0, 4.0]), 1.0)
    # Between two steps the even one of them is the nearest, as numpy rounds.
    assert np.isnan(paced[:, 0]).tolist() == [False, False, True, False, False]
    assert paced[[0, 1, 3, 4], 0].tolist() == [0.0, 1.0, 3.0, 4.0]
