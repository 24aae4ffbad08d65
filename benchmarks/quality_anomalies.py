"""How well are the anomalies of NAB's 58 series found, as a stream, with one setting for all?

    python -m benchmarks run quality_anomalies -- gaussian
    python -m benchmarks run quality_anomalies -- prediction

The protocol of the Numenta Anomaly Benchmark: the first 15 % of a series (of 5000 rows at most) are
probation and do not count; every series is scored alone; one threshold serves all series, and is
the one that is best for the profile.

A detector is fitted on a series' rows in probation alone, and then reads the series as a stream.
Its score for the benchmark is that of the row, in thresholds, where it raises an alarm, and 0
elsewhere. NAB has no rows to choose options by; the score of each half of the series, every other
one, is printed too, each with its own best threshold, to see how much of it is chance.
"""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from benchmarks._quality import chosen, parser

from ostinato import AnomalyDetector
from ostinato.measures.alarms import (
    NAB_PROFILES,
    Labelled,
    nab_probation,
    nab_score,
    rolling_zscore,
    subsequence_pca,
    windowed_gaussian,
)

Score = Callable[[pd.DataFrame, int, dict[str, Any]], np.ndarray]


def read(folder: Path) -> dict[str, tuple[pd.DataFrame, list[tuple[int, int]]]]:
    """Every series and its windows, first and last row."""
    with tarfile.open(folder / "nab" / "nab.tar.xz") as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}  # type: ignore[union-attr]
    windows = json.loads(files["labels/combined_windows.json"])
    found = {}
    for name, limits in windows.items():
        frame = pd.read_csv(io.BytesIO(files[f"data/{name}"]), parse_dates=["timestamp"])
        stamps = frame["timestamp"].to_numpy()
        spans = [
            (int((stamps == np.datetime64(a)).argmax()), int((stamps == np.datetime64(b)).argmax()))
            for a, b in limits
        ]
        found[name] = frame, spans
    return found


def _values(frame: pd.DataFrame) -> np.ndarray:
    return frame[["value"]].to_numpy(dtype=np.float64)


def _detected(method: Literal["prediction", "reconstruction"]) -> Score:
    """Fit on the rows in probation, and score the rows after them."""

    def score(frame: pd.DataFrame, learn: int, options: dict[str, Any]) -> np.ndarray:
        values = _values(frame)
        streamed = options.pop("stream", False)
        model = AnomalyDetector(method=method, progress=False, **(SETTING | options))
        model.fit(values[:learn], validation=None)
        first = max(0, learn - model.past - model.horizon)  # rows before, so that it is warm
        if streamed:
            stream = model.stream()
            answers = [stream.step(row) for row in values[first:]]
            found = pd.DataFrame(answers)
        else:  # the same bits
            found = model.predict(values[first:])
        heights = (found["score"] / found["threshold"] * found["alarm"]).to_numpy()
        return np.concatenate([np.zeros(first), heights])

    return score


SETTING: dict[str, Any] = {
    "past": 64,
    "horizon": 64,
    "epochs": 15,
    "threshold": "rate",
}
SCORES: dict[str, Score] = {
    "prediction": _detected("prediction"),
    "reconstruction": _detected("reconstruction"),
    "zscore": lambda frame, learn, options: rolling_zscore(_values(frame), **options),
    # The benchmark's own files have 12 digits, so that what is nearly certain is certain.
    "gaussian": lambda frame, learn, options: np.round(
        windowed_gaussian(_values(frame), **options), 12
    ),
    "pca": lambda frame, learn, options: subsequence_pca(_values(frame), learn, **options),
}


def main() -> None:
    made = parser(__doc__, *SCORES)
    typed = made.parse_args()
    options = chosen({}, typed.set)
    series, rows, began = [], 0, time.perf_counter()
    for frame, spans in read(typed.data).values():
        learn = nab_probation(len(frame))
        scores = SCORES[typed.name](frame, learn, dict(options))
        series.append(Labelled(scores=scores, spans=spans, probation=learn))
        rows += len(frame)
    seconds = time.perf_counter() - began
    print(f"{typed.name} {options}: {rows:,} rows in {seconds:.1f} s")
    for profile in NAB_PROFILES:
        score, threshold = nab_score(series, profile)
        halves = [nab_score(series[k::2], profile)[0] for k in range(2)]
        print(
            f"{profile:<9}{score:8.2f}   threshold {threshold:.6g}   "
            f"halves {halves[0]:.1f} {halves[1]:.1f}"
        )


if __name__ == "__main__":
    main()
