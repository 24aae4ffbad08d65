"""One column out of whatever holds it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from ostinato import data
from ostinato.data.inputs import column_of
from ostinato.data.text import check_texts
from ostinato.errors import DataError

WORDS = ["b", "a", "b"]
HOLDERS = [
    list,
    tuple,
    iter,
    lambda words: (word for word in words),
    np.array,
    lambda words: np.array(words)[:, None],
    lambda words: np.array(words, dtype=object),
    lambda words: pd.Series(words, index=[7, 8, 9]),
    lambda words: pd.DataFrame({"x": words}),
    lambda words: pd.Categorical(words),
    lambda words: pd.Index(words),
    lambda words: [np.str_(word) for word in words],
]


@pytest.mark.parametrize("hold", HOLDERS)
def test_texts_and_labels_of_any_holder(hold):
    assert check_texts("here", hold(WORDS)) == WORDS
    encoder = data.LabelEncoder().fit(hold(WORDS))
    assert encoder.classes == ["a", "b"]
    assert encoder.encode(hold(WORDS)).tolist() == [1, 0, 1]
    assert len(data.split_random(3, 0.3, seed=0, stratify=hold(WORDS))[1]) == 1


def test_arrow_polars_and_torch():
    pa = pytest.importorskip("pyarrow")
    for held in (pa.array(WORDS), pa.chunked_array([WORDS]), pa.table({"x": WORDS})):
        assert column_of("here", "texts", held) == WORDS
    assert data.LabelEncoder().fit(torch.tensor([3, 1])).classes == [1, 3]

    class Frame:  # as polars has it: columns by name, no shape of one axis
        columns = ("x",)
        shape = (3, 1)

        def __getitem__(self, name):
            return pd.Series(WORDS)

    assert column_of("here", "texts", Frame()) == WORDS


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("one text", r"texts must be a list of strings, got one. Write \[text\]"),
        (b"one", "texts must be a list of strings, got one"),
        ({"a": 1}, "texts must be a list, got a dict, whose order means nothing"),
        ({"a"}, "texts must be a list, got a set"),
        (7, "texts must be a list, got int"),
        (pd.DataFrame({"a": [1], "b": [2]}), "one column, got a table with 2: a, b"),
        (np.ones((2, 2)), r"texts must have shape \(rows,\), got \(2, 2\)"),
        (np.array(3), r"texts must have shape \(rows,\), got \(\)"),
        ([b"a"], r"row 0: b'a'. Decode them: \[text.decode\(\) for text in texts\]"),
    ],
)
def test_what_is_no_column(values, message):
    with pytest.raises(DataError, match=message):
        check_texts("here", values)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ([True, 1], "got both 1 and True"),
        (["a", 1], "got both 1 and 'a'"),
        ([b"a"], r"got b'a' in row 0. Decode it with .decode\(\)"),
        ([1.0, None, float("nan")], "2 of 3 labels are missing, the first in row 1"),
        (pd.Series([1, None], dtype="Int64"), "1 of 2 labels are missing, the first in row 1"),
    ],
)
def test_labels_of_no_kind(labels, message):
    with pytest.raises(DataError, match=message):
        data.LabelEncoder().fit(labels)


def test_truth_values_and_sets_of_labels():
    encoder = data.LabelEncoder().fit(np.array([True, False]))
    assert encoder.classes == [False, True]
    many = data.MultiLabelEncoder().fit([{"a", "b"}, [], np.array(["c"])])
    assert many.encode([{"b"}]).tolist() == [[0, 1, 0]]
    with pytest.raises(DataError, match="got both 1 and 'a'"):
        data.MultiLabelEncoder().fit([["a"], [1]])
