"""A detector's rows: series read, labelled, split and scaled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_reading import (
    facts_of,
    followed,
    groups_of,
    later_table,
    open_table,
    read_series,
)
from ostinato.data.series_table import (
    Layout,
    Series,
)
from ostinato.errors import DataError, OptionError, check_number
from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.anomaly_detector.thresholds import Tail

LIMIT = 10.0  # spreads; what the network reads is drawn in to that
_LEAST = 1e-3  # of a constant column's size: its spread
SURE = 0.02  # the least error of a column that counts as usual, in its spreads


@dataclasses.dataclass(frozen=True, kw_only=True)
class Part:
    """One series: its rows in the user's units, and which are known to be anomalous or not."""

    series: Series
    labels: np.ndarray | None

    @property
    def name(self) -> Any:
        return self.series.name

    @property
    def values(self) -> np.ndarray:
        return self.series.values


@dataclasses.dataclass(kw_only=True)
class AnomalyRows:
    """What was learned of the rows: columns, time, scales, and what errors are usual.

    Attributes:
        layout: which column is what; `target` are the columns that are watched.
        label: the column with labels, or None.
        clock: how the table tells the time, or None.
        missing: as in the options.
        centers, scales: of each series by name, `(columns,)`; under None those of series that
            `fit` did not see.
        spread: `(columns,)`, the size of usual errors, in scales.
        tail: the scores of training.
        filled: values filled in, by column.
    """

    layout: Layout
    label: str | None
    clock: data.Clock | None
    missing: str
    centers: dict[Any, np.ndarray]
    scales: dict[Any, np.ndarray]
    spread: np.ndarray
    tail: Tail
    filled: dict[str, int]

    @classmethod
    def learn(
        cls, where: str, options: AnomalyDetectorOptions, X: Any, y: Any, validation: Any
    ) -> tuple[AnomalyRows, list[Part], list[int]]:
        """What was learned; every series with its held-out rows at the end; where they begin.

        Raises:
            OptionError: an option does not fit the table.
            DataError: the table cannot be used.
        """
        label = None if options.label is None else str(options.label)
        frame, layout, clock = open_table(
            X,
            options,
            where,
            gaps=options.gaps,
            apart=[] if label is None else [label],
            target=options.columns,
        )
        rows = cls(
            layout=layout,
            label=label,
            clock=clock,
            missing=options.missing,
            centers={},
            scales={},
            spread=np.ones(len(layout.target)),
            tail=Tail.of(np.ones(1), options.rate),
            filled={},
        )
        parts, rows.filled = rows._read(frame, y, where)
        cuts = [len(part.values) for part in parts]
        if isinstance(validation, (int, float)) and not isinstance(validation, bool):
            check_number(where, "validation", validation, above=0, below=1)
            cuts = [len(data.split_time(n, float(validation))[0]) if n > 1 else n for n in cuts]
        elif validation is not None:
            parts = rows._joined(parts, validation, f"{where}: validation")
        rows._learn_scales(parts, cuts, options.contamination, where)
        return rows, parts, cuts

    def _joined(self, parts: list[Part], validation: Any, where: str) -> list[Part]:
        """Each series with its held-out rows behind it."""
        if isinstance(validation, tuple) and len(validation) == 2:
            later, _ = self.read(validation[0], where, validation[1])
        elif hasattr(validation, "columns") or isinstance(validation, (str, np.ndarray, list)):
            later, _ = self.read(validation, where)
        else:
            raise OptionError(
                f"{where} must be a fraction, a table of rows that follow, a pair (X, y) or None, "
                f"got {type(validation).__name__}."
            )
        following, found = {part.name: part for part in later}, []
        for part in parts:
            after = following.pop(part.name, None)
            found.append(part if after is None else _follow(part, after, self.clock, where))
        if following:
            raise DataError(f"{where}: series {next(iter(following))!r} is not in X.")
        return found

    def _learn_scales(
        self, parts: list[Part], cuts: list[int], contamination: float, where: str
    ) -> None:
        known = [
            part.values[:cut] if part.labels is None else part.values[:cut][~part.labels[:cut]]
            for part, cut in zip(parts, cuts, strict=True)
        ]
        if not any(map(len, known)):
            raise DataError(
                f"{where}: every row is labelled anomalous. Give rows that are as they should be."
            )
        for name, values in [
            (None, np.concatenate(known)),
            *((part.name, values) for part, values in zip(parts, known, strict=True)),
        ]:
            if len(values) == 0:
                continue
            self.centers[name], self.scales[name] = _scale(values, contamination)

    def read(self, X: Any, where: str, y: Any = None) -> tuple[list[Part], dict[str, int]]:
        """Every series of a table, read as in `fit`, and how many values were filled in."""
        columns = self.layout.columns if self.clock is None else ()
        labels = [] if self.label is None else [self.label]
        frame = later_table(X, self.layout, self.clock, where, columns=columns, apart=labels)
        return self._read(frame, y, where)

    def _read(self, frame: pd.DataFrame, y: Any, where: str) -> tuple[list[Part], dict[str, int]]:
        series, filled = read_series(
            frame, self.layout, clock=self.clock, missing=self.missing, where=where
        )
        labels = self._labels(frame, y, where)
        if labels is None:
            return [Part(series=each, labels=None) for each in series], filled
        groups, _ = groups_of(frame, self.layout, where)
        parts = []
        for k, each in enumerate(series):
            own = labels if groups is None else labels[groups == k]
            # Rows before the first value were left out.
            parts.append(Part(series=each, labels=own[len(own) - len(each.values) :]))
        return parts, filled

    def _labels(self, frame: pd.DataFrame, y: Any, where: str) -> np.ndarray | None:
        """`(rows,)` truth values of the table's rows, or None without labels.

        Raises:
            DataError: they are not as many as rows, or no truth values.
        """
        name = "y"
        if y is None:
            if self.label is None or self.label not in frame.columns:
                return None
            name, y = f"column {self.label!r}", frame[self.label]
        values = pd.Series(list(y) if not isinstance(y, pd.Series) else y.to_numpy())
        if len(values) != len(frame):
            raise DataError(
                f"{where}: {name} must have a label for each row of X, got {len(values)} labels "
                f"for {len(frame)} rows."
            )
        known = values.map(_TRUTHS)
        if bool(known.isna().any()):
            row = int(np.asarray(known.isna()).argmax())
            raise DataError(
                f"{where}: {name} must be 1 or true for anomalous rows and 0 or false for others, "
                f"got {values[row]!r} in row {row}."
            )
        return known.to_numpy(dtype=bool)

    def scaled(self, part: Part) -> np.ndarray:
        """`(rows, columns)` float64 on the series' scale."""
        center, scale = self.scale_of(part.name)
        return (part.values - center) / scale

    def scale_of(self, name: Any) -> tuple[np.ndarray, np.ndarray]:
        """Center and scale of a series, `(columns,)` each."""
        name = name if name in self.scales else None
        return self.centers[name], self.scales[name]

    def found(self, parts: Sequence[Part]) -> dict[str, str]:
        """What was found in the rows of a fit, for people: name to words."""
        facts = {"columns": ", ".join(self.layout.target)}
        facts |= facts_of(self.layout, self.clock, parts)
        marked = [part.labels for part in parts if part.labels is not None]
        if marked:
            facts["known anomalies"] = f"{sum(int(each.sum()) for each in marked):,} rows"
        if self.filled:
            named = ", ".join(f"{name}: {number:,}" for name, number in self.filled.items())
            facts["values filled in"] = named
        return facts

    def to_dict(self) -> dict[str, Any]:
        return {
            "layout": dataclasses.asdict(self.layout),
            "label": self.label,
            "clock": None if self.clock is None else self.clock.to_dict(),
            "scales": [
                [data.pack_name(name), self.centers[name].tolist(), scale.tolist()]
                for name, scale in self.scales.items()
            ],
            "spread": self.spread.tolist(),
            "tail": self.tail._asdict(),
            "filled": self.filled,
        }

    @classmethod
    def from_dict(cls, options: AnomalyDetectorOptions, document: dict[str, Any]) -> AnomalyRows:
        clock = document["clock"]
        scales = [(data.unpack_name(name), *each) for name, *each in document["scales"]]
        return cls(
            layout=Layout(**document["layout"]),
            label=document["label"],
            clock=None if clock is None else data.Clock.from_dict(clock),
            missing=options.missing,
            centers={name: np.array(center, dtype=np.float64) for name, center, _ in scales},
            scales={name: np.array(scale, dtype=np.float64) for name, _, scale in scales},
            spread=np.array(document["spread"], dtype=np.float64),
            tail=Tail(**document["tail"]),
            filled=document["filled"],
        )


_TRUTHS: dict[Any, bool] = {
    **dict.fromkeys((1, "1", "1.0", "true", "True", "TRUE", "yes", "anomaly"), True),
    **dict.fromkeys((0, "0", "0.0", "false", "False", "FALSE", "no", "normal"), False),
}


def usual_errors(errors: np.ndarray, contamination: float) -> np.ndarray:
    """The root of the mean square of each column's errors, the largest left out: `(columns,)`."""
    kept = np.sort(np.abs(errors), axis=0)
    kept = kept[: max(1, round(len(kept) * (1 - contamination)))]
    return np.maximum(np.sqrt((kept**2).mean(axis=0)), SURE)


def _scale(values: np.ndarray, contamination: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each column, the share of the furthest rows left out."""
    if contamination:
        low, high = np.quantile(values, [contamination / 2, 1 - contamination / 2], axis=0)
        values = np.clip(values, low, high)
    center, scale = values.mean(axis=0), values.std(axis=0)
    constant = scale <= 1e-9 * np.abs(center)
    return center, np.where(constant, np.maximum(np.abs(center), 1) * _LEAST, scale)


def _follow(part: Part, after: Part, clock: data.Clock | None, where: str) -> Part:
    labels = None
    if part.labels is not None or after.labels is not None:
        pieces = [
            each.labels if each.labels is not None else np.zeros(len(each.values), dtype=bool)
            for each in (part, after)
        ]
        labels = np.concatenate(pieces)
    return Part(series=followed(part.series, after.series, clock, where), labels=labels)
