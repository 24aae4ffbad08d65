"""Which strategy of `Forecaster` errs least, by the rows there are: MASE on held-out rows.

    python -m benchmarks run strategies                  every set, three seeds
    python -m benchmarks run strategies -- months cuts   some

months   twelve made-up series of 140 months: trend, season and noise, each at a level of its own
sunspots, nile, macro   what comes with statsmodels: 309 and 100 yearly rows, 203 quarters of five
         figures of an economy
cuts     50 pieces of hourly demand and prices, see quality_forecast
aapl     the close of each day, 60 days in, 1 day out
hours    Victoria's demand by the hour, a year of it, a day ahead

Held-out rows are the last tenth of what is learned from; no test row is read. Default options but
for the strategy; autoregressive is recursive with a segment of one row and a normal distribution
(as DeepAR learns, arXiv:1704.04110).
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks import quality_forecast as quality
from benchmarks._quality import DATA

from ostinato import Forecaster

Set = tuple[pd.DataFrame, dict[str, Any]]
STRATEGIES: dict[str, dict[str, Any]] = {
    "direct": {},
    "recursive": {"strategy": "recursive"},
    "encoder_decoder": {"strategy": "encoder_decoder"},
    "autoregressive": {"strategy": "recursive", "segment": 1, "output": "gaussian"},
}


def months(data: Path) -> Set:
    draw, tables = np.random.default_rng(0), []
    for k in range(12):
        step = np.arange(140)
        season = draw.normal(size=12)[step % 12]
        values = 10 + 0.03 * draw.normal() * step + season + 0.3 * draw.normal(size=140)
        stamps = pd.date_range("2012-01-01", periods=140, freq="MS")
        level = 10 ** draw.uniform(0, 4)
        tables.append(pd.DataFrame({"series": f"s{k}", "ds": stamps, "y": level * values}))
    return pd.concat(tables), {"series": "series", "time": "ds", "target": "y"}


def sunspots(data: Path) -> Set:
    from statsmodels.datasets import sunspots as read

    frame = read.load_pandas().data
    return frame.astype({"YEAR": int}).rename(columns={"YEAR": "year"}), {
        "time": "year",
        "target": "SUNACTIVITY",
    }


def nile(data: Path) -> Set:
    from statsmodels.datasets import nile as read

    return read.load_pandas().data.astype({"year": int}), {"time": "year", "target": "volume"}


def macro(data: Path) -> Set:
    from statsmodels.datasets import macrodata as read

    frame = read.load_pandas().data
    stamps = pd.date_range("1959-01-01", periods=len(frame), freq="QS")
    targets = ("realgdp", "realcons", "realinv", "cpi", "unemp")
    return frame[[*targets]].assign(ds=stamps), {"time": "ds", "target": targets}


def cuts(data: Path) -> Set:
    return quality.cuts(data, 0)[0], quality.OPTIONS["cuts"]


def aapl(data: Path) -> Set:
    wanted = ("target", "time", "gaps", "calendar", "past", "horizon")
    options = {name: quality.OPTIONS["aapl"][name] for name in wanted}
    return quality.aapl(data, 60)[0], options


def hours(data: Path) -> Set:
    frame = quality.vic(data, 0)[0].iloc[-2 * 24 * 365 :: 2][["Time", "Demand"]]
    return frame, {"time": "Time", "target": "Demand", "horizon": 24}


SETS: dict[str, Callable[[Path], Set]] = {
    each.__name__: each for each in (months, sunspots, nile, macro, cuts, aapl, hours)
}


def main() -> None:
    made = argparse.ArgumentParser(description=__doc__)
    made.add_argument("names", nargs="*", default=[*SETS])
    made.add_argument("--data", type=Path, default=DATA)
    made.add_argument("--seeds", type=int, default=3)
    typed = made.parse_args()
    for name in typed.names:
        frame, options = SETS[name](typed.data)
        for strategy, more in STRATEGIES.items():
            found, begin = [], time.process_time()
            for seed in range(typed.seeds):
                model = Forecaster(**options, **more, seed=seed).fit(frame, progress=False)
                found.append(model.baseline_["mase"])
            row = {"set": name, "strategy": strategy, "mase": round(float(np.mean(found)), 4)}
            row |= {"seeds": [round(each, 4) for each in found]}
            row |= {"seasonal": round(model.baseline_.get("seasonal_mase", float("nan")), 4)}
            row |= {"seconds": round((time.process_time() - begin) / typed.seeds, 1)}
            print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
