"""Time is read once: what fit finds in a table, and what it holds later tables to."""

from __future__ import annotations

import json
import logging
from typing import Any

import dateutil.tz
import numpy as np
import pandas as pd
import pyarrow
import pytest

from ostinato.errors import DataError
from ostinato.tasks import Forecaster
from ostinato.tasks.forecaster.answering import table as answers
from ostinato.tasks.forecaster.rows import ForecasterRows

N = 60
DAYS = pd.date_range("2024-01-05", periods=N, freq="D")
SMALL: dict[str, Any] = {"past": 14, "horizon": 7, "hidden_size": 4, "epochs": 1}


def wave(rows: int = N, level: float = 10.0) -> np.ndarray:
    return level + np.tile([0.0, 3, 1, 7, 2, 2, 9], rows)[:rows]


def frame(times: Any, name: str = "date", **more: Any) -> pd.DataFrame:
    return pd.DataFrame({name: times, "y": wave(len(times)), **more})


def read(X: Any, validation: Any = None, **options: Any) -> ForecasterRows:
    """What is learned of a table, without a network, and through a file."""
    model = Forecaster(**{**SMALL, **options})
    rows, _, _ = ForecasterRows.learn("fit", model, X, validation)
    return ForecasterRows.from_dict(model, json.loads(json.dumps(rows.to_dict())))


def stacked(names: list[Any], times: Any = DAYS, column: str = "shop") -> pd.DataFrame:
    return pd.concat([frame(times).assign(**{column: [name] * len(times)}) for name in names])


HOUR = pd.date_range("2024-01-05", periods=N, freq="h")
LEVELS = pd.MultiIndex.from_product([["a", "b"], DAYS])


@pytest.mark.parametrize(
    ("X", "time", "series", "first"),
    [
        (frame(DAYS.strftime("%d/%m/%Y")), "date", None, "2024-03-05"),
        (frame(DAYS.as_unit("s").asi8, "timestamp"), "timestamp", None, "2024-03-05"),
        (frame(DAYS.as_unit("ms").asi8, "Unnamed: 0"), "Unnamed: 0", None, "2024-03-05"),
        (frame(DAYS.strftime("%Y%m%d").astype(int), "day"), "day", None, "2024-03-05"),
        (frame(DAYS.astype(str), "Unnamed: 0"), "Unnamed: 0", None, "2024-03-05"),
        (frame(DAYS.strftime("%d.%m.%Y %H:%M:%S"), "Date Time"), "Date Time", None, "2024-03-05"),
        (frame(DAYS.astype(str), "gemessen"), "gemessen", None, "2024-03-05"),
        (frame(np.arange(1900, 1900 + N), "year"), "year", None, "1960-01-01"),
        (frame(DAYS, month=DAYS.month, year=DAYS.year), "date", None, "2024-03-05"),
        (frame(["January", "May"] * (N // 2), "month"), None, None, N),
        (frame(np.arange(N), "Unnamed: 0"), None, None, N),
        (pd.DataFrame({"y": wave()}, index=DAYS), "", None, "2024-03-05"),
        (pd.DataFrame({"y": wave()}, index=DAYS.astype(str)), "", None, "2024-03-05"),
        (pd.DataFrame({"y": wave()}, index=DAYS.to_period("D")), "", None, "2024-03-05"),
        (pd.DataFrame({"y": np.tile(wave(), 2)}, index=LEVELS), "time", "series", "2024-03-05"),
        (
            pd.DataFrame({"y": np.tile(wave(), 2)}, index=LEVELS.set_names(["shop", "day"])),
            "day",
            "shop",
            "2024-03-05",
        ),
        (pyarrow.table({"date": pyarrow.array(DAYS), "y": wave()}), "date", None, "2024-03-05"),
        (
            frame(DAYS).convert_dtypes(dtype_backend="pyarrow"),
            "date",
            None,
            "2024-03-05",
        ),
        (frame(DAYS.strftime("%d-%b-%y")), "date", None, "2024-03-05"),
        (frame([f" {day} " for day in DAYS.astype(str)]), "date", None, "2024-03-05"),
        (frame(DAYS.as_unit("s").asi8.astype(str), "ts"), "ts", None, "2024-03-05"),
        (frame([f"2023-W{k:02d}" for k in range(1, 53)], "week"), "week", None, "2024-01-01"),
        (frame(np.random.default_rng(0).permutation(N) * 7 + 1500, "lag_time"), None, None, N),
        (
            frame(HOUR.strftime("%d/%m/%Y"), "Date", Time=HOUR.strftime("%H.%M.%S")),
            "Date + Time",
            None,
            "2024-01-07 12:00",
        ),
        (frame(HOUR.date, "day", hour=HOUR.hour), "day + hour", None, "2024-01-07 12:00"),
        (
            frame(2000 + np.arange(N) // 12, "Year", Month=np.arange(N) % 12 + 1),
            "Year + Month",
            None,
            "2005-01-01",
        ),
        (wave(), None, None, N),
        (wave()[:, None], None, None, N),
    ],
)
def test_times_are_found(X, time, series, first):
    rows = read(X)
    assert (rows.layout.time, rows.layout.series) == (time, series)
    assert [name for name in rows.layout.target if name != "lag_time"] in (["y"], ["value"])
    after = rows.known[0].after(1)[0]
    assert after == (first if isinstance(first, int) else pd.Timestamp(first))
    daily = isinstance(first, int) or first == "2024-03-05"
    assert rows.season == (7 if daily else 1)


def test_an_index_is_named_and_names_the_answers():
    X = pd.DataFrame({"y": wave()}, index=pd.Index(DAYS.astype(str), name="when"))
    rows = read(X, time="when")
    part = rows.known[0]
    assert (
        answers(
            rows.layout, rows.time_name, [part], wave(7).reshape(1, 7, 1), [part.after(7)]
        ).index.name
        == "when"
    )
    again = rows.read(X.reset_index(), "predict")[0][0]
    assert again.index.equals(DAYS)


@pytest.mark.parametrize(
    "names",
    [
        list(pd.to_datetime(["2024-01-01", "2025-01-01"])),
        list(pd.to_datetime(["2024-01-01", "2025-01-01"]).tz_localize("Asia/Tokyo")),
        [1.5, 2.5],
        [3, 4],
        [True, False],
        list(pd.period_range("2024", periods=2, freq="M")),
        [pd.Timestamp("2024-01-01").date(), pd.Timestamp("2025-01-01").date()],
        [("a", 1), ("b", 2)],
    ],
)
def test_anything_may_name_a_series(names):
    rows = read(stacked(names), series="shop", time="date")
    parts, _ = rows.read(stacked(names), "predict")
    assert [part.name for part in parts] == [part.name for part in rows.known]
    assert rows.scaling.names == [part.name for part in parts]
    found = answers(
        rows.layout, rows.time_name, parts, np.zeros((2, 7, 1)), [part.after(7) for part in parts]
    )
    assert found.index.names == ["shop", "date"]


@pytest.mark.parametrize(
    ("X", "options", "target"),
    [
        (np.stack([wave(), wave()], 1), {"target": 0}, ["x0"]),
        (frame(DAYS), {"target": 1}, ["y"]),
        (frame(DAYS), {"target": -1, "time": 0}, ["y"]),
        (frame(DAYS), {"calendar": ["weekday"]}, ["y"]),
    ],
)
def test_columns_may_be_counted_and_options_lists(X, options, target):
    model = Forecaster(**{**SMALL, **options})
    model.check()
    assert read(X, **options).layout.target == target


MIXED = pd.concat(
    [
        frame(DAYS).assign(shop="a"),
        frame(pd.date_range("2024", periods=N, freq="h")).assign(shop="b"),
    ]
)
WILD = frame(
    pd.Timestamp("2024") + pd.to_timedelta(np.random.default_rng(0).permutation(10**6)[:N], "s")
).sort_values("date")


@pytest.mark.parametrize(
    ("X", "options", "message"),
    [
        (MIXED, {"series": "shop"}, "fit: series 'b' has the pace 'h' and series 'a' 'D'"),
        (WILD, {"gaps": "allow"}, r"no steady pace: .* Say freq=..., the pace at which answers"),
        (frame(DAYS).assign(y=1j), {}, "column 'y' must hold numbers: they are complex"),
        (wave() + 1j, {}, "X must hold real numbers, got complex ones"),
        (frame(DAYS, "year").assign(year=DAYS.year), {}, "is there twice, in rows 0 and 1"),
        (frame(DAYS[:-40].append(DAYS[-20:])), {}, "20 timestamps are missing at a pace of 'D'"),
        (frame([*DAYS[1:].astype(str), "soon"]), {}, "'soon' in row 59 cannot be read as a point"),
        (frame([*DAYS[1:].astype(str), None]), {}, "1 of 60 timestamps are missing, the first in"),
        (frame(DAYS).assign(y=np.nan), {"missing": "ffill"}, "'y' has no value at all"),
        (frame(DAYS.strftime("%d/%m/%Y")), {"dayfirst": False}, "would read a month first"),
        (frame(DAYS), {"freq": "7min"}, "rows do not lie at the pace freq='7min'"),
    ],
)
def test_tables_without_one_time_are_refused(X, options, message):
    with pytest.raises((DataError), match=message):
        read(X, **options)


HOURS = frame(pd.date_range("2024", periods=N, freq="h"))
WORK = frame(DAYS[DAYS.day_of_week < 5])


@pytest.mark.parametrize(
    ("X", "given", "message"),
    [
        (frame(DAYS.strftime("%d/%m/%Y")), frame(DAYS.strftime("%m/%d/%Y")), "cannot be read"),
        (frame(DAYS), frame(DAYS.strftime("%m/%d/%Y")), "In fit times were timestamps"),
        (frame(DAYS.as_unit("s").asi8), frame(DAYS.as_unit("ms").asi8), "in fit they were seconds"),
        (HOURS, frame(pd.date_range("2024", periods=N, freq="15min")), "not at the pace of h"),
        (HOURS, HOURS.drop(index=[7]), "1 timestamps are missing at a pace of 'h'"),
        (WORK, frame(DAYS), "are at times that had no rows in fit: B"),
        (
            frame(DAYS.tz_localize(dateutil.tz.gettz("Europe/Rome"))),
            frame(DAYS),
            "timestamps are without a zone, and in fit they were in Europe/Rome",
        ),
    ],
)
def test_later_tables_are_held_to_what_fit_found(X, given, message):
    rows = read(X)
    with pytest.raises(DataError, match=message):
        rows.read(given, "predict")


@pytest.mark.parametrize(
    ("later", "message"),
    [
        (DAYS[45:], "5 timestamps are missing at a pace of 'D', the first 2024-02-14"),
        (DAYS[40::2], "rows have mostly 2 days"),
        (DAYS[30:], "rows must follow X, whose last is 2024-02-13"),
    ],
)
def test_held_out_rows_follow_in_the_calendar(later, message):
    with pytest.raises(DataError, match=message):
        read(frame(DAYS[:40]), validation=frame(later))


def test_an_ambiguous_date_means_what_it_meant():
    rows = read(frame(DAYS.strftime("%d/%m/%Y")))
    few = pd.date_range("2024-05-01", periods=12, freq="D")
    part = rows.read(frame(few.strftime("%d/%m/%Y")), "predict")[0][0]
    assert part.after(1)[0] == pd.Timestamp("2024-05-13")


def test_days_keep_their_hour_over_daylight_saving():
    days = pd.date_range("2024-03-01", periods=28, freq="D", tz=dateutil.tz.gettz("Europe/Rome"))
    rows = read(frame(days.delete(9)))
    assert {stamp.hour for stamp in rows.known[0].after(7)} == {0}
    assert str(rows.known[0].after(7).tz) == "Europe/Rome"


def test_empty_rows_before_the_first_value_are_left_out():
    X = frame(DAYS, z=wave())
    X.loc[:2, "y"] = np.nan
    X.loc[[0, 3, 9], "z"] = np.nan
    rows = read(X, missing="interpolate", target="y", features="z")
    part = rows.read(X, "predict")[0][0]
    assert part.index[0] == DAYS[3]
    assert part.values[0].tolist() == [wave()[3], wave()[4]]
    assert part.values[6, 1] == (wave()[8] + wave()[10]) / 2
    assert rows.filled == {"y": 0, "z": 2}


def test_fit_says_what_it_found(caplog):
    shops = stacked(["x", "y"], DAYS[DAYS.day_of_week != 6])
    shops.loc[3, "y"] = np.nan
    shops["remark"], shops["month"] = "none", shops["date"].dt.month
    with caplog.at_level(logging.INFO, "ostinato"):
        Forecaster(**{**SMALL, "past": 12, "horizon": 2}, series="shop", missing="ffill").fit(
            shops.assign(date=shops["date"].dt.strftime("%d/%m/%Y")), progress=False
        )
    assert caplog.messages == [
        "columns: forecast y",
        "time: 'date', text as %d/%m/%Y, pace D, closed on Sunday, 2024-01-05 00:00:00 to "
        "2024-03-04 00:00:00",
        "series: 2 by 'shop', 102 rows",
        "season: none that is no chance",
        "not read: remark, month",
        "values filled in: y: 2",
    ]


def test_rows_at_any_time_are_answered_at_the_pace_that_is_said():
    rows = read(WILD, gaps="allow", freq="D")
    last = WILD["date"].iloc[-1]
    assert rows.known[0].after(2).tolist() == [last + pd.Timedelta(days=1 + k) for k in range(2)]


def test_partial_fit_goes_on_from_every_series():
    """With one series, with older rows, and with a few new ones."""
    start = stacked(["a", "b"])
    rows = read(start, series="shop", time="date")
    new = frame(pd.date_range("2024-03-05", periods=3)).assign(shop="b", y=[7.0, 8, 9])
    parts = rows.following(rows.read(new, "partial_fit")[0], 21, "partial_fit")
    assert len(parts[0].values) == 14 + 3
    rows.remember(parts, 14)
    assert [part.after(1)[0].day for part in rows.known] == [5, 8]
    assert rows.known[1].values[-4:].ravel().tolist() == [wave()[-1], 7, 8, 9]
    rows.remember(rows.read(start[:20], "partial_fit")[0], 14)
    assert [part.after(1)[0].day for part in rows.known] == [5, 8]
    late = new.assign(date=pd.date_range("2024-03-15", periods=3))
    with pytest.raises(DataError, match="series 'b': 7 timestamps are missing"):
        rows.following(rows.read(late, "partial_fit")[0], 21, "partial_fit")


def test_numbered_rows_go_on_counting():
    rows = read(wave())
    parts = rows.following(rows.read(wave(40), "partial_fit")[0], 21, "partial_fit")
    rows.remember(parts, 14)
    assert rows.known[0].after(1)[0] == 100


@pytest.fixture(scope="module")
def shops() -> Forecaster:
    """A model of two shops of different level, with missing values and closed Sundays."""
    days = DAYS[DAYS.day_of_week != 6]
    X = pd.concat([frame(days).assign(shop="a"), frame(days, y=wave(51, 900.0)).assign(shop="b")])
    X = X.assign(z=np.arange(len(X)) % 5, date=X["date"].dt.strftime("%d/%m/%Y"))
    options: dict[str, Any] = {**SMALL, "past": 12, "horizon": 3, "calendar": "auto"}
    model = Forecaster(**options, series="shop", features="z", target="y", missing="interpolate")
    return model.fit(X, validation=None, progress=False)


@pytest.mark.parametrize("name", ["a", "b", "new"])
def test_a_stream_reads_time_and_holes_as_predict_does(shops, name):
    days = DAYS[DAYS.day_of_week != 6]
    X = frame(days, y=wave(51, 500.0), z=1.0 * (np.arange(51) % 4)).assign(shop=name)
    X.loc[[0, 14, 15, 16, 40], "y"] = np.nan
    X.loc[[3, 15, 30], "z"] = np.nan
    X["date"] = X["date"].dt.strftime("%d/%m/%Y")
    stream = shops.stream()
    for number, row in enumerate(X.to_dict("records")):
        answer = stream.step(row)
        if number < 12:
            assert answer is None
            continue
        wanted = shops.predict(X[: number + 1]).droplevel(0)
        pd.testing.assert_frame_equal(answer, wanted, check_exact=True, check_freq=False)
    assert stream.state.shape == (12, 2)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"date": "06/01/2024"}, "2024-01-06 00:00:00 is not after the last row's 2024-01-06"),
        ({"date": "20/02/2024"}, "37 timestamps are missing at a pace of 'D'"),
        ({"date": "01/13/2024"}, "'01/13/2024' in row 0 cannot be read"),
        ({"date": 20240108}, "times are numbers such as 20240108, and in fit they were text"),
        ({"date": None}, "time is missing"),
        ({"shop": "b"}, "the row is of series 'b', and those before it of 'a'"),
        ({"y": np.inf}, "row must be 2 finite numbers"),
    ],
)
def test_a_stream_refuses_what_predict_would(shops, row, message):
    stream = shops.stream()
    for day in ("05/01/2024", "06/01/2024"):
        stream.step({"date": day, "shop": "a", "y": 1.0, "z": 0.0})
    with pytest.raises(DataError, match=message):
        stream.step({"date": "08/01/2024", "shop": "a", "y": 1.0, "z": 0.0} | row)


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_a_stream_reads_numbers_as_fit_did(unit):
    stamps = DAYS.as_unit(unit).asi8
    model = Forecaster(**SMALL).fit(frame(stamps, "timestamp"), validation=None, progress=False)
    stream, answer = model.stream(), None
    for stamp, value in zip(stamps[:14].tolist(), wave(14), strict=True):
        answer = stream.step([value], time=stamp)
    assert answer is not None
    assert answer.index[0] == DAYS[14]


def test_without_held_out_rows_no_epoch_is_left_out():
    """The training loss, which dropout shakes, is no reason to stop."""
    model = Forecaster(**{**SMALL, "epochs": 9}, patience=1, learning_rate=1e-9, dropout=0.5)
    model.fit(wave(), validation=None, progress=False)
    assert len(model.history_["train_loss"]) == 9


def test_a_short_series_has_the_calendar_of_the_others():
    """Four days tell nothing of weekends."""
    work = DAYS[DAYS.day_of_week < 5]
    X = pd.concat([stacked(["a", "b"], work), frame(work[10:14]).assign(shop="c")])
    rows = read(X, series="shop", time="date")
    assert rows.clock is not None
    assert [rows.clock.paces[name].frequency for name in "abc"] == ["B", "B", "B"]


def test_a_row_of_a_table_with_times_in_the_index_tells_its_time():
    X = pd.DataFrame({"y": wave()}, index=DAYS.strftime("%d/%m/%Y"))
    model = Forecaster(**SMALL).fit(X, validation=None, progress=False)
    stream, answer = model.stream(), None
    for k in range(14):
        answer = stream.step(X.iloc[k])
    pd.testing.assert_frame_equal(answer, model.predict(X[:14]), check_exact=True, check_freq=False)
    with pytest.raises(DataError, match="time is missing"):
        stream.step({"y": 1.0})


def test_one_window_may_be_held_out():
    """It is too few for intervals to be judged, and no error."""
    model = Forecaster(**SMALL).fit(wave(), validation=7 / N, progress=False)
    assert model.baseline_["mae"] > 0
    assert "coverage_80" not in model.baseline_
