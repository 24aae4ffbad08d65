"""The network that forecasts any series at once, trained on made-up series alone."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from ostinato import nn

LEVELS = (0.025, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.975)
"""Quantiles that the network answers; the middle one is the forecast."""
PATCH = 8  # rows that the network reads or writes as one step
STEPS = 32  # steps read: the last 256 rows
LAGS, LONG_LAGS = 4, 3  # seasons looked back
_CANDIDATES = LAGS + LONG_LAGS + (LAGS - 1) + 4 + 6
_READ = 9  # columns of a row read
_WRITE = 3 * _CANDIDATES + 4 + 3
_SERIES = 12
MIDDLE = len(LEVELS) // 2


class Context(NamedTuple):
    """Series on their own scales, as the network takes them.

    Shapes: read `(batch, steps, PATCH * columns)`, fresh `(batch, steps)` (a series begins here),
    facts `(batch, facts)`, write `(batch, rows, columns)`, naive `(batch, rows, candidates)` and
    allowed of the same shape, all but the last in units of `spread`, around `level`.
    """

    read: Tensor
    fresh: Tensor
    facts: Tensor
    write: Tensor
    naive: Tensor
    allowed: Tensor
    level: Tensor
    spread: Tensor


class History:
    """Series that end at the same row, and what can be asked of them.

    Args:
        values: as of `context_of`.

    Attributes:
        rows: of the longest.
        count: `(batch, 1)`, rows of each.
    """

    def __init__(self, values: Tensor) -> None:
        self.known = ~torch.isnan(values)
        self.values = torch.where(self.known, values, 0.0)
        self.rows, self.count = values.shape[1], self.known.sum(1)[:, None]
        self._sums = torch.nn.functional.pad(self.values.cumsum(1), (1, 0))

    def at(self, place: Tensor) -> tuple[Tensor, Tensor]:
        """Values at places counted from the end (-1 is the last row), and whether there are."""
        flat = (place + self.rows).flatten(1)
        inside = (flat >= 0) & (flat < self.rows)
        flat = flat.clamp(0, self.rows - 1)
        found, there = self.values.gather(1, flat), self.known.gather(1, flat) & inside
        return found.reshape(place.shape), there.reshape(place.shape)

    def mean(self, end: Tensor, length: Tensor) -> Tensor:
        """Mean over `length` rows that end before the row `end`, of those that there are."""
        stop = (end + self.rows).clamp(0, self.rows)
        start = torch.maximum((stop - length).clamp(min=0), self.rows - self.count)
        total = self._sums.gather(1, stop) - self._sums.gather(1, torch.minimum(start, stop))
        return total / (stop - start).clamp(min=1)

    def error(self, lag: Tensor) -> tuple[Tensor, Tensor]:
        """Mean error of repeating `lag` rows, where there are some, and whether there are."""
        long = torch.arange(-512, 0)[None].expand(len(lag), -1)
        (late, a), (early, b) = self.at(long), self.at(long - lag)
        return _mean((late - early).abs(), a & b), (a & b).any(1, keepdim=True)

    def slope(self, length: Tensor) -> Tensor:
        """The change a row over the last `length` rows, or as many as there are."""
        length = torch.minimum(length, self.count - 1).clamp(min=1)
        return (self.at(torch.full_like(length, -1))[0] - self.at(-1 - length)[0]) / length


class _Scales(NamedTuple):
    """A level, a spread around it and the error of repeating the season, `(batch, 1)` each; and
    the errors of repeating a longer season and the last value."""

    level: Tensor
    spread: Tensor
    unit: Tensor
    seen: Tensor
    long_error: Tensor
    long_seen: Tensor
    last_error: Tensor

    @classmethod
    def of(cls, history: History, season: Tensor, longer: Tensor, recent: Tensor) -> _Scales:
        level = history.mean(torch.zeros_like(season), season.clamp(16, 256))
        value, there = history.at(recent)
        spread = _mean(torch.abs(value - level), there)
        spread = torch.maximum(spread, 1e-6 * level.abs()) + 1e-12 * (spread == 0) + 1e-30
        season_error, seen = history.error(season)
        long_error, long_seen = history.error(longer)
        last_error, _ = history.error(torch.ones_like(season))
        unit = torch.where(seen, season_error, torch.minimum(last_error, spread))
        unit = torch.maximum(unit, 0.02 * spread)
        return cls(level, spread, unit, seen, long_error, long_seen, last_error)


def context_of(values: Tensor, seasons: Tensor, horizon: int) -> Context:
    """What the network is told of series, from `(batch, rows)` of history.

    Args:
        values: float64, each series at the right, NaN before its first row and nowhere else.
        seasons: `(batch, 2)`, whole numbers, rows of the season and of a longer one; 1 for none.
        horizon: rows to answer; a whole number of patches.
    """
    history = History(values)
    season, longer = seasons[:, :1], seasons[:, 1:]
    recent = torch.arange(-PATCH * STEPS, 0)[None].expand(len(values), -1)
    ahead = torch.arange(horizon)[None].expand(len(values), -1)
    scales = _Scales.of(history, season, longer, recent)
    read, fresh = _read(history, season, longer, recent, scales)
    answers, allowed = _naive(history, season, longer, ahead)
    # None far outside of what the rows read have shown: an old scale, or growth without end.
    value, there = history.at(recent)
    reach = torch.where(there, (value - scales.level).abs(), 0.0).amax(1)[:, None, None]
    reach, middle = 4 * reach + 1e-30, scales.level[..., None]
    answers = answers.clamp(middle - reach, middle + reach)
    last, _ = history.at(torch.full_like(ahead, -1))
    base = torch.where(allowed[..., :1], answers[..., :1], last[..., None])
    write = _write(answers, allowed, base, scales, season, longer, ahead)
    unit = scales.unit[..., None]
    return Context(
        read.float(),
        fresh,
        _facts(history, season, longer, recent, scales).float(),
        write.float(),
        torch.where(allowed, (answers - middle) / unit, 0.0).float(),
        allowed,
        scales.level,
        scales.unit,
    )


def _read(
    history: History, season: Tensor, longer: Tensor, recent: Tensor, scales: _Scales
) -> tuple[Tensor, Tensor]:
    """The rows to read, `(batch, steps, PATCH * columns)`: the value, its changes over each season
    and a row, places in both seasons; and where a series begins, `(batch, steps)`."""
    value, there = history.at(recent)
    scaled = torch.asinh((value - scales.level) / scales.spread)
    columns = [torch.where(there, scaled, 0.0), there.double()]
    for lag in (season, longer, torch.ones_like(season)):
        early, known = history.at(recent - lag)
        change = torch.asinh((value - early) / scales.unit)
        columns.append(torch.where(there & known & (lag > 0), change, 0.0))
    columns += [*_phase(recent, season), *_phase(recent, longer)]
    some = there.unflatten(1, (STEPS, PATCH)).any(-1)
    fresh = some & ~torch.nn.functional.pad(some[:, :-1], (1, 0))
    return torch.stack(columns, -1).unflatten(1, (STEPS, PATCH)).flatten(2), fresh


def _naive(
    history: History, season: Tensor, longer: Tensor, ahead: Tensor
) -> tuple[Tensor, Tensor]:
    """What naive forecasts answer, `(batch, rows, candidates)`, in the user's units, and which of
    them there are."""
    answers: list[Tensor] = []
    allowed: list[Tensor] = []
    zero, count = torch.zeros_like(season), history.count
    now = history.mean(zero, season)

    def add(answer: Tensor, there: Tensor) -> None:
        answers.append(answer.expand(ahead.shape))
        allowed.append(there.expand(ahead.shape))

    for lag, number in ((season, LAGS), (longer, LONG_LAGS)):
        first = ahead - lag * (ahead // lag + 1)
        for k in range(number):
            found, known = history.at(first - k * lag)
            add(found, known & (lag > 1) if number == LONG_LAGS else known)
            if number == LAGS and k:  # raised to the level of the last season
                raised = found + now - history.mean(-k * season, season)
                add(raised, known & (count >= (k + 1) * season))
    last, _ = history.at(torch.full_like(ahead, -1))
    always = torch.ones_like(last, dtype=torch.bool)
    for level in (last, *(history.mean(zero, zero + n) for n in (8, 32)), now):
        add(level, always)
    # Naive forecasts that go on rising or falling.
    before, grows = history.mean(-season, season), count >= 2 * season
    seasons_on, above = ahead // season + 1, (before > 0) & (now > 0)
    ratio = torch.where(above, now / before.clamp(min=1e-300), 1.0)
    add(answers[0] + seasons_on * (now - before), grows)
    add(answers[0] * ratio.clamp(0.5, 2) ** seasons_on, grows & above)
    for length in (zero + 3, torch.maximum(2 * season, zero + 12), zero + PATCH * STEPS):
        add(last + history.slope(length) * (ahead + 1), count > 2)
    early, _ = history.at(-1 - torch.minimum(zero + 4, count - 1).clamp(min=1))
    damped = 9 * (1 - 0.9 ** (ahead + 1).double())
    add(last + (last[:, :1] - early) / 4 * damped, count > 4)
    return torch.stack(answers, -1), torch.stack(allowed, -1)


def _write(
    answers: Tensor,
    allowed: Tensor,
    base: Tensor,
    scales: _Scales,
    season: Tensor,
    longer: Tensor,
    ahead: Tensor,
) -> Tensor:
    """The rows to write: what naive forecasts answer, by themselves and beside `base`, distance,
    places in both seasons."""
    level, spread, unit = (each[..., None] for each in scales[:3])
    places = [
        *_phase(ahead, season),
        *_phase(ahead, longer),
        torch.log1p(ahead.double()) / 4,
        torch.tanh(ahead / season / 4),
        torch.tanh(ahead / longer / 4),
    ]
    parts = [
        torch.where(allowed, torch.asinh((answers - level) / spread), 0.0),
        torch.where(allowed, torch.asinh((answers - base) / unit), 0.0),
        allowed.double(),
        torch.stack(places, -1),
    ]
    return torch.cat(parts, -1)


def _facts(
    history: History, season: Tensor, longer: Tensor, recent: Tensor, scales: _Scales
) -> Tensor:
    """`(batch, facts)` of each series as a whole."""
    value, there = history.at(recent)
    low = torch.where(there, value, torch.inf).amin(1, keepdim=True)
    unit = scales.unit
    facts = [
        torch.log(unit / scales.spread),
        torch.where(scales.long_seen, torch.log(scales.long_error / unit + 1e-2), 0.0),
        torch.log(scales.last_error / unit + 1e-2),
        torch.asinh(scales.level / scales.spread) / 3,
        torch.log(season.double()) / 3,
        torch.log(longer.double()) / 3,
        torch.log(history.count.double()) / 5,
        torch.log(history.count / season) / 3,
        (low >= 0).double(),
        _mean((value == 0).double(), there),
        scales.seen.double(),
        scales.long_seen.double() * (longer > 1),
    ]
    return torch.cat(facts, -1)


def _mean(values: Tensor, there: Tensor) -> Tensor:
    return torch.where(there, values, 0.0).sum(1, keepdim=True) / there.sum(1, keepdim=True).clamp(
        min=1
    )


def _phase(place: Tensor, period: Tensor) -> list[Tensor]:
    angle = 2 * torch.pi * (place % period) / period
    return [torch.sin(angle) * (period > 1), torch.cos(angle) * (period > 1)]


class Prior(torch.nn.Module):
    """Recent rows in, quantiles of the rows to come out: a mixture of naive answers, corrected.

    Two GRU layers read patches of 8 rows; two more begin from their states and write patches. Each
    row is then answered by itself: weights of the naive answers (values one to four seasons back,
    as they were and raised to the present level; one to three longer seasons back; the last value,
    recent means, and lines that go on from them), a correction, and the distances between the
    quantiles.

    Shape: a `Context` to `(batch, rows, len(LEVELS))`, in units of `spread` around `level`.
    """

    def __init__(self, hidden_size: int = 192, embedding: int = 32, head: int = 64) -> None:
        super().__init__()
        self.head_size = head
        self.reading = torch.nn.ModuleList(
            nn.GRU(size, hidden_size, batch_first=True)
            for size in (PATCH * _READ + _SERIES, hidden_size)
        )
        self.row = nn.Linear(_WRITE, embedding)
        self.writing = torch.nn.ModuleList(
            nn.GRU(size, hidden_size, batch_first=True)
            for size in (PATCH * embedding + _SERIES, hidden_size)
        )
        self.spreading = nn.Linear(hidden_size, PATCH * head)
        self.beside = nn.Linear(_WRITE + _SERIES, head)
        self.between = nn.Linear(head, head)
        self.answer = nn.Linear(head, _CANDIDATES + len(LEVELS))
        with torch.no_grad():
            self.answer.weight.mul_(0.1)
            self.answer.bias.zero_()
            self.answer.bias[0] = 1.5  # at first it repeats the season

    def forward(self, given: Context) -> Tensor:
        batch, rows = given.write.shape[:2]
        steps = rows // PATCH
        facts = given.facts[:, None]
        x = torch.cat([given.read, facts.expand(-1, STEPS, -1)], -1)
        states = []
        for layer in self.reading:
            x, state = layer(x, resets=given.fresh)
            states.append(state)
        x = torch.relu(self.row(given.write)).reshape(batch, steps, -1)
        x = torch.cat([x, facts.expand(-1, steps, -1)], -1)
        for layer, state in zip(self.writing, states, strict=True):
            x, _ = layer(x, state)
        x = self.spreading(x).reshape(batch, rows, self.head_size)
        x = x + self.beside(torch.cat([given.write, facts.expand(-1, rows, -1)], -1))
        x = torch.relu(x)
        x = torch.relu(x + self.between(x))
        weights, rest = self.answer(x).split([_CANDIDATES, len(LEVELS)], -1)
        weights = torch.where(given.allowed, weights, -1e9).softmax(-1)
        middle = (weights * given.naive).sum(-1, keepdim=True) + rest[..., MIDDLE : MIDDLE + 1]
        gaps = torch.nn.functional.softplus(rest - 1.0)
        below = gaps[..., :MIDDLE].flip(-1).cumsum(-1).flip(-1)
        above = gaps[..., MIDDLE + 1 :].cumsum(-1)
        return torch.cat([middle - below, middle, middle + above], -1)
