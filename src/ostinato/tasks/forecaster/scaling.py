"""Each series on a scale of its own, and back to the user's units."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

_FLAT = 1e-9  # a spread below this share of the level is none


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scales:
    """Centre and scale of each of some series, `(series, columns)`: `(x - center) / scale`."""

    center: np.ndarray
    scale: np.ndarray

    def forward(self, values: np.ndarray, series: Any) -> np.ndarray:
        """Scaled values `(..., columns)`; `series` is a number, or one for each first axis' row."""
        return (values - self._of(self.center, series, values)) / self._of(
            self.scale, series, values
        )

    def inverse(self, values: np.ndarray, series: Any) -> np.ndarray:
        """The user's units of scaled targets `(batch, ..., targets)`, the first columns."""
        return values * self._of(self.scale, series, values) + self._of(self.center, series, values)

    @staticmethod
    def _of(table: np.ndarray, series: Any, values: np.ndarray) -> np.ndarray:
        chosen = table[series][..., : values.shape[-1]]
        if np.ndim(series) == 0:
            return chosen
        return chosen.reshape(len(chosen), *[1] * (values.ndim - 2), values.shape[-1])


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scaling:
    """How columns come to a common scale, learned on training rows.

    Attributes:
        kind: standard (mean and standard deviation), minmax (least value and range) or none.
        names: of the series that were learned, in the order of the rows of `scales`.
        scales: of each series.
        whole: `(columns,)` twice, centre and scale over the rows of all series.
        apart: `(columns,)`, whether the column is scaled series by series.
    """

    kind: str
    names: list[Any]
    scales: Scales
    whole: Scales
    apart: np.ndarray

    @classmethod
    def learn(
        cls, kind: str, parts: Sequence[np.ndarray], names: Sequence[Any], targets: int, *, by: str
    ) -> Scaling:
        """From the training rows `(rows, columns)` of each series.

        Args:
            by: "series" scales each series by itself, "all" over the rows of all of them. With
                "series", a regressor is scaled by series where series differ more from each other
                than within themselves, such as prices; others, such as temperatures, over all.
                Columns that hold only 0 and 1 are left as they are.
        """
        own = [_learn(kind, rows) for rows in parts]
        scales = Scales(
            center=np.stack([center for center, _ in own]), scale=np.stack([s for _, s in own])
        )
        rows = np.concatenate(list(parts))
        center, scale = _learn(kind, rows)
        flags = ((rows == 0) | (rows == 1)).all(0)
        flags[:targets] = False
        center[flags], scale[flags] = 0.0, 1.0
        whole = Scales(center=center[None], scale=scale[None])
        apart = np.full(rows.shape[1], by == "series")
        if by == "series":
            means = np.stack([part.mean(0) for part in parts])
            within = np.stack([part.std(0) for part in parts]).mean(0)
            apart[targets:] = ((means.std(0) > within) & ~flags)[targets:]
        return cls(kind=kind, names=list(names), scales=scales, whole=whole, apart=apart)

    def of(self, names: Sequence[Any], rows: Sequence[np.ndarray]) -> Scales:
        """The scales of some series; one that was not learned has its own from its `rows`."""
        place = {name: k for k, name in enumerate(self.names)}
        center, scale = (np.repeat(each, len(names), 0) for each in dataclasses.astuple(self.whole))
        for k, (name, values) in enumerate(zip(names, rows, strict=True)):
            known = place.get(name)
            if known is None:
                found = _learn(self.kind, values)
            else:
                found = self.scales.center[known], self.scales.scale[known]
            for table, own in zip((center, scale), found, strict=True):
                table[k, self.apart] = own[self.apart]
        return Scales(center=center, scale=scale)

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "scales": [self.scales.center.tolist(), self.scales.scale.tolist()],
            "whole": [self.whole.center.tolist(), self.whole.scale.tolist()],
            "apart": self.apart.tolist(),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any], names: Sequence[Any]) -> Scaling:
        def scales(pair: Any) -> Scales:
            center, scale = (np.array(each, dtype=np.float64) for each in pair)
            return Scales(center=center, scale=scale)

        return cls(
            kind=document["kind"],
            names=list(names),
            scales=scales(document["scales"]),
            whole=scales(document["whole"]),
            apart=np.array(document["apart"], dtype=bool),
        )


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
