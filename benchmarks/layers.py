"""The recurrent layers' training time against torch.nn's, in one interleaved run.

    python -m benchmarks.layers [--rounds N] [--threads N]

Prints the median times' ratio (above 1: ours is faster) and our arithmetic rate, counting a
product's forward once and its backward twice.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable

import torch

from ostinato import nn, ops

# batch, steps, input, hidden
GRID = [
    (128, 500, 32, 32),
    (64, 200, 128, 64),
    (32, 60, 1, 50),
    (32, 100, 128, 256),
    (64, 100, 512, 512),
]
GATES = {"GRU": 3, "LSTM": 4, "RNN": 1}


def timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def trainer(layer: torch.nn.Module, x: torch.Tensor, gradient: torch.Tensor) -> Callable[[], None]:
    """One forward and backward pass, the input's gradient too."""

    def work() -> None:
        outputs, _ = layer(x)
        outputs.backward(gradient)

    return work


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    words = parser.parse_args()
    torch.set_num_threads(words.threads)
    print(f"torch {torch.__version__}, {ops.native_info()}, {words.threads} threads")
    for name, gates in GATES.items():
        ratios = []
        for batch, steps, size, hidden in GRID:
            x = torch.randn(batch, steps, size, requires_grad=True)
            gradient = torch.randn(batch, steps, hidden)
            theirs = getattr(torch.nn, name)(size, hidden, batch_first=True)
            ours = getattr(nn, name).from_torch(theirs)
            works = [trainer(layer, x, gradient) for layer in (theirs, ours)]
            for work in works:
                work()
            times = [[timed(work) for work in works] for _ in range(words.rounds)]
            torch_time, own_time = (statistics.median(t) for t in zip(*times, strict=True))
            ratios.append(torch_time / own_time)
            work_done = 3 * 2 * batch * steps * gates * hidden * (size + hidden)
            print(
                f"{name} {(batch, steps, size, hidden)}: {ratios[-1]:.2f} times torch.nn's speed, "
                f"{work_done / own_time / 1e9:.0f} GFLOP/s"
            )
        print(f"{name}: geometric mean {statistics.geometric_mean(ratios):.2f}")


if __name__ == "__main__":
    main()
