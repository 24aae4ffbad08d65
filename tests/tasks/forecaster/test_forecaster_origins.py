"""Backtests by models fitted anew, and pictures of forecasts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import OptionError
from ostinato.figures import Bars, Lines
from ostinato.tasks import Forecaster

OPTIONS = {"past": 6, "horizon": 3, "hidden_size": 4, "epochs": 2, "progress": False}


def shops(rows=90, lengths=None, seed=0):
    draw = np.random.default_rng(seed)
    parts = []
    for k, count in enumerate(lengths or (rows, rows)):
        days = pd.date_range("2026-01-01", periods=count)
        sold = 10**k * (20 + draw.normal(size=count))
        parts.append(pd.DataFrame({"shop": f"s{k}", "day": days, "sold": sold}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fitted():
    return Forecaster(series="shop", **OPTIONS).fit(shops(), validation=0.3)


def test_a_backtest_by_models_fitted_anew(fitted):
    """Four origins, a model for two of them: the second pair is of a model that knew the rows up to
    the third origin, as by hand."""
    rows = shops()
    found = fitted.backtest(rows, every=3, origins=4, level=80, refit=2)
    plain = fitted.backtest(rows, every=3, origins=4, level=80)
    facts = ["shop", "origin", "day", "step", "sold", "sold_last"]
    pd.testing.assert_frame_equal(found[facts], plain[facts])
    assert list(found.columns) == list(plain.columns)
    known = rows[rows["day"] <= rows["day"].max() - pd.Timedelta(days=6)]
    model = Forecaster(series="shop", **OPTIONS).fit(known)
    own = found[found["shop"] == "s1"]
    third = own[own["origin"] == known["day"].max()]
    wanted = model.predict(known, level=80).loc["s1"]
    np.testing.assert_array_equal(
        third[["sold_forecast", "sold_q10", "sold_q90"]], wanted[["sold", "sold_q10", "sold_q90"]]
    )
    last = own.tail(3)
    alone = model.predict(rows[rows["day"] <= last["origin"].iloc[0]]).loc["s1"]
    np.testing.assert_array_equal(last["sold_forecast"], alone["sold"])


def test_models_fitted_anew_see_nothing_of_what_comes(fitted):
    rows, changed = shops(), shops()
    late = changed["day"] > changed["day"].max() - pd.Timedelta(days=6)
    changed.loc[late, "sold"] *= 100
    first, second = (fitted.backtest(each, every=3, origins=2, refit=1) for each in (rows, changed))
    early = first["step"].index[first["origin"] == first["origin"].min()]
    assert first.loc[early, "sold_forecast"].equals(second.loc[early, "sold_forecast"])
    assert not first["sold_forecast"].equals(second["sold_forecast"])


def test_series_of_other_lengths_and_one_series():
    rows = shops(lengths=(90, 40))
    rows.loc[rows.index[:2], "sold"] = np.nan  # the first shop has no values for two days
    model = Forecaster(series="shop", missing="ffill", **OPTIONS).fit(rows, validation=0.3)
    found = model.backtest(rows, every=3, origins=3, refit=3)
    facts = ["shop", "origin", "day", "step", "sold"]
    plain = model.backtest(rows, every=3, origins=3)
    pd.testing.assert_frame_equal(found[facts], plain[facts])
    alone = shops()[lambda t: t["shop"] == "s0"][["day", "sold"]]
    model = Forecaster(**OPTIONS).fit(alone, validation=None)
    found = model.backtest(alone, every=5, origins=2, refit=1)
    pd.testing.assert_frame_equal(
        found[["origin", "step", "sold"]],
        model.backtest(alone, every=5, origins=2)[["origin", "step", "sold"]],
    )
    with pytest.raises(OptionError, match="refit must be a whole number at least 1, got 0"):
        model.backtest(alone, refit=0)


def test_a_fan_has_the_intervals_of_predict(fitted):
    picture = fitted.plot(series="s1", h=5)
    assert isinstance(picture, Lines)
    assert picture.title == "Forecast of sold, shop s1"
    assert [band.name for band in picture.bands] == [f"{k} % interval" for k in (95, 80, 50)]
    wanted = fitted.forecast(5, level=[50, 80, 95]).loc["s1"]
    np.testing.assert_array_equal(picture.lines[1].y, wanted["sold"])
    np.testing.assert_array_equal(picture.bands[1].low, wanted["sold_q10"])
    np.testing.assert_array_equal(picture.bands[0].high, wanted["sold_q97.5"])
    assert picture.lines[0].y[-1] == shops()["sold"].iloc[-1]
    assert fitted.plot(shops(40)).lines[0].x[-1] == np.datetime64("2026-02-09")
    assert "<svg" in picture._repr_html_()


def test_history_backtest_and_steps(fitted):
    rows = shops(40)
    picture = fitted.plot(rows, "history")
    np.testing.assert_array_equal(picture.lines[0].y, rows["sold"][:40])
    tested = fitted.plot(rows, "backtest", series="s1")
    table = fitted.backtest(rows, level=80)
    table = table[table["shop"] == "s1"]
    np.testing.assert_array_equal(tested.lines[1].y, table["sold_forecast"])
    np.testing.assert_array_equal(tested.bands[0].high, table["sold_q90"])
    errors = {e: (table[f"sold_{e}"] - table["sold"]).abs().mean() for e in ("last", "drift")}
    assert tested.lines[2].name == f"naive forecast: {min(errors, key=lambda e: errors[e])}"
    bars = fitted.plot(kind="steps")
    assert isinstance(bars, Bars)
    by = fitted.compare(fitted.backtest(fitted.held_out_), by="step")
    np.testing.assert_array_equal(bars.groups[0].values, by["mae"])


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"kind": "fan"}, "kind must be one of 'forecast', 'history', 'backtest', 'steps'"),
        ({"target": "bought"}, "target must be one of 'sold', got 'bought'"),
        ({"series": "s7"}, "series must be one of 's0', 's1', got 's7'"),
        ({"series": "s7", "kind": "backtest"}, "series must be one of 's0', 's1', got 's7'"),
    ],
)
def test_pictures_that_cannot_be_drawn(fitted, how, message):
    with pytest.raises(OptionError, match=message):
        fitted.plot(**how)


def test_without_held_out_rows():
    model = Forecaster(series="shop", **OPTIONS).fit(shops(), validation=None)
    assert not model.plot().bands
    with pytest.raises(OptionError, match="there are no held-out rows to draw. Give rows as X"):
        model.plot(kind="steps")
