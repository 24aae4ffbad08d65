"""What is learned of recordings' channels: names, scales, gaps, lengths."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato import data
from ostinato.data.resampling import resample
from ostinato.errors import DataError, OptionError, check_number
from ostinato.tasks.recordings.options import RecordingOptions

LEAST_SPREAD = 1e-6  # of a channel, below which it counts as constant


@dataclasses.dataclass(kw_only=True)
class Channels:
    """What was learned of the recordings.

    Attributes:
        channels: of a table the columns, else numbers.
        named: whether the channels are columns of a table.
        mean, spread: of each channel, `(channels,)`.
        gaps: places of the channels that have missing values; each has one more input, 1 where a
            value is missing.
        steps: of the longest training recording.
        usual: of the middle one.
        scale, rate: as in the options.
    """

    channels: list[str]
    named: bool
    mean: np.ndarray
    spread: np.ndarray
    gaps: list[int]
    steps: int
    usual: int
    scale: str
    rate: float | None

    @staticmethod
    def learned(
        where: str,
        options: RecordingOptions,
        values: Sequence[np.ndarray],
        names: Sequence[str] | None,
    ) -> dict[str, Any]:
        """The attributes, of training recordings whose channels have `names` or none.

        Raises:
            DataError: there is no value at all.
        """
        lengths = [len(each) for each in values]
        everything = np.concatenate(_own_scale(options.scale, values)).astype(np.float64)
        missing = np.isnan(everything)
        if missing.all():
            raise DataError(f"{where}: X has no value: all are NaN.")
        count = np.maximum((~missing).sum(0), 1)
        mean = np.where(missing, 0, everything).sum(0) / count
        spread = np.sqrt(np.where(missing, 0, (everything - mean) ** 2).sum(0) / count)
        if options.scale != "channel":
            mean, spread = np.zeros_like(mean), np.ones_like(spread)
        return {
            "channels": list(names or [str(k) for k in range(len(mean))]),
            "named": names is not None,
            "mean": mean,
            "spread": np.where(spread > LEAST_SPREAD * (1 + np.abs(mean)), spread, 1.0),
            "gaps": np.flatnonzero(missing.any(0)).tolist(),
            "steps": max(lengths),
            "usual": int(np.median(lengths)),
            "scale": options.scale,
            "rate": options.rate,
        }

    @property
    def inputs(self) -> int:
        """What the network reads of a step."""
        return len(self.channels) + len(self.gaps)

    @property
    def wanted(self) -> list[str] | None:
        """Columns to take of tables."""
        return self.channels if self.named else None

    def check_channels(self, where: str, values: Sequence[np.ndarray]) -> None:
        """Refuse recordings of other channels than training's.

        Raises:
            DataError: says how many there are and were.
        """
        if values[0].shape[1] != len(self.channels):
            listed = ", ".join(self.channels[:20]) if self.named else str(len(self.channels))
            raise DataError(
                f"{where}: X must have {len(self.channels)} channels as in fit ({listed}), got "
                f"{values[0].shape[1]}."
            )

    def paced(self, where: str, values: list[np.ndarray], rate: float | None) -> list[np.ndarray]:
        """Recordings of `rate` Hz at the model's rate.

        Raises:
            OptionError: the model knows no rate.
        """
        if rate is None:
            return values
        check_number(where, "rate", rate, above=0)
        if self.rate is None:
            raise OptionError(
                f"{where}: rate needs a model that knows its own. Give the constructor rate=..., "
                "the Hz of the recordings in fit."
            )
        return [resample(each, rate, self.rate) for each in values]

    def sequences(self, values: Sequence[np.ndarray]) -> list[np.ndarray]:
        """What the network reads of each recording: float32 `(steps, inputs)`."""
        return [self.scaled(each) for each in _own_scale(self.scale, values)]

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Steps `(steps, channels)` on the common scale, what is missing as zero, and where gaps
        are."""
        missing = np.isnan(values)
        found = np.where(missing, 0, (values - self.mean) / self.spread)
        if self.gaps:
            found = np.concatenate([found, missing[:, self.gaps]], 1)
        return found.astype(np.float32)

    def read(
        self, where: str, options: RecordingOptions, X: Any, rate: float | None
    ) -> list[np.ndarray]:
        """Recordings of the channels that the model knows, at its rate."""
        values = read_values(where, options, X, self.wanted).values
        self.check_channels(where, values)
        return self.paced(where, values, rate)

    # Files.

    def channels_document(self) -> dict[str, Any]:
        """What `channels_of` reads."""
        return {
            "channels": self.channels,
            "named": self.named,
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
            "gaps": self.gaps,
            "steps": self.steps,
            "usual": self.usual,
        }

    @staticmethod
    def channels_of(options: RecordingOptions, document: dict[str, Any]) -> dict[str, Any]:
        """The attributes that `channels_document` described."""
        channels = document["channels"]
        mean, spread = (np.array(document[name], dtype=np.float64) for name in ("mean", "spread"))
        if not mean.shape == spread.shape == (len(channels),):
            raise ValueError("mean and spread must have a number a channel")
        for name in ("steps", "usual"):
            check_number("document", name, document[name], low=1, whole=True)
        kept = {name: document[name] for name in ("channels", "named", "gaps", "steps", "usual")}
        return {
            **kept,
            "mean": mean,
            "spread": spread,
            "scale": options.scale,
            "rate": options.rate,
        }


def read_values(
    where: str, options: RecordingOptions, X: Any, channels: Sequence[str] | None = None
) -> data.Sequences:
    """The recordings of `X`; of tables the columns `channels`, or every column of numbers."""
    return data.check_sequences(
        where, X, id=options.id, time=options.time, channels=channels, rate=options.rate
    )


def _own_scale(scale: str, values: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Each recording by its own mean and spread where `scale` says so."""
    if scale != "sequence":
        return list(values)
    found = []
    for each in values:
        exact, there = each.astype(np.float64), ~np.isnan(each)
        count = np.maximum(there.sum(0), 1)
        mean = np.where(there, exact, 0).sum(0) / count
        spread = np.sqrt(np.where(there, (exact - mean) ** 2, 0).sum(0) / count)
        found.append((exact - mean) / np.where(spread > LEAST_SPREAD, spread, 1.0))
    return found
