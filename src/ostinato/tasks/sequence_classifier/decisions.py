"""When enough of a recording was seen to tell its class."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import OptionError, check_number

THRESHOLDS = (*(round(k / 100, 2) for k in range(50, 100)), 0.995, 0.999)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Decisions:
    """What held-out recordings tell of deciding once the confidence reaches a threshold.

    Attributes:
        accuracy: for each of `THRESHOLDS`, the share of recordings decided rightly; one that never
            reaches the threshold is decided at its end.
        seen: for each, the mean share of a recording's steps until then.
        rows: recordings that this was learned from.
    """

    accuracy: list[float]
    seen: list[float]
    rows: int

    @classmethod
    def learn(cls, answers: Sequence[np.ndarray], truth: np.ndarray) -> Decisions:
        """From the probabilities after each step, `(steps, classes)` of each recording."""
        right, share = (np.zeros((len(THRESHOLDS), len(answers))) for _ in range(2))
        for row, (found, answer) in enumerate(zip(answers, truth, strict=True)):
            sure, said = found.max(1), found.argmax(1)
            for number, threshold in enumerate(THRESHOLDS):
                reached = np.flatnonzero(sure >= threshold)
                step = reached[0] if len(reached) else len(found) - 1
                right[number, row] = said[step] == answer
                share[number, row] = (step + 1) / len(found)
        return cls(accuracy=right.mean(1).tolist(), seen=share.mean(1).tolist(), rows=len(answers))

    def threshold(self, where: str, accuracy: float) -> float:
        """The least confidence from which on at least this share of decisions was right.

        Raises:
            OptionError: no threshold reaches it.
        """
        check_number(where, "accuracy", accuracy, above=0, high=1)
        enough = np.asarray(self.accuracy) >= accuracy
        if not enough[-1]:
            raise OptionError(
                f"{where}: accuracy must be at most {self.accuracy[-1]:.3f}, which the {self.rows} "
                f"held-out recordings reach at their ends, got {accuracy}. Ask for less, or train "
                "a better model."
            )
        first = len(enough) - int(np.argmin(enough[::-1])) if not enough.all() else 0
        return THRESHOLDS[first]

    def to_dict(self) -> dict[str, Any]:
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> Decisions:
        found = cls(**state)
        for each in (found.accuracy, found.seen):
            if len(each) != len(THRESHOLDS) or not all(0 <= float(v) <= 1 for v in each):
                raise ValueError("accuracy and seen must be shares, one a threshold")
        return found
