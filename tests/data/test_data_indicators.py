"""Technical indicators, by hand and as they promise."""

from __future__ import annotations

import numpy as np
import pytest

from ostinato.data import indicator, indicator_reach
from ostinato.errors import OptionError

PRICES = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.02, 300)))
NAMES = ["return5", "sma20", "ema12", "macd", "rsi14", "volatility20", "bollinger20",
         "stochastic14"]  # fmt: skip


def test_by_hand():
    prices = np.array([10.0, 12, 9, 9, 18])
    assert indicator("return2", prices).tolist() == [0, 0.2, -0.1, -0.25, 1]
    assert indicator("sma3", prices)[-1] == pytest.approx(18 / 12 - 1)
    assert indicator("rsi3", prices)[-1] == pytest.approx(9 / 12)
    assert indicator("stochastic3", prices)[-2] == 0
    assert indicator("bollinger2", prices)[-1] == pytest.approx(4.5 / 9)
    assert indicator("volatility2", prices)[-1] == pytest.approx(0.5)
    mean = (18 + 9 / 3 + 9 / 9 + 12 / 27 + 10 / 81 + 10 / 243 + 10 / 729 + 10 / 2187) / sum(
        3.0**-k for k in range(8)
    )
    assert indicator("ema2", prices)[-1] == pytest.approx(18 / mean - 1, rel=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_rows_to_come_change_nothing(name):
    found, reach = indicator(name, PRICES), indicator_reach(name)
    poisoned = PRICES.copy()
    poisoned[200:] = 1e9
    np.testing.assert_array_equal(indicator(name, poisoned)[:200], found[:200])
    # Nor do rows before its reach, to the bit; but the first row within it counts.
    np.testing.assert_array_equal(indicator(name, PRICES[250 - reach :])[reach:], found[250:])
    changed = PRICES.copy()
    changed[250 - reach] *= 3
    assert indicator(name, changed)[250] != found[250]


@pytest.mark.parametrize("name", NAMES)
def test_the_level_does_not_count(name):
    np.testing.assert_allclose(indicator(name, 1000 * PRICES), indicator(name, PRICES), atol=1e-12)
    assert np.isfinite(indicator(name, np.zeros(30))).all()
    assert np.isfinite(indicator(name, np.full(30, 5.0))).all()


@pytest.mark.parametrize("name", ["rsy14", "rsi", "macd3", "sma1", "", "14"])
def test_names_that_are_none(name):
    with pytest.raises(OptionError, match="indicators: "):
        indicator_reach(name)
