"""Which scores are too high: thresholds that move with the rows, events and alarms.

Everything here takes one score after the other and keeps a bounded memory, so that a stream and a
whole table give the same answers.
"""

from __future__ import annotations

import bisect
import math
from collections import deque
from typing import Any, NamedTuple, Protocol

import numpy as np

from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions

KEPT = 400  # of the highest scores of training, and of the latest peaks
_START = 0.98  # quantile from which on scores are peaks
_GAIN = 0.1  # how quickly the threshold 'rate' moves
_LEAST = 1e-6
_WORSE = 2.0  # a score so many times that of the last alarm does not wait for the cool-down


class Verdict(NamedTuple):
    """What is said of one score.

    Attributes:
        threshold: what the score was compared with.
        above: whether it is higher.
        alarm: whether an alarm is raised.
        event: the number of the event that the row belongs to, from 1; 0 for none.
    """

    threshold: float
    above: bool
    alarm: bool
    event: int


class Tail(NamedTuple):
    """The scores of training, as much as thresholds need of them.

    Attributes:
        count: how many there were.
        highest: the highest, ascending, `KEPT` at most.
        base: their quantile `_START`.
        level: the threshold at the option `rate`, by their quantile.
        mean: their mean.
    """

    count: int
    highest: list[float]
    base: float
    level: float
    mean: float

    @classmethod
    def of(cls, scores: np.ndarray, rate: float) -> Tail:
        """The tail of finite scores."""
        ordered = np.sort(scores)
        return cls(
            count=len(ordered),
            highest=ordered[-KEPT:].tolist(),
            base=float(np.quantile(ordered, _START)),
            level=float(np.quantile(ordered, 1 - rate)),
            mean=float(ordered.mean()),
        )


class _Threshold(Protocol):
    def step(self, score: float) -> float:
        """The threshold that holds for this score, by those before it."""
        ...


class _Fixed:
    """The quantile of the training scores."""

    def __init__(self, options: AnomalyDetectorOptions, tail: Tail) -> None:
        self.level = max(tail.level, _LEAST)

    def step(self, score: float) -> float:
        return self.level


class _Rate:
    """Rises with every score above and falls otherwise, so that a share `rate` is above."""

    def __init__(self, options: AnomalyDetectorOptions, tail: Tail) -> None:
        self.level, self.rate = max(tail.level, _LEAST), options.rate

    def step(self, score: float) -> float:
        level = self.level
        self.level *= math.exp(_GAIN * ((score > level) - self.rate))
        return level


class _Largest:
    """The `rank`-th highest score so far, those of training included."""

    def __init__(self, options: AnomalyDetectorOptions, tail: Tail) -> None:
        self.rank = options.rank
        self.kept = tail.highest[-self.rank :]

    def step(self, score: float) -> float:
        kept = self.kept
        level = kept[0]
        if len(kept) < self.rank:
            bisect.insort(kept, score)
        elif score > level:
            kept.pop(0)
            bisect.insort(kept, score)
        return max(level, _LEAST)


class _Peaks:
    """Peaks over a threshold (SPOT; with `drift`, DSPOT: Siffer et al., KDD 2017, section 4).

    Scores above a base are peaks. A generalised Pareto distribution of how far they lie above it
    tells how high a score is that a share `rate` of rows exceeds. It is fitted by probability
    weighted moments (Hosking & Wallis, 1987), where the paper maximises the likelihood: as good up
    to heavy tails, and quick enough for every peak. The latest `KEPT` peaks count. A score above
    the threshold counts as one at the threshold: where the paper leaves it out, the tail would be
    cut off, and the threshold too low.
    """

    def __init__(self, options: AnomalyDetectorOptions, tail: Tail) -> None:
        self.rate, self.count, self.drift = options.rate, tail.count, options.drift
        self.recent: deque[float] = deque([tail.mean] * self.drift, maxlen=self.drift or None)
        self.mean = tail.mean if self.drift else 0.0
        self.base = tail.base - self.mean
        peaks = [each - self.mean - self.base for each in tail.highest]
        self.peaks = deque((each for each in peaks if each > 0), maxlen=KEPT)
        self.seen = max(len(self.peaks), round((1 - _START) * tail.count))
        self.level = self._level()

    def _level(self) -> float:
        if len(self.peaks) < 2:
            return max([0.0, *self.peaks]) + self.base + _LEAST
        shape, scale = pareto(np.array(self.peaks))
        share = self.rate * self.count / max(self.seen, 1)
        if share >= 1:
            return self.base
        if abs(shape) < 1e-6:
            return self.base - scale * math.log(share)
        return self.base + scale / shape * (share**-shape - 1)

    def step(self, score: float) -> float:
        level = max(self.mean + self.level, _LEAST)
        score = min(score, level)
        self.count += 1
        own = score - self.mean
        if own > self.base:
            self.peaks.append(own - self.base)
            self.seen += 1
            self.level = self._level()
        if self.drift:
            self.mean += (score - self.recent[0]) / self.drift
            self.recent.append(score)
        return level


def pareto(peaks: np.ndarray) -> tuple[float, float]:
    """Shape and scale of a generalised Pareto distribution, by probability weighted moments."""
    ordered = np.sort(peaks)
    count = len(ordered)
    first = float(ordered.mean())
    weights = (count - 0.65 - np.arange(count)) / count  # 1 - plotting position
    second = float((weights * ordered).mean())
    if first - 2 * second <= 1e-12 * first:
        return 0.0, max(first, _LEAST)
    shape = min(2 - first / (first - 2 * second), 0.9)
    return shape, max(2 * first * second / (first - 2 * second), _LEAST)


_KINDS: dict[str, Any] = {
    "largest": _Largest,
    "peaks": _Peaks,
    "quantile": _Fixed,
    "rate": _Rate,
}


class Alarms:
    """Scores in, verdicts out: threshold, event and alarm.

    Rows above the threshold with at most `merge` rows between them are one event, which raises one
    alarm, at its beginning or when the `cooldown` rows after an earlier alarm are over. A row whose
    score, in thresholds, is `_WORSE` times that of the last alarm raises another at once.
    """

    def __init__(self, options: AnomalyDetectorOptions, tail: Tail) -> None:
        self.threshold: _Threshold = _KINDS[options.threshold](options, tail)
        self.merge, self.cooldown = options.merge, options.cooldown
        self.row, self.event, self.said = 0, 0, 0  # the event that last raised an alarm
        self.last = self.alarm = -math.inf  # rows: the last above, and that of the last alarm
        self.height = 0.0

    def pack(self) -> dict[str, Any]:
        """Plain values by which `unpack` goes on."""
        own = {name: value for name, value in vars(self).items() if name != "threshold"}
        return {"own": _packed(own), "threshold": _packed(vars(self.threshold))}

    def unpack(self, document: dict[str, Any]) -> None:
        """Go on from what `pack` gave."""
        _unpack(self, document["own"])
        _unpack(self.threshold, document["threshold"])

    def step(self, score: float) -> Verdict:
        level = self.threshold.step(score)
        above = score > level
        height = score / level
        alarm = False
        if above:
            self.event += self.row - self.last > self.merge + 1
            self.last = self.row
            if self.row - self.alarm > self.cooldown:
                alarm = self.event != self.said
            else:
                alarm = height > _WORSE * self.height
        if alarm:
            self.alarm, self.height, self.said = self.row, height, self.event
        self.row += 1
        return Verdict(level, above, alarm, self.event if above else 0)


def _packed(values: dict[str, Any]) -> dict[str, Any]:
    return {k: list(v) if isinstance(v, deque) else v for k, v in values.items()}


def _unpack(target: Any, values: dict[str, Any]) -> None:
    for name, value in values.items():
        now = getattr(target, name)
        setattr(target, name, deque(value, maxlen=now.maxlen) if isinstance(now, deque) else value)
