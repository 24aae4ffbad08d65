"""Made-up series for the network that forecasts at once. No real series is read here.

A series is a trend, seasons, noise and events, added or multiplied, then taken through a form
(counts, clipped, rounded, ...). Every choice is drawn from the random generator that the caller
gives, so that the same seed makes the same series.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

# Paces of tables in practice: the season, the longer season beside it, and how often it is drawn.
PACES: tuple[tuple[int, int, float], ...] = (
    (24, 168, 0.20),  # hours: day and week
    (48, 336, 0.06),  # half hours
    (96, 672, 0.06),  # quarters of an hour
    (7, 365, 0.14),  # days: week and year
    (5, 261, 0.05),  # working days
    (52, 0, 0.08),  # weeks
    (12, 0, 0.20),  # months
    (4, 0, 0.07),  # quarters
    (1, 0, 0.06),  # years, or no season
    (0, 0, 0.08),  # any number of rows
)
LONGEST = 2048  # rows of history


@dataclass(frozen=True)
class Made:
    """One series: `values (history + horizon,)`, the seasons to tell the network, 1 for none."""

    values: np.ndarray
    season: int
    longer: int


def make(rng: np.random.Generator, horizon: int) -> Made:
    """A series of random length, with `horizon` rows after its history."""
    shares = np.array([share for *_, share in PACES])
    season, longer, _ = PACES[rng.choice(len(PACES), p=shares / shares.sum())]
    if season == 0:
        season = int(rng.integers(2, 61))
        longer = season * int(rng.integers(2, 9)) if rng.random() < 0.3 else 0
    history = _length(rng, season, longer)
    rows = history + horizon
    seasons = [s for s in (season, longer) if s > 1]
    values = _series(rng, rows, seasons)
    # Now and then the season that is told does not exist, or the one that exists is not told.
    told = [s if rng.random() > 0.06 else 1 for s in (season, longer or 1)]
    if told[0] == 1 and told[1] > 1:
        told = [told[1], 1]
    if told[0] == 1 and rng.random() < 0.3:
        told[0] = int(rng.choice([4, 7, 12, 24]))
    return Made(values, told[0], told[1])


def _length(rng: np.random.Generator, season: int, longer: int) -> int:
    """Rows of history: from two seasons to many, short and long alike."""
    low = max(12, min(2 * season, 400)) if rng.random() < 0.9 else 12
    high = min(LONGEST, max(8 * season, 4 * longer, 200))
    return int(np.exp(rng.uniform(np.log(low), np.log(max(high, low + 1)))))


def _series(rng: np.random.Generator, rows: int, seasons: list[int]) -> np.ndarray:
    kind = rng.random()
    if kind < 0.08:
        return _price(rng, rows) if rng.random() < 0.7 else _form(rng, _price(rng, rows))
    if kind < 0.13:
        return _intermittent(rng, rows, seasons)
    if kind < 0.26:
        return _growth(rng, rows, seasons)
    trend = _trend(rng, rows) * _spread(rng, 0.05, 3.0)
    season = np.zeros(rows)
    if seasons and rng.random() < (0.7 if seasons[0] in (5, 7, 52) else 0.92):
        season = _seasons(rng, rows, seasons)
    noise = _noise(rng, rows) * _spread(rng, 0.03, 1.5)
    if rng.random() < 0.25:  # the noise grows with the season or with the level
        noise = noise * np.clip(1 + rng.uniform(0.2, 1) * np.tanh(season + trend), 0.1, None)
    if rng.random() < 0.3:
        values = np.exp(_narrow(trend + season + noise, rng.uniform(0.1, 0.8)))
    elif rng.random() < 0.3:
        level = 1 + _narrow(trend, rng.uniform(0.1, 0.5)).clip(-0.8, 3)
        values = level * (1 + _narrow(season, rng.uniform(0.05, 0.5))) + 0.1 * noise
    else:
        values = trend + season + noise
    return _form(rng, _events(rng, values))


def _spread(rng: np.random.Generator, low: float, high: float) -> float:
    """A number with an even logarithm."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _narrow(values: np.ndarray, spread: float) -> np.ndarray:
    return values * (spread / max(float(values.std()), 1e-6))


def _unit(values: np.ndarray) -> np.ndarray:
    values = values - values.mean()
    return values / max(float(values.std()), 1e-9)


# Trends.


def _trend(rng: np.random.Generator, rows: int) -> np.ndarray:
    """The slow part, with a spread of 1 over about 200 rows."""
    t = np.arange(rows) / rows
    kind = rng.integers(9)
    if kind == 0:
        return np.zeros(rows)
    if kind == 1:
        return rng.choice([-1, 1]) * 3.0 * t * rng.uniform(0.2, 1.5)
    if kind == 2:  # a random walk
        return np.cumsum(rng.standard_normal(rows)) / np.sqrt(max(rows, 50)) * 2
    if kind == 3:  # a smooth walk: its slope wanders and is pulled to zero
        slope = lfilter([1], [1, -rng.uniform(0.9, 0.995)], rng.standard_normal(rows))
        return _unit(np.cumsum(slope))
    if kind == 4:  # straight pieces
        knots = np.sort(rng.random(rng.integers(1, 5)))
        slopes = rng.standard_normal(len(knots) + 1) * 3
        return np.cumsum(slopes[np.searchsorted(knots, t)]) / rows
    if kind == 5:  # growth that ends, or that does not
        rate, middle = rng.uniform(3, 12), rng.uniform(0.1, 1.1)
        return rng.choice([-1, 1]) * 2.5 / (1 + np.exp(-rate * (t - middle)))
    if kind == 6:
        return rng.choice([-1, 1]) * np.exp(rng.uniform(0.5, 3) * t) / 4
    if kind == 7:  # it wanders and comes back to its mean
        pull = 1 - _spread(rng, 0.003, 0.3)
        return _unit(lfilter([1], [1, -pull], rng.standard_normal(rows)))
    waves = np.zeros(rows)  # slow waves that are no season
    for _ in range(rng.integers(1, 4)):
        period = rows * rng.uniform(0.2, 3)
        waves += rng.normal() * np.sin(2 * np.pi * (np.arange(rows) / period + rng.random()))
    return waves


# Seasons.


def _seasons(rng: np.random.Generator, rows: int, seasons: list[int]) -> np.ndarray:
    first = seasons[0]
    size = _spread(rng, 0.3, 3.0)
    if len(seasons) == 1:
        return size * _season(rng, rows, first)
    longer = seasons[1]
    kind = rng.random()
    if longer % first == 0 and kind < 0.45:
        return size * _weeks_on_days(rng, rows, first, longer // first)
    if kind < 0.6:
        return size * _season(rng, rows, first)
    if kind < 0.7:
        return size * _season(rng, rows, longer)
    second = _season(rng, rows, longer) * _spread(rng, 0.2, 2.0)
    if rng.random() < 0.25:
        return size * _season(rng, rows, first) * (1 + 0.5 * np.tanh(second))
    return size * (_season(rng, rows, first) + second)


def _season(rng: np.random.Generator, rows: int, period: int) -> np.ndarray:
    """A pattern that returns every `period` rows, with a spread of about 1, and may change."""
    begin, cycles = int(rng.integers(period)), rows // period + 2
    place = (begin + np.arange(rows)) % period
    cycle = (begin + np.arange(rows)) // period
    kind = rng.random()
    if kind < 0.25:  # the pattern itself changes from cycle to cycle
        keep = 1 - _spread(rng, 0.005, 0.3)
        fresh = np.stack([_profile(rng, period) for _ in range(min(cycles, 6))])
        fresh = fresh[rng.integers(len(fresh), size=cycles)]
        patterns = lfilter([1], [1, -keep], fresh, axis=0) * np.sqrt(1 - keep**2)
        return _unit(patterns[cycle, place])
    pattern = _profile(rng, period)[place]
    if kind < 0.45:  # its size changes
        sway = np.cumsum(rng.standard_normal(cycles + 1)) * rng.uniform(0.02, 0.2)
        size = np.exp(sway - sway.mean())
        along = (begin + np.arange(rows)) / period
        pattern = pattern * np.interp(along, np.arange(cycles + 1), size)
    return pattern


def _profile(rng: np.random.Generator, period: int) -> np.ndarray:
    """One cycle, `(period,)`, of mean 0 and spread 1."""
    t = np.arange(period) / period
    kind = rng.random()
    if period <= 2 or kind < 0.25:  # a table of numbers
        values = rng.standard_normal(period)
        if rng.random() < 0.5 and period > 4:
            width = int(rng.integers(2, max(3, period // 3)))
            values = np.convolve(np.tile(values, 3), np.ones(width), "same")[period : 2 * period]
    elif kind < 0.65:  # harmonics
        values = np.zeros(period)
        fall = rng.uniform(0.5, 2)
        for k in range(1, int(rng.integers(1, 7)) + 1):
            if 2 * k <= period:
                values += rng.normal() / k**fall * np.sin(2 * np.pi * (k * t + rng.random()))
    elif kind < 0.85:  # pulses: opening hours, shifts, pay days
        values = np.zeros(period)
        for _ in range(int(rng.integers(1, 4))):
            start, long = rng.random(), rng.uniform(0.5 / period, 0.5)
            values += rng.normal() * (((t - start) % 1) < long)
    else:  # bumps with soft sides
        values = np.zeros(period)
        for _ in range(int(rng.integers(1, 4))):
            away = np.abs((t - rng.random() + 0.5) % 1 - 0.5)
            values += rng.normal(0.5) * np.exp(-0.5 * (away / rng.uniform(0.02, 0.2)) ** 2)
    return _unit(values)


def _weeks_on_days(rng: np.random.Generator, rows: int, day: int, days: int) -> np.ndarray:
    """Days whose pattern, level or size depends on the day of the week."""
    work, rest = _profile(rng, day), _profile(rng, day)
    mix = rng.uniform(0, 1) if rng.random() < 0.7 else 0.0
    free = max(1, round(days * 2 / 7)) if rng.random() < 0.7 else int(rng.integers(1, days))
    level = rng.normal() * _spread(rng, 0.1, 1.5)
    table = np.tile(work, (days, 1))
    table[-free:] = (1 - mix) * work * _spread(rng, 0.3, 1.2) + mix * rest + level
    table += 0.15 * rng.random() * rng.standard_normal((days, 1))
    place = (int(rng.integers(day * days)) + np.arange(rows)) % (day * days)
    values = _unit(table.reshape(-1))[place]
    if rng.random() < 0.4:  # days are higher and lower by chance, and the next ones remember it
        count = rows // day + 2
        sway = lfilter([1], [1, -rng.uniform(0.3, 0.95)], rng.standard_normal(count))
        sway = sway * rng.uniform(0.02, 0.3)
        values = values + np.interp(np.arange(rows) / day, np.arange(count), sway)
    return values


# Noise, prices, counts.


def _noise(rng: np.random.Generator, rows: int) -> np.ndarray:
    kind = rng.random()
    if kind < 0.3:
        shocks = rng.standard_normal(rows)
    elif kind < 0.5:
        shocks = rng.standard_t(rng.uniform(2.5, 8), rows).clip(-12, 12)
    elif kind < 0.6:
        shocks = rng.gamma(rng.uniform(0.5, 3), size=rows)
    else:
        shocks = rng.standard_normal(rows)
    if rng.random() < 0.2:  # quiet and loud times
        calm = lfilter([1], [1, -rng.uniform(0.9, 0.99)], rng.standard_normal(rows))
        shocks = shocks * np.exp(0.7 * _unit(calm))
    kind = rng.random()
    if kind < 0.45:
        shocks = lfilter([1], [1, -rng.uniform(0.2, 0.98)], shocks)
    elif kind < 0.55:
        root, angle = rng.uniform(0.5, 0.97), rng.uniform(0, np.pi)
        shocks = lfilter([1], [1, -2 * root * np.cos(angle), root**2], shocks)
    elif kind < 0.65:
        shocks = lfilter([1, rng.uniform(-0.9, 0.9)], [1], shocks)
    if rng.random() < 0.1:  # single values far away
        shocks = shocks + (rng.random(rows) < 0.01) * rng.standard_normal(rows) * 8 * shocks.std()
    return _unit(shocks)


def _price(rng: np.random.Generator, rows: int) -> np.ndarray:
    """A walk whose steps are heavy-tailed, loud and quiet by turns, in proportion to the level."""
    steps = rng.standard_t(rng.uniform(3, 10), rows).clip(-15, 15)
    loud = lfilter([1], [1, -rng.uniform(0.9, 0.995)], rng.standard_normal(rows))
    steps = steps * np.exp(rng.uniform(0, 0.6) * _unit(loud)) * _spread(rng, 0.002, 0.05)
    drift = rng.normal() * 0.05 * steps.std()
    return np.exp(np.clip(np.cumsum(steps + drift), -8, 8))


def _growth(rng: np.random.Generator, rows: int, seasons: list[int]) -> np.ndarray:
    """An economy's figures: steps remember the steps before and drift one way; little noise."""
    steps = rng.standard_normal(rows) if rng.random() < 0.6 else rng.standard_t(4, rows)
    if rng.random() < 0.6:
        steps = lfilter([1], [1, -rng.uniform(0.1, 0.95)], steps)
    elif rng.random() < 0.5:
        steps = lfilter([1, -rng.uniform(0.1, 0.9)], [1], steps)
    steps = _unit(steps) + rng.normal() * _spread(rng, 0.05, 3)
    if rng.random() < 0.15:  # the pace of growth itself wanders
        steps = steps + np.cumsum(rng.standard_normal(rows)) * _spread(rng, 0.02, 0.5)
    values = np.cumsum(steps)
    if seasons and rng.random() < 0.6:
        values = values + _seasons(rng, rows, seasons) * _spread(rng, 0.3, 10)
    if rng.random() < 0.4:
        values = values + _noise(rng, rows) * _spread(rng, 0.1, 3)
    kind = rng.random()
    if kind < 0.35:
        return np.exp(_narrow(values, _spread(rng, 0.03, 1)).clip(-8, 8)) * _spread(rng, 1, 1e4)
    if kind < 0.7:
        return values - values.min() + _spread(rng, 0.1, 10) * values.std()
    return _form(rng, values)


def _intermittent(rng: np.random.Generator, rows: int, seasons: list[int]) -> np.ndarray:
    """Counts of which most are zero."""
    rate = _spread(rng, 0.05, 2.0) * np.exp(0.5 * _trend(rng, rows).clip(-3, 3))
    if seasons and rng.random() < 0.5:
        rate = rate * np.exp(rng.uniform(0.2, 1) * _season(rng, rows, seasons[0]).clip(-3, 3))
    sold = rng.random(rows) < rate.clip(0, 1)
    return sold * rng.negative_binomial(rng.uniform(0.5, 5), rng.uniform(0.2, 0.9), rows).clip(1)


def _events(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Shifts of level, times without a reading, and events that pass."""
    rows, spread = len(values), float(values.std()) + 1e-9
    if rng.random() < 0.12:
        for _ in range(int(rng.integers(1, 4))):
            values = values + (np.arange(rows) >= rng.integers(rows)) * rng.normal() * spread
    if rng.random() < 0.05:
        for _ in range(int(rng.integers(1, 4))):
            start = int(rng.integers(rows))
            long = int(_spread(rng, 1, max(2, rows / 20)))
            values = values.copy()
            values[start : start + long] = values.min() if rng.random() < 0.5 else 0.0
    if rng.random() < 0.08:
        start, fall = int(rng.integers(rows)), _spread(rng, 2, 60)
        after = np.arange(rows) - start
        values = values + (after >= 0) * np.exp(-np.maximum(after, 0) / fall) * rng.normal() * (
            3 * spread
        )
    return values


def _form(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """The values as a table would hold them: in units, counted, clipped, rounded."""
    kind = rng.random()
    if values.std() < 1e-12:
        values = values + 1e-9 * rng.standard_normal(len(values))
    if kind < 0.12:  # counts
        level = _spread(rng, 0.3, 300)
        rate = level * np.exp(_narrow(values - values.mean(), rng.uniform(0.1, 0.9)).clip(-5, 3))
        if rng.random() < 0.5:
            rate = rate * rng.gamma(k := _spread(rng, 1, 30), 1 / k, len(values))
        return rng.poisson(rate.clip(0, 1e6)).astype(np.float64)
    if kind < 0.18:  # nothing under a floor: rain, sunlight, sales while there is stock
        return np.maximum(values - np.quantile(values, rng.uniform(0.05, 0.6)), 0)
    if kind < 0.22:
        return np.clip(values, *np.quantile(values, [rng.uniform(0, 0.2), rng.uniform(0.8, 1)]))
    if kind < 0.30:  # far above zero, and rounded
        return np.round(values / values.std() * _spread(rng, 3, 1000))
    if kind < 0.60:  # positive
        low = values.min()
        return values - low + rng.uniform(0, 3) * values.std()
    if kind < 0.63:
        return -values
    return values
