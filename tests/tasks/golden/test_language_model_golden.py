"""Files that version 0.1 wrote load, and answer as they did then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ostinato

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["language-model", "language-model-adaptive"])
def test_a_language_model_of_the_first_version(name, tmp_path):
    model = ostinato.load(HERE / f"{name}.safetensors")
    wanted = json.loads((HERE / "language-model.json").read_text())[name]
    for _ in range(2):
        found = model.probabilities(wanted["input"])
        np.testing.assert_allclose(found, wanted["probabilities"], rtol=1e-5)
        if "generate" in wanted:
            assert model.generate("a ", 20, seed=3) == wanted["generate"]
        model.save(tmp_path / "again.safetensors")
        model = ostinato.load(tmp_path / "again.safetensors")
