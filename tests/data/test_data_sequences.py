"""Cutting and padding sequences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.errors import DataError, OptionError

sequences = st.lists(
    st.lists(st.integers(1, 9), max_size=7).map(lambda each: np.array(each, dtype=np.int64)),
    max_size=6,
)


@given(sequences, st.sampled_from(["left", "right"]), st.integers(0, 3))
def test_padding_and_its_removal(ragged, side, extra):
    longest = max(map(len, ragged), default=0)
    array, lengths = data.pad(ragged, side, value=-1, length=longest + extra)
    assert array.shape == (len(ragged), longest + extra)
    assert array.dtype == np.int64
    for row, length, sequence in zip(array, lengths, ragged, strict=True):
        kept = row[:length] if side == "right" else row[len(row) - length :]
        assert kept.tolist() == sequence.tolist()
        assert (row == -1).sum() == len(row) - length


@given(sequences, st.integers(0, 8), st.sampled_from(["left", "right", "middle"]))
def test_truncation(ragged, length, side):
    for before, after in zip(ragged, data.truncate(ragged, length, side), strict=True):
        assert len(after) == min(len(before), length)
        if len(before) <= length:
            assert after is before
        elif side == "right":
            assert after.tolist() == before[:length].tolist()
        elif side == "left":
            assert after.tolist() == before[len(before) - length :].tolist()
        else:
            rest = length - length // 2
            assert after.tolist() == [*before[: length // 2], *before[len(before) - rest :]]


def test_padding_of_sequences_with_features():
    array, lengths = data.pad([np.ones((2, 3)), np.zeros((0, 3)), 2 * np.ones((1, 3))], "left")
    assert array[:, :, 0].tolist() == [[1, 1], [0, 0], [0, 2]]
    assert lengths.tolist() == [2, 0, 1]


def test_empty_lists_keep_whole_numbers():
    array, _ = data.pad([[], [3]])  # pyright: ignore[reportArgumentType]
    assert array.dtype == np.int64
    assert array.tolist() == [[0], [3]]
    assert data.pad([])[0].shape == (0, 0)


def test_mistakes():
    with pytest.raises(DataError, match="sequence 1 has 3 steps, more than length 2"):
        data.pad([np.ones(1), np.ones(3)], length=2)
    with pytest.raises(DataError, match="all have shape"):
        data.pad([np.ones((2, 3)), np.ones((2, 4))])
    with pytest.raises(DataError, match="all have shape"):
        data.pad([np.array(3)])
    with pytest.raises(OptionError, match="side must be one of 'left', 'right', got 'middle'"):
        data.pad([], "middle")  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="side must be one of"):
        data.truncate([], 3, "both")  # pyright: ignore[reportArgumentType]
    with pytest.raises(OptionError, match="length must be a whole number at least 0"):
        data.truncate([], -1)
