"""How fast a language model writes: characters a second, one prompt and many.

    python -m benchmarks.generation [--hidden N] [--layers N]

The model is not trained, which takes no other time to write than a trained one. Medians.
"""

from __future__ import annotations

import argparse
import statistics
import time

import torch

from ostinato import LanguageModel


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=2)
    words = parser.parse_args()
    letters = "".join(chr(k) for k in range(33, 98)) * 40
    model = LanguageModel(
        hidden_size=words.hidden, num_layers=words.layers, epochs=1, chunk=16, batch_size=4
    )
    model.fit([letters], validation=None, progress=False)
    for prompts, length, threads in ((1, 1_500, 1), (64, 150, 1), (64, 150, 2)):
        torch.set_num_threads(threads)
        times = []
        for _ in range(5):
            began = time.perf_counter()
            model.generate(["a"] * prompts, length, seed=0)
            times.append(time.perf_counter() - began)
        rate = prompts * length / statistics.median(times)
        print(f"{prompts} at once, {threads} threads: {rate:,.0f} characters a second")


if __name__ == "__main__":
    main()
