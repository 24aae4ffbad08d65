"""Figures by series and by step ahead, and the forecasts beside the model's: worked by hand."""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import DataError, MissingDependencyError, OptionError
from ostinato.measures.forecasts import croston, drift, percent_errors
from ostinato.tasks import Forecaster
from ostinato.tasks.forecaster.classical import classical
from ostinato.tasks.forecaster.evidence import evidence

OPTIONS = {"past": 6, "horizon": 3, "hidden_size": 4, "epochs": 2, "progress": False}


def shops(rows=120, series=3, zeros=False, seed=0):
    draw = np.random.default_rng(seed)
    parts = []
    for k in range(series):
        sold = 10**k * (20 + draw.normal(size=rows))
        if zeros:
            sold = draw.poisson(3, rows) * (draw.random(rows) < 0.3)
        days = pd.date_range("2026-01-01", periods=rows)
        parts.append(pd.DataFrame({"shop": f"s{k}", "day": days, "sold": sold}))
    return pd.concat(parts, ignore_index=True)


@pytest.fixture(scope="module")
def fitted():
    return Forecaster(series="shop", **OPTIONS).fit(shops(), validation=0.3)


def test_drift_goes_on_along_the_line_from_first_to_last():
    window = np.array([[[1.0], [9.0], [5.0]]])
    assert drift(window, 3)[0, :, 0].tolist() == [7.0, 9.0, 11.0]
    assert drift(window[:, :1], 2)[0, :, 0].tolist() == [1.0, 1.0]


def test_crostons_forecast_by_hand():
    """Demands 4 (after a gap of 2), 6 (after 3): sizes 4, 4.2; gaps 2, 2.1."""
    window = np.array([0, 4, 0, 0, 6, 0])[None, :, None].astype(float)
    wanted = (1 - 0.05) * 4.2 / 2.1
    assert croston(window, 2)[0, :, 0] == pytest.approx([wanted, wanted])
    assert croston(np.zeros((1, 5, 1)), 2).tolist() == [[[0.0], [0.0]]]
    alone = np.concatenate([croston(window * k, 2) for k in (1, 2)])
    np.testing.assert_array_equal(croston(np.concatenate([window, window * 2]), 2), alone)


def test_percent_errors_by_hand():
    forecast, truth = np.array([3.0, 0.0, 0.0, -1.0]), np.array([1.0, 0.0, 2.0, 1.0])
    assert percent_errors(forecast, truth).tolist() == [100.0, 0.0, 200.0, 200.0]


def test_figures_by_series_and_by_step_are_means_of_the_table(fitted):
    tested = fitted.backtest(shops(60, seed=1), quantiles=[0.1, 0.5, 0.9], every=1)
    by = fitted.compare(tested)
    assert list(by.index) == ["s0", "s1", "s2"]
    assert by.index.name == "shop"
    own = tested[tested["shop"] == "s1"]
    gap = own["sold_forecast"] - own["sold"]
    assert by.loc["s1", "mae"] == pytest.approx(gap.abs().mean())
    assert by.loc["s1", "rmse"] == pytest.approx((gap**2).mean() ** 0.5)
    unit = fitted.rows_.naive_scale[1, 0]
    assert by.loc["s1", "mase"] == pytest.approx(gap.abs().mean() / unit)
    assert by.loc["s1", "drift_mae"] == pytest.approx(
        (own["sold_drift"] - own["sold"]).abs().mean()
    )
    inside = (own["sold_q10"] <= own["sold"]) & (own["sold"] <= own["sold_q90"])
    assert by.loc["s1", "coverage_80"] == pytest.approx(inside.mean())
    losses = [
        2 * np.maximum(q * (own["sold"] - x), (q - 1) * (own["sold"] - x)).mean()
        for q, x in ((0.1, own["sold_q10"]), (0.5, own["sold_q50"]), (0.9, own["sold_q90"]))
    ]
    assert by.loc["s1", "crps"] == pytest.approx(np.mean(losses))
    assert by.loc["s1", "wql"] == pytest.approx(np.mean(losses) / own["sold"].abs().mean())
    steps = fitted.compare(tested, by="step")
    second = tested[tested["step"] == 2]
    assert steps.loc[2, "mae"] == pytest.approx(
        (second["sold_forecast"] - second["sold"]).abs().mean()
    )
    with pytest.raises(OptionError, match="by must be one of 'series', 'step', got 'shop'"):
        fitted.compare(tested, by="shop")
    with pytest.raises(DataError, match="no column 'sold_forecast'"):
        fitted.compare(tested.drop(columns="sold_forecast"))


def test_the_last_origins_alone(fitted):
    rows = shops(60, seed=1)
    every = fitted.backtest(rows, every=5)
    last = fitted.backtest(rows, every=5, origins=2)
    wanted = every.groupby("shop", sort=False).tail(2 * 3).reset_index(drop=True)
    pd.testing.assert_frame_equal(last, wanted)
    with pytest.raises(OptionError, match="origins must be a whole number at least 1, got 0"):
        fitted.backtest(rows, origins=0)


def test_evaluate_says_the_same_of_every_window(fitted):
    rows = shops(60, seed=1)
    deciles = [k / 10 for k in range(1, 10)]
    means = fitted.compare(fitted.backtest(rows, every=1, quantiles=deciles)).mean()
    scores = fitted.evaluate(rows)
    for name in ("mae", "mase", "smape", "drift_smape", "wql", "crps", "coverage_80"):
        assert scores[name] == pytest.approx(means[name]), name


def test_the_share_of_series_that_beat_the_best_naive_forecast(fitted):
    rows = shops(60, seed=1)
    by = fitted.compare(fitted.backtest(rows, every=1))
    naive = by[["baseline_mae", "seasonal_mae", "drift_mae"]].min(axis=1)
    assert fitted.evaluate(rows)["better_share"] == pytest.approx((by["mae"] < naive).mean())
    assert "better_share" not in fitted.evaluate(rows[rows["shop"] == "s1"])


def test_counts_with_many_zeros_have_crostons_forecast_beside():
    model = Forecaster(series="shop", values="counts", **OPTIONS)
    model.fit(shops(zeros=True), validation=0.3)
    assert model.baseline_["croston_mae"] > 0
    assert "sold_croston" in model.backtest(shops(20, zeros=True)).columns


def test_the_network_of_the_package_is_one_more_to_beat(fitted):
    """Its figures on windows that lie apart, as `Forecaster.pretrained` answers each."""
    rows, found = shops(), fitted.baseline_
    days, held = sorted(rows["day"].unique()), 36
    gaps, inside, done = [], [], 0
    for k in range(3):
        own = rows[rows["shop"] == f"s{k}"].set_index("day")["sold"]
        for start in range(held - 2):
            if done in np.linspace(0, 3 * (held - 2) - 1, 64).round():
                first = len(days) - held + start
                answer = Forecaster.pretrained(horizon=3).predict(own[:first])
                truth = own[first : first + 3]
                gaps.append([k, *(answer["sold"] - truth).abs()])
                inside.append([k, *answer["sold_q10"].le(truth), *truth.le(answer["sold_q90"])])
            done += 1
    errors = np.array(gaps)
    each = [errors[errors[:, 0] == k][:, 1:].mean() for k in range(3)]
    assert found["pretrained_mae"] == pytest.approx(np.mean(each), rel=1e-4)
    both = np.array([[row[0], *np.logical_and(row[1:4], row[4:])] for row in inside])
    each = [both[both[:, 0] == k][:, 1:].mean() for k in range(3)]
    assert found["pretrained_coverage_80"] == pytest.approx(np.mean(each), abs=1e-6)


def test_the_report_names_the_worst_series(fitted):
    table = evidence(fitted, fitted.held_out_).figures[-1]
    assert table.title == "The worst series"
    shares = [row[2] for row in table.rows]
    assert len(shares) == 3
    assert shares == sorted(shares, reverse=True)
    by = fitted.compare(fitted.backtest(fitted.held_out_))
    assert {row[0]: row[1] for row in table.rows} == pytest.approx(by["mae"].to_dict())


@pytest.mark.parametrize("name", ["ets", "theta"])
def test_statistical_models_follow_a_season_and_a_trend(name, fitted):
    rows = np.arange(120)
    values = 50 + 0.5 * rows + 10 * np.sin(rows * 2 * np.pi / 12)
    truth = 50 + 0.5 * (rows[-1] + np.arange(1, 13))
    truth += 10 * np.sin((rows[-1] + np.arange(1, 13)) * 2 * np.pi / 12)
    assert np.abs(classical(name, values, 12, 12) - truth).mean() < 2.5
    assert classical(name, np.array([1.0, 2.0]), 1, 3).tolist() == [2.0] * 3
    assert classical(name, np.full(9, 4.0), 1, 3).tolist() == [4.0] * 3
    later = shops(15, seed=1)
    tested = fitted.backtest(later, every=9, beside=name)
    own = later.loc[later["shop"] == "s1", "sold"].to_numpy()
    wanted = classical(name, own[:12], fitted.season_, 3)  # all rows up to the origin
    found = tested.loc[tested["shop"] == "s1", f"sold_{name}"].to_numpy()
    np.testing.assert_array_equal(found[-3:], wanted)
    assert f"{name}_mase" in fitted.compare(tested).columns


def test_models_that_are_not_there(fitted, monkeypatch):
    with pytest.raises(OptionError, match="beside must be one of 'ets', 'theta', got 'arima'"):
        fitted.backtest(shops(20), beside=["arima"])
    monkeypatch.setitem(sys.modules, "statsmodels", None)
    with pytest.raises(MissingDependencyError, match="ets comes with statsmodels. Install it"):
        fitted.backtest(shops(20), beside="ets")
