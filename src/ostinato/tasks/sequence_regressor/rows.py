"""A sequence regressor's rows: recordings and numbers read, split and scaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ostinato.data.held_out import hold_out
from ostinato.data.inputs import column_of
from ostinato.errors import DataError
from ostinato.tasks.recordings.channels import Channels, read_values
from ostinato.tasks.sequence_regressor.options import SequenceRegressorOptions


class Pairs(NamedTuple):
    """Recordings `(steps, channels)` and as many numbers, `(recordings, targets)`."""

    values: list[np.ndarray]
    numbers: np.ndarray
    channels: list[str] | None = None
    single: bool = True  # whether a recording has one number, and not a row of them


def read_pairs(
    where: str,
    options: SequenceRegressorOptions,
    X: Any,
    y: Any,
    channels: Sequence[str] | None = None,
) -> Pairs:
    """Recordings and their numbers.

    Of a long table `y` may be the name of its column of numbers, or have a number a row, the same
    in all rows of a recording.

    Raises:
        DataError: recordings or numbers cannot be used, or they do not fit together.
    """
    column = y if isinstance(y, str) and hasattr(X, "columns") else None
    if column is not None:
        if column not in X.columns:
            raise DataError(
                f"{where}: no column {column!r} for y. Columns: {', '.join(map(str, X.columns))}."
            )
        y, X = X[column].to_numpy(), X.drop(columns=column)
    found = read_values(where, options, X, channels)
    numbers, single = _numbers(where, y)
    if found.rows is not None and len(numbers) == sum(map(len, found.rows)) != len(found.values):
        for places in found.rows:
            if (numbers[places] != numbers[places[0]]).any():
                raise DataError(
                    f"{where}: y must have one number a recording, and the rows of a recording "
                    f"have several, such as {numbers[places[0]].tolist()} and others. To forecast "
                    "a column of numbers take a Forecaster."
                )
        numbers = numbers[[places[0] for places in found.rows]]
    if len(numbers) != len(found.values):
        raise DataError(
            f"{where}: X and y must have the same number of recordings, got "
            f"{len(found.values):,} and {len(numbers):,}."
        )
    return Pairs(found.values, numbers, found.channels, single)


def _numbers(where: str, y: Any) -> tuple[np.ndarray, bool]:
    """`(rows, targets)` in double precision, and whether a row is one number."""
    table: Any = y.to_numpy() if hasattr(y, "columns") else y
    whole = isinstance(table, np.ndarray) and table.ndim == 2
    rows = table if whole else column_of(where, "y", y)
    try:
        values = np.asarray(rows, dtype=np.float64)
    except (TypeError, ValueError):
        wrong = next((each for each in rows if not _is_number(each)), rows[0])
        raise DataError(
            f"{where}: y must be numbers, got {wrong!r:.40}. For labels take a SequenceClassifier."
        ) from None
    if values.ndim > 2 or values.size == 0:
        raise DataError(
            f"{where}: y must have one number a recording, or a row of them, got shape "
            f"{values.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(values.reshape(len(values), -1)).all(1))
    if len(bad):
        raise DataError(
            f"{where}: y must be finite, and row {bad[0]} is {np.asarray(rows)[bad[0]]}. Leave "
            "recordings out whose number is not known."
        )
    return values.reshape(len(values), -1), values.ndim == 1


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def split(
    where: str, options: SequenceRegressorOptions, pairs: Pairs, validation: Any
) -> tuple[Pairs, Pairs | None]:
    """Recordings to learn from, and held-out ones or None."""

    def read(X: Any, y: Any) -> tuple[list[Any], list[Any]]:
        other = read_pairs(f"{where}: validation", options, X, y, pairs.channels)
        if other.numbers.shape[1] != pairs.numbers.shape[1]:
            raise DataError(
                f"{where}: validation must have {pairs.numbers.shape[1]} numbers a recording, got "
                f"{other.numbers.shape[1]}."
            )
        return other.values, list(other.numbers)

    columns = (pairs.values, list(pairs.numbers))
    learn, held_out = hold_out(where, columns, validation, read=read, seed=options.seed)

    def made(part: tuple[list[Any], list[Any]]) -> Pairs:
        return Pairs(part[0], np.stack(part[1]), pairs.channels, pairs.single)

    return made(learn), None if held_out is None else made(held_out)


@dataclasses.dataclass(kw_only=True)
class RegressorRows(Channels):
    """What was learned of the recordings and their numbers.

    Attributes:
        single: whether a recording has one number, and answers are an array `(recordings,)`.
        center, unit: mean and spread of the training recordings' numbers, `(targets,)`.
    """

    single: bool
    center: np.ndarray
    unit: np.ndarray

    @classmethod
    def learn(cls, where: str, options: SequenceRegressorOptions, pairs: Pairs) -> RegressorRows:
        """Scales of the training recordings and of their numbers.

        Raises:
            DataError: all recordings have the same number, or no value at all.
        """
        spread = pairs.numbers.std(0)
        constant = np.flatnonzero(spread <= 1e-12 * (1 + np.abs(pairs.numbers).max(0)))
        if len(constant):
            raise DataError(
                f"{where}: y has the same number, {pairs.numbers[0, constant[0]]:g}, in every "
                "recording. There is nothing to learn: is the right column named?"
            )
        learned = cls.learned(where, options, pairs.values, pairs.channels)
        return cls(single=pairs.single, center=pairs.numbers.mean(0), unit=spread, **learned)

    @property
    def targets(self) -> int:
        """Numbers of a recording."""
        return len(self.center)

    def encode(self, numbers: np.ndarray) -> np.ndarray:
        """Numbers `(recordings, targets)` as the network learns them, float32."""
        return ((numbers - self.center) / self.unit).astype(np.float32)

    def decode(self, said: np.ndarray) -> np.ndarray:
        """What the network says in the user's units, in double precision."""
        return said.astype(np.float64) * self.unit + self.center

    def to_dict(self) -> dict[str, Any]:
        return {
            "single": self.single,
            "center": self.center.tolist(),
            "unit": self.unit.tolist(),
            **self.channels_document(),
        }

    @classmethod
    def from_dict(
        cls, options: SequenceRegressorOptions, document: dict[str, Any]
    ) -> RegressorRows:
        center, unit = (np.array(document[name], dtype=np.float64) for name in ("center", "unit"))
        if center.ndim != 1 or center.shape != unit.shape or not (unit > 0).all():
            raise ValueError("center and unit must have a number a target")
        known = cls.channels_of(options, document)
        return cls(single=bool(document["single"]), center=center, unit=unit, **known)
