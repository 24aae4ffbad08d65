"""The season of series, as naive forecasts and MASE take it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato import data

_COMMON = {"W": (52,), "M": (12,), "Q": (4,), "Y": ()}  # rows in a year
_ROWS = 10_000  # the last rows of a series that are looked at
_SERIES = 200  # series that are looked at
_CHANCE = 0.001  # the share of series without a season in which one may be found
_LONGEST = 400  # rows, where no pace says which seasons there may be


def find_season(values: Sequence[np.ndarray], pace: data.Pace | None, past: int) -> int:
    """The period whose repetition errs least on training rows, among those that are no chance.

    Tried are days, weeks and years at the pace of the rows, or without one every period up to
    `_LONGEST`; none longer than `past`, which cannot be repeated from a window. For each, rows less
    their moving mean over a period are compared by their place in it: an analysis of variance,
    whose degrees of freedom are few, for rows beside each other are alike.

    Args:
        values: training rows `(rows, targets)` of each series.

    Returns:
        rows in a season; 1 where none was found: the last value is repeated.
    """
    every = range(2, _LONGEST + 1)
    candidates = [n for n in (every if pace is None else usual_seasons(pace)) if 2 <= n <= past]
    step = max(1, len(values) // _SERIES)
    columns = [column for rows in values[::step] for column in rows[-_ROWS:].T]
    columns = [column / column.std() for column in columns if np.ptp(column) > 0]
    found = {}
    for period in candidates:
        places = [each for x in columns if (each := _by_place(x, period)) is not None]
        if places and _is_season(places, _CHANCE / len(candidates)):
            found[period] = _error(columns, period, pace.per_day) if pace else -_swing(places)
    if not found:
        return 1
    least = min(found.values())  # two seasons are as good as one
    return min(period for period, cost in found.items() if cost <= least + 0.05 * abs(least))


def usual_seasons(pace: data.Pace) -> list[int]:
    """Rows in an hour, a day, a week and a year, where they are whole numbers."""
    found = {pace.per_day, pace.per_week}
    if pace.by_day:
        found |= {len(pace.open) * 365 // 7 if pace.open else 365}
    elif pace.step is None:
        unit, count = data.period_of(pace.grid)
        found |= {n // count for n in _COMMON[unit] if n % count == 0}
    elif pace.step >= np.timedelta64(7, "D"):
        found |= {round(np.timedelta64(365, "D") / pace.step)}
    else:
        hour = np.timedelta64(1, "h") / pace.step
        found |= {int(hour)} if hour == int(hour) else set()
    return sorted(n for n in found if n is not None and n > 1)


def _by_place(x: np.ndarray, period: int) -> np.ndarray | None:
    """Rows less their moving mean over a period, `(periods, period)`; None for fewer than two."""
    if len(x) < 3 * period + 1:
        return None
    sums = np.concatenate([[0.0], np.cumsum(x - x.mean())])
    means = (sums[period:] - sums[:-period]) / period
    if period % 2 == 0:  # half a row at each end
        means = (means[1:] + means[:-1]) / 2
    rest = x[period // 2 :][: len(means)] - x.mean() - means
    cycles = len(rest) // period
    return rest[len(rest) - cycles * period :].reshape(cycles, period) if cycles > 1 else None


def _is_season(places: Sequence[np.ndarray], chance: float) -> bool:
    """Whether rows differ by their place in the period more than chance allows."""
    from scipy import stats

    ratios, rests = [], []
    for rows in places:
        cycles, period = rows.shape
        mean = rows.mean(0)
        rests.append(rows - mean)
        within = (rests[-1] ** 2).sum() / ((cycles - 1) * period)
        between = cycles * ((mean - mean.mean()) ** 2).sum() / (period - 1)
        ratios.append(min(between / max(within, 1e-12), 1e6))
    freedom = {2: 1, 3: 1, 4: 2}.get(places[0].shape[1], 3) * _apart(rests)
    cycles = float(np.median([len(rows) for rows in places]))
    return bool(stats.f.sf(np.mean(ratios), freedom, (cycles - 1) * freedom) < chance)


def _apart(rests: list[np.ndarray]) -> float:
    """As how many series that know nothing of each other these count."""
    some = rests[:: max(1, len(rests) // 30)]
    rows = min(len(rest) for rest in some)
    joined = np.stack([rest[-rows:].ravel() for rest in some])
    joined = joined[joined.std(1) > 0]
    if len(joined) < 2:
        return 1.0
    alike = (np.corrcoef(joined) ** 2).sum() / len(joined)
    return len(joined) / float(alike)


def _swing(places: Sequence[np.ndarray]) -> float:
    """The variance of the season, less what chance adds."""
    swings = [rows.mean(0).var() - rows.var(0, ddof=1).mean() / len(rows) for rows in places]
    return float(np.mean(swings))


def _error(columns: Sequence[np.ndarray], period: int, day: int | None) -> float:
    """The mean error of repeating the season, for a day at least, as a share of the rows' spread:
    rows an hour apart are alike, and the last hour repeated is still no forecast of a day."""
    lags = range(period, max(period, day or 0) + 1, period)
    errors = [np.abs(x[k:] - x[:-k]).mean() for k in lags for x in columns if len(x) > k]
    return float(np.mean(errors))


def naive_scale(values: Sequence[np.ndarray], season: int) -> np.ndarray:
    """Mean absolute error of repeating the season on training rows, `(columns,)`: MASE's unit
    (Hyndman & Koehler 2006); of the last value where rows are fewer than a season."""
    steps = [np.abs(v[season:] - v[:-season]) for v in values if len(v) > season]
    steps = steps or [np.abs(np.diff(v, axis=0)) for v in values if len(v) > 1]
    return np.concatenate(steps).mean(0) if steps else np.zeros(values[0].shape[1])
