"""Forecasts at once: what the shipped network answers, and how its weights are made."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors import safe_open

from ostinato import Forecaster, data
from ostinato.cli.app import run
from ostinato.errors import DataError, OptionError
from ostinato.tasks.forecaster.periods import seasons_of
from ostinato.tasks.forecaster.pretrained import WEIGHTS, at_levels, fill, quantiles
from ostinato.tasks.forecaster.prior import LAGS, LEVELS, context_of

PRETRAINING = Path(__file__).resolve().parents[3] / "pretraining"


@pytest.fixture
def sales() -> pd.DataFrame:
    """Twenty weeks of days, a week's pattern and little noise."""
    day = np.arange(140)
    values = 100 + 20 * np.sin(2 * np.pi * day / 7) + np.random.default_rng(0).normal(size=140)
    return pd.DataFrame({"date": pd.date_range("2026-01-05", periods=140), "sales": values})


def script(name: str, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """A file of the folder pretraining/, which is no package."""
    monkeypatch.syspath_prepend(str(PRETRAINING))
    spec = importlib.util.spec_from_file_location(name, PRETRAINING / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


def test_weights_are_small_and_have_their_licence():
    assert WEIGHTS.stat().st_size < 4_000_000
    assert "Apache" in WEIGHTS.with_name("prior.LICENSE.txt").read_text()
    with safe_open(WEIGHTS, "pt") as file:
        assert {file.get_slice(name).get_dtype() for name in file.keys()} == {"F16"}  # noqa: SIM118


def test_a_table_is_answered_with_intervals_around_the_truth(sales: pd.DataFrame):
    truth = sales["sales"][-14:].to_numpy()
    model = Forecaster.pretrained(horizon=14)
    answer = model.predict(sales[:-14])
    assert list(answer.columns) == ["sales", "sales_q10", "sales_q90"]
    assert list(answer.index) == list(sales["date"][-14:])
    assert answer.index.name == "date"
    assert (answer["sales_q10"] < answer["sales"]).all()
    assert (answer["sales"] < answer["sales_q90"]).all()
    assert np.abs(answer["sales"] - truth).mean() < 1.5
    assert "pace D" in model.found_
    assert "season in rows: 7 and 365" in model.found_
    wide = Forecaster.pretrained(horizon=14, level=(80, 95)).predict(sales[:-14])
    assert list(wide.columns)[1:] == ["sales_q2.5", "sales_q10", "sales_q90", "sales_q97.5"]
    assert (wide["sales_q2.5"] < answer["sales_q10"]).all()
    assert (wide["sales_q90"] == answer["sales_q90"]).all()


def test_evaluate_by_hand(sales: pd.DataFrame):
    model = Forecaster.pretrained(horizon=7)
    values = sales["sales"].to_numpy()
    known, truth = values[:-7], values[-7:]
    unit = np.abs(known[7:] - known[:-7]).mean()
    found = model.evaluate(sales)
    assert found["seasonal_mase"] == pytest.approx(np.abs(known[-7:] - truth).mean() / unit)
    answer = model.predict(sales[:-7])
    assert found["mase"] == pytest.approx(np.abs(answer["sales"] - truth).mean() / unit)
    inside = (answer["sales_q10"] <= truth) & (truth <= answer["sales_q90"])
    assert found["coverage"] == pytest.approx(inside.mean())


def test_series_have_the_same_bits_in_any_company(sales: pd.DataFrame):
    values = sales["sales"].to_numpy()
    many = [values, 1e6 * values[:50], -values[::2], values]
    together = quantiles(many, [(7, 365), (7, 1), (1, 1), (7, 365)], 9)
    for k, (each, season) in enumerate(zip(many, [(7, 365), (7, 1), (1, 1)], strict=False)):
        assert (quantiles([each], [season], 9)[0] == together[k]).all()
    assert (together[3] == together[0]).all()


def test_answers_move_with_the_unit_of_the_values(sales: pd.DataFrame):
    values = sales["sales"].to_numpy()
    plain, large = quantiles([values, 2.0**30 * values], [(7, 1)] * 2, 8)
    np.testing.assert_allclose(large, 2.0**30 * plain, rtol=1e-5)


def test_quantiles_rise_and_stay_above_zero():
    counts = np.random.default_rng(1).poisson(0.4, 200).astype(float)
    found = quantiles([counts, counts - 5], [(7, 1)] * 2, 30)
    assert (np.diff(found, axis=-1) >= 0).all()
    assert found[0].min() == 0
    assert found[1].min() < 0


def test_holes_in_values_and_time_are_filled(sales: pd.DataFrame):
    holed = sales.copy()
    holed.loc[:2, "sales"] = np.nan
    holed.loc[50:60, "sales"] = np.nan
    holed = holed.drop(index=range(90, 95))
    answer = Forecaster.pretrained(horizon=7).predict(holed)
    whole = Forecaster.pretrained(horizon=7).predict(sales)
    assert (answer.index == whole.index).all()
    assert np.abs(answer["sales"] - whole["sales"]).max() < 3


def test_fill_by_hand():
    values = np.array([np.nan, 1, 5, 1, np.nan, 1, 5])
    np.testing.assert_array_equal(fill(values, 1), [1, 5, 1, 1, 1, 5])
    np.testing.assert_array_equal(fill(values, 2), [1, 5, 1, 5, 1, 5])
    np.testing.assert_array_equal(fill(np.array([1, 5, np.nan, 7, 3, 7]), 2), [1, 5, 3, 7, 3, 7])


def test_many_series_and_a_calendar_without_weekends(sales: pd.DataFrame):
    work = sales[sales["date"].dt.day_of_week < 5]
    two = pd.concat([work.assign(shop="a"), work.assign(shop="b", sales=work["sales"] * 1e6)])
    answer = Forecaster.pretrained(series="shop", horizon=6).predict(two)
    assert answer.index.names == ["shop", "date"]
    assert all(stamp.day_of_week < 5 for _, stamp in answer.index)
    ratio = answer.loc["b", "sales"].to_numpy() / answer.loc["a", "sales"].to_numpy()
    np.testing.assert_allclose(ratio, 1e6, rtol=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.0, -1e12])
def test_a_constant_goes_on(value: float):
    answer = Forecaster.pretrained(horizon=5).predict(np.full(40, value))
    np.testing.assert_allclose(answer.to_numpy(), value, rtol=1e-4, atol=1e-9)


def test_a_line_goes_on():
    answer = Forecaster.pretrained(horizon=5).predict(np.arange(60.0))
    np.testing.assert_allclose(answer["value"], np.arange(60, 65), atol=1)


def test_horizons_beyond_those_learned_are_answered(sales: pd.DataFrame):
    answer = Forecaster.pretrained(horizon=500).predict(sales)
    assert np.isfinite(answer.to_numpy()).all()
    assert answer["sales"].between(50, 150).all()


def test_what_cannot_be_forecast_is_refused(sales: pd.DataFrame):
    model = Forecaster.pretrained()
    with pytest.raises(DataError, match="at least 3 values are needed to forecast, got 2"):
        model.predict([1.0, 2.0])
    with pytest.raises(DataError, match="at least 3 values are needed to forecast, got 0"):
        model.predict(np.full(20, np.nan))
    with pytest.raises(DataError, match="inf"):
        model.predict([1.0, np.inf, 2.0, 3.0])
    with pytest.raises(DataError, match="no column 'shop'"):
        Forecaster.pretrained(series="shop").predict(sales)
    with pytest.raises(DataError, match="is there twice|twice"):
        model.predict(pd.concat([sales, sales.tail(1)]))
    with pytest.raises(OptionError, match="horizon must be"):
        Forecaster.pretrained(horizon=0)
    with pytest.raises(OptionError, match="level must be"):
        Forecaster.pretrained(level=0.8)
    with pytest.raises(DataError, match="fewer rows than the horizon|more rows"):
        model.evaluate(sales[:20])


def test_quantiles_between_and_beyond_levels():
    normal = torch.distributions.Normal(3.0, 2.0)
    known = normal.icdf(torch.tensor(LEVELS, dtype=torch.float64)).numpy()
    wanted = [0.01, 0.05, 0.5, 0.73, 0.995]
    found = at_levels(known[None], wanted)
    exact = normal.icdf(torch.tensor(wanted, dtype=torch.float64)).numpy()
    np.testing.assert_allclose(found[0], exact, atol=1e-6)


@pytest.mark.parametrize(
    ("frequency", "rows", "seasons"),
    [
        ("h", 500, (24, 168)),
        ("30min", 500, (48, 336)),
        ("5min", 300, (12, 288)),
        ("5min", 900, (288, 2016)),
        ("D", 100, (7, 365)),
        ("W-SUN", 120, (52, 1)),
        ("MS", 50, (12, 1)),
        ("QS-JAN", 50, (4, 1)),
        ("YS-JAN", 50, (1, 1)),
    ],
)
def test_seasons_by_pace(frequency: str, rows: int, seasons: tuple[int, int]):
    pace = data.learn_pace(pd.date_range("2020-01-01", periods=rows, freq=frequency), "here")
    assert seasons_of(np.zeros(rows), pace) == seasons


def test_seasons_without_a_pace_are_found():
    rows, rng = np.arange(500), np.random.default_rng(0)
    day, noise = np.sin(2 * np.pi * rows / 24), 0.3 * rng.normal(size=500)
    assert seasons_of(day + noise, None) == (24, 1)
    week = 2 * (rows % 168 > 120)
    assert seasons_of(day + week + noise, None) == (24, 168)
    assert seasons_of(np.sin(2 * np.pi * rows / 7) + noise + rows / 50, None) == (7, 1)
    assert seasons_of(noise, None) == (1, 1)
    assert seasons_of(noise.cumsum(), None)[0] == 1


def test_the_network_is_told_of_nothing_but_the_past_of_each_series():
    values = torch.arange(30, dtype=torch.float64)[None] % 7
    padded = torch.cat([torch.full((1, 11), torch.nan, dtype=torch.float64), values], 1)
    seasons = torch.tensor([[7, 1]])
    for a, b in zip(context_of(values, seasons, 8), context_of(padded, seasons, 8), strict=True):
        assert torch.equal(a, b)
    given = context_of(values, seasons, 16)
    scaled = given.naive * given.spread[..., None] + given.level[..., None]
    truth = (torch.arange(30, 46) % 7).double()
    assert given.allowed[0, :, 0].all()
    torch.testing.assert_close(scaled[0, :, 0].double(), truth, atol=1e-5, rtol=0)
    assert LAGS == 4
    assert not given.allowed[0, :14, -11].any()  # no longer season


def test_made_up_series_come_again_by_their_seed(monkeypatch: pytest.MonkeyPatch):
    generator = script("generator", monkeypatch)
    made = [generator.make(np.random.default_rng([3, k]), 16) for k in range(60)]
    again = generator.make(np.random.default_rng([3, 7]), 16)
    assert (again.values == made[7].values).all()
    assert again.season == made[7].season
    assert all(np.isfinite(each.values).all() for each in made)
    assert len({each.season for each in made}) > 5
    assert all(28 <= len(each.values) <= generator.LONGEST + 16 for each in made)


def test_training_gives_the_same_bits_interrupted_or_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    script("generator", monkeypatch)
    train = script("train", monkeypatch)
    monkeypatch.setattr(train, "BATCH", 4)
    threads = torch.get_num_threads()

    def weights(folder: str) -> bytes:
        words = ["train", str(tmp_path / folder), "--hidden", "8", "--every", "1"]
        monkeypatch.setattr(sys, "argv", [*words, "--steps", "3", "--decay", "2"])
        train.main()
        return (tmp_path / folder / "prior.safetensors").read_bytes()

    make = train.batch_of

    def cut_short(step: int, seed: int) -> object:
        if step == 2:
            raise KeyboardInterrupt
        return make(step, seed)

    try:
        whole = weights("a")
        monkeypatch.setattr(train, "batch_of", cut_short)
        with pytest.raises(KeyboardInterrupt):
            weights("b")
        monkeypatch.setattr(train, "batch_of", make)
        assert weights("b") == whole
    finally:
        torch.set_num_threads(threads)


def test_forecast_in_the_shell(
    sales: pd.DataFrame, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch
):
    file = tmp_path / "sales.csv"
    sales.to_csv(file, index=False)
    assert run(["forecast", str(file), "--horizon", "3"]) == 0
    said = capsys.readouterr()
    table = pd.read_csv(io.StringIO(said.out))
    assert list(table.columns) == ["date", "sales", "sales_q10", "sales_q90"]
    assert len(table) == 3
    assert "season in rows: 7 and 365" in said.err
    bytes_in = io.TextIOWrapper(io.BytesIO(file.read_bytes()))
    monkeypatch.setattr(sys, "stdin", bytes_in)
    assert run(["forecast", "-", "--horizon", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["level"] == [80]
    assert [each["sales"] for each in found["answers"]] == pytest.approx(list(table["sales"]))
    out = tmp_path / "out.jsonl"
    assert run(["forecast", str(file), "--format", "jsonl", "--out", str(out)]) == 0
    assert len(out.read_text().splitlines()) == 24
    assert run(["forecast", str(file), "--target", "sale"]) == 1
    assert "Did you mean 'sales'?" in capsys.readouterr().err
