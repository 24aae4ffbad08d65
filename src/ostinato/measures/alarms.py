"""How good scores and alarms of anomalies are, row by row and anomaly by anomaly.

Labels are one truth value a row; rows in a run of true values are one anomaly. "Point-adjusted" F1
is left out on purpose: it counts a whole anomaly as found when a single row of it was, so that
random scores reach high values on long anomalies (Kim et al., AAAI 2022, arXiv:2109.05257).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import DataError, OptionError, check_choice
from ostinato.measures.base import Baseline, Measure

ANOMALIES = (
    Measure(
        name="auprc",
        sentence="Area under the curve of precision against recall, over every threshold and row "
        "by row; scores at random reach the share of anomalous rows.",
    ),
    Measure(
        name="vus_pr",
        sentence="The same with soft edges around each anomaly, averaged over widths of the edge: "
        "an alarm that is a little early or late counts in part (Paparrizos et al., PVLDB 15(11), "
        "2022).",
    ),
    Measure(
        name="f1",
        sentence="Balance of precision and recall of the rows above the threshold, row by row.",
    ),
    Measure(name="precision", sentence="Share of the rows above the threshold that are anomalous."),
    Measure(name="recall", sentence="Share of the anomalous rows that are above the threshold."),
    Measure(name="found", sentence="Share of the anomalies with an alarm inside."),
    Measure(
        name="delay",
        unit="rows",
        higher_is_better=False,
        sentence="Rows from the beginning of an anomaly to the first alarm inside it, the mean "
        "over those that were found.",
    ),
    Measure(
        name="false_alarms",
        unit="per 1000 rows",
        higher_is_better=False,
        sentence="Alarms outside every anomaly, for each thousand rows outside.",
    ),
    Measure(
        name="nab",
        unit="points",
        sentence="The score of the Numenta Anomaly Benchmark, standard profile, at the alarms: 100 "
        "finds every anomaly at once without a false alarm, 0 says nothing at all. It may be "
        "negative.",
    ),
    Measure(
        name="rows_above",
        higher_is_better=None,
        sentence="Share of the rows above the threshold.",
    ),
)

BASELINES = (
    Baseline(
        prefix="zscore_",
        name="rolling z-score",
        sentence="Scores how many standard deviations a row lies from the mean of the rows before "
        "it.",
    ),
    Baseline(
        prefix="gaussian_",
        name="windowed Gaussian",
        sentence="Scores how improbable a row is under a normal distribution of a long window of "
        "rows before it, moved on in steps (a baseline of the Numenta Anomaly Benchmark).",
    ),
    Baseline(
        prefix="pca_",
        name="sub-sequence PCA",
        sentence="Scores the distance of a stretch of rows from the main directions in which "
        "stretches of the training rows differ.",
    ),
)


# Anomalies as runs of rows.


def spans_of(labels: Any) -> list[tuple[int, int]]:
    """First and last row of every run of true values."""
    flags = np.concatenate([[False], np.asarray(labels, dtype=bool), [False]])
    edges = np.flatnonzero(flags[1:] != flags[:-1])
    return [(int(a), int(b) - 1) for a, b in zip(edges[::2], edges[1::2], strict=True)]


# The Numenta Anomaly Benchmark (Lavin & Ahmad, arXiv:1510.03336, section II).


@dataclasses.dataclass(frozen=True, kw_only=True)
class Profile:
    """What finding, missing and a false alarm are worth."""

    found: float = 1.0
    missed: float = 1.0
    false_alarm: float = 0.11


NAB_PROFILES = {
    "standard": Profile(),
    "low_fp": Profile(false_alarm=0.22),
    "low_fn": Profile(missed=2.0),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Labelled:
    """Scores of one series beside its anomalies.

    Attributes:
        scores: `(rows,)`, higher is more anomalous.
        spans: first and last row of each anomaly, in order.
        probation: rows at the beginning that do not count.
    """

    scores: np.ndarray
    spans: Sequence[tuple[int, int]]
    probation: int = 0


def nab_probation(rows: int) -> int:
    """Rows that do not count in the benchmark: 15 % of the series, of 5000 rows at most."""
    return int(min(np.floor(0.15 * rows), 0.15 * 5000))


def nab_score(
    series: Sequence[Labelled], profile: str = "standard", threshold: float | None = None
) -> tuple[float, float]:
    """The benchmark's score over all series with one threshold for all.

    The first alarm in an anomaly counts, early more than late; every row above the threshold
    outside of anomalies costs, least just behind one. A series' rows in probation do not count.

    Args:
        profile: "standard", "low_fp" or "low_fn".
        threshold: rows with this score or more are alarms; None takes the best, as the benchmark
            does.

    Returns:
        the score, 100 for a perfect detector and 0 for one that says nothing; and the threshold.

    Raises:
        DataError: there is no anomaly outside of probation.
    """
    check_choice("nab_score", "profile", profile, NAB_PROFILES)
    worth = NAB_PROFILES[profile]
    at, gains, anomalies = [], [], 0
    for each in series:
        scores, changes, count = _gains(each, worth)
        anomalies += count
        at.append(scores)
        gains.append(changes)
    if not anomalies:
        raise DataError("nab_score: no anomaly lies outside of probation. Label some rows.")
    scores, changes = np.concatenate(at), np.concatenate(gains)
    order = np.argsort(-scores, kind="stable")
    scores, total = scores[order], np.cumsum(changes[order])
    if threshold is None:
        last = np.append(scores[1:] != scores[:-1], True)  # of those with the same score
        best = int(np.argmax(np.where(last, total, -np.inf)))
        gained = float(total[best])
        threshold = float(scores[best])
        if gained <= 0:
            gained, threshold = 0.0, float("inf")
    else:
        count = int((scores >= threshold).sum())
        gained = float(total[count - 1]) if count else 0.0
    return 100 * gained / (anomalies * (worth.found + worth.missed)), threshold


def _gains(each: Labelled, worth: Profile) -> tuple[np.ndarray, np.ndarray, int]:
    """Scores of the rows that count, what the sum grows by when each becomes an alarm after those
    with higher scores, and the number of anomalies that count."""
    scores = np.asarray(each.scores, dtype=np.float64)
    rows = len(scores)
    if not np.isfinite(scores).all():
        raise DataError("nab_score: scores must be finite numbers.")
    change = np.full(rows, -worth.false_alarm)
    anomalies = 0
    for k, (first, last) in enumerate(each.spans):
        width = last - first + 1
        end = each.spans[k + 1][0] if k + 1 < len(each.spans) else rows
        behind = np.arange(1, end - last)
        distance = behind / max(width - 1, 1)
        change[last + 1 : end] = worth.false_alarm * _sigmoid(distance)
        inside = np.arange(max(first, each.probation), last + 1)
        change[first : last + 1] = 0
        if not len(inside):
            continue
        anomalies += 1
        value = worth.found * _sigmoid(-(last - inside + 1) / width) / _sigmoid(np.array(-1.0))
        order = np.argsort(-scores[inside], kind="stable")
        best = np.maximum.accumulate(value[order])
        change[inside[order]] = np.diff(best, prepend=-worth.missed)
    kept = slice(each.probation, None)
    return scores[kept], change[kept], anomalies


def _sigmoid(position: np.ndarray) -> np.ndarray:
    """From nearly 1 at -1 to -1 far behind an anomaly; `position` is in widths of the anomaly."""
    return np.where(position >= 3, -1.0, 2 / (1 + np.exp(5 * np.minimum(position, 3))) - 1)


# Areas under curves.


def average_precision(scores: Any, labels: Any) -> float:
    """Area under precision against recall, row by row, in steps (as scikit-learn has it)."""
    from sklearn.metrics import average_precision_score

    return float(average_precision_score(np.asarray(labels, dtype=bool), scores))


def vus_pr(scores: Any, labels: Any, width: int = 100, surfaces: int = 11) -> float:
    """Volume under the surface of precision, recall and the width of an anomaly's soft edges.

    With an edge of w rows, the w/2 rows on both sides of each anomaly count as sqrt(1 - d/w)
    anomalous, where d is their distance from it. Recall is of these soft labels, times the share
    of anomalies that were touched at all.

    Args:
        width: the widest edge, rows.
        surfaces: widths from 0 to `width` that are averaged.
    """
    scores, hard = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=bool)
    widths = np.unique(np.linspace(0, width, surfaces).astype(int))
    order = np.argsort(-scores, kind="stable")
    last = np.append(np.diff(scores[order]) != 0, True)
    return float(np.mean([_area(scores, hard, order, last, int(w)) for w in widths]))


def _area(
    scores: np.ndarray, hard: np.ndarray, order: np.ndarray, last: np.ndarray, width: int
) -> float:
    soft = _soft(hard, width)
    found = np.cumsum(soft[order])[last]
    count = (np.arange(len(scores)) + 1)[last]
    positives = (hard.sum() + soft.sum()) / 2
    tops = np.sort([-scores[a : b + 1].max() for a, b in spans_of(soft > 0)])
    touched = np.searchsorted(tops, -scores[order][last], side="right") / len(tops)
    recall = np.concatenate([[0.0], np.minimum(found / positives, 1) * touched])
    precision = np.concatenate([[1.0], found / count])
    return float((np.diff(recall) * (precision[1:] + precision[:-1]) / 2).sum())


def _soft(hard: np.ndarray, width: int) -> np.ndarray:
    soft = hard.astype(np.float64)
    distance = np.arange(1, width // 2 + 1)
    edge = np.sqrt(1 - distance / width) if width else np.empty(0)
    for first, last in spans_of(hard):
        for rows in (first - distance, last + distance):
            inside = (rows >= 0) & (rows < len(soft))
            soft[rows[inside]] += edge[inside]
    return np.minimum(soft, 1)


# All together.


def measure_alarms(scores: Any, alarms: Any, above: Any, labels: Any) -> dict[str, float]:
    """`ANOMALIES` of one series.

    Args:
        scores: `(rows,)`.
        alarms: `(rows,)`, true in the row where an alarm is raised.
        above: `(rows,)`, true where the score is above the threshold.
        labels: `(rows,)`, true where anomalous.

    Returns:
        every measure; without an anomalous row, or without a normal one, those that are defined.

    Raises:
        DataError: the lengths differ.
    """
    scores = np.asarray(scores, dtype=np.float64)
    alarms, above, truth = (np.asarray(each, dtype=bool) for each in (alarms, above, labels))
    if len({len(scores), len(alarms), len(above), len(truth)}) != 1:
        raise DataError(
            f"measure_alarms: must have one label for each row, got {len(truth)} labels for "
            f"{len(scores)} rows."
        )
    found = {"rows_above": float(above.mean())}
    if not truth.all():
        found["false_alarms"] = 1000 * float((alarms & ~truth).sum() / (~truth).sum())
    if not truth.any():
        return found
    hits = int((above & truth).sum())
    precision, recall = hits / max(int(above.sum()), 1), hits / int(truth.sum())
    spans = spans_of(truth)
    first = [np.flatnonzero(alarms[a : b + 1]) for a, b in spans]
    delays = [int(each[0]) for each in first if len(each)]
    found |= {
        "auprc": average_precision(scores, truth),
        "vus_pr": vus_pr(scores, truth),
        "f1": 2 * precision * recall / (precision + recall) if hits else 0.0,
        "precision": precision,
        "recall": recall,
        "found": len(delays) / len(spans),
        "nab": nab_score([Labelled(scores=alarms.astype(float), spans=spans)], threshold=1.0)[0],
    }
    if delays:
        found["delay"] = float(np.mean(delays))
    return {each.name: found[each.name] for each in ANOMALIES if each.name in found}


# Baselines, which score each row from the rows before it.


def rolling_zscore(values: np.ndarray, window: int = 100) -> np.ndarray:
    """Distance of each row from the mean of the `window` rows before it, in their standard
    deviations; of several columns the largest: `(rows, columns)` to `(rows,)`."""
    mean, spread = _moving(values, window)
    return _largest(values, mean, spread)


def windowed_gaussian(values: np.ndarray, window: int = 6400, stride: int = 100) -> np.ndarray:
    """One minus the tail probability of each row under a normal distribution of the rows before
    it; once `window` rows are there, these move on by `stride` rows at a time. Of several columns
    the largest: `(rows, columns)` to `(rows,)`."""
    from scipy.special import log_ndtr

    mean, spread = _moving(values, window, stride)
    found = -np.expm1(log_ndtr(-_largest(values, mean, spread)))
    found[:1] = 0
    return found


def subsequence_pca(
    values: np.ndarray, learn: int, length: int = 32, kept: float = 0.9
) -> np.ndarray:
    """Distance of the last `length` rows from the directions that hold the share `kept` of the
    variance of such stretches in the first `learn` rows: `(rows, columns)` to `(rows,)`."""
    from sklearn.decomposition import PCA

    rows = len(values)
    length = min(length, max(2, learn // 4))
    padded = np.concatenate([np.repeat(values[:1], length - 1, axis=0), values])
    views = np.lib.stride_tricks.sliding_window_view(padded, length, axis=0).reshape(rows, -1)
    spread = values[:learn].std(axis=0)
    scale = np.repeat(np.where(spread > 0, spread, 1.0), length)
    stretches = (views - views[:learn].mean(axis=0)) / scale
    known = stretches[length - 1 : learn]
    if (known != known[0]).any():
        model = PCA(n_components=kept, svd_solver="full").fit(known)
        stretches = stretches - model.inverse_transform(model.transform(stretches))
    return np.sqrt((stretches**2).mean(axis=1))


def _moving(values: np.ndarray, window: int, stride: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of the rows before each, `window` at most, `(rows, columns)`."""
    if window < 2:
        raise OptionError(f"window must be at least 2, got {window}.")
    rows = len(values)
    level = values[:1]
    total = np.concatenate([np.zeros_like(level), np.cumsum(values - level, axis=0)])
    square = np.concatenate([np.zeros_like(level), np.cumsum((values - level) ** 2, axis=0)])
    end = np.arange(rows)
    full = end >= window
    end = np.where(full, window + (end - window) // stride * stride, end)
    begin = np.maximum(end - window, 0)
    count = np.maximum(end - begin, 1)[:, None]
    mean = (total[end] - total[begin]) / count
    variance = (square[end] - square[begin]) / count - mean**2
    return mean + level, np.sqrt(np.maximum(variance, 0))


def _largest(values: np.ndarray, mean: np.ndarray, spread: np.ndarray) -> np.ndarray:
    distance = np.abs(values - mean) / np.maximum(spread, 1e-6)
    distance[:1] = 0
    return distance.max(axis=1)
