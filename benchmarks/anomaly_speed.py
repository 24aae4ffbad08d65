"""How many rows a second does `AnomalyDetector` score, all at once and one by one?

    python -m benchmarks run anomaly_speed

Three columns, default options, one epoch (what was learned does not change the speed). Seconds of
processor time, the best of three.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from ostinato import AnomalyDetector

ROWS = {"prediction": 20_000, "reconstruction": 4_000}


def best(call: Callable[[], Any]) -> float:
    """Seconds of processor time, the least of three."""
    found = []
    for _ in range(3):
        began = time.process_time()
        call()
        found.append(time.process_time() - began)
    return min(found)


def main() -> None:
    rng = np.random.default_rng(0)
    print(f"{'method':<16}{'batch, rows/s':>15}{'stream, rows/s':>16}")
    for method, count in ROWS.items():
        at = np.arange(count)[:, None]
        rows = np.sin(at / np.array([5, 9, 14])) + 0.1 * rng.normal(size=(count, 3))
        model = AnomalyDetector(method=method, epochs=1, progress=False)  # pyright: ignore
        model.fit(rows[:2000], validation=None)
        stream = model.stream()
        some = rows[: count // 4]
        batch = best(lambda: model.predict(rows))  # noqa: B023
        single = best(lambda: [stream.step(row) for row in some])  # noqa: B023
        print(f"{method:<16}{count / batch:>15,.0f}{len(some) / single:>16,.0f}")


if __name__ == "__main__":
    main()
