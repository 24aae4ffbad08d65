"""What `training.fit` adds to a training step, over a bare loop of the same model.

    python -m benchmarks.training_overhead [--rounds N] [--steps N]

The model is small, so that the loop's own cost shows. Both loops take turns in one process; each
round trains one epoch of `--steps` batches, and the median over rounds is printed.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from ostinato import nn, training

BATCH, STEPS, INPUT, HIDDEN = 32, 20, 8, 32


class Model(torch.nn.Module):
    """A GRU and a linear layer on its last output."""

    def __init__(self) -> None:
        super().__init__()
        self.gru = nn.GRU(INPUT, HIDDEN, batch_first=True)
        self.head = torch.nn.Linear(HIDDEN, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(self.gru(x)[0][:, -1])


def bare(x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    """The loop that a PyTorch user writes: shuffled batches, Adam, clipped gradients."""
    model = Model()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for _ in range(epochs):
        for rows in torch.randperm(len(x)).split(BATCH):
            loss = torch.nn.functional.mse_loss(model(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()


def ours(x: torch.Tensor, y: torch.Tensor, epochs: int) -> None:
    """The same by `training.fit`."""
    options = training.TrainingOptions(epochs=epochs, batch_size=BATCH, clip_norm=1.0)
    training.fit(Model(), (x, y), loss="mse", options=options, progress=False)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, default=500)
    words = parser.parse_args()
    rows = BATCH * words.steps
    x, y = torch.randn(rows, STEPS, INPUT), torch.randn(rows, 1)
    bare(x, y, 1)
    ours(x, y, 1)

    def seconds_a_step(loop) -> float:
        """From the difference of three epochs and one, so that what a fit costs once is out."""
        times = []
        for epochs in (1, 3):
            began = time.perf_counter()
            loop(x, y, epochs)
            times.append(time.perf_counter() - began)
        return (times[1] - times[0]) / (2 * words.steps)

    pairs = [(seconds_a_step(bare), seconds_a_step(ours)) for _ in range(words.rounds)]
    plain, fitted = (statistics.median(each) for each in zip(*pairs, strict=True))
    added = statistics.median(b - a for a, b in pairs)
    print(f"bare loop {plain * 1e3:.3f} ms a step, training.fit {fitted * 1e3:.3f} ms")
    print(f"added {added * 1e3:.3f} ms a step; {fitted / plain:.2f} times the bare loop's time")


if __name__ == "__main__":
    main()
