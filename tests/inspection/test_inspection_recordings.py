"""Pictures of a classifier of recordings."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ostinato import SequenceClassifier, inspection
from ostinato.cli.app import run
from ostinato.errors import OptionError


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
    assert "attribution" not in found
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


def test_attribution_of_it_is_refused(model, recordings):
    with pytest.raises(OptionError, match="of a sequence-classifier"):
        inspection.pictures_of(model, recordings[0][:1], ["attribution"])
