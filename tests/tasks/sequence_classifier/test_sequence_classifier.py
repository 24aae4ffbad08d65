"""What `SequenceClassifier` promises beyond the contract of all estimators."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import is_classifier
from sklearn.model_selection import cross_val_score

import ostinato
from ostinato import SequenceClassifier, inspection
from ostinato.errors import DataError, NotFittedError, OptionError
from ostinato.tasks.recordings.module import averaged, running, stride_of, widths_of
from ostinato.tasks.recordings.nearest import evenly, warped
from ostinato.tasks.sequence_classifier.decisions import THRESHOLDS, Decisions

SMALL: dict[str, Any] = {"epochs": 1, "hidden_size": 8, "filters": 8, "progress": False}


def waves(count: int, seed: int = 0) -> tuple[list[np.ndarray], list[str]]:
    chance = np.random.default_rng(seed)
    X, y = [], []
    for k in range(count):
        steps, kind = int(chance.integers(12, 30)), k % 3
        wave = np.sin(np.arange(steps) * (kind + 1) / 3 + chance.normal())
        X.append(np.stack([wave, chance.normal(size=steps)], axis=1))
        y.append("abc"[kind])
    return X, y


X, Y = waves(48)


@pytest.fixture(scope="module")
def model() -> SequenceClassifier:
    return SequenceClassifier(**SMALL | {"epochs": 25}).fit(X, Y)


@pytest.fixture(scope="module")
def causal() -> SequenceClassifier:
    options = {"bidirectional": False, "augmentation": ("prefix",), "epochs": 12}
    return SequenceClassifier(**SMALL | options).fit(X, Y, validation=0.3)


def test_it_learns_and_beats_the_most_frequent_class(model):
    T, u = waves(30, 1)
    assert model.score(T, u) >= 0.9
    scores = model.evaluate(T, u)
    assert scores["accuracy"] == model.score(T, u)
    assert scores["majority_accuracy"] == pytest.approx(1 / 3)
    assert 0.3 < scores["baseline_accuracy"] <= 1
    assert set(model.baseline_) == set(scores)
    assert is_classifier(model)
    assert model.classes_.tolist() == ["a", "b", "c"]


def test_accuracy_of_beginnings_is_that_of_cut_recordings(model):
    T, u = waves(30, 1)
    scores = model.evaluate(T, u)
    for percent in (25, 50, 75):
        cut = [each[: math.ceil(len(each) * percent / 100)] for each in T]
        assert scores[f"accuracy_seen_{percent}"] == model.score(cut, u)


def test_scales_are_of_the_training_channels_and_gaps_are_one_more_input():
    values = [np.array([[0.0, 5.0], [4.0, np.nan]]), np.array([[8.0, 5.0]] * 2)]
    made = SequenceClassifier(**SMALL).fit(values, ["a", "b"], validation=None)
    rows = made.rows_
    assert rows.mean.tolist() == [5.0, 5.0]
    assert rows.spread.tolist() == pytest.approx([math.sqrt(11), 1.0])  # a constant stays as it is
    assert rows.gaps == [1]
    found = rows.scaled(np.array([[5.0 + math.sqrt(11), np.nan], [np.nan, 7.0]]))
    assert found == pytest.approx(np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]]))
    assert made.predict([np.full((4, 2), np.nan)]).shape == (1,)


def test_scale_sequence_forgets_level_and_size():
    made = SequenceClassifier(**SMALL, scale="sequence").fit(X, Y, validation=None)
    moved = [each * 7.0 + 100 for each in X[:5]]
    assert made.predict_proba(moved) == pytest.approx(made.predict_proba(X[:5]), abs=1e-4)


def test_labels_of_steps():
    y = [np.where(each[:, 1] > 0, "up", "down") for each in X]
    made = SequenceClassifier(**SMALL | {"epochs": 8}).fit(X, y)
    assert made.rows_.kind == "steps"
    answers = made.predict(X[:4])
    assert [len(each) for each in answers] == [len(each) for each in X[:4]]
    assert made.score(X, y) > made.baseline_["majority_accuracy"] + 0.1
    assert {"accuracy", "majority_accuracy"} <= set(made.baseline_)
    with pytest.raises(OptionError, match="augmentation 'crop' moves steps away"):
        SequenceClassifier(**SMALL, augmentation=("crop",)).fit(X, y)
    with pytest.raises(DataError, match=r"y\[0\] must have a label for each of"):
        SequenceClassifier(**SMALL, target="steps").fit(X, [each[1:] for each in y])
    weights = {"bidirectional": False, "class_weight": "balanced"}
    causal = SequenceClassifier(**SMALL | weights).fit(X, y)
    stream = causal.stream()
    found = [stream.step(step) for step in X[0]]
    assert [each.label for each in found] == causal.predict(X[:1])[0].tolist()
    with pytest.raises(OptionError, match="nothing to decide early"):
        causal.stream(accuracy=0.9)


def test_any_number_of_labels():
    y = [["a", "b"] if k % 3 == 0 else ["b"] if k % 3 == 1 else [] for k in range(len(X))]
    made = SequenceClassifier(**SMALL | {"epochs": 25}).fit(X, y, validation=(X, y))
    assert made.rows_.kind == "labels"
    assert made.score(X, y) > 0.8
    assert all(set(each) <= {"a", "b"} for each in made.predict(X[:6]))
    assert {"f1_micro", "baseline_f1_micro", "majority_f1_micro"} <= set(made.baseline_)
    with pytest.raises(OptionError, match="class_weight needs one label"):
        SequenceClassifier(**SMALL, class_weight="balanced").fit(X, y)


def test_long_tables_and_lists_give_the_same_model(model):
    frame = pd.concat(
        pd.DataFrame(each, columns=["p", "q"]).assign(id=k, label=label)
        for k, (each, label) in enumerate(zip(X, Y, strict=True))
    )
    lists = SequenceClassifier(**SMALL).fit(X, Y)
    for arguments in (
        (frame, "label"),
        (frame[["id", "p", "q"]], frame["label"]),
    ):
        made = SequenceClassifier(**SMALL).fit(*arguments)
        assert made.rows_.channels == ["p", "q"]
        asked = frame[["q", "id", "p"]]  # by name, in whatever order
        assert np.array_equal(made.predict_proba(asked), lists.predict_proba(X))
    by_step = SequenceClassifier(**SMALL, target="steps").fit(frame, "label")
    assert by_step.rows_.kind == "steps"
    with pytest.raises(DataError, match="no column 'p'"):
        made.predict(frame[["id", "q"]])
    with pytest.raises(DataError, match="no column 'labl' for y"):
        SequenceClassifier(**SMALL).fit(frame, "labl")


def test_recordings_of_another_rate_are_brought_to_the_models():
    made = SequenceClassifier(**SMALL, rate=50).fit(X, Y)
    from ostinato.data.resampling import resample

    fast = [resample(each.astype(np.float32), 50, 100) for each in X[:6]]
    back = [resample(each, 100, 50) for each in fast]
    assert np.array_equal(made.predict_proba(fast, rate=100), made.predict_proba(back))
    assert np.array_equal(made.predict_proba(X, rate=50), made.predict_proba(X))
    assert made.score(fast, Y[:6], rate=100) == made.score(back, Y[:6])
    with pytest.raises(OptionError, match="rate must be a number above 0, got 0"):
        made.predict(X, rate=0)
    with pytest.raises(OptionError, match="rate needs a model that knows its own"):
        SequenceClassifier(**SMALL).fit(X, Y).predict(X, rate=50)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X, Y[:-1]), "same number of recordings, got 48 and 47"),
        ((X, ["a"] * 48), "two classes or more, got only 'a'"),
        ((X, [*Y[:-1], None]), "1 of 48 labels are missing, the first in row 47"),
        ((X, [*Y[:-1], ["a"]]), r"y\[0\] must be a list of labels with target='labels'"),
        (([*X[:-1], np.zeros((5, 3))], Y), r"X\[47\] has 3 channels, and X\[0\] has 2"),
        (([np.full((4, 1), np.nan)] * 2, ["a", "b"]), "X has no value: all are NaN"),
    ],
)
def test_what_cannot_be_learned_is_refused(arguments, message):
    with pytest.raises(DataError, match=message):
        SequenceClassifier(**SMALL).fit(*arguments, validation=None)


def test_options_that_do_not_fit_are_refused():
    for options, message in (
        ({"time": "id"}, "time and id must be two columns"),
        ({"augmentation": ("crop", "crop")}, "'crop' twice"),
        ({"augmentation": ("cropp",)}, "Did you mean 'crop'"),
        ({"convolution": 0}, "convolution must be"),
        ({"convolution": "some"}, "convolution must be"),
        ({"class_weight": {"z": 2.0}}, "class_weight has 'z', which is no label"),
        ({"class_weight": {"a": 0.0, "b": 0.0, "c": 0.0}}, "leaves no row"),
    ):
        with pytest.raises(OptionError, match=f"SequenceClassifier: .*{message}"):
            SequenceClassifier(**SMALL | options).fit(X, Y)


def test_other_channels_than_in_fit_are_refused(model):
    with pytest.raises(DataError, match=r"X must have 2 channels as in fit \(2\), got 1"):
        model.predict([np.zeros((4, 1))])
    with pytest.raises(DataError, match="label 'z' .*was not there in fit"):
        model.partial_fit(X[:1], ["z"])
    with pytest.raises(NotFittedError):
        SequenceClassifier().evaluate(X, Y)
    assert model.evaluate([X[0]], ["z"])["accuracy"] == 0  # unknown labels can only be missed


def test_weights_count_as_rows_do():
    small = {**SMALL, "augmentation": ()}
    weights = np.where(np.array(Y) == "a", 0.0, 1.0)
    made = SequenceClassifier(**SMALL | {"epochs": 12}).fit(X, Y, weights, validation=None)
    assert made.predict(X).tolist().count("a") < 5
    by_class = SequenceClassifier(**small, class_weight={"a": 0.0}).fit(X, Y, validation=None)
    by_row = SequenceClassifier(**small).fit(X, Y, weights, validation=None)
    assert np.array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    with pytest.raises(DataError, match="sample_weight must be 48 numbers"):
        SequenceClassifier(**SMALL).fit(X, Y, [1.0, 2.0])


def test_scikit_learns_tools_take_it():
    assert len(cross_val_score(SequenceClassifier(**SMALL), X, Y, cv=2)) == 2


# Early decisions


def test_decisions_are_what_held_out_recordings_say():
    answers = [
        np.array([[0.6, 0.4], [0.3, 0.7], [0.1, 0.9]]),  # right from the second step on
        np.array([[0.8, 0.2], [0.85, 0.15]]),  # right at once
    ]
    found = Decisions.learn(answers, np.array([1, 0]))
    at = dict(zip(THRESHOLDS, zip(found.accuracy, found.seen, strict=True), strict=True))
    assert at[0.5] == (0.5, pytest.approx((1 / 3 + 1 / 2) / 2))
    assert at[0.65] == (1.0, pytest.approx((2 / 3 + 1 / 2) / 2))
    assert at[0.99] == (1.0, 1.0)
    assert found.threshold("here", 1.0) == 0.61
    assert found.threshold("here", 0.5) == 0.5
    worse = Decisions.learn(answers, np.array([0, 1]))
    with pytest.raises(OptionError, match=r"accuracy must be at most 0.000.*2 held-out.*got 0.9"):
        worse.threshold("here", 0.9)


def test_a_stream_decides_once_and_keeps_to_it(causal):
    T, _ = waves(10, 3)
    stream, threshold = causal.stream(accuracy=0.5), causal.decisions_.threshold("", 0.5)
    for each in T:
        stream.reset()
        found = [stream.step(step) for step in each]
        sure = [answer.confidence >= threshold for answer in found]
        decided = [answer.decided for answer in found]
        assert decided == [any(sure[: k + 1]) for k in range(len(sure))]
        assert [answer.step for answer in found] == list(range(len(each)))
        if any(sure):
            first = found[sure.index(True)]
            assert all(a.label == first.label for a in found[sure.index(True) :])
        for k in (0, len(each) // 2, len(each) - 1):
            shares = np.array(list(found[k].probabilities.values()))
            assert np.array_equal(shares, causal.predict_proba([each[: k + 1]])[0])


def test_streams_that_cannot_be_are_refused(model, causal):
    for made, told, message in (
        (model, {}, "needs bidirectional=False"),
        (causal, {"accuracy": 0.9, "confidence": 0.9}, "either accuracy or confidence"),
        (causal, {"confidence": 1.5}, "confidence must be"),
        (causal, {"accuracy": 0}, "accuracy must be"),
    ):
        with pytest.raises(OptionError, match=f"SequenceClassifier.stream: .*{message}"):
            made.stream(**told)
    none = SequenceClassifier(**SMALL, bidirectional=False).fit(X, Y, validation=None)
    with pytest.raises(OptionError, match="accuracy needs held-out recordings"):
        none.stream(accuracy=0.9)
    own = SequenceClassifier(**SMALL, bidirectional=False, scale="sequence").fit(X, Y)
    with pytest.raises(OptionError, match="needs scale 'channel' or 'none'"):
        own.stream()
    wide = SequenceClassifier(**SMALL, bidirectional=False, stride=2).fit(X, Y)
    with pytest.raises(OptionError, match="needs stride 1"):
        wide.stream()


def test_a_step_that_cannot_be_used_changes_nothing(causal):
    stream = causal.stream()
    stream.step(X[0][0])
    for step, message in (
        ([1.0], "must have 2 channels as in fit, got 1"),
        ([1.0, math.inf], "channel 1 is infinite"),
        (["a", "b"], "must be numbers"),
        ({"0": 1.0}, "no channel '1'"),
    ):
        with pytest.raises(DataError, match=f"stream, step 1: .*{message}"):
            stream.step(step)
    one = stream.step({"0": X[0][1, 0], "1": X[0][1, 1]})
    assert np.array_equal(list(one.probabilities.values()), causal.predict_proba([X[0][:2]])[0])


# Parts


def test_dynamic_time_warping_beside_a_plain_recursion():
    chance = np.random.default_rng(0)
    asked, others = chance.normal(size=(2, 8, 2)), chance.normal(size=(3, 8, 2))

    def plain(a, b):
        cost = np.full((9, 9), np.inf)
        cost[0, :] = 0  # a path may begin at any step of the other within the band
        for i in range(8):
            for j in range(8):
                if abs(i - j) <= 1:
                    d = ((a[i] - b[j]) ** 2).sum()
                    cost[i + 1, j + 1] = d + min(cost[i, j], cost[i, j + 1], cost[i + 1, j])
        return cost[8, 8]

    found = warped(asked, others)
    assert found.shape == (2, 3)
    assert np.abs(np.diag(warped(asked, asked))).max() == 0
    assert found[1, 2] == pytest.approx(min(found[1, 2], plain(asked[1], others[2])))
    line = evenly(np.array([[0.0], [2.0]]), 5)
    assert line[:, 0].tolist() == [0.0, 0.5, 1.0, 1.5, 2.0]


def test_averages_and_running_pools_by_hand():
    values = torch.tensor([[[1.0], [3.0], [5.0], [9.0]], [[2.0], [4.0], [6.0], [0.0]]])
    found, lengths = averaged(values, torch.tensor([4, 3]), 2)
    assert lengths.tolist() == [2, 2]
    assert found[:, :, 0].tolist() == [[2.0, 7.0], [3.0, 6.0]]
    pooled = running("meanmax", values)
    assert pooled[0, :, 0].tolist() == [1.0, 2.0, 3.0, 4.5]
    assert pooled[1, :, 1].tolist() == [2.0, 4.0, 6.0, 6.0]
    assert running("last", values) is values


def test_auto_fits_the_length_of_usual_recordings():
    auto = SequenceClassifier()
    assert widths_of(auto, 200) == (9, 5, 3)
    assert widths_of(auto, 20) == (5, 3)
    assert widths_of(auto, 2) == (1,)
    assert widths_of(SequenceClassifier(convolution=None), 200) == ()
    assert widths_of(SequenceClassifier(convolution=(4, 2)), 200) == (4, 2)
    assert [stride_of(auto, usual, False) for usual in (20, 128, 129, 427)] == [1, 1, 2, 4]
    assert stride_of(auto, 427, True) == 1
    assert stride_of(SequenceClassifier(bidirectional=False), 427, False) == 1


def test_a_report_and_a_saved_causal_model(causal, tmp_path):
    assert inspection.report(causal, tmp_path).exists()
    causal.save(tmp_path / "model.safetensors")
    again = ostinato.load(tmp_path / "model.safetensors")
    assert again.decisions_ == causal.decisions_
    steps = SequenceClassifier(**SMALL).fit(
        X, [[label] * len(x) for x, label in zip(X, Y, strict=True)]
    )
    assert inspection.report(steps, tmp_path).exists()
    several = SequenceClassifier(**SMALL).fit(X, [[label] for label in Y])
    assert inspection.report(several, tmp_path).exists()
