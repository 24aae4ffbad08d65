"""What `AnomalyDetector`'s constructor takes."""

from __future__ import annotations

from typing import Literal

from ostinato.options import RecurrenceOptions, SeriesOptions, option
from ostinato.tasks.options import EstimatorOptions


class AnomalyDetectorOptions(SeriesOptions, RecurrenceOptions, EstimatorOptions):
    """Options of `AnomalyDetector`."""

    method: Literal["prediction", "reconstruction"] = option(
        "What is expected of a row: prediction foretells it from the rows before it; "
        "reconstruction reads it with the rows before it, squeezes them into a few numbers and "
        "writes them again. Prediction is quicker and sees slow changes too.",
        default="prediction",
    )
    columns: str | int | tuple[str | int, ...] | None = option(
        "Columns to watch; None watches every column of numbers.", default=None
    )
    label: str | int | None = option(
        "Column that says which rows are anomalous (1, true) and which are not (0, false). Rows "
        "that are known to be anomalous are not learned; `evaluate` compares with it.",
        default=None,
    )
    contamination: float = option(
        "Share of the training rows that are anomalous, about. That share of the largest errors is "
        "left out of learning, scales and thresholds. 0 says that the rows are clean.",
        default=0.0,
        low=0,
        below=0.5,
    )
    missing: Literal["error", "ffill"] = option(
        "What to do with missing values: stop, or repeat the value before.", default="error"
    )
    gaps: Literal["error", "allow"] = option(
        "What to do with missing timestamps: stop, or take the rows as if they followed each "
        "other.",
        default="allow",
    )
    past: int = option(
        "Rows in one piece that is learned. reconstruction reads so many for each answer.",
        default=64,
        low=2,
    )
    horizon: int = option(
        "How many rows ahead prediction foretells. A row is expected to be the mean of what was "
        "foretold of it in the `horizon` rows before: a large number sees slow changes and longer "
        "anomalies, 1 sees only jumps.",
        default=32,
        low=1,
    )
    code_size: int = option(
        "Numbers into which reconstruction squeezes its rows. Fewer let it write only what is "
        "usual.",
        default=8,
        low=1,
    )
    smooth: int = option(
        "About how many rows back the mean error reaches that counts twice in a score, beside the "
        "error of the row itself: so single odd rows and stretches that are a little off are both "
        "seen. 1 looks at single rows alone.",
        default=30,
        low=1,
    )
    threshold: Literal["largest", "peaks", "quantile", "rate"] = option(
        "Which scores are too high. largest: higher than the `rank`-th highest so far. peaks: so "
        "high that a share `rate` of rows is higher, by extreme value theory, moving with the rows "
        "(SPOT, Siffer et al., KDD 2017). quantile: the same by the training rows, fixed. rate: "
        "moves so that a share `rate` of rows is higher.",
        default="peaks",
    )
    rate: float = option(
        "Share of rows that may be above the threshold where nothing is wrong; for peaks, quantile "
        "and rate.",
        default=1e-3,
        above=0,
        below=0.5,
    )
    rank: int = option(
        "For threshold 'largest': a score higher than the so-many-th highest so far is too high.",
        default=10,
        low=1,
    )
    drift: int = option(
        "For threshold 'peaks': the rows over whose mean score the threshold floats, where scores "
        "rise and fall slowly (DSPOT). 0 is without.",
        default=0,
        low=0,
    )
    merge: int = option(
        "Rows above the threshold with at most so many rows between them are one event.",
        default=5,
        low=0,
    )
    cooldown: int = option(
        "Rows after an alarm in which only a score twice as high, in thresholds, raises another.",
        default=30,
        low=0,
    )
    loss: Literal["huber", "mae", "mse"] = option(
        "The error that training makes small, on the scaled values.", default="huber"
    )
    hidden_size: int | tuple[int, ...] = option(
        "Units of the recurrent layer, or of each of several, such as 64,32.", default=32, low=1
    )
    cell: Literal["lstm", "gru", "rnn"] = "gru"
    epochs: int = 30
    learning_rate: float = 5e-3
    schedule: Literal["constant", "step", "exponential", "cosine", "one_cycle", "plateau"] = (
        "cosine"
    )
    clip_norm: float | None = 1.0
    patience: int | None = 5

    @property
    def layer_sizes(self) -> tuple[int, ...]:
        """Units of each layer."""
        size = self.hidden_size
        return (size,) if isinstance(size, int) else tuple(size)
