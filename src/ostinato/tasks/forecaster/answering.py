"""Forecasts of many series at once, in the user's units and timestamps."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato.data.series_table import Layout, Series
from ostinato.errors import DataError, OptionError, check_number
from ostinato.tasks.forecaster.intervals import Intervals, levels_of
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.scaling import Scales

_AT_ONCE = 256  # series that the network reads together


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answers:
    """What a fitted forecaster says of series.

    Attributes:
        intervals: what is known of errors, or None.
    """

    rows: ForecasterRows
    module: ForecasterModule
    intervals: Intervals | None

    def levels(self, where: str, level: Any, quantiles: Any) -> list[float]:
        """Quantiles that the user asks for, see `levels_of`.

        Raises:
            OptionError: there are none to be had.
        """
        levels = levels_of(where, level, quantiles)
        if levels:
            self._known(where)
        return levels

    def _known(self, where: str) -> Intervals:
        if self.intervals is None:
            raise OptionError(
                f"{where}: intervals are learned from held-out rows, and fit had none. Fit with "
                "validation=0.1, or with output='quantiles'."
            )
        return self.intervals

    def ahead(
        self, parts: list[Series], future: Any, h: int | None, levels: Sequence[float], where: str
    ) -> pd.DataFrame:
        """The `h` rows after the last of every series, and their quantiles."""
        rows, steps = self.rows, self._steps(h, where)
        parts = rows.with_future(parts, future, steps, where)
        found = forecast(rows, self.module, parts, steps, self.intervals, levels)
        return table(rows.layout, rows.time_name, parts, *found, levels)

    def sample(
        self, parts: list[Series], future: Any, h: int | None, count: int, seed: int, where: str
    ) -> pd.DataFrame:
        """Ways in which the rows after the last of every series may go on.

        Those of a series depend on its name and the seed alone; errors of rows beside each other
        are as much alike as those of held-out rows were.
        """
        rows, steps, intervals = self.rows, self._steps(h, where), self._known(where)
        parts = rows.with_future(parts, future, steps, where)
        said, scales, indices = _said(rows, self.module, parts, steps)
        found = []
        for k, part in enumerate(parts):
            name = hashlib.blake2b(repr(part.name).encode(), digest_size=8).digest()
            random = np.random.default_rng([seed, int.from_bytes(name, "little")])
            scores = intervals.draw((count, steps, said.shape[2]), random)
            own = np.broadcast_to(said[k], (count, *said[k].shape))
            found.append(self.module.output.values(own, scores, scales, np.full(count, k)))
        each = np.stack(found, axis=1)  # (count, series, steps, targets)
        tables = [table(rows.layout, rows.time_name, parts, one, indices) for one in each]
        return pd.concat(tables, keys=range(count), names=["sample"])

    def _steps(self, h: int | None, where: str) -> int:
        steps = self.rows.horizon if h is None else h
        check_number(where, "h", steps, low=1, whole=True)
        return steps


def forecast(
    rows: ForecasterRows,
    module: ForecasterModule,
    parts: Sequence[Series],
    steps: int,
    intervals: Intervals | None = None,
    levels: Sequence[float] = (),
) -> tuple[np.ndarray, list[Any]]:
    """The `steps` rows after the last of every series.

    Args:
        intervals: what is known of errors; needed where there are levels.
        levels: quantiles to answer beside each forecast.

    Returns:
        values `(series, steps, targets)` in the user's units, with levels `(series, steps, targets,
        1 + levels)`, the forecast first; and the index of each series' rows. The bits of a series
        do not depend on the others.

    Raises:
        DataError: a series is shorter than `past`.
    """
    said, scales, indices = _said(rows, module, parts, steps)
    places = np.arange(len(said))
    values = module.output.values(said, 0.0, scales, places)
    if levels:
        assert intervals is not None
        around = intervals.around(module.output, said, scales, places, levels)
        values = np.concatenate([values[..., None], around], axis=-1)
    return values, indices


def _said(
    rows: ForecasterRows, module: ForecasterModule, parts: Sequence[Series], steps: int
) -> tuple[np.ndarray, Scales, list[Any]]:
    """What the network says of the rows after each series, `(series, steps, targets, size)`."""
    recent = _recent(rows, parts)
    scales = rows.scales(recent)
    x, later, static, indices = _inputs(rows, scales, recent, steps)
    answers = [
        module.roll(x[some], later[some], static[some])
        for some in torch.arange(len(x)).split(_AT_ONCE)
    ]
    return torch.cat(answers)[:, :steps].double().numpy(), scales, indices


def network_inputs(
    rows: ForecasterRows, parts: Sequence[Series], steps: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Series]]:
    """What the network reads of every series, `(series, past, inputs)`, `(series, steps, known)`
    and `(series, statics)`, and the rows that this was made of."""
    recent = _recent(rows, parts)
    x, later, static, _ = _inputs(rows, rows.scales(recent), recent, steps)
    return x, later, static, recent


def table(
    layout: Layout,
    time: str | None,
    parts: Sequence[Series],
    values: Any,
    indices: Any,
    levels: Sequence[float] = (),
) -> pd.DataFrame:
    """Forecasts `(series, steps, targets)` and quantiles behind each as a table, whose index is
    called `time`; many series have their name before the timestamp. The quantiles of a column
    follow it: NAME_q10 is the one at the level 0.1."""
    endings = ["", *(f"_q{100 * level:g}" for level in levels)]
    columns = pd.Index([name + ending for name in layout.target for ending in endings])
    values = values.reshape(*values.shape[:2], len(columns))
    if layout.series is None:
        return pd.DataFrame(values[0], index=indices[0].rename(time), columns=columns)
    names = [part.name for part in parts]
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index(names).repeat(values.shape[1]),
            indices[0].append(list(indices[1:])),
        ],
        names=[layout.series, time],
    )
    return pd.DataFrame(values.reshape(-1, values.shape[2]), index=index, columns=columns)


def _recent(rows: ForecasterRows, parts: Sequence[Series]) -> list[Series]:
    """The rows that are read: the last `past` of every series."""
    past = rows.past
    indices: dict[int, Any] = {}  # many have the same timestamps
    found = []
    for part in parts:
        if len(part.values) < past:
            part = _lengthened(rows, part)
        elif len(part.values) > past:
            key = id(part.index)
            if key not in indices:
                indices[key] = part.index[-past:]
            values, index = part.values[-past:], indices[key]
            part = dataclasses.replace(part, values=values, index=index)
        found.append(part)
    return found


def _lengthened(rows: ForecasterRows, part: Series) -> Series:
    """A short one of several series, begun with its first season again and again, or with its first
    row."""
    past, count = rows.past, len(part.values)
    if rows.layout.series is None:
        raise DataError(
            f"Forecaster: a forecast reads {past} rows, got {count}. Give the rows before them too."
        )
    season = rows.season if rows.season <= count else 1
    take = np.arange(count - past, count)
    take = np.where(take < 0, take % season, take)
    numbered = isinstance(part.index, pd.RangeIndex)
    last = part.index.stop if numbered else 0
    index = pd.RangeIndex(last - past, last) if numbered else part.index[take]
    return dataclasses.replace(part, values=part.values[take], index=index)


def _inputs(
    rows: ForecasterRows, scales: Scales, recent: Sequence[Series], steps: int
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, list[Any]]:
    """What the network reads of every series: `(series, past, inputs)`, `(series, steps, known)`
    and `(series, statics)`; and the index of the rows to come."""
    seen: dict[Any, int] = {}
    times: list[tuple[Any, np.ndarray, np.ndarray]] = []  # of series that share them
    places = []
    for part in recent:
        key = (id(part.index), part.pace)
        if key not in seen:
            seen[key] = len(times)
            index = part.after(rows.whole(steps))  # the network answers whole horizons
            times.append((index, rows.dates.of(part.index), rows.dates.of(index)))
        places.append(seen[key])
    columns, values = rows.layout.columns, np.stack([part.values for part in recent])
    scaled = scales.forward(values, np.arange(len(recent)))
    flat, codes = (each.reshape(-1, len(columns)) for each in (scaled, values))
    own = rows.regressors.spread(flat, codes, columns).reshape(*values.shape[:2], -1)
    behind, ahead = (np.stack([each[k] for each in times])[places] for k in (1, 2))
    if rows.layout.future:
        pairs = enumerate(zip(recent, ahead, strict=True))
        ahead = np.stack(
            [rows.future_of(part, scales, k, dates, steps) for k, (part, dates) in pairs]
        )
    found = (
        np.concatenate([own, behind], axis=2),
        ahead,
        rows.statics_of(recent, scales),
    )
    x, later, static = (torch.from_numpy(each.astype(np.float32)) for each in found)
    return x, later, static, [times[k][0][:steps] for k in places]
