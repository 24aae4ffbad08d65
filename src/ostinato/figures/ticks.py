"""Where an axis has its marks and what they say; no two say the same."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_MINUS = "−"


class Ticks(NamedTuple):
    """Marks of an axis: their places, their words, and what to add to the axis' own words, such
    as a power of ten."""

    places: list[float]
    words: list[str]
    note: str = ""


def number(value: float | None, form: str | None = None) -> str:
    """A value as a reader wants it: four figures, thousands separated, no trailing zeros.

    Tables, headlines and the numbers in pictures are all written by this function. `form` is a
    format of Python instead, such as ".2f". What is not finite is "–".
    """
    if value is None or not math.isfinite(value):
        return "–"
    if form:
        return format(value, form).replace("-", _MINUS)
    if value == 0:
        return "0"
    if isinstance(value, int) and abs(value) < 10**15:
        return f"{value:,}".replace("-", _MINUS)
    if 1e-3 <= abs(value) < 1e6:
        text = f"{value:,.{max(0, 3 - math.floor(math.log10(abs(value))))}f}"
        return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", _MINUS)
    digits, power = f"{value:.3e}".split("e")
    digits = digits.rstrip("0").rstrip(".").replace("-", _MINUS)
    return f"{digits}×{_ten(int(power))}"


def _ten(power: int) -> str:
    return f"10{str(power).translate(_SUPERSCRIPT)}"


def spread(low: float, high: float) -> tuple[float, float]:
    """The range itself, or one around it where it is a point too narrow to tell apart."""
    size = max(abs(low), abs(high))
    if high - low > 1e-13 * size:
        return low, high
    room = 0.1 * size or 1.0
    return low - room, high + room


def numeric(low: float, high: float, count: int = 5, whole: bool = False) -> Ticks:
    """Round values from low to high, at most `count` + 1, in steps of 1, 2 or 5 times a power of
    ten; with `whole` only integers."""
    step = _step(low, high, count)
    if whole and step < 1:
        step = Decimal(1)
    # The few roundings of a division of doubles must not lose a mark at an end.
    slack = (high - low) * 1e-9
    first = math.ceil(Decimal(low - slack) / step)
    last = math.floor(Decimal(high + slack) / step)
    if last < first:
        return Ticks([], [])
    values = [k * step for k in range(first, last + 1)]
    return Ticks([float(v) for v in values], *_written(values, step))


def _step(low: float, high: float, count: int) -> Decimal:
    rough = Decimal(high - low) / count
    power = Decimal(10) ** rough.adjusted()
    return next(power * m for m in (1, 2, 5, 10) if power * m * Decimal("1.000000001") >= rough)


def _written(values: Sequence[Decimal], step: Decimal) -> tuple[list[str], str]:
    """Words of equally spaced values, exact, and a note of what was taken out of all of them."""
    largest = max(abs(v) for v in values)
    if largest == 0:
        return ["0"] * len(values), ""
    power = largest.adjusted()
    digits = power - step.normalize().adjusted() + 1
    if digits > 8 and len(values) > 1:
        base = values[0]
        words, note = _written([v - base for v in values], step)
        whole = _plain(base, base)
        return [w if w == "0" else f"+{w}" for w in words], f"{note} + {whole}".strip()
    if -4 <= power < 6:
        return [_plain(v, step) for v in values], ""
    shift = 3 * (power // 3)
    small = step.scaleb(-shift)
    return [_plain(v.scaleb(-shift), small) for v in values], f"×{_ten(shift)}"


def _plain(value: Decimal, step: Decimal) -> str:
    decimals = max(0, -step.normalize().as_tuple().exponent)  # pyright: ignore
    text = f"{value:,.{decimals}f}"
    return "0" if value == 0 else text.replace("-", _MINUS)


def logarithmic(low: float, high: float, count: int = 5) -> Ticks:
    """Powers of ten from low to high, thinned to `count`; 2 and 5 between where they are few.

    Places are values, not their logarithms.
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = max(1, math.ceil((last - first) / max(1, count)))
    factors = (1, 2, 5) if (last - first) * 2 <= count else (1,)
    values = [
        Decimal(factor).scaleb(power)
        for power in range(first, last + 1)
        if power % stride == 0
        for factor in factors
    ]
    kept = [v for v in values if low * (1 - 1e-9) <= v <= high * (1 + 1e-9)]
    if len(kept) < 2:
        return numeric(low, high, count)
    usual = all(-4 <= v.adjusted() < 6 for v in kept)
    words = [f"{v.normalize():,f}" if usual else _power(v) for v in kept]
    return Ticks([float(v) for v in kept], words)


def _power(value: Decimal) -> str:
    power = value.adjusted()
    factor = int(value.scaleb(-power))
    return _ten(power) if factor == 1 else f"{factor}×{_ten(power)}"


_SECONDS = (
    *(1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2),
    *(0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400, 2 * 86400, 5 * 86400, 7 * 86400, 14 * 86400),
)
_DAY, _MONTH, _YEAR = 86400.0, 30.436875 * 86400, 365.2425 * 86400


def timely(low: float, high: float, count: int = 5) -> Ticks:
    """Marks of a calendar, from `low` to `high` in seconds since 1970: on the hour, the day, the
    first of a month or of a year; at most `count` + 1.

    Words may have two lines: a clock with its day below, where several days are shown.
    """
    rough = (high - low) / count
    step = next((s for s in _SECONDS if s >= rough), None)
    if step is not None and step < 7 * _DAY:
        return _clocks(low, high, step)
    if step is not None and rough <= 14 * _DAY:
        # Weeks begin on Mondays; 1970-01-01 was a Thursday.
        return _clocks(low, high, step, 4 * _DAY)
    return _months(low, high, rough)


def _clocks(low: float, high: float, step: float, offset: float = 0.0) -> Ticks:
    slack = 1e-6 * (high - low)
    first, last = math.ceil((low - offset - slack) / step), (high - offset + slack) / step
    micro = round(step * 1e6)
    instants = [
        np.datetime64(k * micro + round(offset * 1e6), "us")
        for k in range(first, math.floor(last) + 1)
    ]
    dates = [_date(t) for t in instants]
    if step >= _DAY:
        short = [f"{day} {month}" for day, month, _ in dates]
        return _told(instants, short, [year for *_, year in dates])
    decimals = max(0, math.ceil(-math.log10(step) - 1e-9)) if step < 1 else 0
    clocks = [_clock(t, step, decimals) for t in instants]
    days = [f"{day} {month}" for day, month, _ in dates]
    if len({year for *_, year in dates}) > 1:
        days = [f"{day} {month} {year}" for day, month, year in dates]
    return _told(instants, clocks, days)


def _told(instants: Sequence[np.datetime64], short: Sequence[str], context: Sequence[str]) -> Ticks:
    """Short words, with their context below: everywhere if it changes, else only at the first."""
    change = len(set(context)) > 1
    words = [
        f"{word}\n{below}" if change or k == 0 else word
        for k, (word, below) in enumerate(zip(short, context, strict=True))
    ]
    return Ticks([_seconds(t) for t in instants], words)


def _months(low: float, high: float, rough: float) -> Ticks:
    months = next((m for m in (1, 2, 3, 6, 12) if m * _MONTH >= rough * (1 - 1e-9)), None)
    if months is None:
        years = _step(0.0, rough / _YEAR, 1)
        months = 12 * max(1, int(years))
    # Months counted from the year 0, so that steps of many years fall on round ones.
    start = np.datetime64(round(low * 1e6), "us").astype("datetime64[M]").astype(int) + 1970 * 12
    stop = np.datetime64(round(high * 1e6), "us").astype("datetime64[M]").astype(int) + 1970 * 12
    found = []
    for k in range(math.floor(start / months), math.ceil(stop / months) + 1):
        instant = np.datetime64(k * months - 1970 * 12, "M").astype("datetime64[us]")
        if low - 1 <= _seconds(instant) <= high + 1:
            found.append(instant)
    dates = [_date(t) for t in found]
    if months % 12 == 0:
        return Ticks([_seconds(t) for t in found], [year for *_, year in dates])
    return Ticks([_seconds(t) for t in found], [f"{month}\n{year}" for _, month, year in dates])


def seconds(instants: np.ndarray) -> np.ndarray:
    """datetime64 to seconds since 1970, NaT to NaN."""
    micro = instants.astype("datetime64[us]")
    return np.where(np.isnat(micro), np.nan, micro.astype(np.int64) / 1e6)


def moment(instant: np.datetime64) -> str:
    """A time in words, to the second where it has one: "3 Oct 2025, 14:05"."""
    if np.isnat(instant):
        return "–"
    day, month, year = _date(instant)
    clock = str(instant.astype("datetime64[s]"))[-8:]
    if clock == "00:00:00":
        return f"{day} {month} {year}"
    return f"{day} {month} {year}, {clock if clock[-2:] != '00' else clock[:-3]}"


def _seconds(instant: np.datetime64) -> float:
    return float(instant.astype("datetime64[us]").astype(np.int64)) / 1e6


def _date(instant: np.datetime64) -> tuple[str, str, str]:
    year, month, day = str(instant.astype("datetime64[D]")).rsplit("-", 2)
    return str(int(day)), _MONTHS[int(month) - 1], year


def _clock(instant: np.datetime64, step: float, decimals: int) -> str:
    whole, micro = str(instant.astype("datetime64[us]")).rsplit("T", 1)[1].split(".")
    if decimals:
        return f"{whole}.{micro[:decimals]}"
    return whole if step < 60 else whole[:-3]
