"""Rows in time: which column tells the time, and how it is written."""

from __future__ import annotations

from typing import Literal

from ostinato.options.declaration import Options, option


class SeriesOptions(Options):
    """Which columns tell time and series, and how time is to be read."""

    time: str | int | None = option(
        "Column with the timestamps. None looks for one: an index of times, a column of times, or "
        "one named date, time and the like. Without any, rows are numbered.",
        default=None,
    )
    series: str | int | None = option(
        "Column that tells several series apart, such as the shop or the machine of each row. One "
        "model serves all of them.",
        default=None,
    )
    dayfirst: bool | None = option(
        "Whether 05/02/2024 is the fifth of February. None finds out from the other rows, takes "
        "the month first where both orders fit, and the day in 05.02.2024.",
        default=None,
    )
    time_format: str | None = option(
        "How timestamps are written: %d/%m/%Y %H:%M, ISO8601, or of numbers s, ms, us, ns since "
        "1970. None finds out.",
        default=None,
    )
    freq: str | None = option(
        "The pace of the rows as pandas writes it: h, 15min, D, B (Monday to Friday), MS. None "
        "finds out.",
        default=None,
    )
    repeats: Literal["error", "mean"] = option(
        "What to do with rows out of order and with times that are there twice, as where a clock "
        "was set back: stop, or sort the rows and make one of those of a time (numbers: their "
        "mean; words: the first; labels: the highest).",
        default="error",
    )
