"""A sequence classifier's rows: recordings and labels split, scaled and encoded."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato import data
from ostinato.data.held_out import hold_out
from ostinato.data.resampling import resample
from ostinato.errors import DataError, OptionError, check_number
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions
from ostinato.tasks.sequence_classifier.pairs import Pairs, check_kind, kind_of, read_pairs

UNSEEN = -1  # the number of a label that training lacks, and of a step without one
LEAST_SPREAD = 1e-6  # of a channel, below which it counts as constant


def split(
    where: str,
    options: SequenceClassifierOptions,
    pairs: Pairs,
    weights: list[float],
    validation: Any,
) -> tuple[tuple[Pairs, list[float]], Pairs | None]:
    """Recordings to learn from, with their weights, and held-out ones or None; classes in
    proportion where each recording has one and there are enough."""
    kind = kind_of(options, pairs)

    def read(X: Any, y: Any) -> tuple[list[Any], list[Any], list[float]]:
        other = read_pairs(f"{where}: validation", options, X, y, pairs.channels)
        check_kind(f"{where}: validation", kind, other)
        return other.values, other.labels, [1.0] * len(other.values)

    learn, held_out = hold_out(
        where,
        (pairs.values, pairs.labels, weights),
        validation,
        read=read,
        given=2,
        seed=options.seed,
        stratify=pairs.labels if kind == "label" else None,
    )
    held = None if held_out is None else Pairs(*held_out[:2], pairs.channels)
    return (Pairs(*learn[:2], pairs.channels), learn[2]), held


@dataclasses.dataclass(kw_only=True)
class SequenceRows:
    """What was learned of the recordings.

    Attributes:
        kind: "label", "labels" or "steps".
        labels: labels to class numbers.
        channels: of a table the columns, else numbers.
        named: whether the channels are columns of a table.
        mean, spread: of each channel, `(channels,)`.
        gaps: places of the channels that have missing values; each has one more input, 1 where a
            value is missing.
        steps: of the longest training recording.
        usual: of the middle one.
        scale, rate: as in the options.
    """

    kind: str
    labels: data.LabelEncoder
    channels: list[str]
    named: bool
    mean: np.ndarray
    spread: np.ndarray
    gaps: list[int]
    steps: int
    usual: int
    scale: str
    rate: float | None

    @classmethod
    def learn(
        cls, where: str, options: SequenceClassifierOptions, pairs: Pairs, known: list[Any]
    ) -> SequenceRows:
        """The classes of all labels in `known`, and scales of the training recordings.

        Raises:
            DataError: labels cannot be used, there is one class, or no value at all.
        """
        kind = kind_of(options, pairs)
        if kind == "labels":
            labels = data.MultiLabelEncoder().fit(known)
        else:
            flat = known if kind == "label" else [each for row in known for each in row]
            labels = data.LabelEncoder().fit(_plain(flat))
            if len(labels.classes) < 2:
                raise DataError(
                    f"{where}: y must have two classes or more, got only {labels.classes[0]!r}. "
                    "Is the right column named?"
                )
        lengths = [len(each) for each in pairs.values]
        everything = np.concatenate(_own_scale(options.scale, pairs.values)).astype(np.float64)
        missing = np.isnan(everything)
        if missing.all():
            raise DataError(f"{where}: X has no value: all are NaN.")
        count = np.maximum((~missing).sum(0), 1)
        mean = np.where(missing, 0, everything).sum(0) / count
        spread = np.sqrt(np.where(missing, 0, (everything - mean) ** 2).sum(0) / count)
        if options.scale != "channel":
            mean, spread = np.zeros_like(mean), np.ones_like(spread)
        channels = pairs.channels or [str(k) for k in range(len(mean))]
        return cls(
            kind=kind,
            labels=labels,
            channels=list(channels),
            named=pairs.channels is not None,
            mean=mean,
            spread=np.where(spread > LEAST_SPREAD * (1 + np.abs(mean)), spread, 1.0),
            gaps=np.flatnonzero(missing.any(0)).tolist(),
            steps=max(lengths),
            usual=int(np.median(lengths)),
            scale=options.scale,
            rate=options.rate,
        )

    @property
    def classes(self) -> list[Any]:
        return self.labels.classes

    @property
    def several(self) -> bool:
        return self.kind == "labels"

    @property
    def by_step(self) -> bool:
        return self.kind == "steps"

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

    def targets(self, labels: Sequence[Any]) -> Any:
        """Class numbers `(rows,)`; of several labels zeros and ones `(rows, classes)`; of steps a
        list of arrays.

        Raises:
            DataError: a label is not among the classes.
        """
        if self.by_step:
            return [self.labels.encode(_plain(each)) for each in labels]
        return self.labels.encode(labels if self.several else _plain(labels))

    def truth(self, labels: Sequence[Any]) -> Any:
        """As `targets`, for measuring: a label that training lacks is `UNSEEN`, and can only be
        missed."""
        known = set(self.classes)
        if self.several:
            kept: list[Any] = [[each for each in row if each in known] for row in labels]
            return self.labels.encode(kept)
        if self.by_step:
            return [self._numbers(_plain(each)) for each in labels]
        return self._numbers(_plain(labels))

    def _numbers(self, labels: Sequence[Any]) -> np.ndarray:
        known = {each: number for number, each in enumerate(self.classes)}
        return np.array([known.get(each, UNSEEN) for each in labels], dtype=np.int64)

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "labels": self.labels.to_dict(),
            "channels": self.channels,
            "named": self.named,
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
            "gaps": self.gaps,
            "steps": self.steps,
            "usual": self.usual,
        }

    @classmethod
    def from_dict(
        cls, options: SequenceClassifierOptions, document: dict[str, Any]
    ) -> SequenceRows:
        several = document["kind"] == "labels"
        kind = data.MultiLabelEncoder if several else data.LabelEncoder
        channels = document["channels"]
        mean, spread = (np.array(document[name], dtype=np.float64) for name in ("mean", "spread"))
        if not mean.shape == spread.shape == (len(channels),):
            raise ValueError("mean and spread must have a number a channel")
        for name in ("steps", "usual"):
            check_number("document", name, document[name], low=1, whole=True)
        return cls(
            kind=document["kind"],
            labels=kind.from_dict(document["labels"]),
            channels=channels,
            named=document["named"],
            mean=mean,
            spread=spread,
            gaps=document["gaps"],
            steps=document["steps"],
            usual=document["usual"],
            scale=options.scale,
            rate=options.rate,
        )


def _plain(labels: Any) -> list[Any]:
    """Labels as Python's own values."""
    return labels.tolist() if isinstance(labels, np.ndarray) else list(labels)


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
