"""Scales of series: one for each, bent or not, and back to the user's units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from ostinato.errors import DataError
from ostinato.tasks import Forecaster, load
from ostinato.tasks.forecaster.scaling import Scaling

HOW: dict[str, Any] = {"by": "series", "transform": "none", "values": "any", "where": "here"}


def learned(parts, targets=1, **changes):
    names = [f"x{k}" for k in range(parts[0].shape[1])]
    series = list(range(len(parts)))
    return Scaling.learn("standard", parts, series, names, targets, **HOW | changes)


def draws(*levels, columns=1):
    draw = np.random.default_rng(0)
    return [draw.gamma(2.0, level, (50, columns)) for level in levels]


@pytest.mark.parametrize("transform", ["none", "log", "boxcox"])
def test_there_and_back_again(transform):
    parts = draws(0.01, 1.0, 1e6)
    parts[1][3] = 0.0
    scaling = learned(parts, transform=transform)
    scales = scaling.of([0, 1, 2], parts)
    for k, part in enumerate(parts):
        scaled = scales.forward(part, k)
        assert abs(scaled.mean()) < 1e-9
        assert scaled.std() == pytest.approx(1)
        np.testing.assert_allclose(scales.inverse(scaled, k), part, rtol=1e-6, atol=1e-9)
    batch = np.stack(parts)[:, :4]
    scaled = scales.forward(batch, np.arange(3))
    np.testing.assert_allclose(scaled[2], scales.forward(parts[2][:4], 2))
    np.testing.assert_allclose(scales.inverse(scaled, np.arange(3)), batch, rtol=1e-6, atol=1e-9)
    again = Scaling.from_dict(scaling.to_dict(), scaling.names).of([2, 0], parts[:2])
    np.testing.assert_array_equal(again.forward(parts[0], 1), scales.forward(parts[0], 0))


def test_boxcox_finds_the_power():
    values = np.random.default_rng(0).normal(10, 2, (2000, 1)) ** 2
    power = learned([values], transform="boxcox").scales.power
    assert power is not None
    assert power[0, 0] == pytest.approx(0.5, abs=0.2)


def test_a_series_that_was_not_there_has_its_own_scale():
    scaling = learned(draws(1.0, 5.0))
    new = draws(300.0)[0]
    scales = scaling.of([7, 1], [new, new])
    assert scales.forward(new, 0).std() == pytest.approx(1)
    assert scales.scale[1] == scaling.scales.scale[1]
    together = learned(draws(1.0, 5.0), by="all").of([7, 0], [new, new])
    assert (together.scale == together.scale[0]).all()


def test_regressors_are_scaled_by_what_they_are():
    draw, parts = np.random.default_rng(0), []
    for price in (1.0, 50.0, 900.0):
        sold = draw.normal(0, 1, (50, 1))
        flag = draw.integers(0, 2, (50, 1)).astype(float)
        heat = draw.normal(15, 8, (50, 1))
        parts.append(np.concatenate([sold, flag, heat, draw.normal(price, 0.1, (50, 1))], 1))
    scaling = learned(parts)
    assert scaling.apart.tolist() == [True, False, False, True]
    scaled = scaling.of([0], parts[:1]).forward(parts[0], 0)
    np.testing.assert_array_equal(scaled[:, 1], parts[0][:, 1])


def test_columns_without_a_spread():
    parts = [np.full((20, 2), 5e7), np.zeros((20, 2))]
    scales = learned(parts).of([0, 1], parts)
    assert scales.forward(parts[0] * 1.1, 0)[0, 0] == pytest.approx(0.1)
    assert scales.forward(parts[1] + 1, 1)[0, 0] == 1


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([1.0, -2.0], {"transform": "log"}, r"transform='log' needs numbers .* 'x0' has -2\."),
        ([1.0, -2.0], {"values": "nonnegative"}, r"values='nonnegative' needs numbers .* has -2\."),
        ([1.0, 2.5], {"values": "counts"}, r"values='counts' needs whole numbers .* has 2\.5\."),
    ],
)
def test_what_targets_cannot_be(values, options, message):
    with pytest.raises(DataError, match=message):
        learned([np.array(values)[:, None]], **options)


def test_answers_are_what_targets_can_be(tmp_path):
    draw = np.random.default_rng(0)
    days = pd.date_range("2026-01-01", periods=90, freq="D")
    rows = pd.DataFrame({"day": days, "sold": draw.poisson(0.4, 90)})
    small: dict[str, Any] = {"past": 14, "horizon": 7, "hidden_size": 8, "epochs": 1}
    assert (Forecaster(**small).fit(rows, progress=False).forecast(30) >= 0).all(axis=None)
    model = Forecaster(**small, values="counts", transform="log").fit(rows, progress=False)
    answer = model.forecast(30)
    assert (answer >= 0).all(axis=None)
    assert (answer == answer.round()).all(axis=None)
    model.save(tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors").forecast(30).equals(answer)
