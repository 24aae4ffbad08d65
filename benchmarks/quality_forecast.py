"""How well does `Forecaster` forecast ETTh1 24 and 96 hours ahead, and a share's close a day ahead?

    python -m benchmarks run quality_forecast -- etth1 --horizon 24
    python -m benchmarks run quality_forecast -- etth1 --horizon 96
    python -m benchmarks run quality_forecast -- aapl

etth1   all seven columns on the training rows' scale, rows 8640 / 2880 / 2880, 720 hours in; every
        test window counts. MSE and MAE are of the scaled values, as papers report them.
aapl    the close of each day, 60 days in, 1 day out, the last fifth as test; errors in US dollars.

Epochs and options were chosen by validation; the test rows are used once, at the end.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import pandas as pd
import torch

from ostinato import Forecaster

DATA = Path("../shared/data")
SHOWN = ("scaled_mse", "scaled_mae", "mae", "mase")


def etth1(horizon: int, options: argparse.Namespace) -> None:
    """The customary split, windows reaching back into the part before."""
    frame = pd.read_csv(options.data / "ett/ETTh1.csv.gz")
    train, middle, end, past = 8640, 11520, 14400, 720
    model = Forecaster(
        time="date",
        calendar="none",
        past=past,
        horizon=horizon,
        hidden_size=256,
        dropout=0.5,
        loss="mae",
        epochs=options.epochs or (4 if horizon > 24 else 6),
        batch_size=36,
        learning_rate=1e-3,
        schedule="step",
        decay=0.5,
        decay_every=3,
        average=0.99,
        clip_norm=None,
        seed=options.seed,
    )
    fit_and_tell(model, frame[:train], frame[train:middle], frame[middle - past : end], options)


def aapl(options: argparse.Namespace) -> None:
    """Four fifths to learn from, of which the last tenth judges; the last fifth is the test."""
    frame = pd.read_csv(options.data / "stocks/aapl_1990_2025.csv.gz")
    frame["Date"] = pd.to_datetime(frame["Date"], format="%m/%d/%Y")
    cut, past = round(0.8 * len(frame)), 60
    judge = round(0.9 * cut)
    model = Forecaster(
        target="Close",
        time="Date",
        gaps="allow",
        calendar="none",
        past=past,
        horizon=1,
        cell="lstm",
        hidden_size=50,
        dropout=0.2,
        epochs=options.epochs or 4,
        seed=options.seed,
    )
    fit_and_tell(model, frame[:judge], frame[judge:cut], frame[cut - past :], options)


def fit_and_tell(
    model: Forecaster,
    train: Any,
    validation: Any,
    test: Any,
    options: argparse.Namespace,
) -> None:
    """Fit, and print every measure beside both naive forecasts'."""
    began = time.perf_counter()
    model.fit(train, validation=validation, progress=options.progress)
    seconds = time.perf_counter() - began
    print("epoch val_mse  val_loss")
    for epoch, (mse, mae) in enumerate(
        zip(model.history_["val_mse"], model.history_["val_loss"], strict=True)
    ):
        print(f"{epoch:<5} {mse:<8.4f} {mae:.4f}")
    parts = {"validation": model.baseline_}
    if not options.no_test:
        parts["test"] = model.evaluate(test)
    print(f"{'part':<11}{'measure':<12}{'model':>10}{'last':>10}{'season':>10}")
    for part, scores in parts.items():
        for name in SHOWN:
            figures = [scores[prefix + name] for prefix in ("", "baseline_", "seasonal_")]
            print(f"{part:<11}{name:<12}" + "".join(f"{figure:>10.4f}" for figure in figures))
    print(f"season {model.season_} rows; fit {seconds:.0f} s on {torch.get_num_threads()} threads")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("task", choices=["etth1", "aapl"])
    parser.add_argument("--horizon", type=int, default=96)
    parser.add_argument("--epochs", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--no-test", action="store_true", help="validation only, for choices")
    parser.add_argument("--progress", action="store_true")
    options = parser.parse_args()
    if options.threads:
        torch.set_num_threads(options.threads)
    if options.task == "etth1":
        etth1(options.horizon, options)
    else:
        aapl(options)


if __name__ == "__main__":
    main()
