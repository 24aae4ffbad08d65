"""A forecaster that learns from each row: what it may know, its scores by hand, and going on."""

from __future__ import annotations

import copy

import numpy as np
import pandas as pd
import pytest
import torch

from ostinato import Forecaster
from ostinato.errors import DataError, OptionError, StorageError

PAST, HORIZON = 12, 3


def table(rows, first=0):
    k = np.arange(first, first + rows)
    chance = np.random.default_rng(0).normal(size=first + rows)[first:]
    return pd.DataFrame(
        {
            "time": pd.date_range("2026-01-01", periods=first + rows, freq="h")[first:],
            "load": 50 + 10 * np.sin(k * np.pi / 6) + chance,
            "heat": 20 + 5 * np.cos(k * np.pi / 6),
        }
    )


@pytest.fixture(scope="module")
def _fitted():
    model = Forecaster(
        past=PAST,
        horizon=HORIZON,
        hidden_size=8,
        epochs=1,
        target="load",
        time="time",
        features="heat",
        calendar="hour",
    )
    return model.fit(table(80), validation=None, progress=False)


@pytest.fixture
def model(_fitted):
    return copy.deepcopy(_fitted)


def weights(model):
    return torch.cat([each.flatten() for each in model.module_.parameters()]).detach().clone()


def fed(stream, frame):
    return [stream.step(row) for row in frame.to_dict("records")]


def same(one, other):
    return len(one) == len(other) and all(
        a is b is None or (a is not None and a.equals(b)) for a, b in zip(one, other, strict=True)
    )


def test_it_learns_and_answers_as_the_model_then_predicts(model):
    before, frame = weights(model), table(60, 80)
    answers = fed(stream := model.stream(learn=True), frame)
    assert [each is None for each in answers[: PAST + 1]] == [True] * (PAST - 1) + [False] * 2
    assert not torch.equal(weights(model), before)
    assert stream.learner.steps == 6
    assert stream.count == 60
    assert answers[-1].equals(model.predict(frame))
    still = model.stream()
    fed(still, frame)
    assert not isinstance(still, type(stream))


def test_learning_makes_the_loss_smaller_where_the_series_has_changed(model):
    frame = table(200, 80).assign(load=lambda each: 100 - each["load"])
    other = copy.deepcopy(model)
    learning, fixed = (m.stream(learn=True, rate=r) for m, r in ((model, 0.01), (other, 1e-12)))
    for stream in (learning, fixed):
        fed(stream, frame[:120])
        stream.errors.absolute[:] = stream.errors.square[:] = stream.errors.count = 0
        fed(stream, frame[120:])
    assert learning.scores()["mae"] < 0.9 * fixed.scores()["mae"]


def test_an_answer_knows_no_row_to_come(model):
    frame, other = table(60, 80), table(60, 80)
    other.loc[40:, "load"] += 100
    one = fed(copy.deepcopy(model).stream(learn=True), frame)
    two = fed(model.stream(learn=True), other)
    assert same(one[:40], two[:40])
    assert not same(one[:41], two[:41])


def test_scores_are_those_of_the_answers_given(model):
    frame = table(60, 80)
    stream = model.stream(learn=True)
    answers, load = fed(stream, frame), frame["load"].to_numpy()
    gaps, last = [], []
    for row in range(PAST - 1, 60):
        for ahead in range(1, HORIZON + 1):
            if row + ahead < 60:
                gaps.append(answers[row]["load"].iloc[ahead - 1] - load[row + ahead])
                last.append(load[row] - load[row + ahead])
    scores = stream.scores()
    assert scores["mae"] == pytest.approx(np.abs(gaps).mean())
    assert scores["rmse"] == pytest.approx(np.sqrt(np.square(gaps).mean()))
    assert scores["baseline_mae"] == pytest.approx(np.abs(last).mean())
    assert {"seasonal_mae", "linear_mae", "mase"} <= set(scores)


def test_the_linear_model_learns(model):
    stream = model.stream(learn=True)
    fed(stream, table(160, 80))
    scores = stream.scores()
    assert scores["linear_mae"] < 0.5 * scores["baseline_mae"]


@pytest.mark.parametrize("cut", [5, 30, 77])
def test_gone_on_from_a_snapshot_it_has_the_same_bits(model, cut, tmp_path):
    path, frame = tmp_path / "s.safetensors", table(100, 80)
    again, first = copy.deepcopy(model), copy.deepcopy(model)
    whole = model.stream(learn=True, memory=40)
    expected = fed(whole, frame)
    begun = first.stream(learn=True, memory=40, snapshot=path, snapshot_every=1000)
    fed(begun, frame[:cut])
    begun.save(path)
    stream = again.stream(learn=True, memory=40, snapshot=path)
    assert stream.count == cut
    assert same(fed(stream, frame[cut:]), expected[cut:])
    assert torch.equal(weights(again), weights(model))
    assert stream.scores() == whole.scores()
    path.unlink()
    begun = first.stream(learn=True, snapshot=path, snapshot_every=20)
    fed(begun, frame[:70])
    assert again.stream(learn=True, snapshot=path, snapshot_every=20).count == 60


def test_what_is_refused_changes_nothing_and_the_stream_goes_on(model):
    frame, whole = table(60, 80), copy.deepcopy(model)
    expected = fed(whole.stream(learn=True), frame)
    stream = model.stream(learn=True)
    found = fed(stream, frame[:40])
    good = frame.iloc[40].to_dict()
    for wrong, message in (
        ({"load": np.nan}, "must be 2 finite numbers"),
        ({"heat": "x"}, "must be 2 finite numbers"),
        ({"time": frame["time"][20]}, "is not after the last"),
        ({"time": None}, "time is missing"),
    ):
        with pytest.raises(DataError, match=message):
            stream.step(good | wrong)
    assert same(found + fed(stream, frame[40:]), expected)
    assert torch.equal(weights(model), weights(whole))


def test_rows_without_timestamps():
    values = table(200)[["load", "heat"]].to_numpy()
    model = Forecaster(past=PAST, horizon=HORIZON, hidden_size=4, epochs=1)
    model.fit(values[:80], validation=None, progress=False)
    stream = model.stream(learn=True)
    for row in values[80:]:
        answer = stream.step(row)
    assert stream.learner.steps > 5
    assert answer.equals(model.predict(values[-PAST:]).set_index(answer.index))


def test_what_a_stream_needs_is_said(model, tmp_path):
    with pytest.raises(OptionError, match="options of learning need learn=True"):
        model.stream(every=3)
    with pytest.raises(OptionError, match="memory must be at least 15 rows"):
        model.stream(learn=True, memory=14)
    path = tmp_path / "s.safetensors"
    stream = model.stream(learn=True)
    fed(stream, table(30, 80))
    stream.save(path)
    with pytest.raises(OptionError, match="every=8, and it is 4 now"):
        model.stream(learn=True, every=4, snapshot=path)
    model.save(path)
    with pytest.raises(StorageError, match="holds a 'forecaster', not a snapshot"):
        model.stream(learn=True, snapshot=path)
