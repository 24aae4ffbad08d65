"""A file that version 0.1 wrote loads, and answers as it did then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

import ostinato

HERE = Path(__file__).parent


def test_a_sequence_tagger_of_the_first_version(tmp_path):
    model = ostinato.load(HERE / "sequence-tagger.safetensors")
    wanted = json.loads((HERE / "sequence-tagger.json").read_text())
    for _ in range(2):
        assert model.predict(wanted["input"]) == wanted["predict"]
        found = model.predict_proba(wanted["input"])
        for one, other in zip(found, wanted["predict_proba"], strict=True):
            np.testing.assert_allclose(one, np.reshape(other, one.shape), atol=1e-6)
        model.save(tmp_path / "again.safetensors")
        model = ostinato.load(tmp_path / "again.safetensors")
