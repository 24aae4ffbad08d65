"""Rows of a series that come after others of it: held-out rows, and those that are given later."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from ostinato import data
from ostinato.data.series_reading import followed
from ostinato.data.series_table import Series
from ostinato.errors import DataError, check_number


def split(
    where: str,
    known: list[Series],
    later: list[Series] | None,
    validation: Any,
    needed: int,
    horizon: int,
    clock: data.Clock | None = None,
) -> tuple[list[Series], list[int]]:
    """Every series with its held-out rows at the end, and where they begin.

    Args:
        later: held-out rows that follow `known`, or None.
        validation: without `later`: a fraction, the last of each series, at least `horizon` rows;
            or None. Series that would then have less than `needed` rows are kept whole.
    """
    lengths = [len(part.values) for part in known]
    if later is None:
        if validation is None:
            return known, lengths
        check_number(where, "validation", validation, above=0, below=1)
        cuts = [
            n if n < 2 else min(len(data.split_time(n, float(validation))[0]), n - horizon)
            for n in lengths
        ]
        if max(cuts) >= needed:
            cuts = [cut if cut >= needed else n for cut, n in zip(cuts, lengths, strict=True)]
        return known, [max(cut, 1) for cut in cuts]
    place = f"{where}: validation"
    following = {part.name: part for part in later}
    joined = []
    for part in known:
        after = following.pop(part.name, None)
        joined.append(part if after is None else followed(part, after, clock, place))
    if following:
        raise DataError(f"{place}: series {next(iter(following))!r} is not in X.")
    return joined, lengths


def continued(
    known: Sequence[Series],
    parts: Sequence[Series],
    least: int,
    where: str,
    clock: data.Clock | None,
) -> list[Series]:
    """Series given after `fit`. Those with fewer than `least` rows have the rows that are known
    of them before theirs; rows without timestamps are the next ones.

    Raises:
        DataError: rows of a short series do not follow those that are known.
    """
    before_of = {part.name: part for part in known}
    found = []
    for part in parts:
        before = before_of.get(part.name)
        if before is not None and clock is None:
            start = before.index.stop
            index = pd.RangeIndex(start, start + len(part.values))
            part = dataclasses.replace(part, index=index)
        later = before is not None and part.index[0] > before.index[-1]
        if before is not None and later and len(part.values) < least:
            part = followed(before, part, clock, where)
        found.append(part)
    return found


def latest(known: Sequence[Series], parts: Sequence[Series], past: int) -> list[Series]:
    """The last `past` rows of each series. Rows older than those that are known do not replace
    them, and other series stay as they were."""
    found = {part.name: part for part in known}
    for part in parts:
        before = found.get(part.name)
        values, index = part.values[-past:].copy(), part.index[-past:]
        if before is not None:
            if index[-1] < before.index[-1]:
                continue
            older = int(np.searchsorted(before.index, index[0]))
            values = np.concatenate([before.values[:older], values])[-past:]
            index = _joined(before.index[:older], index)[-past:]
        found[part.name] = dataclasses.replace(part, values=values, index=index)
    return list(found.values())


def _joined(before: Any, after: Any) -> Any:
    """Positions or timestamps, and those that come after them."""
    if isinstance(after, pd.RangeIndex):
        return pd.RangeIndex(after.start - len(before), after.stop)
    return before.append(after)
