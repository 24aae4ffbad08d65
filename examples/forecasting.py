"""Forecast a year of weekly carbon dioxide at Mauna Loa, or a column of your own file.

python examples/forecasting.py
python examples/forecasting.py load.csv --time time --target load --past 96 --horizon 24
"""

from __future__ import annotations

import argparse

import matplotlib.pyplot as plt
import pandas as pd

import ostinato
from ostinato import data


def carbon_dioxide() -> pd.DataFrame:
    """Weekly readings in parts per million, gaps filled by straight lines (statsmodels)."""
    from statsmodels.datasets import co2

    readings = co2.load_pandas().data["co2"].interpolate()
    return pd.DataFrame({"time": readings.index, "co2": readings.to_numpy()})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?")
    parser.add_argument("--time", default="time")
    parser.add_argument("--target", default="co2")
    parser.add_argument("--past", type=int, default=104, help="rows the model looks back")
    parser.add_argument("--horizon", type=int, default=52, help="rows the model looks ahead")
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--picture", default="forecast.png")
    options = parser.parse_args()
    table = data.read_table(options.csv) if options.csv else carbon_dioxide()

    # The last stretch is kept from `fit`, to draw the forecast against it.
    known, truth = table.iloc[: -options.horizon], table.iloc[-options.horizon :]
    model = ostinato.Forecaster(
        time=options.time,
        target=options.target,
        past=options.past,
        horizon=options.horizon,
        epochs=options.epochs,
        seed=0,
    )
    model.fit(known)
    print(model.baseline_)
    forecast = model.forecast(options.horizon)
    print(forecast.head())

    figure, axes = plt.subplots(figsize=(9, 4), layout="constrained")
    recent = known.iloc[-3 * options.horizon :]
    axes.plot(pd.to_datetime(recent[options.time]), recent[options.target], label="known")
    axes.plot(pd.to_datetime(truth[options.time]), truth[options.target], label="truth")
    axes.plot(pd.to_datetime(truth[options.time]), forecast[options.target], label="forecast")
    axes.set_ylabel(options.target)
    axes.legend()
    figure.savefig(options.picture)
    print(f"Picture: {options.picture}")


if __name__ == "__main__":
    main()
