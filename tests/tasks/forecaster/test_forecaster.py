"""`Forecaster`: what it learns, answers, keeps and refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone

from ostinato.errors import DataError, OptionError
from ostinato.tasks import Forecaster, load

SMALL: dict[str, Any] = {
    "past": 48,
    "horizon": 12,
    "hidden_size": 16,
    "epochs": 2,
    "batch_size": 32,
}


def table(rows: int = 400, *, seed: int = 0, shift: float = 0.0) -> pd.DataFrame:
    """Two columns with a daily season, hour by hour."""
    random, hours = np.random.default_rng(seed), np.arange(rows)
    wave = np.sin(hours * 2 * np.pi / 24)
    return pd.DataFrame(
        {
            "date": pd.date_range("2024-01-01", periods=rows, freq="h").astype(str),
            "heat": 20 + shift + 5 * wave + random.normal(0, 0.3, rows),
            "load": 300 + 80 * wave + random.normal(0, 5, rows),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> Forecaster:
    return Forecaster(**SMALL).fit(table(), progress=False)


def test_learns_better_than_the_last_value():
    model = Forecaster(**{**SMALL, "epochs": 12, "learning_rate": 5e-3})
    model.fit(table(), progress=False)
    assert model.baseline_["mae"] < 0.5 * model.baseline_["baseline_mae"]
    assert model.season_ == 24
    assert model.history_["val_loss"][-1] < model.history_["val_loss"][0]


def test_answers_in_the_users_terms(fitted):
    answer = fitted.predict(table())
    assert list(answer.columns) == ["heat", "load"]
    assert answer.index.name == "date"
    assert list(answer.index) == list(pd.date_range("2024-01-17 16:00", periods=12, freq="h"))
    assert 200 < answer["load"].mean() < 400
    pd.testing.assert_frame_equal(answer, fitted.forecast(), check_exact=True)


def test_forecast_goes_beyond_the_horizon(fitted):
    longer = fitted.forecast(30)
    assert len(longer) == 30
    pd.testing.assert_frame_equal(
        longer[:12], fitted.forecast(), check_exact=True, check_freq=False
    )
    assert len(fitted.forecast(1)) == 1
    with pytest.raises(OptionError, match="h must be a whole number at least 1, got 0"):
        fitted.forecast(0)


def test_stream_equals_predict_bit_for_bit():
    model = Forecaster(**SMALL, calendar="auto", scaler="minmax", features=["load"], target="heat")
    rows = table()
    model.fit(rows, progress=False)
    stream = model.stream()
    for number, row in enumerate(rows.to_dict("records")[:60]):
        answer: Any = stream.step(row)
        if number < 47:
            assert answer is None
        else:
            pd.testing.assert_frame_equal(
                answer, model.predict(rows[: number + 1]), check_exact=True, check_freq=False
            )
    assert stream.state.shape == (48, 2)
    stream.reset()
    assert stream.step(rows.iloc[0]) is None
    with pytest.raises(DataError, match="is not after the last row"):
        stream.step(rows.iloc[0])
    with pytest.raises(DataError, match="row must be 2 finite numbers"):
        stream.step([1.0, np.nan], time="2024-01-01 01:00")
    with pytest.raises(DataError, match="time is missing"):
        stream.step([1.0, 2.0])


def test_evaluate_counts_every_window(fitted):
    rows = table(200, seed=3)
    scores = fitted.evaluate(rows)
    values = rows[["heat", "load"]].to_numpy()
    errors, naive = [], []
    for start in range(200 - 48 - 12 + 1):
        truth = values[start + 48 : start + 60]
        errors.append(fitted.predict(rows[start : start + 48]).to_numpy() - truth)
        naive.append(values[start + 47] - truth)
    assert scores["mae"] == pytest.approx(np.abs(errors).mean(), rel=1e-4)
    assert scores["mse"] == pytest.approx(np.square(errors).mean(), rel=1e-4)
    assert scores["baseline_mae"] == pytest.approx(np.abs(naive).mean(), rel=1e-4)
    scale = fitted.scaler_.scales.scale[0]
    assert scores["scaled_mse"] == pytest.approx(np.square(errors / scale).mean(), rel=1e-4)
    assert fitted.score(rows) == -scores["mae"]
    assert scores["seasonal_mase"] < scores["baseline_mase"]


def test_scaler_learns_from_training_rows_alone():
    rows = table()
    changed = rows.copy()
    changed.loc[360:, ["heat", "load"]] *= 7
    first = Forecaster(**SMALL).fit(rows, progress=False)
    second = Forecaster(**SMALL).fit(changed, progress=False)
    center = first.scaler_.scales.center[0]
    np.testing.assert_allclose(center, rows[["heat", "load"]][:360].mean(), rtol=1e-12)
    np.testing.assert_array_equal(first.scaler_.scales.scale, second.scaler_.scales.scale)
    assert first.history_["train_loss"] == second.history_["train_loss"]


@pytest.mark.parametrize("segment", [None, 1])
def test_many_series_and_recursion(segment):
    options = {**SMALL, "segment": segment, "strategy": "recursive", "cell": "lstm"}
    rows = pd.concat([table().assign(place="b"), table(300, seed=1, shift=9).assign(place="a")])
    model = Forecaster(**options, series="place", target="heat").fit(rows, progress=False)
    answer = model.predict(rows)
    assert answer.index.names == ["place", "date"]
    assert list(answer.index.get_level_values(0)) == ["b"] * 12 + ["a"] * 12
    alone = model.predict(rows[rows.place == "a"])
    np.testing.assert_array_equal(answer.loc[["a"]].to_numpy(), alone.to_numpy())
    assert model.module_.horizon == (12 if segment is None else 1)


def test_validation_rows_may_be_a_table():
    rows = table()
    split = Forecaster(**SMALL).fit(rows, progress=False)
    given = Forecaster(**SMALL).fit(rows[:360], validation=rows[360:], progress=False)
    assert given.history_["val_loss"] == split.history_["val_loss"]
    assert given.baseline_ == split.baseline_
    assert given.forecast().index[0] == pd.Timestamp(str(rows["date"][360]))
    with pytest.raises(DataError, match="rows must follow X"):
        Forecaster(**SMALL).fit(rows, validation=rows[200:], progress=False)


def test_saved_and_loaded_it_answers_the_same_bits(fitted, tmp_path):
    path = tmp_path / "model.safetensors"
    fitted.save(path)
    back = load(path)
    assert isinstance(back, Forecaster)
    pd.testing.assert_frame_equal(back.forecast(20), fitted.forecast(20), check_exact=True)
    assert back.evaluate(table()) == fitted.evaluate(table())
    assert back.get_params() == fitted.get_params()
    assert back.baseline_ == fitted.baseline_
    assert back.history_ == fitted.history_


def test_the_same_seed_gives_the_same_bits(fitted):
    again: Any = clone(fitted)
    again.fit(table(), progress=False)
    for name, value in fitted.module_.state_dict().items():
        assert torch.equal(value, again.module_.state_dict()[name]), name
    other: Any = clone(fitted)
    other.set_params(seed=1).fit(table(), progress=False)
    assert other.history_ != fitted.history_


def test_partial_fit_goes_on():
    model = Forecaster(**SMALL).fit(table(), progress=False)
    before = model.evaluate(table())["scaled_mae"]
    for _ in range(4):
        model.partial_fit(table())
    assert model.evaluate(table())["scaled_mae"] < before
    assert len(model.history_["train_loss"]) == 6


def test_numbers_without_timestamps():
    values = table()["heat"].to_numpy()
    model = Forecaster(**SMALL).fit(values, validation=None, progress=False)
    assert model.forecast(2).index.tolist() == [400, 401]
    assert model.forecast(2).columns.tolist() == ["value"]
    assert model.baseline_ == {}


def test_missing_values_are_reported_or_filled():
    rows = table()
    rows.loc[[5, 6], "heat"] = np.nan
    with pytest.raises(DataError, match=r"'heat' has 2 missing of 400 values \(rows 5, 6\)"):
        Forecaster(**SMALL).fit(rows, progress=False)
    model = Forecaster(**SMALL, missing="interpolate").fit(rows, progress=False)
    assert model.missing_ == {"heat": 2}
    rows.loc[0, "heat"] = np.nan
    model = Forecaster(**SMALL, missing="ffill").fit(rows, progress=False)
    assert model.missing_ == {"heat": 3}
    with pytest.raises(DataError, match="'heat' has no value at all"):
        model.predict(rows.assign(heat=np.nan))


def swapped(rows):
    return rows.iloc[[1, 0, *range(2, len(rows))]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda t: t.assign(heat=np.inf), "'heat' has 400 infinite"),
        (lambda t: t.assign(heat="warm"), "column 'heat' must hold numbers"),
        (swapped, "not in order: row 1"),
        (lambda t: t.drop(index=[50, 51]), "2 timestamps are missing at a pace of 'h'"),
        (lambda t: pd.concat([t[:9], t[8:]]), "is there twice, in rows 8 and 9"),
        (lambda t: t[:60], "48 rows to learn from are too few for past 48 and horizon 12"),
        (lambda t: t[:0], "no rows"),
        (lambda t: t.drop(columns="heat"), "no column 'heat'. Columns: date, load"),
    ],
)
def test_bad_tables_are_refused(change, message):
    with pytest.raises(DataError, match=message):
        Forecaster(**SMALL, target=["heat", "load"]).fit(change(table()), progress=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "gruu"}, "cell must be one of 'lstm', 'gru', 'rnn', got 'gruu'. Did you mean"),
        ({"strategy": "both"}, "strategy must be one of 'auto', 'direct', 'recursive', 'encoder_"),
        ({"segment": 7}, "segment must divide past 48, got 7"),
        ({"past": 0}, "past must be a whole number at least 1, got 0"),
        ({"calendar": "hours"}, "Did you mean 'hour'"),
        ({"strategy": "recursive", "target": "heat", "features": ["load"]}, "features of rows"),
    ],
)
def test_bad_options_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        Forecaster(**{**SMALL, **options}).fit(table(), progress=False)


def test_windows_shorter_than_the_past_are_refused(fitted):
    with pytest.raises(DataError, match="a forecast reads 48 rows, got 47"):
        fitted.predict(table(47))
    with pytest.raises(OptionError, match="y must be None, got list"):
        Forecaster(**SMALL).fit(table(), [1.0])
