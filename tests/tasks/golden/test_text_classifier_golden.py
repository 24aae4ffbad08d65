"""Files that version 0.1 wrote load, and answer as they did then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ostinato

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["text-classifier", "text-classifier-several"])
def test_a_text_classifier_of_the_first_version(name, tmp_path):
    model = ostinato.load(HERE / f"{name}.safetensors")
    wanted = json.loads((HERE / "text-classifier.json").read_text())[name]
    for _ in range(2):
        found = np.asarray(model.predict_proba(wanted["input"]))
        np.testing.assert_allclose(found, wanted["predict_proba"], atol=1e-6)
        answers = [
            each if isinstance(each, str) else list(each) for each in model.predict(wanted["input"])
        ]
        assert answers == wanted["predict"]
        model.save(tmp_path / "again.safetensors")
        model = ostinato.load(tmp_path / "again.safetensors")
