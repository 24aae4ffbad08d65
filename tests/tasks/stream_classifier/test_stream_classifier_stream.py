"""Streams of rows: what an answer may know, late truths, rows that are refused, going on."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import torch

import ostinato
from ostinato import StreamClassifier
from ostinato.errors import DataError, NotFittedError, OptionError, StorageError

OPTIONS = {"window": 8, "hidden_size": 8}


def stream_of(count, seed=0):
    """A walk, and whether it lies above its mean of the last rows, with one label in ten wrong."""
    chance = np.random.default_rng(seed)
    X = np.cumsum(chance.normal(size=(count, 2)), 0)
    mean = pd.Series(X[:, 0]).rolling(8, min_periods=1).mean().to_numpy()
    y = np.where(X[:, 0] > mean, "up", "down")
    wrong = chance.random(count) < 0.1
    return X, np.where(wrong, np.where(y == "up", "down", "up"), y).tolist()


def begun(**changes):
    return StreamClassifier(**OPTIONS | changes).begin(["a", "b"])


def fed(stream, X, y):
    return [stream.learn(row, label) for row, label in zip(X, y, strict=True)]


def weights(model):
    return torch.cat([each.flatten() for each in model.module_.parameters()]).detach().clone()


def test_it_learns_from_the_first_row_on_and_beats_no_change():
    X, y = stream_of(1500)
    stream = begun(window=24, hidden_size=32).stream(learn=True, rate=0.01)
    answers = fed(stream, X, y)
    assert answers[0].label is None
    assert answers[0].probabilities == {}
    assert [each.row for each in answers] == list(range(1500))
    scores = stream.scores()
    assert scores["recent_accuracy"] > scores["nochange_recent_accuracy"] + 0.1
    assert scores["recent_accuracy"] > scores["linear_recent_accuracy"] + 0.05
    right = [a.label == b for a, b in zip(answers, y, strict=True)][1:]
    assert scores["accuracy"] == pytest.approx(np.mean(right))
    same = [a == b for a, b in zip(y[1:], y[:-1], strict=True)]
    assert scores["nochange_accuracy"] == pytest.approx(np.mean(same))
    assert sum(answers[-1].probabilities.values()) == pytest.approx(1)


def test_learn_needs_no_fit_and_goes_on_where_it_stood():
    X, y = stream_of(60)
    model = StreamClassifier(**OPTIONS)
    found = [model.learn({"a": row[0], "b": row[1]}, y[k]) for k, row in enumerate(X)]
    assert model.rows_.columns == ["a", "b"]
    assert found == fed(begun().stream(learn=True), X, y)


def test_an_answer_knows_nothing_of_its_truth_or_of_rows_to_come():
    X, y = stream_of(200)
    other, wrong = X.copy(), [*y]
    other[150:] += 100
    wrong[149:] = ["down" if each == "up" else "up" for each in y[149:]]
    one, two = begun().stream(learn=True), begun().stream(learn=True)
    before = fed(one, X, y)[:150]
    assert fed(two, other, wrong)[:150] == before


@pytest.mark.parametrize("learn", [True, False])
def test_truths_may_come_late_and_in_any_order(learn):
    X, y = stream_of(120)
    stream = begun().fit(X, y, validation=None, progress=False).stream(learn)
    chance, waiting = np.random.default_rng(0), []
    for k, row in enumerate(X):
        waiting.append(stream.step(row).row)
        if k % 10 == 9:
            for number in chance.permutation(waiting).tolist():
                stream.truth(y[number], number)
            waiting = []
    assert stream.scored[""].counts.sum() == 120
    assert not stream.waiting
    if stream.learner is not None:
        labels = stream.learner.memory.arrays["y"][:120]
        assert [stream.rows.classes[k] for k in labels] == y
    assert stream.last_row == 119


def test_late_truths_are_learned_as_early_ones_where_labels_are_not_read():
    X, y = stream_of(300)
    early, late = (begun(last_label=False) for _ in range(2))
    fed(early.stream(learn=True, replay=0), X, y)
    stream = late.stream(learn=True, replay=0, memory=400)
    for row in X:
        stream.step(row)
    for label in y:
        stream.truth(label)
    assert torch.equal(weights(early), weights(late))


def test_without_learn_nothing_of_the_model_changes():
    X, y = stream_of(100)
    model = begun().fit(X, y, validation=None, progress=False)
    rows, before = model.rows_.to_dict(), weights(model)
    stream = model.stream()
    fed(stream, X + 5, ["other"] * 100)
    assert stream.rows.classes[-1] == "other"
    assert model.rows_.to_dict() == rows
    assert torch.equal(weights(model), before)


ROWS = [
    ({"a": 1.0}, "the row has no column 'b'. Columns: a, b"),
    ({"a": 1.0, "bb": 2.0}, "no column 'b'. Did you mean 'bb'"),
    ([1.0], r"a row must have 2 columns \(a, b\), got 1"),
    ([1.0, 2.0, 3.0], "2 columns .*got 3"),
    ([1.0, math.nan], "column 'b' must be a finite number, got nan"),
    ([math.inf, 1.0], "column 'a' must be a finite number, got inf"),
    ({"a": "x", "b": 1}, "column 'a' must be a finite number, got 'x'"),
    ([None, 1.0], "column 'a' must be a finite number, got None"),
    ("ab", "a row must be 2 numbers, got 'ab'"),
    (None, "a row must be 2 numbers, got None"),
    (3.0, "a row must be 2 numbers, got 3.0"),
    (np.zeros((2, 1)), "a row must be 2 numbers"),
]
LABELS = [
    (None, "a label must be a text, a number or a truth value, got None"),
    (math.nan, "a label must be"),
    ([1], "a label must be"),
    (3, "labels must be all texts or all numbers, got 3 after "),
    ("third", "'third' would be class 3, and there is room for 2: .*Raise max_classes"),
]


def test_what_is_refused_changes_nothing_and_the_stream_goes_on():
    X, y = stream_of(60)
    whole, hurt = begun(max_classes=2), begun(max_classes=2)
    expected = fed(whole.stream(learn=True), X, y)
    stream = hurt.stream(learn=True)
    found = fed(stream, X[:30], y[:30])
    for row, message in ROWS:
        for call in (lambda row=row: stream.learn(row, "up"), lambda row=row: stream.step(row)):
            with pytest.raises(DataError, match=f"row 30: .*{message}"):
                call()
    for label, message in LABELS:
        with pytest.raises(DataError, match=message):
            stream.learn(X[30], label)
        with pytest.raises(DataError, match="every row has its truth"):
            stream.truth(label)
    for row, message in (
        (30, "row 30 has not come yet; there were 30"),
        (5, "row 5 has its truth already"),
        (-1, "row must be a whole number from 0, got -1"),
        ("5", "row must be a whole number from 0, got '5'"),
    ):
        with pytest.raises(DataError, match=message):
            stream.truth("up", row)
    assert found + fed(stream, X[30:], y[30:]) == expected
    assert torch.equal(weights(whole), weights(hurt))


def test_rows_that_fit_refuses_leave_nothing_behind():
    X, y = stream_of(60)
    model = begun(max_classes=3).fit(X, y, validation=None, progress=False)
    before = model.rows_.to_dict()
    for labels in ([*y[:30], "third", *y[31:59], "fourth"], [*y[:30], "third", *y[31:59], None]):
        with pytest.raises(DataError):
            model.partial_fit(X, labels)
        assert model.rows_.to_dict() == before


def test_a_truth_of_a_row_long_ago_is_refused_and_memory_does_not_grow():
    X, _ = stream_of(100)
    stream = begun().stream(learn=True, memory=20)
    for row in X:
        stream.step(row)
    assert len(stream.waiting) == 20
    with pytest.raises(DataError, match="row 3 is forgotten: the last 20 are kept. Raise memory"):
        stream.truth("up", 3)
    stream.truth("up")
    assert 80 not in stream.waiting


def test_labels_come_at_any_time():
    X, y = stream_of(200)
    stream = begun().stream(learn=True)
    fed(stream, X[:100], y[:100])
    answers = fed(stream, X[100:], ["none"] * 100)
    assert set(answers[0].probabilities) == {"up", "down"}
    assert set(answers[-1].probabilities) == {"up", "down", "none"}
    assert answers[-1].label == "none"


def test_the_alarm_rises_where_labels_turn_round():
    X, y = stream_of(600)
    turned = ["down" if each == "up" else "up" for each in y]
    stream = begun().stream(learn=True, alarm=20, rate=1e-5, every=100)
    fed(stream, X, [*y[:300], *turned[300:]])
    assert begun().stream(learn=True, alarm=None).alarms == []
    early = [each for each in stream.alarms if each < 300]
    assert len(stream.alarms) > len(early)


# To go on later


@pytest.mark.parametrize("cut", [0, 3, 100, 157])
def test_gone_on_from_a_snapshot_it_has_the_same_bits(cut, tmp_path):
    X, y = stream_of(260)
    whole = begun()
    expected = fed(whole.stream(learn=True, memory=50), X, y)
    path, first = tmp_path / "s.safetensors", begun()
    stream = first.stream(learn=True, memory=50, snapshot=path)
    fed(stream, X[:cut], y[:cut])
    stream.step(X[cut])  # a row whose truth is not known yet
    stream.save(path)
    again = begun(seed=0)
    stream = again.stream(learn=True, memory=50, snapshot=path)
    assert (stream.count, list(stream.waiting)) == (cut + 1, [cut])
    stream.truth(y[cut])
    assert fed(stream, X[cut + 1 :], y[cut + 1 :]) == expected[cut + 1 :]
    assert torch.equal(weights(whole), weights(again))
    assert again.rows_.to_dict() == whole.rows_.to_dict()
    again.save(tmp_path / "model.safetensors")
    loaded = ostinato.load(tmp_path / "model.safetensors")
    assert np.array_equal(loaded.predict_proba(X[:20]), whole.predict_proba(X[:20]))


def test_killed_it_loses_no_more_than_the_rows_since_the_last_snapshot(tmp_path):
    code = (
        "import os, sys; sys.path.insert(0, sys.argv[1])\n"
        "from test_stream_classifier_stream import *\n"
        "X, y = stream_of(200)\n"
        "stream = begun().stream(learn=True, snapshot=sys.argv[2], snapshot_every=60)\n"
        "fed(stream, X[:170], y[:170])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    path = tmp_path / "s.safetensors"
    words = [sys.executable, "-c", code, os.path.dirname(__file__), str(path)]
    assert subprocess.run(words, check=False).returncode == -signal.SIGKILL
    X, y = stream_of(200)
    whole, again = begun(), begun()
    expected = fed(whole.stream(learn=True), X, y)
    stream = again.stream(learn=True, snapshot=path, snapshot_every=60)
    assert stream.count == 120
    assert stream.scores()["accuracy"] > 0
    assert fed(stream, X[120:], y[120:]) == expected[120:]
    assert torch.equal(weights(whole), weights(again))


def test_a_snapshot_of_something_else_is_refused(tmp_path):
    X, y = stream_of(40)
    path = tmp_path / "s.safetensors"
    stream = begun().stream(learn=True)
    fed(stream, X, y)
    stream.save(path)
    for make, message in (
        (lambda: begun(seed=1).stream(learn=True, snapshot=path), "seed=0, and it is 1 now"),
        (lambda: begun().stream(learn=True, snapshot=path, every=4), "every=8, and it is 4 now"),
    ):
        with pytest.raises(OptionError, match=message):
            make()
    with pytest.raises(StorageError, match="no snapshot of this stream .columns were a, b"):
        StreamClassifier(**OPTIONS).begin(["a", "c"]).stream(learn=True, snapshot=path)
    begun().save(path)
    with pytest.raises(StorageError, match="holds a 'stream-classifier', not a snapshot"):
        begun().stream(learn=True, snapshot=path)
    path.write_bytes(b"junk")
    with pytest.raises(StorageError):
        begun().stream(learn=True, snapshot=path)


def test_what_a_stream_needs_is_said():
    with pytest.raises(NotFittedError, match=r"Call fit\(X, y\), or begin\(columns\)"):
        StreamClassifier().stream(learn=True)
    with pytest.raises(OptionError, match="options of learning need learn=True"):
        begun().stream(every=3)
    with pytest.raises(OptionError, match="unknown option 'evry'. Did you mean 'every'"):
        begun().stream(learn=True, evry=3)
    with pytest.raises(OptionError, match="memory must be at least 8 rows"):
        begun().stream(learn=True, memory=4)
    with pytest.raises(OptionError, match=r"needs a stream that learns"):
        begun().stream().save("x")
    with pytest.raises(DataError, match="column 'x1' must be a finite number"):
        StreamClassifier().learn([1.0, math.nan], "up")


def test_tables_and_rows_by_name_read_alike():
    X, y = stream_of(60)
    frame = pd.DataFrame(X, columns=["a", "b"])
    models = [
        StreamClassifier(**OPTIONS, epochs=1).fit(rows, y, progress=False)
        for rows in (frame, frame.to_dict("records"))
    ]
    assert [each.rows_.columns for each in models] == [["a", "b"]] * 2
    assert torch.equal(*map(weights, models))
    for rows in (frame, X, frame.to_dict("records")):
        assert np.array_equal(models[0].predict_proba(rows), models[0].predict_proba(X))
    turned = [{"b": row[1], "more": "x", "a": row[0]} for row in X]
    assert models[0].evaluate(turned, y) == models[0].evaluate(frame, y)
