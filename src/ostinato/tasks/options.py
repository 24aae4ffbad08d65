"""What the constructor of every estimator takes."""

from __future__ import annotations

from ostinato.options import TrainingOptions, option


class EstimatorOptions(TrainingOptions):
    """How to train, and what is said meanwhile."""

    progress: bool = option("Show a progress bar on standard error.", default=True)
