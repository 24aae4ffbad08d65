"""Marks of axes: round, between the ends, and no two alike."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato.figures.ticks import logarithmic, moment, number, numeric, seconds, spread, timely

FINITE = st.floats(-1e15, 1e15, allow_nan=False)
INSTANTS = st.integers(-60_000_000_000, 250_000_000_000)  # seconds: years 68 to 9892


def instant(text: str) -> float:
    return float(seconds(np.array([text], dtype="datetime64[us]"))[0])


@given(FINITE, FINITE, st.integers(1, 12), st.booleans())
def test_numbers_on_an_axis_never_repeat(one, other, count, whole):
    low, high = spread(min(one, other), max(one, other))
    found = numeric(low, high, count, whole)
    assert len(found.words) == len(set(found.words)) == len(found.places) <= count + 1
    assert all(a < b for a, b in zip(found.places, found.places[1:], strict=False))
    slack = 1e-6 * (high - low)
    assert all(low - slack <= place <= high + slack for place in found.places)
    if whole:
        assert all(place.is_integer() for place in found.places)


@given(INSTANTS, st.floats(1e-4, 1e11), st.integers(1, 10))
def test_times_on_an_axis_never_repeat(start, length, count):
    found = timely(float(start), start + length, count)
    assert len(found.words) == len(set(found.words)) == len(found.places)
    assert len(found.places) <= count + 2
    assert all(a < b for a, b in zip(found.places, found.places[1:], strict=False))


@given(st.floats(-300, 300), st.floats(0.05, 200), st.integers(1, 8))
def test_powers_on_an_axis_never_repeat(low, decades, count):
    high = min(low + decades, 305)
    found = logarithmic(10.0**low, 10.0**high, count)
    assert len(found.words) == len(set(found.words))
    assert len(found.places) <= 3 * count + 3


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (0, 1, ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (315, 372, ["320", "340", "360"]),
        (-2, 2, ["−2", "−1", "0", "1", "2"]),
        (0, 250_000, ["0", "50,000", "100,000", "150,000", "200,000", "250,000"]),
    ],
)
def test_numbers_are_round(low, high, words):
    found = numeric(low, high)
    assert found.words == words
    assert found.note == ""


def test_powers_and_levels_are_taken_out_of_small_large_and_close_numbers():
    assert numeric(0, 3e-9, 3) == ([0, 1e-9, 2e-9, 3e-9], ["0", "1", "2", "3"], "×10⁻⁹")
    assert numeric(0, 3e12, 3).note == "×10¹²"
    close = numeric(1e12, 1e12 + 2, 2)
    assert close.words == ["0", "+1", "+2"]
    assert close.note == "+ 1,000,000,000,000"
    assert close.places == [1e12, 1e12 + 1, 1e12 + 2]


def test_whole_numbers_stay_whole():
    assert numeric(1, 3, 8, whole=True).words == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        ("2025-10-01", "2025-11-03", ["6 Oct\n2025", "13 Oct", "20 Oct", "27 Oct", "3 Nov"]),
        ("2025-10-05", "2026-02-10", ["Nov\n2025", "Dec\n2025", "Jan\n2026", "Feb\n2026"]),
        ("2025-10-01T20:00", "2025-10-02T04:00", None),
        ("2025-10-01T08:00", "2025-10-01T09:00", None),
        ("1990-06-01", "2024-01-01", ["1990", "2000", "2010", "2020"][1:]),
    ],
)
def test_times_fall_on_the_calendar(low, high, words):
    found = timely(instant(low), instant(high), 5)
    if words is not None:
        assert found.words == words
    starts = [moment(np.datetime64(round(p * 1e6), "us")) for p in found.places]
    assert all(start.count(":") <= 1 for start in starts)


def test_a_clock_says_its_day_where_several_are_shown():
    found = timely(instant("2025-10-01T20:00"), instant("2025-10-02T04:00"), 4)
    assert found.words == [
        "20:00\n1 Oct",
        "22:00\n1 Oct",
        "00:00\n2 Oct",
        "02:00\n2 Oct",
        "04:00\n2 Oct",
    ]
    assert timely(instant("2025-10-01T08:00"), instant("2025-10-01T08:20"), 4).words == [
        "08:00\n1 Oct",
        "08:05",
        "08:10",
        "08:15",
        "08:20",
    ]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (0.8951, "0.8951"),
        (0.0, "0"),
        (12.0, "12"),
        (1234.5678, "1,235"),
        (371.52, "371.5"),
        (-0.5, "−0.5"),
        (1234567, "1,234,567"),
        (1e12, "1×10¹²"),
        (1.5e-9, "1.5×10⁻⁹"),
        (math.nan, "–"),
        (math.inf, "–"),
        (None, "–"),
        (5e-324, "4.941×10⁻³²⁴"),
    ],
)
def test_numbers_read_well(value, words):
    assert number(value) == words


def test_a_number_takes_a_form():
    assert number(0.12345, ".1%") == "12.3%"
    assert number(-2.0, ".2f") == "−2.00"


def test_a_point_becomes_a_range():
    assert spread(2.0, 2.0) == pytest.approx((1.8, 2.2))
    assert spread(0.0, 0.0) == (-1.0, 1.0)
    assert spread(1.0, 1.0 + 2e-16)[1] > 1.05
    assert spread(1e12, 1e12 + 1) == (1e12, 1e12 + 1)
