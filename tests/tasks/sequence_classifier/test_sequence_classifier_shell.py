"""The shell's words for recordings: what it reads, answers and measures, and its stream."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from ostinato import SequenceClassifier
from ostinato.errors import DataError, OptionError, OstinatoWarning
from ostinato.tasks.sequence_classifier import shell

SMALL = {"epochs": 1, "hidden_size": 4, "filters": 4, "progress": False}


@pytest.fixture
def folder(tmp_path):
    """Eight recordings in two folders."""
    chance = np.random.default_rng(0)
    for label in ("left", "right"):
        (tmp_path / label).mkdir()
        for k in range(4):
            frame = pd.DataFrame(chance.normal(size=(9 + k, 2)), columns=["x", "y"])
            frame.to_csv(tmp_path / label / f"{k}.csv", index=False)
    return tmp_path


def fitted(loaded, **options):
    model = SequenceClassifier(**SMALL | options).fit(*loaded.arguments, validation=None)
    model.source_ = loaded.source
    return model


def test_a_folder_is_read_learned_answered_and_measured(folder):
    loaded = shell.read([str(folder)], shell.Words(), 0.25, {})
    assert loaded.facts["recordings"] == "8"
    assert loaded.facts["steps"] == "9 to 12"
    assert loaded.facts["channels"] == "x, y"
    model = fitted(loaded, bidirectional=False)
    answers = shell.answer(model, [str(folder)], {})
    assert [each["recording"].endswith(".csv") for each in answers] == [True] * 8
    X = loaded.arguments[0]
    assert model.rows_.channels == ["x", "y"]
    assert [each["label"] for each in answers] == model.predict(X).tolist()
    assert answers[0]["p(left)"] + answers[0]["p(right)"] == pytest.approx(1, abs=1e-5)
    scores, rows = shell.measure(model, [str(folder)], {})
    assert rows == 8
    assert scores == model.evaluate(X, loaded.arguments[1])
    feed = shell.feed(model, learn=False)
    rows = [(k, row) for k in (0, 1) for row in X[k].to_numpy()]
    lines = [{"id": k, "x": str(row[0]), "y": row[1]} for k, row in rows]
    said = [feed.take(line) for line in lines]
    assert [each["step"] for each in said] == [*range(len(X[0])), *range(len(X[1]))]
    assert said[-1]["label"] == model.predict(X[1:2])[0]
    assert feed.take({"id": 1, "x": "", "y": 1.0})["step"] == len(X[1])
    with pytest.raises(DataError, match="no channel 'y'"):
        feed.take({"id": 1, "x": 1.0})
    with pytest.raises(OptionError, match="does not learn from a stream"):
        shell.feed(model, learn=True)
    with pytest.raises(OptionError, match="Name files, or a folder"):
        shell.answer(model, [], {})


def test_bad_files_are_named_or_left_out_with_a_warning(folder):
    (folder / "left" / "0.csv").write_text("x,y\n1,2\n3\n")
    with pytest.raises(DataError, match=r"left/0.csv"):
        shell.read([str(folder)], shell.Words(), None, {})
    with pytest.warns(OstinatoWarning, match=r"left/0.csv is left out"):
        loaded = shell.read([str(folder)], shell.Words(skip_bad=True), None, {})
    assert loaded.facts["left out"] == "1"
    assert len(loaded.arguments[0]) == 7


def test_a_long_table_with_labels_of_steps(tmp_path):
    path = tmp_path / "long.csv"
    frame = pd.DataFrame({"id": np.repeat([1, 2, 3], 5), "x": np.arange(15.0)})
    frame["label"] = np.where(frame["x"] % 2 > 0, "odd", "even")
    frame.loc[3, "x"] = math.nan
    frame.to_csv(path, index=False)
    loaded = shell.read([str(path)], shell.Words(), str(path), {})
    assert len(loaded.validation[0]) == 3
    model = fitted(loaded)
    answers = shell.answer(model, [str(path)], {})
    assert [each["step"] for each in answers] == [*range(5)] * 3
    assert {each["recording"] for each in answers} == {"1", "2", "3"}
    frame.drop(columns="label").to_csv(path, index=False)
    assert shell.answer(model, [str(path)], {}) == answers
    with pytest.raises(DataError, match="no column 'label'"):
        shell.read([str(path)], shell.Words(), None, {})
