"""Technical indicators: what traders read out of the last rows of a price."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from ostinato.errors import OptionError, suggestion


def indicator(name: str, prices: np.ndarray) -> np.ndarray:
    """An indicator of `(rows,)` prices, `(rows,)`; each row tells of itself and those before alone.

    Before the first row its price is taken to have been the same all along. All are free of the
    price's level, so that they can be compared over years:

    - `return5`: the change over 5 rows, as a share of the price before.
    - `sma20`, `ema12`: the price above its mean over 20 rows, or its exponential mean with a span
      of 12 (over the last 48 rows), as a share of that mean.
    - `macd`: the exponential mean of span 12 less that of span 26, as a share of the price.
    - `rsi14`: the share of rises in the sum of rises and falls over 14 rows, 0 to 1 (Wilder 1978,
      with plain means; 0.5 without a change).
    - `volatility20`: the standard deviation of `return1` over 20 rows.
    - `bollinger20`: how many double standard deviations the price lies above its mean over 20 rows.
    - `stochastic14`: where the price lies between the least and the largest of 14 rows, 0 to 1.

    Raises:
        OptionError: no such indicator.
    """
    kind, rows = _read(name)
    return _KINDS[kind](np.asarray(prices, dtype=np.float64), rows)


def indicator_reach(name: str) -> int:
    """Rows before a row that an indicator reads.

    Raises:
        OptionError: no such indicator.
    """
    kind, rows = _read(name)
    if kind == "macd":
        return _SPANS * 26 - 1
    if kind == "ema":
        return _SPANS * rows - 1
    return rows if kind in ("return", "rsi", "volatility") else rows - 1  # of steps, or of prices


_SPANS = 4  # spans after which an exponential mean forgets: 98 % of its weight lies in these

_FLAT = 1e-12  # a spread below this share of the price is none


def _read(name: str) -> tuple[str, int]:
    found = re.fullmatch(r"([a-z]+)(\d+)?", name)
    kind = found.group(1) if found else name
    if found is None or kind not in _KINDS or (kind == "macd") != (found.group(2) is None):
        known = ["macd", *(f"{each}{n}" for each, n in _USUAL.items())]
        raise OptionError(
            f"indicators: no indicator {name!r}; they are {', '.join(known)}, with any number of "
            f"rows.{suggestion(name, known)}"
        )
    rows = int(found.group(2) or 0)
    if kind != "macd" and rows < (1 if kind == "return" else 2):
        raise OptionError(f"indicators: {name!r} reads too few rows. Use {kind}{_USUAL[kind]}.")
    return kind, rows


def _last(values: np.ndarray, rows: int) -> np.ndarray:
    """`(count,)` to `(count, rows)`: each with those before it, oldest first."""
    before = np.repeat(values[:1], rows - 1)
    return np.lib.stride_tricks.sliding_window_view(np.concatenate([before, values]), rows)


def _share(top: np.ndarray, bottom: np.ndarray, otherwise: float = 0.0) -> np.ndarray:
    whole = np.where(bottom == 0, 1.0, bottom)
    return np.where(bottom == 0, otherwise, top / whole)


def _return(x: np.ndarray, rows: int) -> np.ndarray:
    before = _last(x, rows + 1)[:, 0]
    return _share(x - before, np.abs(before))


def _sma(x: np.ndarray, rows: int) -> np.ndarray:
    mean = _sum(_last(x, rows)) / rows
    return _share(x - mean, np.abs(mean))


def _exponential(x: np.ndarray, span: int) -> np.ndarray:
    rows = _SPANS * span
    weights = (1 - 2 / (span + 1)) ** np.arange(rows - 1, -1, -1)
    return _sum(_last(x, rows) * (weights / weights.sum()))


def _ema(x: np.ndarray, span: int) -> np.ndarray:
    mean = _exponential(x, span)
    return _share(x - mean, np.abs(mean))


def _macd(x: np.ndarray, _: int) -> np.ndarray:
    return _share(_exponential(x, 12) - _exponential(x, 26), np.abs(x))


def _rsi(x: np.ndarray, rows: int) -> np.ndarray:
    steps = np.diff(_last(x, rows + 1), axis=1)
    return _share(_sum(np.maximum(steps, 0)), _sum(np.abs(steps)), 0.5)


def _spread(parts: np.ndarray) -> np.ndarray:
    gap = parts - (_sum(parts) / parts.shape[1])[:, None]
    return np.sqrt(_sum(gap**2) / parts.shape[1])


def _volatility(x: np.ndarray, rows: int) -> np.ndarray:
    parts = _last(x, rows + 1)
    return _spread(_share(np.diff(parts, axis=1), np.abs(parts[:, :-1])))


def _bollinger(x: np.ndarray, rows: int) -> np.ndarray:
    parts = _last(x, rows)
    spread = _spread(parts)
    spread[spread < _FLAT * np.abs(x)] = 0.0
    return _share(x - _sum(parts) / rows, 2 * spread)


def _stochastic(x: np.ndarray, rows: int) -> np.ndarray:
    parts = _last(x, rows)
    low = parts.min(1)
    return _share(x - low, parts.max(1) - low, 0.5)


def _sum(parts: np.ndarray) -> np.ndarray:
    """The sum of each row, term after term, so that its bits do not depend on the other rows."""
    total = np.zeros(len(parts))
    for column in parts.T:
        total = total + column
    return total


_KINDS: dict[str, Callable[[np.ndarray, int], np.ndarray]] = {
    "return": _return,
    "sma": _sma,
    "ema": _ema,
    "macd": _macd,
    "rsi": _rsi,
    "volatility": _volatility,
    "bollinger": _bollinger,
    "stochastic": _stochastic,
}
_USUAL = {"return": 1, "sma": 20, "ema": 12, "rsi": 14, "volatility": 20, "bollinger": 20}
_USUAL |= {"stochastic": 14}
