"""Labels to numbers and back."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ostinato import data
from ostinato.errors import DataError, NotFittedError

labels = st.lists(st.text(max_size=3), min_size=1) | st.lists(st.integers(), min_size=1)


@given(labels)
@example(["\0", "a\0", "a"])
def test_labels_return(y):
    encoder = data.LabelEncoder().fit(y)
    encoder = data.LabelEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    assert encoder.classes == sorted(set(y))
    numbers = encoder.encode(y)
    assert numbers.dtype == np.int64
    assert [encoder.classes[number] for number in numbers] == y
    if all(abs(label) < 2**62 for label in y if isinstance(label, int)):
        assert encoder.decode(numbers).tolist() == y


@given(st.lists(st.lists(st.sampled_from("abc"), unique=True).map(sorted), min_size=1))
def test_sets_of_labels_return(y):
    encoder = data.MultiLabelEncoder().fit([*y, ["a"]])
    encoder = data.MultiLabelEncoder.from_dict(json.loads(json.dumps(encoder.to_dict())))
    matrix = encoder.encode(y)
    assert matrix.dtype == np.float32
    assert matrix.shape == (len(y), len(encoder.classes))
    assert encoder.decode(matrix) == y


def test_kinds_of_labels():
    assert data.LabelEncoder().fit(pd.Series([3, 1, 3])).classes == [1, 3]
    assert data.LabelEncoder().fit(np.array(["b", "a"])).classes == ["a", "b"]
    encoder = data.LabelEncoder().fit([True, False])
    assert encoder.encode([False, True]).tolist() == [0, 1]
    assert encoder.decode([1]).tolist() == [True]


def test_mistakes():
    encoder = data.LabelEncoder().fit(["good", "bad"])
    with pytest.raises(
        DataError, match=r"label 'goood' in row 1 was not there in fit. Labels: 'bad', 'good'. Did"
    ):
        encoder.encode(["bad", "goood"])
    for absent in (None, float("nan"), pd.NA, pd.NaT):
        with pytest.raises(DataError, match=r"1 of 2 labels are missing, the first in row 1"):
            encoder.fit(["a", absent])  # pyright: ignore
    with pytest.raises(DataError, match="strings, all numbers or all truth values, got both 1"):
        encoder.fit(["a", 1])
    with pytest.raises(DataError, match="must be a list, got one string"):
        encoder.fit("good")
    with pytest.raises(DataError, match=r"a string or a number, got \['a'\] in row 0"):
        encoder.fit([["a"]])  # pyright: ignore
    with pytest.raises(DataError, match="there is not one label"):
        encoder.fit([])
    with pytest.raises(NotFittedError, match=r"LabelEncoder: no classes yet. Call fit\(y\)"):
        data.LabelEncoder().encode(["a"])
    many = data.MultiLabelEncoder().fit([["a"], []])
    with pytest.raises(DataError, match=r"a list of labels, got 'a b' in row 1. Split it first"):
        many.fit([["a"], "a b"])
    with pytest.raises(DataError, match="MultiLabelEncoder: label 'c' in row 1 was not there"):
        many.encode([["a"], ["c"]])
    with pytest.raises(DataError, match="row 0: 1 of 1 labels are missing"):
        many.fit([[None]])  # pyright: ignore
    with pytest.raises(NotFittedError, match="MultiLabelEncoder: no classes yet"):
        data.MultiLabelEncoder().encode([["a"]])
