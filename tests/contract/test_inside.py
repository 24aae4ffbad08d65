"""Pictures and the doctor look into every task through its own rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from examples import Example

from ostinato import inspection
from ostinato.inspection.estimators import read
from ostinato.inspection.reading import module_answer, watch


def _some(example: Example) -> Any:
    whole = example.kind in ("forecaster", "anomaly-detector")
    return example.X if whole else example.X[:2]


def test_the_network_reads_the_users_rows(example: Example, fitted: Any) -> None:
    reading = read("test", fitted, _some(example))
    calls = watch("test", reading)
    scores = module_answer(reading)
    assert scores.dim() in (2, 3)
    assert len(reading.answers or ()) == scores.shape[-1] or example.kind == "text-classifier"
    first = calls[0].x if reading.tokens is not None else reading.inputs[0]
    if reading.tokens is not None:
        assert len(reading.tokens) <= first.shape[1] or reading.first
    elif reading.columns is not None and first.is_floating_point():
        assert len(reading.columns) == first.shape[-1]
    if reading.index is not None:
        assert len(reading.index) <= first.shape[1]


def test_the_pictures_that_every_task_has(example: Example, fitted: Any) -> None:
    names = ["activations", "gates", "influence", "saturation", "gradients"]
    found = inspection.pictures_of(fitted, _some(example), names)
    assert all(len(each.table) for each in found.values())
    influence = found["influence"].table["influence"]
    assert influence.max() == pytest.approx(1)
    assert np.isfinite(influence.to_numpy()).all()


def test_an_attribution_adds_up(example: Example, fitted: Any) -> None:
    table = inspection.attribution(fitted, _some(example), "gradient").table
    shares = table.select_dtypes("number").drop(columns=["step", "time"], errors="ignore")
    assert np.isfinite(shares.to_numpy()).all()
    assert np.abs(shares.to_numpy()).sum() > 0


def test_the_doctor_looks_into_it(example: Example, fitted: Any) -> None:
    found = inspection.diagnose(fitted, example.rows if example.y is not None else example.X)
    looked = {*found.healthy, *(each.name for each in found.findings)}
    assert {"dead-units", "saturated-units"} <= looked
    assert found.skipped.keys().isdisjoint(looked)
