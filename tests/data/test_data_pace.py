"""The pace of a series with its holes: weekends, nights, holidays, a closed week."""

from __future__ import annotations

import pandas as pd
import pytest

from ostinato import data
from ostinato.errors import DataError, OptionError

DAYS = pd.date_range("2022-01-01", "2024-06-30", freq="D")
HOURS = pd.date_range("2024-01-01", periods=24 * 60, freq="h")
SHOP = DAYS[(DAYS.day_of_week != 6) & ~((DAYS.month == 12) & DAYS.day.isin([25, 26]))]
WEEK = (SHOP >= "2023-08-01") & (SHOP < "2023-08-09")
OPEN = HOURS[(HOURS.hour >= 8) & (HOURS.hour < 20) & (HOURS.day_of_week < 6)]


@pytest.mark.parametrize(
    ("index", "frequency", "words", "last", "after"),
    [
        (DAYS[DAYS.day_of_week != 6], "D", "closed on Sunday", -1, "2024-07-01"),
        (SHOP[~WEEK], "D", "12-25", "2023-12-24", "2023-12-27"),
        (DAYS.delete(range(50, 57)), "D", "D, 7 days without a row", -1, "2024-07-01"),
        (DAYS[:200].delete(20), "D", "D, 1 day without a row", -1, "2022-07-20"),
        (
            pd.bdate_range("2020-01-01", "2020-12-31").delete([0, 100]),
            "B",
            "1 day",
            -1,
            "2021-01-01",
        ),
        (OPEN, "h", "closed on Sunday, 12 rows a day, 72 a week", -1, "2024-03-01 08:00"),
        (OPEN.tz_localize("Europe/Paris"), "h", "12 rows a day", -1, "2024-03-01 08:00+01:00"),
        (  # closing times, earlier on some days
            pd.bdate_range("2024-01-01", periods=40) + pd.to_timedelta([13, *[16] * 39], "h"),
            "B",
            "B",
            -1,
            "2024-02-26 16:00",
        ),
        (
            pd.date_range("2020", periods=30, freq="MS") + pd.Timedelta("14D"),
            "MS",
            "MS",
            -1,
            "2022-07-15",
        ),
        (
            pd.date_range("2020-01-17", periods=30, freq="WOM-3FRI"),
            "WOM-3FRI",
            "WOM",
            -1,
            "2022-07-15",
        ),
    ],
)
def test_holes_by_custom_are_part_of_the_pace(index, frequency, words, last, after):
    pace = data.learn_pace(index)
    assert pace.frequency == frequency
    assert words in pace.words()
    last = index[-1] if last == -1 else pd.Timestamp(last)
    assert pace.after(last, 1)[0] == pd.Timestamp(after)
    assert data.Pace.from_dict(pace.to_dict()) == pace
    pace.check(index, "rows")


def test_holidays_come_back():
    days = pd.bdate_range("2016-01-01", "2020-12-31")
    thanks = pd.date_range("2016-01-01", "2020-12-31", freq="WOM-4THU")
    thanks = thanks[thanks.month == 11]
    fridays = pd.DatetimeIndex(
        ["2016-03-25", "2017-04-14", "2018-03-30", "2019-04-19", "2020-04-10"]
    )
    pace = data.learn_pace(days.difference(thanks).difference(fridays))
    assert pace.closed == ("11/4/3", "easter-2")
    assert pd.Timestamp("2021-04-02") not in pace.after(pd.Timestamp("2020-12-31"), 100)
    assert pd.Timestamp("2021-11-25") not in pace.after(pd.Timestamp("2021-11-01"), 40)


@pytest.mark.parametrize(
    ("count", "per_day", "per_week"), [(OPEN, 12, 72), (SHOP, None, 6), (HOURS, 24, 168)]
)
def test_rows_in_a_day_and_a_week(count, per_day, per_week):
    pace = data.learn_pace(count)
    assert (pace.per_day, pace.per_week) == (per_day, per_week)


@pytest.mark.parametrize("frequency", ["h", "ME", "MS", "W-TUE", "QS-JAN", "YS-JAN"])
def test_gaps_are_refused_where_they_are_no_custom(frequency):
    points = pd.date_range("2001-01-02", periods=40, freq=frequency).delete(9)
    with pytest.raises(
        DataError, match=f"1 timestamps are missing at a pace of '{frequency}', the "
    ):
        data.learn_pace(points, "load.csv")
    pace = data.learn_pace(points, gaps="allow")
    assert (pace.frequency, pace.missing) == (frequency, 1)


WILD = pd.DatetimeIndex(["2020-01-01", "2020-01-02", "2020-01-20", "2020-03-01 12:13"])


@pytest.mark.parametrize(
    ("index", "options", "message"),
    [
        (WILD, {}, r"no steady pace: the steps between rows go from 1 days"),
        (WILD, {"gaps": "allow"}, r"Say freq=..., the pace at which answers are to fall"),
        (HOURS, {"frequency": "7min"}, "rows do not lie at the pace freq='7min'"),
        (HOURS[::-1], {}, "not in order: row 1"),
        (HOURS.insert(3, HOURS[3]), {}, "is there twice, in rows 3 and 4"),
    ],
)
def test_points_without_a_pace(index, options, message):
    with pytest.raises(DataError, match=message):
        data.learn_pace(index, **options)


def test_rows_at_any_time_answer_at_the_pace_that_is_said():
    pace = data.learn_pace(WILD, gaps="allow", frequency="D")
    assert not pace.steady
    assert pace.after(WILD[-1], 1)[0] == pd.Timestamp("2020-03-02 12:13")
    pace.check(WILD[:3], "rows")
    assert data.learn_pace(WILD[:2]) is None
    with pytest.raises(OptionError, match="freq must be a frequency as pandas writes it"):
        data.learn_pace(WILD, frequency="hourly")


@pytest.mark.parametrize(
    ("learned", "given", "message"),
    [
        (HOURS, pd.date_range("2024", periods=9, freq="15min"), "rows are not at the pace of h"),
        (HOURS, pd.date_range("2024", periods=9, freq="D"), "rows have mostly 1 days"),
        (HOURS, HOURS.delete(4), "1 timestamps are missing at a pace of 'h'"),
        (DAYS[DAYS.day_of_week < 5], DAYS, "are at times that had no rows in fit: B"),
        (DAYS, DAYS.delete(9), "1 timestamps are missing at a pace of 'D'"),
        (SHOP, SHOP.delete(range(9, 19)), "10 timestamps are missing"),
    ],
)
def test_rows_of_another_pace_are_refused(learned, given, message):
    with pytest.raises(DataError, match=message):
        data.learn_pace(learned).check(given, "rows")
