"""Numbers of recordings: learned, in the user's units, one or several, streamed, refused."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import mean_absolute_error, r2_score

import ostinato
from ostinato import SequenceRegressor
from ostinato.cli.app import run
from ostinato.errors import DataError, OptionError
from ostinato.inspection import report
from ostinato.measures.numbers import measure_numbers

SMALL = {"filters": 8, "hidden_size": 8, "epochs": 15, "seed": 0}


def waves(count: int, seed: int) -> tuple[list[np.ndarray], np.ndarray]:
    """Sines between 10 and 20 steps long whose height, times a hundred, is the number."""
    draw = np.random.default_rng(seed)
    heights = draw.uniform(1, 3, size=count)
    X = [
        height * np.sin(np.arange(draw.integers(10, 21)) + draw.uniform(0, 6))[:, None]
        for height in heights
    ]
    return X, 100 * heights


@pytest.fixture(scope="module")
def taught() -> SequenceRegressor:
    return SequenceRegressor(**SMALL, augmentation=()).fit(*waves(120, 0), progress=False)


def test_it_learns_and_says_it_in_the_users_units(taught):
    X, y = waves(40, 1)
    found = taught.predict(X)
    assert found.shape == (40,)
    assert taught.score(X, y) == pytest.approx(r2_score(y, found))
    assert taught.score(X, y) > 0.8
    scores = taught.evaluate(X, y)
    assert scores["mae"] == pytest.approx(mean_absolute_error(y, found))
    assert scores["mean_mae"] == pytest.approx(np.abs(y - taught.rows_.center[0]).mean())
    assert scores["mae"] < scores["mean_mae"] / 2
    assert {"baseline_r2", "baseline_rmse", "mean_rmse"} <= set(scores)


def test_several_numbers_a_recording(tmp_path):
    X, y = waves(60, 0)
    both = np.stack([y, -3 * y + 7], 1)
    model = SequenceRegressor(**{**SMALL, "epochs": 2}, augmentation=(), bidirectional=False)
    model.fit(X, both, progress=False)
    found = model.predict(X)
    assert found.shape == (60, 2)
    assert r2_score(both, found) == pytest.approx(model.score(X, both))
    stream = model.stream()
    for step in X[0]:
        said = stream.step(step)
    assert np.array_equal(said, found[0])
    assert stream.steps == len(X[0])
    model.save(tmp_path / "m.safetensors")
    again = ostinato.load(tmp_path / "m.safetensors")
    assert np.array_equal(again.predict(X), found)
    assert again.evaluate(X, both) == model.evaluate(X, both)
    with pytest.raises(DataError, match="must have 2 numbers a recording as in fit, got 1"):
        model.score(X, y)


def test_figures_by_hand():
    truth, said = np.array([[1.0], [2.0], [6.0]]), np.array([[2.0], [2.0], [4.0]])
    found = measure_numbers(truth, said)
    assert found["mae"] == pytest.approx(1.0)
    assert found["rmse"] == pytest.approx((5 / 3) ** 0.5)
    assert found["r2"] == pytest.approx(1 - 5 / 14)
    assert np.isnan(measure_numbers(truth[:1], said[:1])["r2"])


def test_a_long_table_has_a_number_a_recording():
    X, y = waves(20, 0)
    parts = [
        pd.DataFrame({"id": k, "height": each[:, 0], "strength": number})
        for k, (each, number) in enumerate(zip(X, y, strict=True))
    ]
    table = pd.concat(parts)
    options = {**SMALL, "epochs": 1}
    by_name = SequenceRegressor(**options).fit(table, "strength", progress=False)
    assert by_name.rows_.channels == ["height"]
    arrays = SequenceRegressor(**options).fit(X, y, progress=False)
    rows = table.drop(columns="strength")
    assert np.array_equal(by_name.predict(rows), arrays.predict(X))
    table.iloc[1, 2] += 1
    with pytest.raises(DataError, match="rows of a recording have several"):
        SequenceRegressor(**options).fit(table, "strength", progress=False)


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["high", "low"] * 10, "must be numbers, got 'high'. For labels take a SequenceClassifier"),
        ([1.0, float("nan")] * 10, "must be finite, and row 1 is nan"),
        ([1.0] * 20, "has the same number, 1, in every recording"),
        ([1.0] * 3, "must have the same number of recordings, got 20 and 3"),
        (np.zeros((20, 2, 2)), "got \\(20, 2, 2\\)"),
    ],
)
def test_numbers_that_cannot_be_learned(y, message):
    with pytest.raises(DataError, match=message):
        SequenceRegressor(**SMALL).fit(waves(20, 0)[0], y, progress=False)


def test_a_stream_needs_a_causal_model(taught):
    with pytest.raises(OptionError, match=r"SequenceRegressor\.stream: needs bidirectional=False"):
        taught.stream()


def test_the_report_draws_answers_over_the_truth(taught, tmp_path):
    report(taught, tmp_path)
    page = (tmp_path / "report.html").read_text()
    assert "answers over the truth" in page
    assert "Recordings with the largest errors" in page


def test_from_a_file_in_the_shell(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    X, y = waves(30, 0)
    lengths = [len(each) for each in X]
    np.savez("waves.npz", X=np.concatenate(X), y=y, lengths=lengths)
    words = ["--epochs", "2", "--hidden-size", "4", "--no-bidirectional", "--name", "run"]
    assert run(["train", "sequence-regressor", "waves.npz", *words, "--quiet"]) == 0
    for command in ("predict", "evaluate"):
        capsys.readouterr()
        assert run([command, "runs/run", "waves.npz", "--json"]) == 0
        said = json.loads(capsys.readouterr().out)
        if command == "predict":
            model = ostinato.load("runs/run/model.safetensors")
            assert [each["number"] for each in said["answers"]] == model.predict(X).tolist()
        else:
            assert said["rows"] == 30
            assert "mean_mae" in said["scores"]
    np.savez("words.npz", X=np.concatenate(X), y=np.array(["a", "b", "c"] * 10), lengths=lengths)
    assert run(["train", "sequence-regressor", "words.npz", *words[:-2], "--quiet"]) == 1
    assert "For labels take a SequenceClassifier" in capsys.readouterr().err
