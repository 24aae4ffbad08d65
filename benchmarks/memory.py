"""Memory that a layer's training takes against torch.nn's, each in a process of its own.

    python -m benchmarks.memory [--shape BATCH STEPS INPUT HIDDEN]

The peak of the process after three forward and backward passes, less what it held before them.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys

SHAPE = (64, 1000, 128, 256)


def peak_of(library: str, name: str, shape: list[int]) -> float:
    """MiB, in this process."""
    import torch

    from ostinato import nn

    batch, steps, size, hidden = shape
    layer = getattr({"torch": torch.nn, "ostinato": nn}[library], name)(
        size, hidden, batch_first=True
    )
    x, gradient = torch.randn(batch, steps, size), torch.randn(batch, steps, hidden)
    # A small pass first, so that what loads on the first call does not count.
    layer(x[:1, :2])[0].sum().backward()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(3):
        layer(x)[0].backward(gradient)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", type=int, nargs=4, default=list(SHAPE))
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    words = parser.parse_args()
    if words.one:
        print(peak_of(*words.one, words.shape))
        return
    print(f"batch, steps, input, hidden {tuple(words.shape)}, float32")
    for name in ("GRU", "LSTM", "RNN"):
        found = {}
        for library in ("torch", "ostinato"):
            command = [sys.executable, "-m", "benchmarks.memory", "--one", library, name]
            command += ["--shape", *map(str, words.shape)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found[library] = float(done.stdout)
        ratio = found["ostinato"] / found["torch"]
        print(
            f"{name}: torch {found['torch']:.0f} MiB, ostinato {found['ostinato']:.0f} MiB, "
            f"{ratio:.2f} times torch's"
        )


if __name__ == "__main__":
    main()
