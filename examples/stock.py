"""Prices of a share, and an honest answer: can they be foretold?

    python examples/stock.py [--days 1500] [--epochs 10]

The prices are made up, a random walk with quiet and wild weeks, so the true answer is known: where
they go nobody can say, how far they may go can be said.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from ostinato import Forecaster


def prices(days: int = 1500, seed: int = 0) -> pd.DataFrame:
    """A table with one row for each day from Monday to Friday: date, close, volume."""
    draw = np.random.default_rng(seed)
    date = pd.bdate_range("2020-01-06", periods=days)
    spread, steps = 0.012, np.zeros(days)
    for k in range(1, days):
        # A wild day makes the next one wild (as in a GARCH process).
        spread = np.sqrt(2e-6 + 0.1 * steps[k - 1] ** 2 + 0.88 * spread**2)
        steps[k] = spread * draw.standard_t(5) / np.sqrt(5 / 3)
    close = 100 * np.exp(np.cumsum(steps))
    volume = (1e6 * np.exp(40 * np.abs(steps) + draw.normal(0, 0.2, days))).round()
    return pd.DataFrame({"date": date, "close": close.round(2), "volume": volume})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=1500)
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args()
    table = prices(options.days)

    model = Forecaster(
        target="close",
        features="volume",
        indicators=("rsi14", "bollinger20"),
        transform="log",
        past=40,
        horizon=5,
        epochs=options.epochs,
    )
    model.fit(table, progress=False)
    found = model.baseline_
    print("five days ahead, held-out weeks, mean error:")
    print(f"  the model        {found['mae']:6.3f}")
    print(f"  the last price   {found['baseline_mae']:6.3f}")
    share = found["mae"] / found["baseline_mae"]
    print(f"  {share:.0%} of the last price's error: of a walk whatever is not 100 % is chance")
    print(f"80 % intervals held {found['coverage_80']:.0%} of the held-out prices")

    answer = model.predict(table, level=80)
    last = answer.iloc[-1]
    low, high, now = last["close_q10"], last["close_q90"], table["close"].iloc[-1]
    print(f"in five days it is {low:.2f} to {high:.2f} with a chance of 80 %; now it is {now:.2f}")


if __name__ == "__main__":
    main()
