"""Points in time: every usual way of writing them, their order, gaps and calendar."""

from __future__ import annotations

import json

import dateutil.tz
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import data
from ostinato.data.timestamps import Reading
from ostinato.errors import DataError, OptionError

PACES = ["s", "min", "15min", "h", "6h", "D", "B", "W-WED", "MS", "ME", "QS-JAN", "YS-JAN"]


@given(st.sampled_from(PACES), st.integers(6, 40), st.dates(pd.Timestamp("1990-01-01").date()))
def test_a_pace_is_found_and_goes_on(frequency, n, start):
    if start.year > 2100:
        start = start.replace(year=2001, day=1)
    points = pd.date_range(start, periods=n + 3, freq=frequency)
    read = data.read_times(points[:n].astype(str).tolist())
    pace = data.learn_pace(read)
    assert pace is not None
    assert pace.missing == 0
    expected = points[n:] if pace.frequency != "D" else pd.date_range(points[n - 1], periods=4)[1:]
    assert pace.after(read[-1], 3).tolist() == expected.tolist()


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
        (["05/02/24", "13/02/24", "21/02/24"], "2024-02-05", "8D"),
        (["1/2/2024 1:05 PM", "1/2/2024 2:05 PM", "1/2/2024 3:05 PM"], "2024-01-02 13:05", "h"),
        (["Jan-24", "Feb-24", "Mar-24"], "2024-01-01", "MS"),
        (["Q1 2024", "Q2 2024", "Q3 2024"], "2024-01-01", "QS-JAN"),
        ([20240101, 20240102, 20240103], "2024-01-01", "D"),
        ([202401, 202402, 202403], "2024-01-01", "MS"),
        ([2024010122, 2024010123, 2024010200], "2024-01-01 22:00", "h"),
        (pd.period_range("2024-01", periods=3, freq="M"), "2024-01-01", "MS"),
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
    index = data.read_times(values)
    assert index[0] == pd.Timestamp(first)
    assert data.learn_pace(index).frequency == frequency


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
        ([1, 2, 3], r"1 is no year, no date and no time since 1970"),
        ([True, False], r"True is no point in time"),
        ([], r"there are no timestamps"),
    ],
)
def test_timestamps_that_cannot_be_used(values, message):
    with pytest.raises(DataError, match=message):
        data.check_order(data.read_times(values), "timestamps")


def test_dates_are_read_as_the_first_table_was():
    """05/02/2024 alone may be May; after days above twelve were seen it is February."""
    known, index = Reading.learn(["30/01/2024", "31/01/2024", "01/02/2024"], "x")
    assert index[2] == pd.Timestamp("2024-02-01")
    again = Reading(**known.to_dict())
    assert again.read(["05/02/2024"], "x")[0] == pd.Timestamp("2024-02-05")
    assert again.read(["2024-02-05"], "x")[0] == pd.Timestamp("2024-02-05")
    assert again.read_one("05/02/2024", "x") == pd.Timestamp("2024-02-05")
    with pytest.raises(DataError, match=r"'05/13/2024' in row 0 cannot be read .* %d/%m/%Y"):
        again.read(["05/13/2024"], "x")
    with pytest.raises(DataError, match="times are numbers such as 2024, and in fit they were"):
        again.read([2024], "x")


@pytest.mark.parametrize(
    ("values", "dayfirst", "guessed"),
    [
        (["05/02/2024", "06/02/2024", "07/02/2024"], True, True),
        (["01/02/2024", "01/03/2024", "01/04/2024"], False, True),
        (["01/02/2024", "01/03/2024", "02/01/2024"], False, True),
        (["30/01/2024", "31/01/2024", "01/02/2024"], True, False),
        (["05.02.2024", "06.02.2024", "07.02.2024"], True, False),
    ],
)
def test_the_order_of_day_and_month(values, dayfirst, guessed):
    known, _ = Reading.learn(values, "x")
    steady = Reading.learn(values, "x", dayfirst=dayfirst)[1]
    if guessed and dayfirst:
        known = Reading.learn(values, "x", dayfirst=True)[0]
    assert known.dayfirst == dayfirst
    assert known.read(values, "x").equals(steady)


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        (["13/01/2024", "01/13/2024"], {}, "has the day first and '01/13/2024' the month"),
        (["13/01/2024", "14/01/2024"], {"dayfirst": False}, "dayfirst=False would read a month"),
        (["January", "February"], {}, "'January' in row 0 cannot be read"),
        (["13:00", "14:00"], {}, "'13:00' in row 0 cannot be read"),
        ([1 + 2j], {}, "is no point in time"),
    ],
)
def test_text_that_is_no_time(values, options, message):
    with pytest.raises(DataError, match=message):
        Reading.learn(values, "x", **options)


@pytest.mark.parametrize(
    "zone", [dateutil.tz.gettz("Europe/Berlin"), dateutil.tz.tzoffset(None, 60)]
)
def test_zones_of_other_libraries_get_a_name(zone):
    index = pd.date_range("2024-03-30", periods=4, freq="D", tz=zone)
    known, read = Reading.learn(index, "x")
    assert (read == index).all()
    packed = json.loads(json.dumps(data.pack_times(read)))
    assert data.unpack_times(packed).equals(read)
    assert Reading(**known.to_dict()).read(index.tz_convert("Asia/Tokyo"), "x").equals(read)
    with pytest.raises(DataError, match="timestamps are without a zone, and in fit they were in"):
        known.read(index.tz_localize(None), "x")


def test_days_of_a_zone_keep_their_pace():
    text = ["2024-03-30T00:00+01:00", "2024-03-31T00:00+01:00", "2024-04-01T00:00+02:00"]
    known, index = Reading.learn(text, "x")
    assert data.learn_pace(index).frequency == "D"
    assert known.read(text[:1], "x")[0] == pd.Timestamp("2024-03-30")
    days = pd.date_range("2024-03-20", periods=30, freq="D", tz="Europe/Berlin")
    after = data.learn_pace(days.delete(5)).after(days[4], 12)
    assert {stamp.hour for stamp in after} == {0}


def test_offsets_that_differ_from_row_to_row():
    text = ["2020-01-01T00:00+01:00", "2020-01-01T00:00Z", "2020-01-01T01:00Z"]
    index = data.read_times(text)
    assert data.learn_pace(index).frequency == "h"
    assert str(index.tz) == "UTC"


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
    assert data.calendar_names("WOM-3FRI") == data.calendar_names("QE-DEC") == ["month"]
    assert data.calendar_names("YS-JAN") == []
    assert data.calendar_names(None) == days
