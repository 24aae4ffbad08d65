"""Geometry: cutting lines, thinning them, words that fit, scales."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.figures import words
from ostinato.figures.base import Axis
from ostinato.figures.layout.frame import Scale, scale_of
from ostinato.figures.layout.matrix import reduced, shade_range, shades_of
from ostinato.figures.layout.table import fitted
from ostinato.figures.scene import Text, clip, overlap, thin

NAN = float("nan")


def cut(points):
    return [piece.tolist() for piece in clip(np.array(points, dtype=float), 0, 0, 10, 10)]


@pytest.mark.parametrize(
    ("points", "pieces"),
    [
        ([(1, 1), (9, 9)], [[[1, 1], [9, 9]]]),
        ([(-5, 5), (5, 5)], [[[0, 5], [5, 5]]]),
        ([(5, -10), (5, 20)], [[[5, 0], [5, 10]]]),
        ([(-5, -5), (15, 15)], [[[0, 0], [10, 10]]]),
        ([(-5, 8), (8, 21)], []),
        ([(1, 1), (2, 2), (NAN, 3), (4, 4), (5, 5)], [[[1, 1], [2, 2]], [[4, 4], [5, 5]]]),
        ([(1, 1), (1, 20), (2, 20), (2, 1)], [[[1, 1], [1, 10]], [[2, 10], [2, 1]]]),
        ([(3, 3)], [[[3, 3]]]),
        ([(30, 3)], []),
        ([(NAN, NAN), (3, 3), (NAN, NAN)], [[[3, 3]]]),
    ],
)
def test_lines_are_cut_at_the_sides(points, pieces):
    assert cut(points) == pieces


@given(st.lists(st.tuples(st.floats(-50, 50), st.floats(-50, 50)), min_size=1, max_size=20))
def test_nothing_leaves_the_box(points):
    for piece in clip(np.array(points), 0, 0, 10, 10):
        assert piece.min() >= -1e-9
        assert piece.max() <= 10 + 1e-9


def test_thinning_keeps_peaks_ends_and_gaps():
    x = np.arange(100_000.0)
    y = np.sin(x / 1000)
    y[33_333], y[44_444], y[55_555] = 50, -50, NAN
    kept = thin(x, y, 400)
    assert len(kept) <= 5 * 400
    assert {0, 33_333, 44_444, 55_555, 99_999} <= set(kept.tolist())
    assert (np.diff(kept) > 0).all()
    assert thin(x[:100], y[:100], 400).tolist() == list(range(100))


def test_shares_of_scales_are_exact():
    linear = Scale(low=-10, high=30)
    assert linear.share(np.array([-10, 0, 30.0])).tolist() == [0, 0.25, 1]
    log = Scale(low=0.01, high=100, log=True)
    assert log.share(np.array([0.01, 1, 100])) == pytest.approx([0, 0.5, 1])
    assert np.isnan(log.share(np.array([0.0, -1.0]))).all()


@pytest.mark.parametrize(
    ("axis", "values", "ends"),
    [
        (Axis(), [1, 10], (0.0, 10.45)),
        (Axis(), [-10, -1], (-10.45, 0.0)),
        (Axis(), [90, 100], (89.5, 100.5)),
        (Axis(), [5], (4.5, 5.5)),
        (Axis(), [NAN], (0.0, 1.05)),
        (Axis(low=-1, high=1), [5], (-1.0, 1.0)),
        (Axis(low=2), [0, 1], (2.0, 2.2)),
        (Axis(high=-2), [0, 1], (-2.2, -2.0)),
    ],
)
def test_a_scale_has_room_and_zero_where_it_costs_little(axis, values, ends):
    found = scale_of(axis, [np.array(values, dtype=float)], timed=False, zero=True)
    assert (found.low, found.high) == pytest.approx(ends)


def test_width_is_estimated_from_above():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for said in ("Wide MMM words", "illicit lilt", "0.8951 (0.87 to 0.91)", "Größe in µm"):
        drawn = TextPath((0, 0), said, size=100, prop=FontProperties(family="DejaVu Sans"))
        assert (
            drawn.get_extents().width
            <= words.width(said, 100)
            <= 1.25 * (drawn.get_extents().width)
        )
    assert words.width("漢字", 10) == 20
    assert words.width("e\u0301", 10) == words.width("e", 10)


@given(st.text(max_size=60), st.floats(20, 300))
def test_cut_words_fit_and_keep_their_ends(said, room):
    shown = words.cut(said, room, 12)
    assert words.width(shown, 12) <= max(room, words.width("…", 12))
    if words.width(said, 12) <= room:
        assert shown == said


@given(st.lists(st.text("abcde ", min_size=30, max_size=60), max_size=6, unique=True))
def test_different_names_stay_different(names):
    shown = words.cut_all(names, 90, 12)
    assert len(set(shown)) == len(set(names))
    assert all(words.width(each, 12) <= 90 for each in shown)


def test_lines_of_words_fit():
    lines = words.wrap("one two three " + "x" * 80, 100, 12)
    assert all(words.width(line, 12) <= 100 for line in lines)
    assert "".join(lines).replace(" ", "") == "onetwothree" + "x" * 80
    assert words.wrap("one two three four", 40, 12, 2)[-1].endswith("r")
    assert words.wrap("", 100, 12) == []


def test_direction_and_cleaning():
    assert words.right_to_left("12 שלום")
    assert not words.right_to_left("hello שלום")
    assert words.clean("a\nb\x00c\ud800") == "a b�c�"


def test_boxes_of_turned_words():
    flat = Text(x=100, y=100, words="abc", size=10).box()
    turned = Text(x=100, y=100, words="abc", size=10, angle=-90).box()
    assert flat[:2] == pytest.approx((100, 92))
    assert turned[3] == pytest.approx(100)
    assert turned[3] - turned[1] == pytest.approx(flat[2] - flat[0])
    assert overlap([(0, 0, 2, 2), (1, 1, 3, 3)])
    assert not overlap([(0, 0, 1, 1), (1, 0, 2, 1), (0, 1, 1, 2)])


def test_shades():
    values = np.array([[-2.0, NAN], [1.0, 0.0]])
    assert shade_range(values, "diverging", None, None) == (-2, 2)
    assert shade_range(np.abs(values), "sequential", None, None) == (0, 2)
    shades = shades_of(values, "diverging", -2, 2)
    assert shades[0, 0] == -1
    assert shades[1].tolist() == [0.5, 0]
    assert np.isnan(shades[0, 1])
    assert shades_of(np.ones((1, 2)), "sequential", 1, 1).tolist() == [[0.5, 0.5]]


def test_reduced_pixels_are_means():
    shades = np.arange(8.0).reshape(1, 8)
    shades[0, 7] = NAN
    assert reduced(shades, 4, 9).tolist() == [[0.5, 2.5, 4.5, 6]]
    assert reduced(shades, 8, 1) is shades


def test_columns_share_the_room():
    assert fitted([10, 20], 100) == [10, 20]
    assert fitted([10, 200, 300], 110) == pytest.approx([10, 50, 50], abs=1e-6)
