"""Mistakes in the detector of anomalies."""

from __future__ import annotations

from tests.mutations import Mutation

DETECTOR = "src/ostinato/tasks/anomaly_detector"
ALARMS = "src/ostinato/measures/alarms.py"
TESTS = "tests/tasks/anomaly_detector/test_anomaly_detector.py"
THRESHOLDS = "tests/tasks/anomaly_detector/test_anomaly_thresholds.py"
MEASURES = "tests/measures/test_measures_alarms.py"

MUTATIONS = [
    # What was foretold of a row is added to the row before it.
    Mutation(
        f"{DETECTOR}/module.py",
        "total[first + ahead : first + ahead + len(found)]",
        "total[first + ahead - 1 : first + ahead - 1 + len(found)]",
        TESTS,
    ),
    # A row is written again from the rows before it alone.
    Mutation(
        f"{DETECTOR}/module.py",
        "np.concatenate([before, values]), self.past",
        "np.concatenate([before[:1], before, values])[: len(before) + len(values)], self.past",
        TESTS,
    ),
    # The largest scores are compared with themselves.
    Mutation(
        f"{DETECTOR}/thresholds.py",
        "        level = kept[0]\n",
        "        level = kept[-1]\n",
        THRESHOLDS,
    ),
    # Rows between the parts of an event, one too few.
    Mutation(
        f"{DETECTOR}/thresholds.py",
        "self.row - self.last > self.merge + 1",
        "self.row - self.last > self.merge",
        THRESHOLDS,
    ),
    # What is above the threshold never reaches the tail.
    Mutation(
        f"{DETECTOR}/thresholds.py",
        "        score = min(score, level)\n",
        "        if score > level:\n            return level\n",
        THRESHOLDS,
    ),
    # A Pareto tail with the other plotting position.
    Mutation(
        f"{DETECTOR}/thresholds.py",
        "weights = (count - 0.65 - np.arange(count)) / count",
        "weights = (0.35 + np.arange(count)) / count",
        THRESHOLDS,
    ),
    # NAB's windows one row narrower.
    Mutation(
        ALARMS,
        "width = last - first + 1",
        "width = last - first",
        MEASURES,
    ),
    # NAB's rows in probation count as missed.
    Mutation(
        ALARMS,
        "inside = np.arange(max(first, each.probation), last + 1)",
        "inside = np.arange(first, last + 1)",
        MEASURES,
    ),
    # A window's later alarms add to its first.
    Mutation(
        ALARMS,
        "best = np.maximum.accumulate(value[order])",
        "best = np.cumsum(value[order])",
        MEASURES,
    ),
    # Edges of VUS-PR on one side only.
    Mutation(
        ALARMS,
        "for rows in (first - distance, last + distance):",
        "for rows in (last + distance,):",
        MEASURES,
    ),
]
