"""What is measured of a sequence regressor, and the naive baselines beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.measures.base import Baseline
from ostinato.measures.numbers import MEAN, NUMBERS
from ostinato.tasks.recordings.nearest import examples_of, nearest
from ostinato.tasks.sequence_regressor.rows import RegressorRows

MEASURES = NUMBERS
BASELINES = (
    Baseline(
        prefix="baseline_",
        name="nearest recording",
        sentence="Answers the number of the training recording that is nearest, once time may be "
        "stretched (dynamic time warping).",
    ),
    MEAN,
)


class NearestNumbers:
    """The numbers of the nearest of some training recordings.

    Args:
        examples: `(kept, steps, inputs)`.
        numbers: `(kept, targets)` of the examples.
    """

    def __init__(self, examples: np.ndarray, numbers: np.ndarray) -> None:
        self.examples, self.numbers = examples, numbers

    @classmethod
    def fit(
        cls, rows: RegressorRows, sequences: Sequence[np.ndarray], numbers: np.ndarray, seed: int
    ) -> NearestNumbers:
        places, examples = examples_of(sequences, rows.steps, seed)
        return cls(examples, numbers[places])

    def answers_to(
        self, rows: RegressorRows, sequences: Sequence[np.ndarray]
    ) -> dict[str, np.ndarray]:
        """Answers of the nearest recording and of the mean alone, by prefix."""
        return {
            "baseline_": self.numbers[nearest(self.examples, sequences)],
            "mean_": np.tile(rows.center, (len(sequences), 1)),
        }

    def to_dict(self) -> dict[str, Any]:
        return {
            # Three decimals of a standard deviation are plenty and keep the file small.
            "examples": np.round(self.examples, 3).tolist(),
            "shape": list(self.examples.shape),
            "numbers": self.numbers.tolist(),
        }

    @classmethod
    def from_dict(cls, state: dict[str, Any], targets: int) -> NearestNumbers:
        shape = tuple(state["shape"])
        examples = np.array(state["examples"], dtype=np.float64).reshape(shape)
        numbers = np.array(state["numbers"], dtype=np.float64).reshape(-1, targets)
        if len(shape) != 3 or len(numbers) != len(examples):
            raise ValueError("examples and numbers must fit together")
        return cls(examples, numbers)
