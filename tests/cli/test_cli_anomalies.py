"""`ostinato train anomaly-detector` and what follows, on a made-up machine."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ostinato.cli.app import run


@pytest.fixture
def trained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rng, at = np.random.default_rng(0), np.arange(400)
    table = pd.DataFrame(
        {
            "when": pd.date_range("2026-01-01", periods=400, freq="min"),
            "heat": 60 + 5 * np.sin(at / 6) + rng.normal(0, 0.3, 400),
            "load": 30 + rng.normal(0, 0.3, 400),
            "odd": 0,
        }
    )
    table.loc[350:352, "load"] += 20
    table.loc[350:352, "odd"] = 1
    table[:300].to_csv("usual.csv", index=False, sep=";")
    table[300:].to_csv("new.csv", index=False, sep=";")
    words = ["train", "anomaly-detector", "usual.csv", "--label", "odd", "--name", "m", "--quiet"]
    options = ["--epochs", "2", "--hidden-size", "8", "--past", "16", "--horizon", "8"]
    assert run([*words, *options]) == 0
    return table


def test_predict_evaluate_and_stream_agree(trained, capsys, monkeypatch):
    capsys.readouterr()
    assert run(["predict", "runs/m", "new.csv", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)["answers"]
    assert len(rows) == 100
    assert rows[50]["alarm"] is True
    assert rows[50]["load blame"] > 0.9
    assert run(["evaluate", "runs/m", "new.csv", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)["scores"]
    assert scores["found"] == 1
    assert {"nab", "vus_pr", "gaussian_auprc"} <= set(scores)
    lines = trained[300:].astype({"when": str}).to_json(orient="records", lines=True)
    monkeypatch.setattr("sys.stdin", iter(lines.splitlines(keepends=True)))
    assert run(["stream", "runs/m"]) == 0
    streamed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["score"] for each in streamed] == pytest.approx([r["score"] for r in rows])
    assert [each["alarm"] for each in streamed] == [each["alarm"] for each in rows]


def test_a_stream_learns_and_goes_on_from_its_snapshot(trained, capsys, monkeypatch):
    lines = trained[300:].astype({"when": str}).to_json(orient="records", lines=True)
    lines = lines.splitlines(keepends=True)
    capsys.readouterr()
    found = []
    for part in (lines[:60], lines[60:]):
        monkeypatch.setattr("sys.stdin", iter(part))
        assert run(["stream", "runs/m", "--learn"]) == 0
        found += [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(found) == 100
    assert found[50]["alarm"] is True


def test_what_is_refused(trained, capsys):
    capsys.readouterr()
    assert run(["evaluate", "runs/m", "new.csv", "--label", "wrong"]) == 1
    assert "no column 'wrong'" in capsys.readouterr().err
