"""Scaling, missing values and windows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from ostinato import data
from ostinato.errors import DataError, NotFittedError, OptionError

VALUES = np.random.default_rng(0).normal([5, -100, 1e6], [1, 30, 1e5], (50, 3))
matrices = arrays(
    np.float64,
    st.tuples(st.integers(1, 12), st.integers(1, 3)),
    elements=st.floats(-1e6, 1e6, width=32),
)


@pytest.mark.parametrize(
    ("kind", "peer"), [("standard", StandardScaler()), ("minmax", MinMaxScaler())]
)
def test_scaling_is_that_of_scikit_learn(kind, peer):
    scaler = data.Scaler(kind).fit(VALUES[:40])
    expected = peer.fit(VALUES[:40]).transform(VALUES)
    np.testing.assert_allclose(scaler.transform(VALUES), expected, rtol=1e-12, atol=1e-12)


@given(matrices, st.sampled_from(["standard", "minmax", "none"]))
def test_scaling_and_its_inverse(values, kind):
    scaler = data.Scaler(kind).fit(values)
    again = data.Scaler.from_dict(json.loads(json.dumps(scaler.to_dict())))
    scaled = again.transform(values)
    assert np.isfinite(scaled).all()
    assert scaled.tolist() == scaler.transform(values).tolist()
    np.testing.assert_allclose(again.inverse(scaled), values, rtol=1e-9, atol=1e-6)


def test_leading_axes_and_chosen_columns():
    scaler = data.Scaler().fit(VALUES)
    blocks = VALUES[:12].reshape(3, 4, 3)
    np.testing.assert_array_equal(
        scaler.transform(blocks).reshape(12, 3), scaler.transform(VALUES[:12])
    )
    some = scaler.select([2, 0])
    np.testing.assert_array_equal(
        some.transform(VALUES[:, [2, 0]]), scaler.transform(VALUES)[:, [2, 0]]
    )
    assert data.Scaler("none").fit(VALUES).transform(VALUES).tolist() == VALUES.tolist()


def test_missing_values_are_left_out_and_stay():
    values = np.array([[1.0, 5.0], [np.nan, 5.0], [3.0, 5.0]])
    scaler = data.Scaler().fit(values)
    assert scaler.center.tolist() == [2, 5]
    assert scaler.scale.tolist() == [1, 1]
    np.testing.assert_array_equal(scaler.transform(values), [[-1, 0], [np.nan, 0], [1, 0]])


def test_missing_values_are_reported():
    values = np.ones((20, 2))
    values[[3, 4, 5, 6, 7, 9], 1] = np.nan
    values[2, 0] = -np.inf
    with pytest.raises(
        DataError,
        match=r"demand: column 'OT' has 6 missing of 20 values \(rows 3, 4, 5, 6, 7, \.\.\.\); "
        r"column 'HUFL' has 1 infinite of 20 values \(row 2\). Fill them first.*interpolate",
    ):
        data.check_values(values, ["HUFL", "OT"], where="demand")
    values[2, 0] = 0
    assert data.check_values(values, missing="allow") == {"1": [3, 4, 5, 6, 7, 9]}
    assert data.check_values(np.ones((2, 2))) == {}


@given(
    st.integers(1, 40), st.integers(1, 5), st.integers(0, 4), st.integers(1, 4), st.integers(1, 3)
)
def test_windows(rows, past, horizon, stride, columns):
    values = np.arange(rows * columns, dtype=np.float32).reshape(rows, columns)
    if rows < past + horizon:
        with pytest.raises(DataError, match=f"{rows} rows are too few for past {past} and"):
            data.windows(values, past, horizon, stride)
        return
    X, Y = data.windows(values, past, horizon, stride)
    starts = range(0, rows - past - horizon + 1, stride)
    assert X.shape == (len(starts), past, columns)
    assert Y.shape == (len(starts), horizon, columns)
    for x, y, start in zip(X, Y, starts, strict=True):
        assert x.tolist() == values[start : start + past].tolist()
        assert y.tolist() == values[start + past : start + past + horizon].tolist()
    assert np.shares_memory(X, values)
    assert not X.flags.writeable
    assert not Y.flags.writeable


def test_windows_of_a_long_series_cost_nothing():
    values = np.zeros((1_000_000, 7), dtype=np.float32)
    X, Y = data.windows(values, 720, 96)
    assert X.shape == (999_185, 720, 7)
    assert np.shares_memory(Y, values)
    assert data.windows(np.arange(5), 2, 1)[0].shape == (3, 2, 1)


def test_mistakes():
    with pytest.raises(
        OptionError, match=r"kind must be one of .* got 'standart'\. Did you mean 'standard'"
    ):
        data.Scaler("standart")
    with pytest.raises(NotFittedError, match=r"nothing learned yet. Call fit\(values\) first"):
        data.Scaler().transform(VALUES)
    with pytest.raises(DataError, match=r"must have shape \(rows, columns\), got \(3,\)"):
        data.Scaler().fit(np.ones(3))
    with pytest.raises(DataError, match="there are no rows to learn from"):
        data.Scaler().fit(np.ones((0, 2)))
    with pytest.raises(DataError, match="column 'b' has no value at all. Leave it out"):
        data.Scaler().fit(np.array([[1, np.nan]]), ["a", "b"])
    with pytest.raises(DataError, match="Scaler: column 1 has 1 infinite of 1 values"):
        data.Scaler().fit(np.array([[1, np.inf]]))
    with pytest.raises(DataError, match="values must be numbers: could not convert"):
        data.Scaler().fit(np.array([["a"]]))
    with pytest.raises(DataError, match=r"last axis must have 3 columns as in fit, got shape \(50"):
        data.Scaler().fit(VALUES).transform(VALUES[:, :2])
    with pytest.raises(OptionError, match="past must be a whole number at least 1, got 0"):
        data.windows(VALUES, 0, 1)
    with pytest.raises(OptionError, match="stride must be a whole number at least 1, got 0"):
        data.windows(VALUES, 1, 1, 0)
    with pytest.raises(DataError, match=r"values must have shape \(rows, columns\), got \(1, 1, 1"):
        data.windows(np.ones((1, 1, 1)), 1, 0)


def test_windows_by_hand():
    rows = np.array([[0, 10], [1, 11], [2, 12], [3, 13], [4, 14], [5, 15]])
    X, Y = data.windows(rows, 2, 1, 2)
    assert X.tolist() == [[[0, 10], [1, 11]], [[2, 12], [3, 13]]]
    assert Y.tolist() == [[[2, 12]], [[4, 14]]]
    X, Y = data.windows(rows, 3, 2)
    assert X[:, :, 0].tolist() == [[0, 1, 2], [1, 2, 3]]
    assert Y[:, :, 0].tolist() == [[3, 4], [4, 5]]
    X, Y = data.windows(rows, 6, 0)
    assert X.tolist() == [rows.tolist()]
    assert Y.shape == (1, 0, 2)
    with pytest.raises(DataError, match="6 rows are too few for past 5 and horizon 2, which need"):
        data.windows(rows, 5, 2)
