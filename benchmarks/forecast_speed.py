"""How long does a forecaster take beside its network: 1,000 series at once, and a stream's step?

Medians of processor time, so that other programs on the machine count little.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato import Forecaster


def shops(series: int, rows: int) -> pd.DataFrame:
    """Days of many shops, as a file has them: dates are text."""
    days = pd.date_range("2024-01-01", periods=rows, freq="D").strftime("%d/%m/%Y")
    week = np.sin(np.arange(rows) * 2 * np.pi / 7)
    parts = [pd.DataFrame({"date": days, "shop": f"s{k}", "y": week + k}) for k in range(series)]
    return pd.concat(parts, ignore_index=True)


def median(work: Any, rounds: int) -> float:
    """Seconds of processor time."""
    taken = []
    for _ in range(rounds):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--rows", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    typed = parser.parse_args()
    torch.set_num_threads(1)
    small: dict[str, Any] = {"past": 96, "horizon": 24, "hidden_size": 16, "epochs": 1}

    table = shops(typed.series, typed.rows)
    model = Forecaster(**small, series="shop", target="y", batch_size=8192)
    model.fit(table.groupby("shop", sort=False).head(160), progress=False)
    spent = median(lambda: model.predict(table), typed.rounds)
    print(f"predict, {typed.series:,} series of {typed.rows} rows: {spent:.3f} s")

    hours = pd.date_range("2024-01-01", periods=3000, freq="h")
    load = pd.DataFrame({"time": hours, "y": np.sin(np.arange(3000) * np.pi / 12)})
    model = Forecaster(**small).fit(load[:500], progress=False)
    stream = model.stream()
    rows = [(stamp, [value]) for stamp, value in zip(hours, load["y"], strict=True)]
    for stamp, row in rows[:200]:
        stream.step(row, time=stamp)
    taken = []
    for stamp, row in rows[200:]:
        start = time.perf_counter_ns()
        stream.step(row, time=stamp)
        taken.append(time.perf_counter_ns() - start)
    low, mid = (np.percentile(taken, q) / 1e3 for q in (5, 50))
    print(f"stream, a step: median {mid:.0f} us, twentieth part {low:.0f} us")


if __name__ == "__main__":
    main()
