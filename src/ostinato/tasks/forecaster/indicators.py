"""Technical indicators of prices as columns beside them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ostinato import data
from ostinato.data.series_table import Layout, Series


def with_names(layout: Layout, indicators: Sequence[str]) -> Layout:
    """A layout in which the indicators of each target are the last of the past columns."""
    names = [f"{target}.{name}" for target in layout.target for name in indicators]
    return dataclasses.replace(layout, past=[*layout.past, *names])


def with_indicators(
    parts: list[Series],
    layout: Layout,
    indicators: Sequence[str],
    before: Sequence[Series] = (),
) -> list[Series]:
    """Series with the indicators of each target between past and future columns.

    Args:
        layout: of the series, without the indicators.
        before: series whose rows come before those of `parts`.
    """
    if not indicators:
        return parts
    earlier = {part.name: part.values for part in before}
    first, found = len(layout.target) + len(layout.past), []
    for part in parts:
        columns = []
        for k in range(len(layout.target)):
            prices, rest = part.values[:, k], earlier.get(part.name)
            joined = prices if rest is None else np.concatenate([rest[:, k], prices])
            columns += [data.indicator(name, joined)[-len(prices) :] for name in indicators]
        own = part.values
        values = np.concatenate([own[:, :first], np.stack(columns, 1), own[:, first:]], axis=1)
        found.append(dataclasses.replace(part, values=values))
    return found
