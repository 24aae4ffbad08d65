"""One streaming step from Python against torch's cells, in one interleaved run.

    python -m benchmarks.step [--rounds N]

Medians over rounds of the time of a step, batch 1, one thread, no gradients: torch's cell,
`layer.step` on tensors, `nn.Stepper.step` on NumPy arrays.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from ostinato import nn, ops

INPUT, SIZES, STEPS = 64, (32, 128, 256), 400


def contestants(name: str, hidden: int) -> dict[str, Callable[[], None]]:
    """What takes one step, each carrying its own state on."""
    layer = getattr(nn, name)(INPUT, hidden, batch_first=True).eval()
    cell = getattr(torch.nn, f"{name}Cell")(INPUT, hidden)
    x = torch.randn(1, INPUT)
    array, stepper = x.numpy(), nn.Stepper(layer)
    zeros, lstm = torch.zeros(1, hidden), name == "LSTM"
    states: dict[str, Any] = {"cell": (zeros, zeros) if lstm else zeros, "step": None}

    def of_torch() -> None:
        states["cell"] = cell(x, states["cell"])

    def of_tensors() -> None:
        states["step"] = layer.step(x, states["step"])[1]

    def of_arrays() -> None:
        stepper.step(array)

    return {"torch's cell": of_torch, "layer.step": of_tensors, "nn.Stepper": of_arrays}


def microseconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    for _ in range(STEPS):
        work()
    return (time.perf_counter() - began) / STEPS * 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=25)
    words = parser.parse_args()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, {ops.native_info()}")
    print("| layer | hidden | torch's cell | layer.step | nn.Stepper |\n|---|---|---|---|---|")
    with torch.no_grad():
        for name in ("RNN", "GRU", "LSTM"):
            for hidden in SIZES:
                works = contestants(name, hidden)
                times = [[microseconds(w) for w in works.values()] for _ in range(words.rounds)]
                peer, *ours = (statistics.median(t) for t in zip(*times, strict=True))
                cells = " | ".join(f"{t:.1f} us ({peer / t:.1f}x)" for t in ours)
                print(f"| {name} | {hidden} | {peer:.1f} us | {cells} |")


if __name__ == "__main__":
    main()
