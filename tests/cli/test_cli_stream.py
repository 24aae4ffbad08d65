"""`ostinato stream`: rows on standard input, an answer a line, learning, and going on."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ostinato import AnomalyDetector, Forecaster, StreamClassifier, TextClassifier
from ostinato.cli.app import run

CHANCE = np.random.default_rng(0)
X = np.cumsum(CHANCE.normal(size=(300, 2)), 0).round(3)
Y = [int(up) for up in X[:, 0] > np.roll(X[:, 0], 3)]


@pytest.fixture(scope="module")
def _trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("stream")
    model = StreamClassifier(window=8, hidden_size=4).begin(["a", "b"])
    stream = model.stream(learn=True)
    for row, label in zip(X[:100], Y[:100], strict=True):
        stream.learn(row, label)
    model.source_ = {"label": "up"}
    model.save(place / "model.safetensors")
    return place


@pytest.fixture
def folder(_trained: Path, tmp_path: Path) -> Path:
    (tmp_path / "model.safetensors").write_bytes((_trained / "model.safetensors").read_bytes())
    return tmp_path


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Any:
    def call(lines: list[str], *words: str, status: int = 0) -> tuple[list[Any], str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO("".join(f"{each}\n" for each in lines)))
        capsys.readouterr()
        code = run(["stream", *map(str, words)])
        said = capsys.readouterr()
        assert code == status, said.err
        return [json.loads(line) for line in said.out.splitlines()], said.err

    return call


def rows(first: int, last: int, truth: bool = True) -> list[str]:
    found = [
        {"a": X[k, 0], "b": X[k, 1]} | ({"up": Y[k]} if truth else {}) for k in range(first, last)
    ]
    return [json.dumps(each) for each in found]


def table(first: int, last: int) -> list[str]:
    return ["a,b,up", *(f"{X[k, 0]},{X[k, 1]},{Y[k]}" for k in range(first, last))]


def test_json_and_csv_give_the_same_answers_and_go_on(folder, ran):
    here, there = folder / "model.safetensors", folder / "other.safetensors"
    whole, said = ran(rows(100, 300), here, "--learn", "--snapshot", there)
    assert [each["row"] for each in whole] == list(range(200))
    assert {each["label"] for each in whole} <= {0, 1}
    assert "no change" in said
    assert "linear model" in said
    begun, _ = ran(table(100, 170), folder, "--learn", "--every", "8")
    more, said = ran(table(170, 300), folder, "--learn")
    assert "Goes on after 70 rows" in said
    assert begun + more == whole
    anew, _ = ran(table(100, 300), folder, "--learn", "--anew")
    assert anew == whole
    still, _ = ran(rows(100, 300), folder)
    assert still != whole  # learned nothing
    assert still[:8] == whole[:8]


def test_truths_that_come_late(folder, ran):
    late = [json.dumps({"row": k, "up": Y[100 + k]}) for k in range(60)]
    answers, said = ran(rows(100, 160, truth=False) + late, folder, "--learn")
    assert len(answers) == 60
    assert "after 60 rows" in said
    assert "accuracy" in said


def test_lines_that_are_refused_lose_nothing(folder, ran):
    good = rows(100, 140)
    expected, _ = ran(good, folder, "--learn")
    bad = [
        ("x", "is not JSON"),
        ("[1, 2]", "must be a JSON object"),
        ('{"a": 1, "up": 1}', "the row has no column 'b'"),
        ('{"a": 1, "b": null, "up": 1}', "column 'b' must be a finite number, got None"),
        ('{"a": 1, "b": 2, "up": [1]}', "a label must be a text"),
        ('{"row": 3, "up": 1}', "row 3 has its truth already"),
        ('{"row": 99, "up": 1}', "row 99 has not come yet; there were 20"),
        ('{"row": "x", "up": 1}', "row must be a whole number"),
        ('{"row": 1, "up": null}', "'up' is empty"),
    ]
    lines = [*good[:20], "", *(line for line, _ in bad), *good[20:]]
    found, said = ran(lines, folder, "--learn", "--anew", status=1)
    errors = found[20 : 20 + len(bad)]
    for number, (each, (_, message)) in enumerate(zip(errors, bad, strict=True), 22):
        assert message in each["error"]
        assert each["line"] == number
    assert found[:20] + found[20 + len(bad) :] == expected
    assert "9 lines were refused" in said
    found, _ = ran(["a,b,up", "1,2,1", "1,2", "1,x,0", "3,4,"], folder, status=1)
    assert ["error" in each for each in found] == [False, True, True, False]
    assert "has 2 values, and the head 3 columns" in found[1]["error"]


def test_killed_and_stopped_it_goes_on(folder):
    words = [sys.executable, "-c", "from ostinato.cli import main; main()", "stream", str(folder)]
    words += ["--learn", "--snapshot-every", "10"]
    for how, status, kept in ((signal.SIGKILL, -9, 20), (signal.SIGTERM, 130, 25)):
        (folder / "stream.safetensors").unlink(missing_ok=True)
        with subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as child:
            assert child.stdin is not None
            assert child.stdout is not None
            child.stdin.write("".join(f"{line}\n" for line in rows(100, 125)))
            child.stdin.flush()
            answers = [json.loads(child.stdout.readline()) for _ in range(25)]  # without the end
            os.kill(child.pid, how)
            assert child.wait() == status
        assert answers[-1]["row"] == 24
        stream = (
            __import__("ostinato")
            .load(folder / "model.safetensors")
            .stream(learn=True, snapshot=folder / "stream.safetensors")
        )
        assert stream.count == kept


def test_words_that_are_wrong(folder, ran, tmp_path):
    _, said = ran([], folder, "--every", "3", status=2)
    assert "--learn is needed" in said
    _, said = ran([], folder, "--learn", "--every", "0", status=2)
    assert "every must be a whole number at least 1" in said
    _, said = ran([], tmp_path / "none", status=1)
    assert "no such run folder" in said
    model = TextClassifier(epochs=1, hidden_size=4, embedding_size=4)
    model.fit(["a b", "b c"] * 4, ["x", "y"] * 4, validation=None, progress=False)
    model.save(tmp_path / "text.safetensors")
    _, said = ran([], tmp_path / "text.safetensors", status=2)
    assert "not for a text-classifier; for: " in said
    assert "stream-classifier" in said


# Forecasts


@pytest.fixture(scope="module")
def forecaster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("forecaster")
    hours = pd.date_range("2026-01-01", periods=90, freq="h")
    frame = pd.DataFrame({"time": hours, "load": np.sin(np.arange(90) * np.pi / 6)})
    model = Forecaster(past=12, horizon=3, hidden_size=4, epochs=1, target="load", time="time")
    model.fit(frame[:50], validation=None, progress=False).save(place / "model.safetensors")
    frame[50:].to_csv(place / "rows.csv", index=False)
    return place


def test_a_forecaster_answers_and_learns(forecaster, ran, tmp_path):
    (tmp_path / "model.safetensors").write_bytes((forecaster / "model.safetensors").read_bytes())
    lines = (forecaster / "rows.csv").read_text().splitlines()
    still, _ = ran(lines, tmp_path)
    assert [each["forecast"] is None for each in still] == [True] * 11 + [False] * 29
    assert [each["row"] for each in still] == list(range(40))
    last = still[-1]["forecast"]
    assert [each["time"] for each in last] == [f"2026-01-04T{h}:00:00" for h in (18, 19, 20)]
    whole, said = ran(lines, tmp_path, "--learn")
    assert whole[:20] != still[:20]
    assert "last value repeated" in said
    assert "linear model" in said
    begun, _ = ran(lines[:20], tmp_path, "--learn", "--anew")
    more, said = ran([lines[0], *lines[20:]], tmp_path, "--learn")
    assert "Goes on after 19 rows" in said
    assert begun + more == whole
    bad = [lines[0], *lines[1:15], "2026-01-03 01:00:00,1", "2026-01-03 16:00:00,x", *lines[15:]]
    found, said = ran(bad, tmp_path, "--learn", "--anew", status=1)
    assert [each for each in found if "error" not in each] == whole
    assert "is not after the last row's" in said
    assert "row must be 1 finite numbers" in said


# Anomalies


def test_a_detector_learns_what_is_usual(ran, tmp_path):
    k = np.arange(160)[:, None]
    rows = np.sin(k / 3) + 0.1 * np.random.default_rng(0).normal(size=(160, 1))
    model = AnomalyDetector(past=8, horizon=2, hidden_size=4, epochs=1)
    model.fit(rows[:100], validation=None, progress=False).save(tmp_path / "model.safetensors")
    rows[130] = 9
    lines = [json.dumps({"value": float(each)}) for each in rows[100:, 0]]
    late = [json.dumps({"row": 30, "label": 1}), json.dumps({"row": 31, "label": "x"})]
    whole, said = ran([*lines, *late], tmp_path, "--learn", status=1)
    assert [each["row"] for each in whole[:60]] == list(range(60))
    assert whole[30]["above"]
    assert "must be 1 or true" in whole[60]["error"]
    assert "linear model" in said
    begun, _ = ran(lines[:40], tmp_path, "--learn", "--anew")
    more, said = ran(lines[40:], tmp_path, "--learn")
    assert "Goes on after 40 rows" in said
    assert begun + more == whole[:60]
    still, _ = ran(lines, tmp_path)
    assert len(still) == 60
