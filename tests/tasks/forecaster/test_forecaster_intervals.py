"""Intervals and backtests: worked by hand, and on rows that keep the model's word or break it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import OptionError
from ostinato.measures.forecasts import pinball_loss
from ostinato.tasks import Forecaster, load
from ostinato.tasks.forecaster.intervals import LEVELS, Intervals, is_late, levels_of

OPTIONS = {"past": 6, "horizon": 3, "hidden_size": 4, "epochs": 2, "progress": False}


def table(rows=400, seed=0, series=1, spread=1.0):
    draw = np.random.default_rng(seed)
    parts = [
        pd.DataFrame(
            {
                "shop": f"s{k}",
                "day": pd.date_range("2026-01-01", periods=rows),
                "sold": 10**k * (20 + spread * draw.normal(size=rows)),
            }
        )
        for k in range(series)
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fitted():
    return Forecaster(**OPTIONS).fit(table()[["day", "sold"]], validation=0.4)


def test_quantiles_of_errors_by_hand():
    """Of 999 errors 1 to 999 those at .1 and .9 are the 100th from each end, by the conformal
    rank."""
    gaps = np.arange(1.0, 1000)[:, None, None]
    found = Intervals.of(gaps)
    assert found.count == 999
    assert found.at(1, [0.1, 0.5, 0.9])[0].tolist() == [100.0, 500.5, 901.0]


def test_few_errors_are_joined_by_steps_beside_them():
    gaps = np.tile(np.arange(4.0), (200, 1))[:, :, None]  # step k errs by k, 200 times
    found = Intervals.of(gaps)
    assert found.count == 600
    low, high = LEVELS.index(0.1), LEVELS.index(0.9)
    assert found.errors[2, [low, high]].tolist() == [1.0, 3.0]  # steps 1 to 3
    assert found.errors[0, [low, high]].tolist() == [0.0, 1.0]


def test_beyond_the_horizon_errors_grow_as_those_of_a_walk():
    found = Intervals(errors=np.ones((4, len(LEVELS))), count=1)
    assert found.at(16, [0.9])[:, 0].tolist() == pytest.approx(
        [1.0] * 4 + [((k + 1) / 4) ** 0.5 for k in range(4, 16)]
    )


def test_each_step_has_errors_of_its_own():
    found = Intervals(errors=np.outer([1.0, 5.0], np.ones(len(LEVELS))), count=1)
    assert found.at(2, [0.1, 0.9]).tolist() == [[1.0, 1.0], [5.0, 5.0]]


def test_intervals_cover_rows_of_their_kind_and_their_ends_rise(fitted):
    later = table(2000, seed=1)[["day", "sold"]]
    later["day"] += pd.Timedelta("2000D")
    scores = fitted.evaluate(later)
    assert 0.74 < scores["coverage_80"] < 0.86
    assert scores["wql"] < scores["baseline_wql"]
    wild = later.assign(sold=20 + 3 * (later["sold"] - 20))
    assert fitted.evaluate(wild)["coverage_80"] < 0.6
    found = fitted.predict(later, level=[50, 95], quantiles=None)
    names = ["sold_q2.5", "sold_q25", "sold", "sold_q75", "sold_q97.5"]
    assert (np.diff(found[names].to_numpy(), axis=1) > 0).all()
    plain = fitted.predict(later)
    assert plain["sold"].equals(found["sold"])


def test_each_series_has_intervals_of_its_own_size():
    rows = table(200, series=3)
    model = Forecaster(series="shop", **OPTIONS).fit(rows, validation=0.3)
    found = model.forecast(level=80)
    width = (found["sold_q90"] - found["sold_q10"]).groupby(level=0).mean()
    assert width["s2"] / width["s0"] == pytest.approx(100, rel=0.3)


def test_figures_of_intervals_are_of_rows_that_they_were_not_learned_from(fitted):
    """The later half of the held-out rows is five times as wild: intervals of the earlier half do
    not cover it, and `coverage_80` says so."""
    rows = table(400)[["day", "sold"]]
    calm = fitted.baseline_["coverage_80"]
    rows.loc[330:, "sold"] = 20 + 5 * (rows.loc[330:, "sold"] - 20)
    model = Forecaster(**OPTIONS).fit(rows, validation=0.35)
    assert model.baseline_["coverage_80"] < 0.5 < calm


def test_halves_are_of_each_series_in_time():
    starts = np.array([2, 3, 4, 5, 12, 13, 14])
    late = is_late(np.array([0, 0, 0, 0, 1, 1, 1]))
    assert starts[~late].tolist() == [2, 3, 12, 13]
    assert starts[late].tolist() == [4, 5, 14]


def test_saved_and_loaded(fitted, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    again = load(tmp_path / "model.safetensors")
    assert again.forecast(9, level=80).equals(fitted.forecast(9, level=80))


def test_without_held_out_rows_there_are_none():
    model = Forecaster(**OPTIONS).fit(table()[["day", "sold"]], validation=None)
    assert model.intervals_ is None
    for ask in (
        lambda: model.forecast(level=80),
        lambda: model.predict(table()[["day", "sold"]], quantiles=[0.5]),
        lambda: model.backtest(table()[["day", "sold"]], level=80),
    ):
        with pytest.raises(OptionError, match="learned from held-out rows, and fit had none"):
            ask()


@pytest.mark.parametrize(
    ("level", "quantiles", "message"),
    [
        (80, [0.1], "level or quantiles, not both"),
        (100, None, "level must be"),
        (0, None, "level must be"),
        (None, [0.0], "quantiles must be"),
        (None, [1.5], "quantiles must be"),
        ("wide", None, "level must be"),
    ],
)
def test_levels_that_cannot_be(level, quantiles, message):
    with pytest.raises(OptionError, match=message):
        levels_of("predict", level, quantiles)


def test_pinball_by_hand():
    found = pinball_loss(np.array([[1.0, 3.0]]), np.array([2.0]), [0.1, 0.9])
    assert found.tolist() == pytest.approx([(0.1 * 1 + 0.1 * 1) / 2])


def test_a_backtest_is_what_predict_would_have_said(fitted):
    rows = table(30)[["day", "sold"]]
    found = fitted.backtest(rows, level=80)
    assert found["origin"].nunique() == 8  # 24 rows after the first 6, three at a time
    assert found["step"].tolist() == [1, 2, 3] * 8
    one = found[found["origin"] == pd.Timestamp("2026-01-12")]
    known = rows[rows["day"] <= "2026-01-12"]
    wanted = fitted.predict(known, level=80)
    assert one["day"].tolist() == wanted.index.tolist()
    assert one["sold_forecast"].tolist() == wanted["sold"].tolist()
    assert one["sold_q90"].tolist() == wanted["sold_q90"].tolist()
    assert one["sold"].tolist() == rows["sold"].iloc[12:15].tolist()
    assert (one["sold_last"] == rows["sold"].iloc[11]).all()
    every = fitted.backtest(rows, every=1)
    assert every["origin"].nunique() == 22


def test_a_backtest_of_several_series():
    rows = table(60, series=2)
    model = Forecaster(series="shop", **OPTIONS).fit(rows, validation=0.3)
    found = model.backtest(rows[rows["day"] < "2026-02-01"], every=5)
    assert set(found["shop"]) == {"s0", "s1"}
    last = found.groupby("shop")["day"].max()
    assert (last == pd.Timestamp("2026-01-31")).all()
    merged = found.merge(rows, on=["shop", "day"], suffixes=("", "_row"))
    assert (merged["sold"] == merged["sold_row"]).all()
