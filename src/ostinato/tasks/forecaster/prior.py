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


def context_of(values: Tensor, seasons: Tensor, horizon: int) -> Context:
    """What the network is told of series, from `(batch, rows)` of history.

    Args:
        values: float64, each series at the right, NaN before its first row and nowhere else.
        seasons: `(batch, 2)`, whole numbers, rows of the season and of a longer one; 1 for none.
        horizon: rows to answer; a whole number of patches.
    """
    batch, rows = values.shape
    known = ~torch.isnan(values)
    values = torch.where(known, values, 0.0)
    count = known.sum(1)
    season, longer = seasons[:, :1], seasons[:, 1:]

    def fetch(place: Tensor) -> tuple[Tensor, Tensor]:
        """Values at places counted from the end (-1 is the last row), and whether there are."""
        flat = (place + rows).flatten(1)
        inside = (flat >= 0) & (flat < rows)
        flat = flat.clamp(0, rows - 1)
        found, there = values.gather(1, flat), known.gather(1, flat) & inside
        return found.reshape(place.shape), there.reshape(place.shape)

    # Scales: a level, a spread around it, and the error of repeating the season.
    sums = torch.nn.functional.pad(values.cumsum(1), (1, 0))

    def mean(end: Tensor, length: Tensor) -> Tensor:
        """Mean over `length` rows that end before the row `end`, of those that there are."""
        stop = (end + rows).clamp(0, rows)
        start = torch.maximum((stop - length).clamp(min=0), rows - count[:, None])
        total = sums.gather(1, stop) - sums.gather(1, torch.minimum(start, stop))
        return total / (stop - start).clamp(min=1)

    zero = torch.zeros_like(season)
    window = season.clamp(16, 256)
    level = mean(zero, window)
    recent = torch.arange(-PATCH * STEPS, 0)[None].expand(batch, -1)
    value, there = fetch(recent)
    spread = _mean(torch.abs(value - level), there)
    spread = torch.maximum(spread, 1e-6 * level.abs()) + 1e-12 * (spread == 0) + 1e-30

    def error(lag: Tensor) -> tuple[Tensor, Tensor]:
        """Mean error of repeating `lag` rows, where there are some, and whether there are."""
        long = torch.arange(-512, 0)[None].expand(batch, -1)
        (late, a), (early, b) = fetch(long), fetch(long - lag)
        return _mean((late - early).abs(), a & b), (a & b).any(1, keepdim=True)

    one = torch.ones_like(season)
    (season_error, seen), (long_error, long_seen), (last_error, _) = map(
        error, (season, longer, one)
    )
    unit = torch.where(seen, season_error, torch.minimum(last_error, spread))
    unit = torch.maximum(unit, 0.02 * spread)

    def scaled(x: Tensor) -> Tensor:
        return torch.asinh((x - level) / spread)

    # Rows to read: the value, its changes over a season, places in both seasons.
    columns = [torch.where(there, scaled(value), 0.0), there.double()]
    for lag in (season, longer, one):
        early, b = fetch(recent - lag)
        change = torch.asinh((value - early) / unit)
        columns.append(torch.where(there & b & (lag > 0), change, 0.0))
    columns += [*_phase(recent, season), *_phase(recent, longer)]
    read = torch.stack(columns, -1).unflatten(1, (STEPS, PATCH)).flatten(2)
    some = there.unflatten(1, (STEPS, PATCH)).any(-1)
    fresh = some & ~torch.nn.functional.pad(some[:, :-1], (1, 0))

    # Rows to write: what naive forecasts answer, distance, places in both seasons.
    ahead = torch.arange(horizon)[None].expand(batch, -1)
    naive: list[Tensor] = []
    allowed: list[Tensor] = []
    now = mean(zero, season)
    for lag, number in ((season, LAGS), (longer, LONG_LAGS)):
        first = ahead - lag * (ahead // lag + 1)
        for k in range(number):
            found, b = fetch(first - k * lag)
            b = b & (lag > 1) if number == LONG_LAGS else b
            naive.append(found)
            allowed.append(b)
            if number == LAGS and k:  # raised to the level of the last season
                naive.append(found + now - mean(-k * season, season))
                allowed.append(b & (count[:, None] >= (k + 1) * season))
    last, _ = fetch(torch.full_like(ahead, -1))
    naive += [last, *(mean(zero, zero + n).expand_as(last) for n in (8, 32)), now.expand_as(last)]
    allowed += [torch.ones_like(last, dtype=torch.bool)] * 4
    # Naive forecasts that go on rising or falling.
    before, grows = mean(-season, season), count[:, None] >= 2 * season
    seasons_on = ahead // season + 1
    ratio = torch.where((before > 0) & (now > 0), now / before.clamp(min=1e-300), 1.0)
    naive += [naive[0] + seasons_on * (now - before), naive[0] * ratio.clamp(0.5, 2) ** seasons_on]
    allowed += [grows.expand_as(last), (grows & (before > 0) & (now > 0)).expand_as(last)]
    steps_on = ahead + 1
    for length in (zero + 3, torch.maximum(2 * season, zero + 12), zero + PATCH * STEPS):
        length = torch.minimum(length, count[:, None] - 1).clamp(min=1)
        early, _ = fetch(-1 - length)
        slope = (last[:, :1] - early) / length
        naive.append(last + slope * steps_on)
        allowed.append((count[:, None] > 2).expand_as(last))
    early, _ = fetch(-1 - torch.minimum(zero + 4, count[:, None] - 1).clamp(min=1))
    damped = 9 * (1 - 0.9 ** steps_on.double())
    naive.append(last + (last[:, :1] - early) / 4 * damped)
    allowed.append((count[:, None] > 4).expand_as(last))
    # None far outside of what the rows read have shown: an old scale, or growth without end.
    reach = 4 * torch.where(there, (value - level).abs(), 0.0).amax(1)[:, None, None] + 1e-30
    middle = level[..., None]
    answers = torch.stack(naive, -1).clamp(middle - reach, middle + reach)
    may = torch.stack(allowed, -1)
    base = torch.where(may[..., :1], answers[..., :1], last[..., None])
    write = [
        torch.where(may, torch.asinh((answers - level[..., None]) / spread[..., None]), 0.0),
        torch.where(may, torch.asinh((answers - base) / unit[..., None]), 0.0),
        may.double(),
        torch.stack(
            [
                *_phase(ahead, season),
                *_phase(ahead, longer),
                torch.log1p(ahead.double()) / 4,
                torch.tanh(ahead / season / 4),
                torch.tanh(ahead / longer / 4),
            ],
            -1,
        ),
    ]
    zeros = _mean((value == 0).double(), there)
    low = torch.where(there, value, torch.inf).amin(1, keepdim=True)
    facts = torch.cat(
        [
            torch.log(unit / spread),
            torch.where(long_seen, torch.log(long_error / unit + 1e-2), 0.0),
            torch.log(last_error / unit + 1e-2),
            torch.asinh(level / spread) / 3,
            torch.log(season.double()) / 3,
            torch.log(longer.double()) / 3,
            torch.log(count[:, None].double()) / 5,
            torch.log(count[:, None] / season) / 3,
            (low >= 0).double(),
            zeros,
            seen.double(),
            long_seen.double() * (longer > 1),
        ],
        -1,
    )
    answers = torch.where(may, (answers - level[..., None]) / unit[..., None], 0.0)
    return Context(
        read.float(),
        fresh,
        facts.float(),
        torch.cat(write, -1).float(),
        answers.float(),
        may,
        level,
        unit,
    )


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
