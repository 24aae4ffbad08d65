"""Files that version 0.1 wrote load, and answer as they did then."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import ostinato

HERE = Path(__file__).parent


@pytest.mark.parametrize("name", ["translator", "translator-plain"])
def test_a_translator_of_the_first_version(name, tmp_path):
    model = ostinato.load(HERE / f"{name}.safetensors")
    model.set_params(min_length=0)  # 0.1 had no shortest answer
    wanted = json.loads((HERE / "translator.json").read_text())[name]
    for _ in range(2):
        found = model.predict_best(wanted["input"])
        for row, answers in zip(found, wanted["predict_best"], strict=True):
            assert [text for text, _ in row] == [text for text, _ in answers]
            scores = [score for _, score in answers]
            assert [score for _, score in row] == pytest.approx(scores, rel=1e-5)
        model.save(tmp_path / "again.safetensors")
        model = ostinato.load(tmp_path / "again.safetensors")
