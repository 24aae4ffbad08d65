"""How many rows to read, to answer and to learn from, where the user left it open."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato import data, training
from ostinato.data.series_table import Series
from ostinato.options import TrainingOptions
from ostinato.tasks.forecaster.options import ForecasterOptions
from ostinato.tasks.forecaster.season import find_season, usual_seasons

_LONGEST_SEASON = 336  # rows: longer ones are left to the calendar
_PAST = 96  # rows: of made-up sales by day, 28 err a sixth more
_STEPS = 2000  # optimizer steps that a small network needs
_FEWEST, _MOST = 10, 300  # epochs


def find_lengths(
    lengths: Sequence[int], seasons: Sequence[int], past: int | None, horizon: int | None
) -> tuple[int, int]:
    """`past` and `horizon` as given, or by the data.

    The horizon is one season (two of a short one), at most an eighth of the rows. The past is 96
    rows or a quarter of them, and at least three seasons, two horizons, and one of a longer season
    that fits in four times; at most half of what is left. Lengths are those of the quarter that is
    shorter: most series are learned from. The past is a multiple of the horizon where it can be, so
    that segments fit both.

    Args:
        lengths: rows to learn from, of each series.
        seasons: the season that was found, then others that the pace suggests; 1 for none.
    """
    rows = int(np.quantile(lengths, 0.25))
    season = seasons[0]
    if horizon is None:
        horizon = season if 1 < season <= 48 else 12 if season == 1 else 24
        while horizon < 8:
            horizon *= 2
        horizon = max(1, min(horizon, rows // 8))
    if past is None:
        longer = [n for n in seasons if n <= _LONGEST_SEASON and 4 * n <= rows]
        seasons_read = 3 * season if season <= _LONGEST_SEASON else 0
        wanted = max([seasons_read, 2 * horizon, 24, min(_PAST, rows // 4), *longer])
        most = max(1, (rows - horizon) // 2)
        past = min(wanted, most)
        if past >= horizon:
            past = min(-(-past // horizon), most // horizon) * horizon
    return past, horizon


def enough(options: ForecasterOptions, how: TrainingOptions, windows: int) -> TrainingOptions:
    """The training options with as many epochs as the windows need, if that was left open;
    `patience` then grows with them."""
    if options.epochs is not None:
        return how
    epochs = training.enough_epochs(
        windows, how.batch_size, steps=_STEPS, fewest=_FEWEST, most=_MOST
    )
    patience = how.patience and max(how.patience, epochs * how.patience // 25)
    return dataclasses.replace(how, epochs=epochs, patience=patience)


def lengths_of(
    options: ForecasterOptions,
    known: list[Series],
    later: list[Series] | None,
    validation: Any,
    pace: data.Pace | None,
    targets: int,
) -> tuple[int, int]:
    """Rows to read and to answer, as the options say or by the rows to learn from."""
    past, horizon = options.past, options.horizon
    if past is not None and horizon is not None:
        return past, horizon
    held = 0.0 if later is not None or not isinstance(validation, float) else validation
    own = [part.values[: len(part.values) - round(held * len(part.values))] for part in known]
    lengths = [len(values) for values in own]
    longest = max(2, int(np.median(lengths)) // 3)
    values = [each[:, :targets] for each in own]
    season = find_season(values, pace, min(longest, past or longest))
    suggested = usual_seasons(pace) if pace else ()
    return find_lengths(lengths, [season, *suggested], past, horizon)
