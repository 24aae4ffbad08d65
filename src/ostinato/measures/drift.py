"""An alarm where errors become more frequent than they were."""

from __future__ import annotations

from typing import Any

SLACK = 0.005  # of an error; smaller rises of the mean are no drift
LEAST = 30  # rows before the first alarm


class PageHinkley:
    """Page-Hinkley's test on a stream of errors, one a row (Page, Biometrika 41, 1954; Gama et
    al., ACM Computing Surveys 46(4), 2014, section 3.2.2).

    It sums how far each error lies above the mean of all so far, and raises the alarm where the sum
    has risen by more than `threshold` from its lowest. After an alarm it begins anew. river's ADWIN
    finds smaller shifts, but its state cannot be saved without pickle, which no file of ours holds.

    Args:
        threshold: sum of errors above the mean. 50 of errors that are 0 or 1 is 50 wrong answers
            more than usual. Higher is later and more certain.
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._begin()

    def _begin(self) -> None:
        self.count, self.mean, self.sum, self.lowest = 0, 0.0, 0.0, 0.0

    def step(self, error: float) -> bool:
        """Whether this row raises the alarm."""
        self.count += 1
        self.mean += (error - self.mean) / self.count
        self.sum += error - self.mean - SLACK
        self.lowest = min(self.lowest, self.sum)
        if self.count < LEAST or self.sum - self.lowest <= self.threshold:
            return False
        self._begin()
        return True

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        return dict(vars(self))

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> PageHinkley:
        """The test that `to_dict` described, to the last bit."""
        made = cls(float(state["threshold"]))
        for name in ("mean", "sum", "lowest"):
            setattr(made, name, float(state[name]))
        made.count = int(state["count"])
        return made
