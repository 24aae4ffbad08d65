"""A detector that goes on learning: what it learns and what not, its scores, and going on."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch

from ostinato import AnomalyDetector
from ostinato.errors import DataError, OptionError, StorageError

PAST = 12


def rows_of(count, first=0, seed=0):
    k = np.arange(first, first + count)[:, None]
    chance = np.random.default_rng(seed).normal(size=(first + count, 2))[first:]
    return 10 + np.concatenate([np.sin(k / 3), np.cos(k / 3)], 1) + 0.1 * chance


@pytest.fixture(scope="module")
def fitted():
    found = {}
    for method in ("prediction", "reconstruction"):
        model = AnomalyDetector(method=method, past=PAST, horizon=4, hidden_size=8, epochs=2)
        found[method] = model.fit(rows_of(200), validation=None, progress=False)
    return found


@pytest.fixture(params=["prediction", "reconstruction"])
def model(request, fitted):
    return copy.deepcopy(fitted[request.param])


def weights(model):
    return torch.cat([each.flatten() for each in model.module_.parameters()]).detach().clone()


def fed(stream, rows):
    return [stream.step(row) for row in rows]


def test_it_learns_what_is_usual_now(model):
    before, rows = weights(model), rows_of(400, 200)
    rows[:, 1] = rows[:, 0]  # the columns moved against each other before
    still = copy.deepcopy(model).stream(learn=True, rate=1e-12)
    stream = model.stream(learn=True, rate=0.01)
    fed(still, rows)
    answers = fed(stream, rows)
    assert [each["row"] for each in answers] == list(range(400))
    assert not torch.equal(weights(model), before)
    assert stream.scores()["error"] < still.scores()["error"]
    assert {"error", "nochange_error", "linear_error"} == set(stream.scores())
    assert stream.scores()["linear_error"] < stream.scores()["nochange_error"]


def test_without_a_step_of_learning_it_expects_what_the_model_does(model):
    rows = rows_of(120, 200)
    fixed = fed(copy.deepcopy(model).stream(), rows)
    learning = fed(model.stream(learn=True, every=1000), rows)
    assert [each["expected"] for each in learning] == [each["expected"] for each in fixed]


def test_answers_are_those_of_the_weights_as_they_are(model):
    stream = model.stream(learn=True, rate=0.01)
    for row in rows_of(90, 200):
        steps, before = stream.learner.steps, copy.deepcopy(model.module_)
        stream.step(row)
        kept = stream.learner.memory.arrays["rows"][: stream.count]
        if stream.count < PAST or not steps:
            continue
        if model.method == "reconstruction":
            expected = before.expected(kept)[-1]
            found = stream.stream.scaled - stream.stream.error
            assert np.allclose(found, expected, rtol=0, atol=1e-12)
        else:  # the furthest row ahead was foretold by the weights before this row alone
            layer, head = stream.stream._expecting.stepper, before.head
            hidden = torch.from_numpy(layer.state[0][-1])
            with torch.inference_mode():
                foretold = head(hidden).reshape(-1, before.columns)[-1].double().numpy()
            assert np.array_equal(stream.stream._expecting.total[-1], foretold)


def test_an_odd_row_is_not_learned_until_it_is_said_to_be_right(model):
    rows = rows_of(80, 200)
    rows[50:53] += 30
    stream = model.stream(learn=True)
    answers = fed(stream, rows)
    assert all(each["above"] for each in answers[50:53])
    clean = stream.learner.memory.arrays["clean"]
    assert not clean[50:53].any()
    assert clean[20:50].mean() > 0.9
    stream.truth(False, 51)
    stream.truth(True, 52)
    stream.truth(1, 20)
    assert clean[51]
    assert not clean[52]
    assert not clean[20]
    assert stream.scores()["precision"] == 0.5
    assert stream.scores()["recall"] == 0.5


def test_what_lasts_is_usual_in_the_end(model):
    rows = rows_of(120, 200)
    rows[40:] += 8
    stream = model.stream(learn=True)
    stream.stream._alarms.threshold.step = lambda score: 3.0
    above = np.array([each["above"] for each in fed(stream, rows)])
    clean = stream.learner.memory.arrays["clean"][:120]
    assert not clean[40:45].any()
    assert clean[-20:].all() or not above[-20:].all()


@pytest.mark.parametrize("cut", [3, 30, 101])
@pytest.mark.parametrize("threshold", ["peaks", "largest", "rate", "quantile"])
def test_gone_on_from_a_snapshot_it_has_the_same_bits(fitted, cut, threshold, tmp_path):
    method = "prediction" if cut < 100 else "reconstruction"
    model = copy.deepcopy(fitted[method]).set_params(threshold=threshold, smooth=3, drift=5)
    path, rows = tmp_path / "s.safetensors", rows_of(150, 200)
    rows[60] += 30
    again, first = copy.deepcopy(model), copy.deepcopy(model)
    whole = model.stream(learn=True, memory=40)
    expected = fed(whole, rows)
    begun = first.stream(learn=True, memory=40)
    fed(begun, rows[:cut])
    begun.save(path)
    stream = again.stream(learn=True, memory=40, snapshot=path)
    assert stream.count == cut
    assert fed(stream, rows[cut:]) == expected[cut:]
    assert torch.equal(weights(again), weights(model))
    assert stream.scores() == whole.scores()
    assert np.array_equal(again.rows_.spread, model.rows_.spread)


def test_what_is_refused_changes_nothing_and_the_stream_goes_on(model):
    rows, whole = rows_of(60, 200), copy.deepcopy(model)
    expected = fed(whole.stream(learn=True), rows)
    stream = model.stream(learn=True)
    found = fed(stream, rows[:40])
    for wrong in ([1.0], [1.0, np.nan], ["x", 1.0], {"x0": 1.0}, None):
        with pytest.raises(DataError):
            stream.step(wrong)
    for truth, row, message in (
        (True, 40, "row 40 is not among those kept, 0 to 39"),
        (True, -1, "row -1 is not among those kept"),
        (True, "3", "row must be a whole number, got '3'"),
        ("x", 3, "must be 1 or true .* got 'x'"),
    ):
        with pytest.raises(DataError, match=message):
            stream.truth(truth, row)
    assert found + fed(stream, rows[40:]) == expected
    assert torch.equal(weights(model), weights(whole))


def test_what_a_stream_needs_is_said(model, tmp_path):
    with pytest.raises(OptionError, match="options of learning need learn=True"):
        model.stream(every=3)
    with pytest.raises(OptionError, match="memory must be at least 1"):
        model.stream(learn=True, memory=11)
    path = tmp_path / "s.safetensors"
    model.save(path)
    with pytest.raises(StorageError, match="holds a 'anomaly-detector', not a snapshot"):
        model.stream(learn=True, snapshot=path)
