"""How well does `Forecaster` forecast transformers, a grid's demand, a share and many short series?

    python -m benchmarks run quality_forecast -- etth1 --horizon 96          choose by validation
    python -m benchmarks run quality_forecast -- etth1 --horizon 96 --test   report this
    python -m benchmarks run quality_forecast -- aapl --set members=3

etth1, ettm1   all seven columns on the training rows' scale, 12, 4 and 4 months to learn, judge and
               test, 720 rows in; every window counts. MSE and MAE are of the scaled values, as
               papers report them.
vic            Victoria's demand every half hour, a day ahead of every half hour, with the
               temperature to come (as it came, not as it was foretold) and public holidays; learned
               to June 2013, judged by the year after, test July to December 2014.
cuts           50 pieces of the hourly demand and prices, of 300 to 1,500 rows and of levels up to
               a million times apart, by default options; of each the last three days are test,
               each forecast from the rows before it; ETS and Theta are fitted anew each day.
aapl           the close of each day, 60 days in, 1 day out, the last fifth as test; US dollars.

Options were chosen by validation.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
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
HALVES = ("2013-07-01", "2014-07-01")  # where vic's rows to judge by begin, and its test rows
HELD = 72  # test rows of each cut
OPTIONS: dict[str, dict[str, Any]] = {
    "etth1": ETT | {"horizon": 96, "epochs": 4},
    "ettm1": ETT | {"horizon": 96, "epochs": 1},
    "vic": {
        "target": "Demand",
        "time": "Time",
        "future": "Temperature",
        "holidays": "AU-VIC",
        "past": 336,
        "horizon": 48,
    },
    "cuts": {"target": "y", "time": "ds", "series": "cut", "horizon": 24},
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


def vic(data: Path, past: int) -> Parts:
    frame = pd.read_csv(data / "electricity_demand/vic_elec.csv.gz")
    time = pd.to_datetime(frame["Time"], utc=True).dt.tz_convert("Australia/Melbourne")
    frame = frame[["Demand", "Temperature"]].assign(Time=time)
    middle, end = (int(np.searchsorted(time, pd.Timestamp(day, tz=time.dt.tz))) for day in HALVES)
    return frame[:middle], frame[middle:end], frame[end - past :]


def cuts(data: Path, past: int) -> Parts:
    """Short pieces of the hourly series, each at a level of its own; their ends are test."""
    folder, draw = data / "electricity_demand", np.random.default_rng(0)
    sources = []
    for name in ("pjm_in_zone", "electricity-short-with-ex-vars"):
        frame = pd.read_csv(folder / f"{name}.csv.gz")
        sources += [part["y"].to_numpy() for _, part in frame.groupby("unique_id")]
    for name, column in (("vic_elec", "Demand"), ("elecdemand", "Demand"), ("taylor", "x")):
        halves = pd.read_csv(folder / f"{name}.csv.gz")[column].to_numpy()
        sources.append(halves.reshape(-1, 2).mean(1))
    learn, test = [], []
    for k in range(50):
        source = sources[draw.integers(len(sources))]
        rows = int(draw.integers(300, 1500))
        first = int(draw.integers(len(source) - rows))
        values = source[first : first + rows] * 10 ** draw.uniform(-2, 4)
        hours = pd.date_range("2024-01-01", periods=rows, freq="h")
        piece = pd.DataFrame({"cut": f"cut {k}", "ds": hours, "y": values})
        learn.append(piece[:-HELD])
        test.append(piece)
    return pd.concat(learn), pd.DataFrame(), pd.concat(test)


def parts_of(name: str, data: Path, options: dict[str, Any]) -> Parts:
    """Rows to learn from, to judge by and to test, the last with `past` rows before them."""
    past = options.get("past", 0)
    if name == "etth1":
        return ett(data / "ett/ETTh1.csv.gz", 1, past)
    if name == "ettm1":
        return ett(data / "ett/ETTm1.csv.xz", 4, past)
    return {"vic": vic, "cuts": cuts, "aapl": aapl}[name](data, past)


def main() -> None:
    made = parser(__doc__, *OPTIONS)
    made.add_argument("--horizon", type=int, help="rows ahead, instead of the usual")
    typed = made.parse_args()
    options = chosen(OPTIONS[typed.name], typed.set)
    if typed.horizon:
        options["horizon"] = typed.horizon
    learn, judge, test = parts_of(typed.name, typed.data, options)
    judge = judge if len(judge) else 0.1
    model = Forecaster(**options).fit(learn, validation=judge, progress=False)
    found = told(model, options) | {"season": model.season_}
    if typed.test and typed.name == "cuts":
        days = HELD // options["horizon"]
        tested = model.backtest(test, origins=days, level=80, beside=("ets", "theta"))
        found["test"] = rounded(model.compare(tested).mean())
    elif typed.test:
        found["test"] = rounded(model.evaluate(test))
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
