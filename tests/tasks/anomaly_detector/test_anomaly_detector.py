"""`AnomalyDetector` on made-up machines: what it finds, what it refuses, and streams."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ostinato import AnomalyDetector
from ostinato.errors import DataError, OptionError, OstinatoError
from ostinato.tasks.anomaly_detector.evidence import evidence

SMALL: dict[str, Any] = {"hidden_size": 8, "past": 16, "horizon": 8, "epochs": 3, "progress": False}


def machine(rows: int = 500, seed: int = 0) -> pd.DataFrame:
    rng, at = np.random.default_rng(seed), np.arange(rows)
    return pd.DataFrame(
        {
            "time": pd.date_range("2026-01-01", periods=rows, freq="5min"),
            "heat": 60 + 8 * np.sin(at / 6) + rng.normal(0, 0.3, rows),
            "load": 30 - 5 * np.sin(at / 6) + rng.normal(0, 0.3, rows),
        }
    )


@pytest.fixture(scope="module")
def fitted() -> AnomalyDetector:
    return AnomalyDetector(**SMALL).fit(machine(), validation=0.2)


@pytest.fixture(scope="module")
def rewriter() -> AnomalyDetector:
    return AnomalyDetector(**SMALL, method="reconstruction", code_size=3, smooth=3).fit(machine())


def odd() -> tuple[pd.DataFrame, np.ndarray]:
    table = machine(300, seed=1)
    table.loc[150, "load"] += 25
    table.loc[220:240, "heat"] += 20
    truth = np.zeros(300, dtype=int)
    truth[150] = 1
    truth[220:241] = 1
    return table, truth


def test_it_finds_a_jolt_and_a_stretch_and_blames_the_column(fitted):
    table, truth = odd()
    found = fitted.predict(table)
    assert list(found.index) == list(table["time"])
    jolt, stretch = found.iloc[150], found.iloc[220]
    assert jolt["alarm"]
    assert jolt["load blame"] > 0.9
    assert abs(jolt["load expected"] - (30 - 5 * math.sin(25))) < 5
    assert stretch["above"]
    assert stretch["heat blame"] > 0.8
    assert found["score"].iloc[:8].eq(0).all()  # too little is known
    assert not found["above"].iloc[:140].any()
    assert (
        found.loc[found["score"] > 0, ["heat blame", "load blame"]].sum(axis=1).round(9).eq(1).all()
    )
    scores = fitted.evaluate(table, truth)
    assert scores["found"] == 1
    assert scores["auprc"] > max(scores["zscore_auprc"], scores["pca_auprc"])
    assert fitted.score(table, truth) == scores["auprc"]


@pytest.mark.parametrize("name", ["fitted", "rewriter"])
def test_a_stream_has_the_bits_of_predict(name, request):
    model, (table, _) = request.getfixturevalue(name), odd()
    found, stream = model.predict(table), model.stream()
    for _ in range(2):
        for k, row in enumerate(table.to_dict("records")):
            answer = stream.step(row)
            for each in ("score", "threshold", "above", "alarm", "event"):
                assert answer[each] == found[each].iloc[k], (k, each)
            for each in ("heat", "load"):
                assert answer["expected"][each] == found[f"{each} expected"].iloc[k]
                assert answer["blame"][each] == found[f"{each} blame"].iloc[k]
        stream.reset()


def test_a_score_is_the_error_and_twice_the_mean_error_lately(fitted):
    table, _ = odd()
    alone = AnomalyDetector(**SMALL, smooth=1)
    alone.rows_, alone.module_ = fitted.rows_, fitted.module_
    errors, mean = alone.predict(table)["score"].to_numpy(), 0.0
    scores = fitted.predict(table)["score"].to_numpy()
    for error, score in zip(errors, scores, strict=True):
        mean += (error - mean) / 30
        assert score == pytest.approx((error + 2 * mean) / 3)


def test_rows_to_come_change_nothing(fitted, rewriter):
    table, _ = odd()
    later = table.copy()
    later.loc[200:, ["heat", "load"]] = 0.0
    for model in (fitted, rewriter):
        assert model.predict(table)[:200].equals(model.predict(later)[:200])
        assert model.predict(table)[:200].equals(model.predict(table[:200]))


def test_what_is_expected_is_the_mean_of_what_was_foretold(fitted):
    import torch

    values = fitted.rows_.read(machine(60), "test")[0][0]
    scaled = fitted.rows_.scaled(values).astype(np.float32)
    expected = fitted.module_.expected(scaled)
    with torch.no_grad():
        foretold = fitted.module_(torch.from_numpy(scaled[None]))[0].double().numpy()
    for row in (1, 5, 8, 30):
        told = [foretold[row - ahead, ahead - 1] for ahead in range(1, min(row, 8) + 1)]
        assert expected[row] == pytest.approx(np.mean(told, axis=0), abs=1e-6)


def test_a_rewriter_reads_the_rows_up_to_each(rewriter):
    import torch

    values = rewriter.rows_.read(machine(60), "test")[0][0]
    scaled = rewriter.rows_.scaled(values).astype(np.float32)
    with torch.no_grad():
        again = rewriter.module_(torch.from_numpy(scaled[None, 20:36]))
    assert rewriter.module_.expected(scaled)[35] == pytest.approx(again[0, -1].numpy(), abs=1e-5)


def test_anomalies_in_training_are_left_out_where_they_are_told():
    table = machine()
    wrong = np.random.default_rng(0).permutation(400)[:12]
    truth = np.zeros(500, dtype=int)
    truth[wrong] = 1
    table.loc[wrong, "heat"] += 40
    spreads = {}
    for name, more, y in (
        ("unaware", {}, None),
        ("told", {"contamination": 0.05}, None),
        ("labelled", {}, truth),
    ):
        model = AnomalyDetector(**SMALL, **more).fit(table, y, validation=None)
        spreads[name] = model.rows_.spread[0] * model.rows_.scale_of(None)[1][0]
    assert spreads["told"] < 0.7 * spreads["unaware"]
    assert spreads["labelled"] < 0.9 * spreads["unaware"]


def test_a_column_of_labels_is_no_column_to_watch():
    table = machine().assign(odd=0)
    table.loc[480, "odd"] = 1
    model = AnomalyDetector(**SMALL, label="odd").fit(table, validation=0.2)
    assert model.layout_.target == ["heat", "load"]
    assert "auprc" in model.baseline_
    assert "auprc" in model.evaluate(table)
    assert model.found_["known anomalies"] == "1 rows"


def test_each_series_is_scaled_and_scored_by_itself():
    small, large = machine(), machine(seed=1)
    large[["heat", "load"]] = large[["heat", "load"]] * 1e6
    both = pd.concat([small.assign(name="small"), large.assign(name="large")])
    model = AnomalyDetector(**SMALL, series="name").fit(both, validation=0.2)
    table, _ = odd()
    other = table.copy()
    other[["heat", "load"]] = other[["heat", "load"]] * 1e6
    found = model.predict(pd.concat([other.assign(name="large"), table.assign(name="small")]))
    assert found.loc["small"].equals(model.predict(table.assign(name="small")).loc["small"])
    assert found.loc["large"]["alarm"].iloc[150]
    stream = model.stream("large")
    for _, row in other[:160].iterrows():
        answer = stream.step(row)
    assert answer["score"] == found.loc["large"]["score"].iloc[159]


def test_missing_values_are_filled_alike_in_table_and_stream():
    table = machine()
    table.loc[[40, 41, 300], "heat"] = math.nan
    with pytest.raises(DataError, match="heat.*3 missing"):
        AnomalyDetector(**SMALL).fit(table)
    model = AnomalyDetector(**SMALL, missing="ffill").fit(table)
    assert model.rows_.filled == {"heat": 3}
    stream = model.stream()
    streamed = [stream.step(row)["score"] for _, row in table.iterrows()]
    assert streamed == model.predict(table)["score"].tolist()


def test_a_constant_column_that_moves_is_an_anomaly():
    table = machine().assign(valve=5.0)
    model = AnomalyDetector(**SMALL).fit(table, validation=None)
    table.loc[300, "valve"] = 6.0
    found = model.predict(table)
    assert found["alarm"].iloc[300]
    assert found["valve blame"].iloc[300] > 0.99


def test_the_pictures(fitted):
    made = evidence(fitted, odd()[0])
    titles = [each.title for each in made.figures]
    assert any("what was expected" in title for title in titles)
    assert "Scores" in titles
    assert "Which columns are to blame" in titles
    assert made.figures[0].bands
    assert made.figures[0].marks
    assert not any(each.empty for each in made.figures)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (machine(20), None, "20 rows to learn from are too few for pieces of 24 rows"),
        (machine(100), [0] * 99, "a label for each row of X, got 99 labels for 100 rows"),
        (machine(100), ["maybe"] * 100, "must be 1 or true .*, got 'maybe' in row 0"),
        (machine(100), [1] * 100, "every row is labelled anomalous"),
        (machine(100).assign(heat=math.inf), None, "heat.*infinite"),
        (machine(100)[["time"]], None, "no numeric column"),
        (np.zeros((4, 4, 4)), None, r"shape \(rows,\) or \(rows, columns\)"),
    ],
)
def test_rows_that_cannot_be_learned(X, y, message):
    with pytest.raises(DataError, match=message):
        AnomalyDetector(**SMALL).fit(X, y, validation=None)


def test_rows_that_cannot_be_answered(fitted):
    with pytest.raises(DataError, match="no column 'load'"):
        fitted.predict(machine(50).drop(columns="load"))
    with pytest.raises(DataError, match="there are no labels"):
        fitted.evaluate(machine(50))
    with pytest.raises(DataError, match="no row is labelled anomalous"):
        fitted.score(machine(50), [0] * 50)
    stream = fitted.stream()
    with pytest.raises(DataError, match="no value for 'load'"):
        stream.step({"heat": 1.0})
    with pytest.raises(DataError, match=r"2 finite numbers \(heat, load\)"):
        stream.step([1.0, math.nan])
    with pytest.raises(DataError, match=r"2 finite numbers \(heat, load\)"):
        stream.step([1.0])
    stream.step([60.0, 30.0], time="2026-01-02")
    with pytest.raises(DataError, match="not after the last row's"):
        stream.step([60.0, 30.0], time="2026-01-02")
    assert stream.count == 1


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"method": "forecast"}, "method must be one of"),
        ({"contamination": 0.5}, "contamination must be"),
        ({"rate": 0.0}, "rate must be"),
        ({"threshold": "peak"}, "Did you mean 'peaks'"),
        ({"label": "wrong"}, "no column 'wrong'"),
        ({"columns": "wrong"}, "no column 'wrong'"),
    ],
)
def test_options_that_are_not_allowed(changes, message):
    with pytest.raises(OstinatoError, match=message):
        AnomalyDetector(**SMALL | changes).fit(machine(100))


def test_a_validation_that_is_none(fitted):
    with pytest.raises(OptionError, match="validation must be a fraction"):
        AnomalyDetector(**SMALL).fit(machine(100), validation=object())
