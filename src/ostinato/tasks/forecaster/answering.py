"""Forecasts of many series at once, in the user's units and timestamps."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato.errors import DataError
from ostinato.tasks.forecaster.module import ForecasterModule
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.table import Series

_AT_ONCE = 256  # series that the network reads together


def forecast(
    rows: ForecasterRows, module: ForecasterModule, parts: Sequence[Series], steps: int
) -> tuple[np.ndarray, list[Any]]:
    """The `steps` rows after the last of every series.

    Returns:
        values `(series, steps, targets)` in the user's units, and the index of each series' rows.
        The bits of a series do not depend on the others.

    Raises:
        DataError: a series is shorter than `past`.
        OptionError: `steps` is beyond the horizon and the features to come are not known.
    """
    recent = [_recent(rows, module.past, part) for part in parts]
    seen: dict[Any, tuple[Any, np.ndarray, np.ndarray]] = {}  # many have the same timestamps
    windows, future, indices = [], [], []
    scales = rows.scales(recent)
    for k, part in enumerate(recent):
        key = (_key(part.index), part.pace)
        if key not in seen:
            index = part.after(steps)
            seen[key] = index, rows.dates.of(part.index), rows.dates.of(index)
        index, behind, ahead = seen[key]
        windows.append(rows.inputs_of(part, scales, k, behind))
        future.append(rows.future_of(part, scales, k, ahead))
        indices.append(index)
    x = torch.from_numpy(np.stack(windows).astype(np.float32))
    later = torch.from_numpy(np.stack(future).astype(np.float32))
    static = torch.from_numpy(np.stack([part.static for part in recent]).astype(np.float32))
    answers = [
        module.roll(x[some], later[some], static[some])
        for some in torch.arange(len(x)).split(_AT_ONCE)
    ]
    scaled = torch.cat(answers).double().numpy()
    return scales.inverse(scaled, np.arange(len(recent))), indices


def table(rows: ForecasterRows, parts: Sequence[Series], values: Any, indices: Any) -> pd.DataFrame:
    """What `forecast` answers as a table; many series have their name before the timestamp."""
    time = None if rows.clock is None else rows.clock.name
    columns = pd.Index(rows.layout.target)
    if rows.layout.series is None:
        return pd.DataFrame(values[0], index=indices[0].rename(time), columns=columns)
    names = [part.name for part in parts]
    index = pd.MultiIndex.from_arrays(
        [
            pd.Index(names).repeat(values.shape[1]),
            indices[0].append(list(indices[1:])),
        ],
        names=[rows.layout.series, time],
    )
    return pd.DataFrame(values.reshape(-1, values.shape[2]), index=index, columns=columns)


def _recent(rows: ForecasterRows, past: int, part: Series) -> Series:
    if len(part.values) < past:
        place = "" if part.name is None else f"series {part.name!r}: "
        raise DataError(
            f"Forecaster: {place}a forecast reads {past} rows, got {len(part.values)}. "
            "Give the rows before them too."
        )
    return dataclasses.replace(
        part,
        values=part.values[-past:],
        index=part.index[-past:],
    )


def _key(index: Any) -> Any:
    if isinstance(index, pd.RangeIndex):
        return index.start, index.stop
    return index.asi8.tobytes(), index.unit, str(index.tz)
