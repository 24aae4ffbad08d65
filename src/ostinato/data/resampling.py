"""Recordings of one sampling rate as those of another."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

FINEST = 1000  # largest number of the fraction that stands for a ratio of rates


def resample(values: np.ndarray, rate: float, to: float) -> np.ndarray:
    """`(steps, channels)` read at `rate` Hz as they would be at `to` Hz, in the same type.

    scipy's polyphase filter, so that nothing above half the new rate folds back; ends are
    continued along the line through them. The bits of a recording do not depend on others. What is
    missing (NaN) is filled along lines meanwhile and is missing again where the nearest step was.
    """
    if rate == to or len(values) < 2:
        return values
    from scipy.signal import resample_poly

    ratio = Fraction(to / rate).limit_denominator(FINEST)
    if ratio == 1:
        return values
    missing = np.isnan(values)
    filled = fill(values.astype(np.float64), np.arange(len(values)))
    up, down = max(ratio.numerator, 1), ratio.denominator
    found = np.asarray(resample_poly(filled, up, down, axis=0, padtype="line"))
    if missing.any():
        near = np.rint(np.arange(len(found)) * down / up).astype(int)
        found[missing[np.minimum(near, len(values) - 1)]] = np.nan
    return found.astype(values.dtype)


def at_pace(values: np.ndarray, seconds: np.ndarray, rate: float) -> np.ndarray:
    """`(steps, channels)` read at any `seconds` `(steps,)`, rising, as steps of `rate` Hz from the
    first on, along lines between those that are there."""
    count = int(np.floor((seconds[-1] - seconds[0]) * rate + 1e-6)) + 1
    times = seconds[0] + np.arange(count) / rate
    found = fill(values.astype(np.float64), seconds, times)
    missing = np.isnan(values)
    if missing.any():
        near = np.rint(np.interp(times, seconds, np.arange(len(seconds)))).astype(int)
        found[missing[near]] = np.nan
    return found.astype(values.dtype)


def fill(values: np.ndarray, x: np.ndarray, at: np.ndarray | None = None) -> np.ndarray:
    """Each channel at the places `at` (None: at `x`), along lines between what is no NaN; a
    channel without any is zero."""
    places = x if at is None else at
    found = np.zeros((len(places), values.shape[1]))
    for channel, column in enumerate(values.T):
        there = ~np.isnan(column)
        if there.any():
            found[:, channel] = np.interp(places, x[there], column[there])
    return found
