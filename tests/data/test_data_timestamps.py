"""Points in time: every usual way of writing them, their order, gaps and calendar."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.errors import DataError, OptionError

PACES = ["s", "min", "15min", "h", "6h", "D", "B", "W-WED", "MS", "ME", "QS-JAN", "YS-JAN"]


@given(st.sampled_from(PACES), st.integers(6, 40), st.dates(pd.Timestamp("1990-01-01").date()))
def test_a_pace_is_found_and_goes_on(frequency, n, start):
    if start.year > 2100:
        start = start.replace(year=2001, day=1)
    points = pd.date_range(start, periods=n + 3, freq=frequency)
    line = data.check_timestamps(points[:n].astype(str).tolist())
    assert line.gaps == 0
    assert line.frequency is not None
    expected = points[n:] if line.frequency != "D" else pd.date_range(points[n - 1], periods=4)[1:]
    assert line.after(3).tolist() == expected.tolist()


@pytest.mark.parametrize(
    ("values", "first", "frequency"),
    [
        (["2020-01-02", "2020-01-03", "2020-01-04"], "2020-01-02", "D"),
        (
            ["01.02.2009 00:10:00", "01.02.2009 00:20:00", "01.02.2009 00:30:00"],
            "2009-02-01 00:10",
            "10min",
        ),
        (["01/02/1990", "01/03/1990", "01/04/1990"], "1990-01-02", "D"),
        (["12/01/2020", "13/01/2020", "14/01/2020"], "2020-01-12", "D"),
        (["Jan 5, 2020", "Jan 12, 2020", "Jan 19, 2020"], "2020-01-05", "W-SUN"),
        ([2001, 2002, 2003], "2001-01-01", "YS-JAN"),
        ([1600000000, 1600003600, 1600007200], "2020-09-13 12:26:40", "h"),
        ([1600000000000, 1600000060000, 1600000120000], "2020-09-13 12:26:40", "min"),
        (
            np.array(["2020-01-01T00", "2020-01-01T01", "2020-01-01T02"], "datetime64[ns]"),
            "2020-01-01",
            "h",
        ),
    ],
)
def test_ways_of_writing_time(values, first, frequency):
    line = data.check_timestamps(values)
    assert line.index[0] == pd.Timestamp(first)
    assert line.frequency == frequency


def test_zones():
    line = data.check_timestamps(
        ["2020-01-01T00:00+01:00", "2020-01-01T00:00Z", "2020-01-01T01:00Z"]
    )
    assert line.frequency == "h"
    assert str(line.index.tz) == "UTC"


def test_holidays_are_no_gaps():
    days = pd.bdate_range("2020-01-01", "2020-12-31").delete([0, 100])
    line = data.check_timestamps(days)
    assert (line.frequency, line.gaps) == ("B", 1)
    assert line.after(2).tolist() == [pd.Timestamp("2021-01-01"), pd.Timestamp("2021-01-04")]


def test_few_points_have_no_pace():
    line = data.check_timestamps(["2020-01-01", "2020-01-02"])
    assert line.frequency is None
    with pytest.raises(DataError, match="the pace is not known, so there are no next"):
        line.after(1)


def test_gaps():
    hours = pd.date_range("2020-01-01", periods=40, freq="h").delete([7, 8, 20])
    with pytest.raises(
        DataError,
        match=r"load\.csv: 3 timestamps are missing at a pace of 'h', the first 2020-01-01 "
        r"07:00:00, between rows 6 \(2020-01-01 06:00:00\) and 7 \(2020-01-01 09:00:00\)\. "
        r"Fill the gaps first, for example with DataFrame\.asfreq\('h'\)\.interpolate\(\)",
    ):
        data.check_timestamps(hours, where="load.csv")
    line = data.check_timestamps(hours, gaps="allow")
    assert (line.frequency, line.gaps) == ("h", 3)
    for frequency in ("ME", "MS", "W-TUE", "QS-JAN", "YS-JAN"):
        points = pd.date_range("2001-01-02", periods=20, freq=frequency).delete(9)
        with pytest.raises(DataError, match=f"1 timestamps are missing at a pace of '{frequency}'"):
            data.check_timestamps(points)


def test_no_pace():
    wild = ["2020-01-01", "2020-01-02", "2020-01-20", "2020-03-01 12:13"]
    with pytest.raises(DataError, match=r"no steady pace: the steps between rows go from 1 days"):
        data.check_timestamps(wild)
    assert data.check_timestamps(wild, gaps="allow").frequency is None


@pytest.mark.parametrize(
    ("values", "message"),
    [
        (
            ["2020-01-02", "2020-01-01", "2020-01-03", "2020-01-01"],
            r"not in order: row 1 \(2020-01-01 00:00:00\) is before row 0 .* and 1 more\. Sort the",
        ),
        (
            ["2020-01-01", "2020-01-02", "2020-01-02"],
            r"2020-01-02 00:00:00 is there twice, in rows 1 and 2\. Keep one row for each time",
        ),
        (["2020-01-01", None, "2020-01-03"], r"1 of 3 timestamps are missing, the first in row 1"),
        ([2001.0, np.nan], r"1 of 2 timestamps are missing, the first in row 1"),
        (["2020-01-01", "2020-01-02", "soon"], r"'soon' in row 2 cannot be read as a point"),
        (["2020-01-01", "2020-13-02", "x"], r"'2020-13-02' in row 1 cannot be read"),
        ([1, 2, 3], r"1 is no year and no time since 1970"),
        ([True, False], r"True is no point in time"),
        ([], r"there are no timestamps"),
    ],
)
def test_timestamps_that_cannot_be_used(values, message):
    with pytest.raises(DataError, match=message):
        data.check_timestamps(values)


def test_calendar():
    times = ["2020-01-01 00:00:00", "2020-12-31 23:59:59", "2021-06-16 12:00:00"]
    names = ["second", "minute", "hour", "weekday", "month_day", "year_day", "week", "month"]
    features = data.calendar_features(times, names)
    assert features.shape == (3, 8)
    assert features[0].tolist() == [-0.5, -0.5, -0.5, 2 / 6 - 0.5, -0.5, -0.5, -0.5, -0.5]
    expected = [0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0.5]
    np.testing.assert_allclose(features[1], expected, atol=1e-12)
    np.testing.assert_allclose(features[2, 2], 12 / 23 - 0.5)
    assert data.calendar_features(times, []).shape == (3, 0)
    with pytest.raises(OptionError, match="must be one of .* got 'hours'. Did you mean 'hour'"):
        data.calendar_features(times, ["hours"])


def test_calendar_by_pace():
    days = ["weekday", "month_day", "year_day"]
    assert data.calendar_names("15min") == ["minute", "hour", *days]
    assert data.calendar_names("2h") == ["hour", *days]
    assert data.calendar_names("s")[:2] == ["second", "minute"]
    assert data.calendar_names("B") == data.calendar_names("D") == days
    assert data.calendar_names("W-SUN") == ["week"]
    assert data.calendar_names("MS") == data.calendar_names("QE-DEC") == ["month"]
    assert data.calendar_names("YS-JAN") == []
    assert data.calendar_names(None) == days
