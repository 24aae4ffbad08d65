"""How long does a whole `fit` of two tutorial models take beside Keras and a plain PyTorch loop?

    python -m benchmarks run keras_tutorial -- --rows 2000 --rounds 3

imdb    10,000 words, the first 200 words, Embedding 100, LSTM 64, LSTM 32, dropout .2, one sigmoid
        unit, batches of 64.
stock   60 days in, LSTM 50 twice, dropout .2 after each, one linear unit, batches of 32.

Each contestant fits the same rows for one epoch with Adam; the contestants take turns in every
round, and the medians of the rounds are compared. A fit before the first round, which traces and
allocates, is timed apart and not counted. The data are random numbers in the shapes above unless
`--data FILE.npz` names arrays `x` and `y`; the time of these dense models does not depend on the
values. Keras runs in a process of its own, which waits while the others work
(it is left out when it is not installed):

    python3 -m venv build/keras && build/keras/bin/pip install tensorflow-cpu
    python -m benchmarks run keras_tutorial
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

BATCH = {"imdb": 64, "stock": 32}
HOME = Path("build/keras/bin/python")
INSTALL = "python3 -m venv build/keras && build/keras/bin/pip install tensorflow-cpu"
Fit = Callable[[], float]


def synthetic(model: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Random inputs and targets in the model's shapes."""
    random = np.random.default_rng(0)
    if model == "imdb":
        x = random.integers(1, 10_000, (rows, 200)).astype(np.int64)
        return x, random.integers(0, 2, (rows, 1)).astype(np.float32)
    x = random.standard_normal((rows, 60, 1)).astype(np.float32)
    return x, random.standard_normal((rows, 1)).astype(np.float32)


def network(model: str, lstm: type):
    """The tutorial's model with `lstm` as its layer class: logits (imdb) or values (stock)."""
    import torch

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            text = model == "imdb"
            sizes = (100, 64, 32) if text else (1, 50, 50)
            self.embedding = torch.nn.Embedding(10_000, 100) if text else torch.nn.Identity()
            self.first = lstm(sizes[0], sizes[1], batch_first=True)
            self.second = lstm(sizes[1], sizes[2], batch_first=True)
            self.between = torch.nn.Identity() if text else torch.nn.Dropout(0.2)
            self.dropout = torch.nn.Dropout(0.2)
            self.dense = torch.nn.Linear(sizes[2], 1)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            outputs, _ = self.first(self.embedding(x))
            outputs, _ = self.second(self.between(outputs))
            return self.dense(self.dropout(outputs[:, -1]))

    torch.manual_seed(0)
    return Network()


def loss_of(model: str):
    import torch.nn.functional as F

    return F.binary_cross_entropy_with_logits if model == "imdb" else F.mse_loss


def plain_torch(model: str, x: np.ndarray, y: np.ndarray) -> Fit:
    """The loop that a PyTorch user writes: DataLoader over tensors, Adam, one epoch."""
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    data = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    measure = loss_of(model)

    def fit() -> float:
        module = network(model, torch.nn.LSTM).train()
        start = time.perf_counter()
        optimizer = torch.optim.Adam(module.parameters())
        for inputs, targets in DataLoader(data, BATCH[model], shuffle=True):
            optimizer.zero_grad()
            measure(module(inputs), targets).backward()
            optimizer.step()
        return time.perf_counter() - start

    return fit


def ours(model: str, x: np.ndarray, y: np.ndarray) -> Fit:
    """`ostinato.training.fit` of the same network with `ostinato.nn.LSTM`."""
    import torch

    import ostinato.nn as nn
    from ostinato import training

    tensors = {"x": torch.from_numpy(x), "y": torch.from_numpy(y)}
    measure = loss_of(model)

    def fit() -> float:
        module = network(model, nn.LSTM)
        start = time.perf_counter()
        training.fit(
            module,
            training.Batches(tensors, BATCH[model], shuffle=True),
            loss=lambda module, batch: measure(module(batch["x"]), batch["y"]),
            options=training.TrainingOptions(epochs=1, batch_size=BATCH[model]),
            progress=False,
        )
        return time.perf_counter() - start

    return fit


class KerasProcess:
    """Keras in another interpreter, which fits when told to and says how long it took."""

    def __init__(self, python: str, model: str, data: Path) -> None:
        quiet = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"}
        self.process = subprocess.Popen(
            [python, __file__, "--serve-keras", model, "--data", str(data)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=quiet,
        )
        self.version = json.loads(self._line())["version"]

    def _line(self) -> str:
        assert self.process.stdout is not None
        if not (line := self.process.stdout.readline()):
            raise RuntimeError("the Keras process ended; run it by hand to see why")
        return line

    def fit(self) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write("fit\n")
        self.process.stdin.flush()
        return float(json.loads(self._line())["seconds"])

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(timeout=30)


def serve_keras(model: str, data: Path) -> None:
    """Run in the Keras interpreter: one JSON line for each line read."""
    import keras
    from keras import layers

    arrays = np.load(data)
    if model == "imdb":
        parts = [layers.Embedding(10_000, 100), layers.LSTM(64, return_sequences=True)]
        parts += [layers.LSTM(32), layers.Dropout(0.2), layers.Dense(1, activation="sigmoid")]
    else:
        parts = [layers.LSTM(50, return_sequences=True), layers.Dropout(0.2)]
        parts += [layers.LSTM(50), layers.Dropout(0.2), layers.Dense(1)]
    network = keras.Sequential(parts)
    network.compile("adam", "binary_crossentropy" if model == "imdb" else "mse")
    print(json.dumps({"version": keras.__version__}), flush=True)
    for _ in sys.stdin:
        start = time.perf_counter()
        network.fit(arrays["x"], arrays["y"], batch_size=BATCH[model], epochs=1, verbose=0)
        print(json.dumps({"seconds": time.perf_counter() - start}), flush=True)


def compare(model: str, rows: int, rounds: int, keras: str | None, data: Path | None) -> None:
    """Print each contestant's median seconds, rows a second, and time relative to ours."""
    if data is None:
        x, y = synthetic(model, rows)
    else:
        arrays = np.load(data)
        x, y = arrays["x"][:rows], arrays["y"][:rows].reshape(-1, 1).astype(np.float32)
    contestants = {"ostinato": ours(model, x, y), "plain torch": plain_torch(model, x, y)}
    process = None
    with tempfile.TemporaryDirectory() as directory:
        if keras:
            file = Path(directory) / "data.npz"
            np.savez(file, x=x, y=y)
            process = KerasProcess(keras, model, file)
            contestants[f"keras {process.version}"] = process.fit
        first = {name: fit() for name, fit in contestants.items()}
        taken: dict[str, list[float]] = {name: [] for name in contestants}
        for _ in range(rounds):
            for name, fit in contestants.items():
                taken[name].append(fit())
        if process:
            process.close()
    medians = {name: statistics.median(times) for name, times in taken.items()}
    source = f"{data}" if data else "synthetic data"
    print(f"\n{model}: {len(x):,} rows, {source}, one epoch, median of {rounds} rounds")
    print("| contestant | seconds a fit | rows a second | time / ostinato's | first fit, seconds |")
    print("|---|---|---|---|---|")
    for name, seconds in medians.items():
        rate, ratio = len(x) / seconds, seconds / medians["ostinato"]
        print(f"| {name} | {seconds:.2f} | {rate:,.0f} | {ratio:.2f} | {first[name]:.2f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", choices=["imdb", "stock", "both"], default="both")
    parser.add_argument("--rows", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, help="torch's threads; default: torch's choice")
    parser.add_argument("--keras", help="an interpreter that has Keras and TensorFlow")
    parser.add_argument("--data", type=Path, help=".npz with x and y, for one --model")
    parser.add_argument("--serve-keras", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve_keras:
        serve_keras(options.serve_keras, options.data)
        return
    if options.threads:
        import torch

        torch.set_num_threads(options.threads)
    keras = options.keras or (str(HOME) if HOME.exists() else None)
    if keras and not shutil.which(keras):
        parser.error(f"--keras: no interpreter at {keras}. Install: {INSTALL}")
    if not keras:
        print(f"Keras is left out. To compare with it: {INSTALL}")
    for model in ("imdb", "stock") if options.model == "both" else (options.model,):
        compare(model, options.rows, options.rounds, keras, options.data)


if __name__ == "__main__":
    main()
