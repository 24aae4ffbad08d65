"""Electricity for the day to come, from the hours before, the weather and the calendar.

    python examples/electricity.py [--days 200] [--epochs 8]

The demand is made up: people wake, cook and sleep, work on weekdays, stay at home on public
holidays, and heat or cool when it is cold or hot.
"""

from __future__ import annotations

import argparse

import numpy as np
import pandas as pd

from ostinato import Forecaster


def demand(days: int = 200, seed: int = 0) -> pd.DataFrame:
    """A table with one row for each hour: time, load in MW, temperature in degrees Celsius."""
    import holidays

    draw = np.random.default_rng(seed)
    time = pd.date_range("2025-01-01", periods=24 * days, freq="h")
    hour, day = np.asarray(time.hour), np.asarray(time.day_of_year)
    free = holidays.country_holidays("AU", subdiv="VIC", years=[2025, 2026])
    home = np.asarray(time.day_of_week) >= 5
    home |= np.array([date in free for date in time.date])
    weather = np.zeros(len(time))
    for k in range(1, len(time)):
        weather[k] = 0.98 * weather[k - 1] + draw.normal(0, 0.7)
    year, night = np.cos((day - 20) / 365.25 * 2 * np.pi), np.cos((hour - 15) / 24 * 2 * np.pi)
    temperature = 16 + 6 * year + 4 * night + weather
    bump = np.exp(-(((hour - 8) / 2) ** 2)) * np.where(home, 0.3, 1.0)
    bump = bump + 1.3 * np.exp(-(((hour - 19) / 3) ** 2)) + np.where(home, 0.0, 0.6) * (hour > 8)
    air = 25 * np.maximum(temperature - 24, 0) + 18 * np.maximum(14 - temperature, 0)
    load = 4000 + 900 * bump + 2.5 * air + draw.normal(0, 60, len(time))
    return pd.DataFrame({"time": time, "load": load.round(1), "temperature": temperature.round(1)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=200)
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    table = demand(options.days)

    # The last day has not come yet; the temperature stands for its forecast.
    known, later = table.iloc[:-24], table.iloc[-24:]
    model = Forecaster(
        target="load",
        future="temperature",
        holidays="AU-VIC",
        past=7 * 24,
        horizon=24,
        epochs=options.epochs,
    )
    model.fit(known, progress=False)
    found = model.baseline_
    print("held-out days, mean error in MW:")
    for name, prefix in (("forecast", ""), ("yesterday again", "seasonal_")):
        print(f"  {name:16} {found[prefix + 'mae']:7.1f}")
    print(f"80 % intervals held {found['coverage_80']:.0%} of the held-out hours")

    answer = model.predict(known, future=later.drop(columns="load"), level=80)
    truth = later.set_index("time")["load"]
    peak = answer["load"].idxmax()
    print(f"the day to come: mean error {(answer['load'] - truth).abs().mean():.1f} MW")
    print(f"its peak is foretold at {peak:%H:%M}; it came at {truth.idxmax():%H:%M}")


if __name__ == "__main__":
    main()
