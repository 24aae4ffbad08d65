"""A forecaster's numbers against ones computed by hand, and tables as people have them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch

from ostinato import data
from ostinato.measures.forecasts import repeat_season
from ostinato.tasks import Forecaster, load
from ostinato.tasks.forecaster.evidence import backtests, evidence
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.options import SizedOptions
from ostinato.tasks.forecaster.season import find_season
from ostinato.tasks.forecaster.windows import find_windows

SMALL = {"past": 12, "horizon": 4, "hidden_size": 8, "epochs": 1}


def shop(rows=60, level=10.0, seed=0, start="2024-01-01"):
    noise = np.random.default_rng(seed).normal(0, 0.1, rows)
    times = pd.date_range(start, periods=rows, freq="h")
    return pd.DataFrame({"time": times, "visits": level + np.sin(np.arange(rows) / 3) + noise})


def shops(*names, rows=60):
    parts = [shop(rows, 10.0 + k, k).assign(shop=name) for k, name in enumerate(names)]
    return pd.concat(parts, ignore_index=True)


def test_held_out_windows_forecast_held_out_rows_alone():
    rows = [np.arange(20.0)[:, None], 100 + np.arange(15.0)[:, None]]
    found = find_windows([20, 15], [16, 15], ["a", "b"], past=3, horizon=2, where="here")

    def window(start):
        return np.concatenate(rows)[start : start + 5, 0].tolist()

    assert [window(k)[3] for k in found.validation] == [16, 17, 18]
    assert window(found.validation[0]) == [13, 14, 15, 16, 17]
    assert max(window(k)[-1] for k in found.training if window(k)[0] < 100) == 15
    assert [window(k)[0] for k in found.training if window(k)[0] >= 100] == list(range(100, 111))


def test_a_rolled_forecast_reads_the_calendar_of_its_own_rows():
    options = SizedOptions(past=2, horizon=1, segment=1, hidden_size=4)
    module = ForecasterModule(options, targets=1, inputs=2, known=1)
    module.forward = lambda x, future, static: (10 * x[:, -1:, :1] + x[:, -1:, 1:])[..., None]
    x = torch.tensor([[[0.0, 1.0], [0.0, 2.0]]])
    future = torch.tensor([[[3.0], [4.0], [5.0]]])
    # 0*10+2; then it reads its own 2 beside the calendar's 3; then 23 beside 4
    assert module.roll(x, future, torch.zeros(1, 0)).flatten().tolist() == [2.0, 23.0, 234.0]


def test_the_last_season_comes_again():
    window = np.array([1.0, 2, 3, 4, 5, 6])[None, :, None]
    assert repeat_season(window, 3, 5).ravel().tolist() == [4, 5, 6, 4, 5]
    wave = np.tile([0.0, 3, 1, 7, 2, 2, 9], 8)[:, None]
    days = data.Pace(frequency="D")
    assert find_season([wave], days, 20) == find_season([wave], None, 20) == 7
    assert find_season([wave], days, 6) == 1


def test_the_season_of_half_hours_is_a_day_not_an_hour():
    """Rows an hour apart are alike, so that the last hour errs least an hour ahead, and most a day
    ahead."""
    rows = np.arange(48 * 30)
    chance = np.random.default_rng(0)
    values = 10 * np.sin(rows * 2 * np.pi / 48) + np.where(rows % 2, 0.2, 0.0)
    values += np.interp(rows / 48, np.arange(31), 3 * chance.normal(size=31))  # each day's level
    values = (values + chance.normal(0, 0.05, len(rows)))[:, None]
    half = data.Pace(frequency="30min")
    assert find_season([values], half, 336) == 48
    assert find_season([values], half, 47) == 2


def test_a_season_is_no_chance():
    """Walks such as exchange rates have none; many short noisy series show together what one
    cannot."""
    chance = np.random.default_rng(0)
    walks = [chance.normal(size=(600, 1)).cumsum(0) for _ in range(12)]
    assert [find_season([walk], None, 96) for walk in walks] == [1] * 12
    week = np.tile([0.0, 0, 0, 0, 0, 1, 1], 6)[:40, None]
    shops = [week + chance.normal(size=(40, 1)) for _ in range(50)]
    assert find_season(shops, data.Pace(frequency="D"), 20) == 7
    assert find_season(shops[:1], data.Pace(frequency="D"), 20) == 1


def test_naive_figures_by_hand():
    rows = pd.DataFrame({"x": np.tile([0.0, 3, 1, 7, 2, 2, 9], 12)})
    rows.insert(0, "day", pd.date_range("2024-01-01", periods=84, freq="D"))
    model = Forecaster(**SMALL, target="x").fit(rows, progress=False)
    assert model.season_ == 7
    found = model.evaluate(rows[:20])
    truth = [rows["x"][k + 12 : k + 16].to_numpy() for k in range(5)]
    last = [abs(rows["x"][k + 11] - each) for k, each in enumerate(truth)]
    assert found["baseline_mae"] == pytest.approx(np.mean(last), rel=1e-6)
    assert found["seasonal_mae"] == pytest.approx(0, abs=1e-6)


def test_partial_fit_has_a_constant_rate_and_keeps_other_series():
    model = Forecaster(**SMALL, series="shop", schedule="cosine", learning_rate=0.01)
    model.fit(shops("a", "b"), progress=False)
    before = model.forecast()
    weights = {name: value.clone() for name, value in model.module_.state_dict().items()}
    later = shop(30, 10, 5, "2024-01-03 12:00").assign(shop="b")
    model.set_params(batch_size=4).partial_fit(later)  # several steps, or none could fall
    assert model.history_["learning_rate"][-1] == 0.01
    assert any(not torch.equal(v, model.module_.state_dict()[k]) for k, v in weights.items())
    after = model.forecast()
    assert list(after.index.get_level_values(0).unique()) == ["a", "b"]
    assert after.loc["a"].index.equals(before.loc["a"].index)
    assert after.loc["b"].index[0] == later["time"].iloc[-1] + pd.Timedelta(hours=1)
    model.partial_fit(shop(30, 12, 6).assign(shop="c"))
    assert list(model.forecast().index.get_level_values(0).unique()) == ["a", "b", "c"]


def test_gaps_in_held_out_rows_do_not_stop_the_evidence():
    rows = shops("a", "b")
    rows.loc[[56, 57, 118], "visits"] = np.nan
    model = Forecaster(**SMALL, series="shop", missing="interpolate").fit(rows, progress=False)
    assert model.missing_ == {"visits": 3}
    again = model.evaluate(model.held_out_)  # of intervals `baseline_` has the later half alone
    assert {
        k: v for k, v in again.items() if not k.endswith(("wql", "crps", "coverage_80"))
    }.items() <= (model.baseline_.items())
    rows.loc[48, "visits"] = np.nan  # the first row of a window
    for test in backtests(model, rows):
        assert np.isfinite(test.answers).all()
        assert np.isfinite(test.truth).all()
    found = evidence(model, model.held_out_)
    titles = {each.title.partition(":")[0] for each in found.figures[:2]}
    assert titles == {"Forecasts of visits, shop a", "Forecasts of visits, shop b"}


def test_a_backtest_is_what_predict_answers():
    rows = shop()
    model = Forecaster(**SMALL).fit(rows, progress=False)
    (test,) = backtests(model, rows)
    assert test.truth.shape == test.answers.shape == (48, 1)
    np.testing.assert_array_equal(test.answers[4:8], model.predict(rows[:16]).to_numpy())
    np.testing.assert_array_equal(test.naive["baseline_"][4:8, 0], rows["visits"][15])
    assert test.index[0] == rows["time"][12]


@pytest.mark.parametrize(
    "names", [("a", "b"), (1, 2), pd.to_datetime(["2024-01-01", "2025-06-01"])]
)
def test_series_of_any_name_are_saved(names, tmp_path):
    model = Forecaster(**SMALL, series="shop").fit(shops(*names), progress=False)
    model.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors").forecast()
    pd.testing.assert_frame_equal(again, model.forecast(), check_exact=True, check_freq=False)
    assert list(again.index.get_level_values(0).unique()) == list(names)


def test_columns_may_have_numbers_for_names():
    rows = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)))
    model = Forecaster(**SMALL, target=0, features=(2,)).fit(rows, progress=False)
    assert list(model.predict(rows).columns) == ["0"]
    assert model.layout_.past == ["2"]
    assert list(
        Forecaster(**SMALL, target=[0, 1]).fit(rows, progress=False).forecast().columns
    ) == ["0", "1"]
    stream = model.stream()
    answers = [stream.step(row) for row in rows[:12].to_dict("records")]
    assert answers[-1] is not None


def test_a_calendar_may_be_a_list():
    one = Forecaster(**SMALL, calendar=["hour", "weekday"]).fit(shop(), progress=False)
    other = Forecaster(**SMALL, calendar="hour,weekday").fit(shop(), progress=False)
    assert one.forecast().equals(other.forecast())
    assert one.rows_.dates.calendar == ["hour", "weekday"]
    assert (
        Forecaster(**SMALL, calendar="month,week").fit(shop(), progress=False).rows_.dates.calendar
    )


def test_every_training_option_is_there():
    options = {"betas": (0.8, 0.9), "monitor": "val_mae", "mode": "min", "early_dropout": 0.5}
    model = Forecaster(**SMALL | {"epochs": 3}, **options, nonmonotone=2).fit(
        shop(), progress=False
    )
    assert model.fit_result_.best_value == min(model.history_["val_mae"])


@pytest.mark.parametrize("calendar", ["none", "auto"])
@pytest.mark.parametrize("segment", [None, 1])
def test_a_thousand_series_have_the_bits_that_each_has_alone(calendar, segment):
    names = [f"s{k}" for k in range(300)]
    model = Forecaster(**SMALL, series="shop", calendar=calendar, segment=segment)
    model.fit(shops("a", "b"), progress=False)
    table = shops(*names, rows=13)
    together = model.predict(table)
    for name in ("s0", "s7", "s255", "s299"):
        own = table[table["shop"] == name]
        assert together.loc[[name]].equals(model.predict(own))
        stream = model.stream()
        answers = [stream.step(row) for row in own.to_dict("records")]
        np.testing.assert_array_equal(answers[-1].to_numpy(), together.loc[name].to_numpy())
    backwards = model.predict(table[::-1].sort_values("time", kind="stable"))
    assert backwards.loc["s7"].equals(together.loc["s7"])
