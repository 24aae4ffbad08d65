"""How well does `Forecaster` forecast transformers, a grid's demand, a share and many short series?

    python -m benchmarks run quality_forecast -- etth1 --horizon 96          choose by validation
    python -m benchmarks run quality_forecast -- etth1 --horizon 96 --test   report this
    python -m benchmarks run quality_forecast -- aapl --set members=3

etth1, ettm1   all seven columns on the training rows' scale, 12, 4 and 4 months to learn, judge and
               test, 720 rows in; every window counts. MSE and MAE are of the scaled values, as
               papers report them.
aapl           the close of each day, 60 days in, 1 day out, the last fifth as test; US dollars.

Options were chosen by validation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
from benchmarks._quality import chosen, parser, rounded, told

from ostinato import Forecaster

Parts = tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]
ETT = {
    "time": "date",
    "calendar": "none",
    "past": 720,
    "hidden_size": 256,
    "dropout": 0.5,
    "loss": "huber",
    "batch_size": 36,
    "learning_rate": 1e-3,
    "schedule": "step",
    "decay": 0.5,
    "decay_every": 3,
    "average": 0.99,
    "clip_norm": None,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "etth1": ETT | {"horizon": 96, "epochs": 4},
    "ettm1": ETT | {"horizon": 96, "epochs": 1},
    "aapl": {
        "target": "Close",
        "time": "Date",
        "gaps": "allow",
        "calendar": "none",
        "past": 60,
        "horizon": 1,
        "cell": "lstm",
        "hidden_size": 50,
        "dropout": 0.2,
        "epochs": 4,
    },
}


def ett(path: Path, hour: int, past: int) -> Parts:
    """The customary split, windows reaching back into the part before."""
    frame = pd.read_csv(path)
    month = 30 * 24 * hour
    train, middle, end = 12 * month, 16 * month, 20 * month
    return frame[:train], frame[train:middle], frame[middle - past : end]


def aapl(data: Path, past: int) -> Parts:
    """Four fifths to learn from, of which the last tenth judges; the last fifth is the test."""
    frame = pd.read_csv(data / "stocks/aapl_1990_2025.csv.gz")
    frame["Date"] = pd.to_datetime(frame["Date"], format="%m/%d/%Y")
    cut = round(0.8 * len(frame))
    judge = round(0.9 * cut)
    return frame[:judge], frame[judge:cut], frame[cut - past :]


def parts_of(name: str, data: Path, options: dict[str, Any]) -> Parts:
    """Rows to learn from, to judge by and to test, the last with `past` rows before them."""
    past = options["past"]
    if name == "etth1":
        return ett(data / "ett/ETTh1.csv.gz", 1, past)
    if name == "ettm1":
        return ett(data / "ett/ETTm1.csv.xz", 4, past)
    return aapl(data, past)


def main() -> None:
    made = parser(__doc__, *OPTIONS)
    made.add_argument("--horizon", type=int, help="rows ahead, instead of the usual")
    typed = made.parse_args()
    options = chosen(OPTIONS[typed.name], typed.set)
    if typed.horizon:
        options["horizon"] = typed.horizon
    learn, judge, test = parts_of(typed.name, typed.data, options)
    model = Forecaster(**options).fit(learn, validation=judge, progress=False)
    found = told(model, options) | {"season": model.season_}
    if typed.test:
        found["test"] = rounded(model.evaluate(test))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
