"""What is measured of a detector, and the naive scores beside it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato.measures import Baseline, Measure
from ostinato.measures.alarms import (
    ANOMALIES,
    average_precision,
    measure_alarms,
    rolling_zscore,
    subsequence_pca,
    vus_pr,
    windowed_gaussian,
)
from ostinato.measures.alarms import (
    BASELINES as SCORES,
)

__all__ = ["BASELINES", "MEASURES", "measure"]

MEASURES = (
    *ANOMALIES,
    Measure(
        name="error",
        unit="spreads",
        higher_is_better=False,
        sentence="The mean distance of the rows of a stream from what was expected of them, each "
        "before it was learned.",
    ),
)
BASELINES = (
    *SCORES,
    Baseline(prefix="nochange_", name="no change", sentence="Expects the row before again."),
    Baseline(
        prefix="linear_",
        name="linear model",
        sentence="Expects what a linear map of the last rows says, which learns row by row.",
    ),
)


def measure(
    values: Sequence[np.ndarray],
    scores: Sequence[np.ndarray],
    alarms: Sequence[np.ndarray],
    above: Sequence[np.ndarray],
    labels: Sequence[np.ndarray],
) -> dict[str, float]:
    """`MEASURES` of the model, the mean over the series in which each is defined; with the prefixes
    of `BASELINES` the areas of naive scores, which have no threshold.

    Args:
        values: of each series, `(rows, columns)`.
        scores, alarms, above, labels: of each series, `(rows,)`.
    """
    found: dict[str, list[float]] = {}
    for rows, score, alarm, high, truth in zip(values, scores, alarms, above, labels, strict=True):
        for name, value in measure_alarms(score, alarm, high, truth).items():
            found.setdefault(name, []).append(value)
        if not truth.any() or len(rows) < 10:
            continue
        naive = {
            "zscore_": rolling_zscore(rows),
            "gaussian_": windowed_gaussian(rows),
            "pca_": subsequence_pca(rows, max(8, len(rows) // 7)),
        }
        for prefix, each in naive.items():
            found.setdefault(f"{prefix}auprc", []).append(average_precision(each, truth))
            found.setdefault(f"{prefix}vus_pr", []).append(vus_pr(each, truth))
    return {name: float(np.mean(each)) for name, each in found.items()}
