"""Each series on a scale of its own, and back to the user's units."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.errors import DataError

_FLAT = 1e-9  # a spread below this share of the level is none
_LEAST = 1e-3  # of the shift: the least value that is bent
_MOST = 80.0  # the largest logarithm whose number is answered


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scales:
    """How the columns of some series come to a common scale: targets are bent first, by a power
    (Box & Cox 1964), then all columns are `(x - center) / scale`.

    Attributes:
        center, scale: `(series, columns)`, of the bent values.
        power: `(series, targets)`, 0 for a logarithm, 1 for none; None bends no series.
        shift: `(series, targets)`, added before.
        spread: `(series, targets)`, the scale of the targets in the user's units.
        values: what targets can be: any, nonnegative, or counts, which are whole too.
    """

    center: np.ndarray
    scale: np.ndarray
    power: np.ndarray | None
    shift: np.ndarray
    spread: np.ndarray
    values: str

    def forward(self, values: np.ndarray, series: Any) -> np.ndarray:
        """Scaled values `(..., columns)`; `series` is a number, or one for each first axis' row."""
        if self.power is not None:
            targets = self.power.shape[1]
            bent = _bend(
                values[..., :targets],
                _of(self.power, series, values[..., :targets]),
                _of(self.shift, series, values[..., :targets]),
            )
            values = np.concatenate([bent, values[..., targets:]], axis=-1)
        return (values - _of(self.center, series, values)) / _of(self.scale, series, values)

    def inverse(self, values: np.ndarray, series: Any) -> np.ndarray:
        """The user's units of scaled targets `(batch, ..., targets)`, within what they can be."""
        found = values * _of(self.scale, series, values) + _of(self.center, series, values)
        if self.power is not None:
            found = _unbend(found, _of(self.power, series, found), _of(self.shift, series, found))
        if self.values != "any":
            found = np.maximum(found, 0.0)
        return np.rint(found) if self.values == "counts" else found

    def take(self, rows: Any) -> Scales:
        """Of some of the series."""
        power = None if self.power is None else self.power[rows]
        return dataclasses.replace(
            self,
            center=self.center[rows],
            scale=self.scale[rows],
            power=power,
            shift=self.shift[rows],
            spread=self.spread[rows],
        )


def _of(table: np.ndarray, series: Any, values: np.ndarray) -> np.ndarray:
    chosen = table[series][..., : values.shape[-1]]
    if np.ndim(series) == 0:
        return chosen
    return chosen.reshape(len(chosen), *[1] * (values.ndim - 2), values.shape[-1])


def _bend(values: np.ndarray, power: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """`((x + shift) ** power - 1) / power`, or the logarithm; values below what training rows had
    are taken as the least that can be bent."""
    raised = np.maximum(values + shift, _LEAST * np.maximum(shift, 1e-12))
    safe = np.where(power == 0, 1.0, power)
    return np.where(power == 0, np.log(raised), (raised**safe - 1) / safe)


def _unbend(values: np.ndarray, power: np.ndarray, shift: np.ndarray) -> np.ndarray:
    safe = np.where(power == 0, 1.0, power)
    base = np.maximum(safe * values + 1, 0.0)
    with np.errstate(over="ignore", divide="ignore"):
        raised = np.where(power == 0, np.exp(np.minimum(values, _MOST)), base ** (1 / safe))
    return raised - shift


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scaling:
    """How columns come to a common scale, learned on training rows.

    Attributes:
        kind: standard (mean and standard deviation), minmax (least value and range) or none.
        transform: how targets are bent before: none, log or boxcox.
        names: of the series that were learned, in the order of the rows of `scales`.
        scales: of each series.
        whole: over the rows of all series, as of one.
        apart: `(columns,)`, whether the column is scaled series by series.
    """

    kind: str
    transform: str
    names: list[Any]
    scales: Scales
    whole: Scales
    apart: np.ndarray

    @classmethod
    def learn(
        cls,
        kind: str,
        parts: Sequence[np.ndarray],
        names: Sequence[Any],
        columns: Sequence[str],
        targets: int,
        *,
        by: str,
        transform: str,
        values: str,
        where: str,
    ) -> Scaling:
        """From the training rows `(rows, columns)` of each series.

        Args:
            by: "series" (and "window") scales each series by itself, "all" over the rows of all of
                them. With "series", a regressor is scaled by series where series differ more from
                each other than within themselves, such as prices; others, such as temperatures,
                over all. Columns that hold only 0 and 1 are left as they are.
            values: what targets can be; "auto" takes "nonnegative" where they are whole and none is
                negative.

        Raises:
            DataError: a target is not what it can be by `values`, or is negative where it is to be
                bent.
        """
        rows = np.concatenate(list(parts))
        values = _check(rows[:, :targets], columns, transform, values, where)
        how = _How(kind=kind, transform=transform, targets=targets, values=values)
        scales = _stack([how.learn(part) for part in parts])
        whole = how.learn(rows)
        flags = ((rows == 0) | (rows == 1)).all(0)
        flags[:targets] = False
        whole.center[0, flags], whole.scale[0, flags] = 0.0, 1.0
        apart = np.full(rows.shape[1], by != "all")
        if by != "all":
            means = np.stack([part.mean(0) for part in parts])
            within = np.stack([part.std(0) for part in parts]).mean(0)
            apart[targets:] = ((means.std(0) > within) & ~flags)[targets:]
        return cls(
            kind=kind,
            transform=transform,
            names=list(names),
            scales=scales,
            whole=whole,
            apart=apart,
        )

    def of(self, names: Sequence[Any], rows: Sequence[np.ndarray]) -> Scales:
        """The scales of some series; one that was not learned has its own from its `rows`."""
        targets = self.whole.shift.shape[1]
        if not self.apart[:targets].all():
            own = self.whole.take(np.zeros(len(names), dtype=int))
        else:
            place = {name: k for k, name in enumerate(self.names)}
            how = _How(self.kind, self.transform, targets, self.whole.values)
            new = {
                name: how.learn(values)
                for name, values in zip(names, rows, strict=True)
                if name not in place
            }
            found = _stack([self.scales, *new.values()])
            place |= {name: len(self.names) + k for k, name in enumerate(new)}
            own = found.take(np.array([place[name] for name in names], dtype=int))
        return dataclasses.replace(
            own,
            center=np.where(self.apart, own.center, self.whole.center),
            scale=np.where(self.apart, own.scale, self.whole.scale),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "transform": self.transform,
            "scales": _pack(self.scales),
            "whole": _pack(self.whole),
            "apart": self.apart.tolist(),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any], names: Sequence[Any]) -> Scaling:
        return cls(
            kind=document["kind"],
            transform=document["transform"],
            names=list(names),
            scales=_unpack(document["scales"]),
            whole=_unpack(document["whole"]),
            apart=np.array(document["apart"], dtype=bool),
        )


def _pack(scales: Scales) -> dict[str, Any]:
    found = dataclasses.asdict(scales)
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in found.items()
    }


def _unpack(packed: dict[str, Any]) -> Scales:
    found: dict[str, Any] = {
        name: np.array(value, dtype=np.float64) if isinstance(value, list) else value
        for name, value in packed.items()
    }
    return Scales(**found)


def _stack(scales: Sequence[Scales]) -> Scales:
    first = scales[0]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(each, name) for each in scales])

    return Scales(
        center=joined("center"),
        scale=joined("scale"),
        power=None if first.power is None else joined("power"),
        shift=joined("shift"),
        spread=joined("spread"),
        values=first.values,
    )


@dataclasses.dataclass(frozen=True)
class _How:
    kind: str
    transform: str
    targets: int
    values: str

    def learn(self, rows: np.ndarray) -> Scales:
        """The scales of one series of `(rows, columns)`."""
        own = rows[:, : self.targets]
        _, spread = _learn(self.kind, own)
        shift, power = np.zeros((1, self.targets)), None
        if self.transform != "none":
            found = [_power(self.transform, column) for column in own.T]
            power = np.array([[each for each, _ in found]])
            shift = np.array([[each for _, each in found]])
            rows = np.concatenate([_bend(own, power, shift), rows[:, self.targets :]], axis=1)
        center, scale = _learn(self.kind, rows)
        return Scales(
            center=center[None],
            scale=scale[None],
            power=power,
            shift=shift,
            spread=spread[None],
            values=self.values,
        )


def _power(transform: str, column: np.ndarray) -> tuple[float, float]:
    """The power of one target, and what is added before: nothing where all values are above zero,
    1 for whole numbers, or a hundredth of the mean."""
    whole = bool((column == np.rint(column)).all())
    shift = 0.0 if column.min() > 0 else 1.0 if whole else 0.01 * float(column.mean()) or 1.0
    raised = column + shift
    if transform == "log" or np.ptp(raised) <= _FLAT * raised.max():
        return 0.0, shift
    from scipy.stats import boxcox_llf

    tried = np.linspace(-1, 2, 31)
    scaled = raised / np.exp(np.log(raised).mean())
    return float(tried[np.argmax([boxcox_llf(power, scaled) for power in tried])]), shift


def _check(
    rows: np.ndarray, columns: Sequence[str], transform: str, values: str, where: str
) -> str:
    whole = rows == np.rint(rows)
    if values == "auto":
        values = "nonnegative" if bool((whole & (rows >= 0)).all()) else "any"
    bounded = f"values={values!r}" if values != "any" else f"transform={transform!r}"
    if values == "any" and transform == "none":
        return values
    wrong = np.argwhere((rows < 0) | (~whole if values == "counts" else False))
    if len(wrong):
        row, column = wrong[0]
        raise DataError(
            f"{where}: {bounded} needs {'whole ' if values == 'counts' else ''}numbers of at least "
            f"0, and column {columns[column]!r} has {rows[row, column]:g}. Use values='any' and "
            "transform='none', or leave those rows out."
        )
    return values


def _learn(kind: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale of `(rows, columns)`; a column without spread is scaled by its level."""
    columns = rows.shape[1]
    if kind == "none" or not len(rows):
        return np.zeros(columns), np.ones(columns)
    if kind == "minmax":
        center, scale = rows.min(0), np.ptp(rows, axis=0)
    else:
        center, scale = rows.mean(0), rows.std(0)
    level = np.abs(rows).max(0)
    flat = scale <= _FLAT * level
    return center, np.where(flat, np.where(level > 0, level, 1.0), scale)
