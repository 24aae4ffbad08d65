"""How well does the network that comes with the package forecast series it has never seen?

    python -m benchmarks run quality_pretrained              earlier origins: choose by these
    python -m benchmarks run quality_pretrained -- --test    later ones: report these
    python -m benchmarks run quality_pretrained -- --speed   1,000 series of 500 rows, 48 ahead

Each series is cut at several origins; the network reads at most --rows rows before each and
answers the rows after it. MASE is the mean over series and origins of the mean absolute error by
the mean absolute error of repeating the season over the rows read. ETS is the best by AICc of
simple, damped and seasonal (additive) exponential smoothing from statsmodels.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato.tasks.forecaster import pretrained
from ostinato.tasks.forecaster.periods import seasons_of
from ostinato.tasks.forecaster.prior import LEVELS

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
LOW, MIDDLE, HIGH = (LEVELS.index(level) for level in (0.1, 0.5, 0.9))


def collections(data: Path) -> Iterator[tuple[str, list[np.ndarray], tuple[int, int], int]]:
    """Name, series, seasons and horizon of every collection."""

    def read(name: str) -> pd.DataFrame:
        return pd.read_csv(data / name)

    zones = read("electricity_demand/pjm_in_zone.csv.gz")
    hourly = [g["y"].to_numpy() for _, g in zones.groupby("unique_id")]
    prices = read("electricity_demand/electricity-short-with-ex-vars.csv.gz")
    priced = [g["y"].to_numpy() for _, g in prices.groupby("unique_id")]
    victoria = read("electricity_demand/vic_elec.csv.gz")
    halves = [
        victoria["Demand"].to_numpy(),
        read("electricity_demand/elecdemand.csv.gz")["Demand"].to_numpy(),
        read("electricity_demand/taylor.csv.gz")["x"].to_numpy(),
    ]
    yield "demand, hourly", hourly, (24, 168), 48
    yield "prices, hourly", priced, (24, 168), 48
    yield "demand, half-hourly", halves, (48, 336), 48
    stamps = pd.to_datetime(victoria["Time"], utc=True).dt.tz_convert("Australia/Melbourne")
    days = victoria["Demand"].groupby(stamps.dt.date).sum().to_numpy()[1:-1]
    daily = [days, *(x[: len(x) // 24 * 24].reshape(-1, 24).sum(1) for x in hourly)]
    daily += [halves[1][: 365 * 48].reshape(-1, 48).sum(1)]
    yield "demand, daily", daily, (7, 365), 28
    yield "demand, weekly", [x[: len(x) // 7 * 7].reshape(-1, 7).sum(1) for x in daily], (52, 1), 8
    for name, seasons in (("ETTh1", (24, 168)), ("ETTh2", (24, 168))):
        frame = read(f"ett/{name}.csv.gz").drop(columns="date")
        yield name, list(frame.to_numpy().T), seasons, 96
    yield "ETTm1", list(read("ett/ETTm1.csv.xz").drop(columns="date").to_numpy().T), (96, 672), 96
    shares = read("stocks/gafa_stock.csv.gz")
    closes = [g["Close"].to_numpy() for _, g in shares.groupby("Symbol")]
    closes += [read("stocks/aapl_1990_2025.csv.gz")["Close"].to_numpy()]
    closes += [read("stocks/pltr.csv.gz")["Close"].to_numpy()]
    yield "stocks, daily", closes, (5, 261), 20
    yield from _shipped()


def _shipped() -> Iterator[tuple[str, list[np.ndarray], tuple[int, int], int]]:
    """What statsmodels brings."""
    from statsmodels.datasets import (
        co2,
        copper,
        danish_data,
        elec_equip,
        elnino,
        interest_inflation,
        macrodata,
        nile,
        sunspots,
    )
    from statsmodels.tsa.statespace.tests.results import results_sarimax

    carbon = co2.load_pandas().data["co2"].interpolate()
    warm = elnino.load_pandas().data.drop(columns="YEAR").to_numpy(dtype=float).reshape(-1)
    months = [
        np.array(results_sarimax.air2_data, dtype=float),
        carbon.resample("MS").mean().to_numpy(),
        warm,
        elec_equip.load_pandas().data.iloc[:, 0].to_numpy(dtype=float),
    ]
    yield "shipped, monthly", months, (12, 1), 18
    yield "shipped, weekly", [carbon.to_numpy()], (52, 1), 13
    macro = macrodata.load_pandas().data.drop(columns=["year", "quarter"])
    quarters = list(macro.to_numpy(dtype=float).T)
    quarters += list(danish_data.load_pandas().data.select_dtypes("number").to_numpy(dtype=float).T)
    quarters += list(interest_inflation.load_pandas().data[["Dp", "R"]].to_numpy(dtype=float).T)
    yield "shipped, quarterly", quarters, (4, 1), 8
    years = [
        nile.load_pandas().data["volume"].to_numpy(),
        sunspots.load_pandas().data["SUNACTIVITY"].to_numpy(),
        copper.load_pandas().data["WORLDCONSUMPTION"].to_numpy(dtype=float),
    ]
    yield "shipped, yearly", years, (1, 1), 6


def cuts(
    series: list[np.ndarray], horizon: int, rows: int, number: int, test: bool
) -> tuple[list[np.ndarray], np.ndarray]:
    """History before and truth after `number` origins of each series, in its earlier or later
    half."""
    history, truth = [], []
    for values in series:
        low = min(rows, len(values) // 2)
        places = np.linspace(low, len(values) - horizon, 2 * number).astype(int)
        for origin in places[number:] if test else places[:number]:
            history.append(values[max(0, origin - rows) : origin])
            truth.append(values[origin : origin + horizon])
    return history, np.stack(truth)


def naive(values: np.ndarray, season: int, horizon: int) -> np.ndarray:
    season = season if len(values) >= season else 1
    return np.resize(values[-season:], horizon)


def unit(values: np.ndarray, season: int) -> float:
    season = season if len(values) > season else 1
    return float(np.abs(values[season:] - values[:-season]).mean()) or 1.0


def ets(values: np.ndarray, season: int, horizon: int) -> np.ndarray:
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    found = []
    for trend in (False, True):
        for seasonal in (None, "add"):
            if seasonal and (season < 2 or len(values) < 2 * season + 2 or season > 100):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    fit = ExponentialSmoothing(
                        values,
                        trend="add" if trend else None,
                        damped_trend=trend,
                        seasonal=seasonal,
                        seasonal_periods=season if seasonal else None,
                        initialization_method="estimated" if season <= 12 else "heuristic",
                    ).fit()
                except (ValueError, FloatingPointError):
                    continue
            if np.isfinite(fit.aicc):
                found.append((fit.aicc, fit.forecast(horizon)))
    return min(found, key=lambda each: each[0])[1] if found else naive(values, 1, horizon)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--weights", type=Path, default=pretrained.WEIGHTS)
    parser.add_argument("--rows", type=int, default=500)
    parser.add_argument("--origins", type=int, default=6, help="of each series")
    parser.add_argument("--only", default="", help="collections whose name has this")
    parser.add_argument("--horizon", type=int, help="rows ahead, instead of each collection's")
    parser.add_argument("--found", action="store_true", help="find seasons in the values alone")
    parser.add_argument("--test", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--without-ets", action="store_true")
    parser.add_argument("--ets", type=Path, help="file that keeps the answers of ETS")
    options = parser.parse_args()
    prior = pretrained.network(options.weights)
    if options.speed:
        speed(prior)
        return
    kept = json.loads(options.ets.read_text()) if options.ets and options.ets.exists() else {}
    print(f"{'collection':<22}{'cuts':>5}{'MASE':>8}{'season':>8}{'ETS':>8}{'80 %':>7}{'WQL':>8}")
    total: list[Any] = []
    for name, series, seasons, horizon in collections(options.data):
        if options.only not in name:
            continue
        horizon = options.horizon or horizon
        history, truth = cuts(series, horizon, options.rows, options.origins, options.test)
        told = [seasons_of(x, None) if options.found else seasons for x in history]
        answer = pretrained.quantiles(history, told, horizon, prior=prior)
        units = np.array([unit(x, seasons[0]) for x in history])
        repeated = np.stack([naive(x, seasons[0], horizon) for x in history])
        key = f"{name} {options.rows} {options.origins} {options.test}"
        key += f" {options.horizon}" if options.horizon else ""
        if not options.without_ets and key not in kept:
            kept[key] = [ets(x, seasons[0], horizon).tolist() for x in history]
            if options.ets:
                options.ets.write_text(json.dumps(kept))
        smooth = np.array(kept.get(key, np.full_like(repeated, np.nan)))
        errors = [
            np.abs(f - truth).mean(1) / units for f in (answer[..., MIDDLE], repeated, smooth)
        ]
        inside = (truth >= answer[..., LOW]) & (truth <= answer[..., HIGH])
        tenths = answer[..., 1:-1] - truth[..., None]
        levels = np.array(LEVELS[1:-1])
        loss = np.where(tenths > 0, (1 - levels) * tenths, -levels * tenths)
        wql = float(2 * loss.mean() / np.abs(truth).mean())
        figures = [*(float(e.mean()) for e in errors), float(inside.mean()), wql]
        total.append(figures)
        print(
            f"{name:<22}{len(history):>5}"
            + "".join(f"{x:>8.3f}" for x in figures[:3])
            + f"{figures[3]:>7.1%}{wql:>8.4f}",
            flush=True,
        )
    mean = np.array(total).mean(0)
    print(f"{'mean':<27}" + "".join(f"{x:>8.3f}" for x in mean[:3]) + f"{mean[3]:>7.1%}")


def speed(prior: Any) -> None:
    made = np.random.default_rng(0).normal(size=(1000, 500)).cumsum(1)
    pretrained.quantiles(list(made[:2]), [(24, 168)] * 2, 48, prior=prior)
    began, busy = time.perf_counter(), time.process_time()
    pretrained.quantiles(list(made), [(24, 168)] * 1000, 48, prior=prior)
    seconds, busy = time.perf_counter() - began, time.process_time() - busy
    threads = torch.get_num_threads()
    print(f"1,000 series: {seconds:.2f} s on {threads} threads, {busy:.2f} s of processor time")


if __name__ == "__main__":
    main()
