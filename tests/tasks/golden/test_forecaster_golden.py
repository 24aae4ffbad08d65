"""Files that version 0.1 wrote load, and answer as they did then."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import ostinato

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["forecaster-first", "forecaster", "forecaster-several"])
def test_a_forecaster_of_the_first_version(name, tmp_path):
    model = ostinato.load(HERE / f"{name}.safetensors")
    wanted = json.loads((HERE / "forecaster.json").read_text())[name]
    for _ in range(2):
        found = model.forecast()
        np.testing.assert_allclose(found.to_numpy(), wanted["forecast"], rtol=1e-6)
        index = [[str(p) for p in t] if isinstance(t, tuple) else str(t) for t in found.index]
        assert index == wanted["forecast_index"]
        model.save(tmp_path / "again.safetensors")
        model = ostinato.load(tmp_path / "again.safetensors")
