"""Splits: nothing lost, nothing twice, and the promise of each kind kept."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.errors import DataError, OptionError


def assert_parts(train, validation, n):
    assert len(train) > 0
    assert len(validation) > 0
    assert sorted([*train, *validation]) == list(range(n))


@given(st.integers(2, 200), st.floats(0.01, 0.99), st.integers(0, 2**32 - 1))
def test_random_and_time(n, fraction, seed):
    train, validation = data.split_random(n, fraction, seed=seed)
    assert_parts(train, validation, n)
    again = data.split_random(n, fraction, seed=seed)
    assert again[0].tolist() == train.tolist()
    train, validation = data.split_time(n, fraction)
    assert_parts(train, validation, n)
    assert train.tolist() == list(range(len(train)))
    assert abs(len(validation) - n * fraction) <= 1


def test_stratified_parts_have_the_same_shares():
    y = np.array(["rare"] * 10 + ["usual"] * 90 + ["once"])
    train, validation = data.split_random(101, 0.2, seed=0, stratify=y)
    assert_parts(train, validation, 101)
    assert (y[validation] == "rare").sum() == 2
    assert (y[train] == "once").sum() == 1


@given(st.lists(st.integers(0, 5), min_size=2, max_size=50), st.floats(0.01, 0.99))
def test_no_group_is_in_both_parts(groups, fraction):
    names = np.array([f"speaker {each}" for each in groups])
    if len(set(groups)) < 2:
        with pytest.raises(DataError, match="needs at least 2 groups, got 1. Use split_random"):
            data.split_groups(names, fraction, 0)
        return
    train, validation = data.split_groups(names, fraction, 0)
    assert_parts(train, validation, len(groups))
    assert not set(names[train]) & set(names[validation])


def test_mistakes():
    for split in (lambda n, f: data.split_random(n, f, seed=0), data.split_time):
        with pytest.raises(DataError, match="needs at least 2 rows to make two parts, got 1"):
            split(1, 0.5)
        for fraction in (0, 1, -0.1, float("nan"), "0.1"):
            with pytest.raises(OptionError, match="fraction must be a number above 0 and below 1"):
                split(9, fraction)
    with pytest.raises(DataError, match="each of the 3 classes has a single row, so none can be"):
        data.split_random(3, 0.5, seed=0, stratify=["a", "b", "c"])
    with pytest.raises(DataError, match="stratify must have 3 rows, got 2"):
        data.split_random(3, 0.5, seed=0, stratify=["a", "b"])


@given(
    st.lists(st.integers(0, 12), min_size=2, max_size=60),
    st.floats(0.01, 0.99),
    st.integers(0, 99),
)
def test_rare_classes_can_be_split(classes, fraction, seed):
    y = np.array(classes)
    if len(set(classes)) == len(classes):
        with pytest.raises(DataError, match="Use stratify=None, or give rows"):
            data.split_random(len(y), fraction, seed=seed, stratify=y)
        return
    train, validation = data.split_random(len(y), fraction, seed=seed, stratify=y)
    assert_parts(train, validation, len(y))
    assert set(y[train]) == set(classes)
    assert len(validation) <= max(1, round(len(y) * fraction))


def test_twenty_classes_in_a_hundred_rows():
    y = [f"class {k % 20}" for k in range(100)]
    train, validation = data.split_random(100, 0.1, seed=0, stratify=y)
    assert (len(train), len(validation)) == (90, 10)
    assert {y[k] for k in train} == set(y)


def test_a_usual_class_keeps_its_share_among_rare_ones():
    y = ["usual"] * 60 + [f"rare {k % 20}" for k in range(40)]
    for seed in range(5):
        _, validation = data.split_random(100, 0.1, seed=seed, stratify=y)
        assert sum(y[k] == "usual" for k in validation) == 6


def test_rows_by_hand():
    train, validation = data.split_time(10, 0.2)
    assert train.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert validation.tolist() == [8, 9]
    assert [part.tolist() for part in data.split_time(3, 0.9)] == [[0], [1, 2]]
    assert [part.tolist() for part in data.split_time(7, 0.01)] == [[0, 1, 2, 3, 4, 5], [6]]
    train, validation = data.split_groups(["a", "b", "a", "c", "b"], 0.4, 0)
    names = np.array(["a", "b", "a", "c", "b"])
    assert len(set(names[validation])) == 1
