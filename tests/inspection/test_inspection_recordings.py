"""Pictures of a classifier of recordings."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from ostinato import SequenceClassifier, inspection
from ostinato.cli.app import run
from ostinato.inspection.estimators import read


@pytest.fixture(scope="module")
def recordings():
    chance = np.random.default_rng(0)
    y = ["up", "down"] * 8
    X = [
        np.linspace(0, 1 if each == "up" else -1, 10 + row)[:, None]
        + chance.normal(scale=0.1, size=(10 + row, 2))
        for row, each in enumerate(y)
    ]
    return X, y


@pytest.fixture(scope="module")
def model(recordings):
    options = {"hidden_size": 4, "filters": 4, "epochs": 1, "bidirectional": False, "seed": 0}
    return SequenceClassifier(**options).fit(*recordings, validation=0.25, progress=False)


def test_a_recording_is_looked_into(model, recordings):
    X, _ = recordings
    found = inspection.pictures_of(model, X[:3])
    assert {"influence", "gates", "saturation", "gradient-norms", "hidden-states"} <= set(found)
    assert list(found["attribution"].table.columns) == ["step", "0", "1"]
    # One step of the layer for each of the longest recording's; nothing was averaged.
    assert found["influence"].table["back"].max() == len(X[2]) - 1


def test_the_doctor_looks_into_it(model, recordings):
    diagnosis = inspection.diagnose(model, recordings)
    looked = {*diagnosis.healthy, *(each.name for each in diagnosis.findings)}
    assert {"dead-units", "saturated-units", "vanishing-gradients", "class-imbalance"} <= looked


def test_the_shell_reads_its_files(model, recordings, tmp_path, capsys):
    X, _ = recordings
    path = tmp_path / "m.safetensors"
    model.save(path)
    rows = [f"{k},{a},{b}" for k, each in enumerate(X[:2]) for a, b in each]
    (tmp_path / "rows.csv").write_text("\n".join(["id,0,1", *rows]))
    words = ["inspect", str(path), str(tmp_path / "rows.csv"), "--pictures", "saturation"]
    assert run([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["pictures"]["saturation"]["unit"]
    assert run(["inspect", str(path), "--text", "word"]) == 2
    assert "not for a sequence-classifier" in capsys.readouterr().err


def test_shares_of_its_channels_add_up_to_the_answer(model, recordings):
    """Integrated gradients sum to the logit less that of a recording of zeros."""
    X, _ = recordings
    reading = read("test", model, X[:1])
    table = inspection.attribution(model, X[:1], to="up", points=256).table
    x, lengths = reading.inputs
    up = model.classes_.tolist().index("up")
    with torch.no_grad():
        whole, nothing = (float(model.module_(each, lengths)[0, up]) for each in (x, 0 * x))
    assert table[["0", "1"]].to_numpy().sum() == pytest.approx(whole - nothing, abs=0.01)
    occluded = inspection.attribution(model, X[:1], "occlusion", to="up").table
    without = x.clone()
    without[0, 3, 1] = 0
    with torch.no_grad():
        change = whole - float(model.module_(without, lengths)[0, up])
    assert occluded["1"][3] == pytest.approx(change, abs=1e-6)
