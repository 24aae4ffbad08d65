"""How dates are written in text: found from the rows, and read."""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
import pandas as pd
from pandas.tseries.api import guess_datetime_format

from ostinato.data.grids import inferred
from ostinato.errors import DataError

_ORDER = re.compile(r"^\s*(\d{1,2})([./ -])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DATED = re.compile(
    r"\d{4}|\d{1,2}\D+\d{1,2}\D+\d{2}|\d{1,2}\W?[A-Za-z]{3,9}\W?\d{2}"
)  # what has a year, and not just a time
_SPECIAL = {  # what pandas guesses wrong or not at all, by how the first value looks
    r"\d{1,2}-[A-Za-z]{3}-\d{2}$": "%d-%b-%y",
    r"\d{4}-?W\d{2}$": "week",
    r"[A-Za-z]{3}[- ]\d{2}$": "%b-%y",
    r"[A-Za-z]{3}[- ]\d{4}$": "%b-%Y",
    r"(Q[1-4][ -]?\d{4}|\d{4}[ -]?Q[1-4])$": "quarter",
}
_CLOCKS = ["", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p"]
_CLOCKS += [" %H.%M", " %H.%M.%S", " %H"]

Form = tuple[str, bool, bool]  # as `find_form` answers


def parse(texts: pd.Series, form: str, dayfirst: bool = False, *, wall: bool = False) -> Any:
    """The points, or None where they are not written so."""
    if form == "quarter":
        swapped = texts.str.replace(r"(Q\d)[ -]?(\d{4})", r"\2\1", regex=True)
        try:
            periods = pd.PeriodIndex(swapped.str.replace(r"[ -]", "", regex=True), freq="Q")
        except (ValueError, TypeError):
            return None
        return periods.to_timestamp()
    options: dict[str, Any] = {"format": form}
    if form == "week":  # its Monday
        texts = texts.str.replace("-", "", regex=False) + "-1"
        options["format"] = "%GW%V-%u"
    if wall:
        texts = texts.str.replace(r"\s*(Z|[+-]\d{2}:?\d{2})$", "", regex=True)
    if form == "mixed":
        options["dayfirst"] = dayfirst
        if not dated(texts, dayfirst).all():
            return None
    for utc in (False, True):  # offsets that differ from row to row need one common zone
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                index = pd.DatetimeIndex(pd.to_datetime(texts, utc=utc, **options))
        except (ValueError, TypeError, OverflowError):
            continue
        return index
    return None


def dated(texts: pd.Series, dayfirst: bool) -> np.ndarray:
    """Whether each text has a year, and no month above twelve."""
    return texts.str.contains(_DATED).to_numpy(dtype=bool) & ~_against(texts, dayfirst)


def find_form(
    texts: pd.Series, dayfirst: bool | None, groups: Any, where: str, codes: np.ndarray
) -> Form:
    """How a column of text is written: format, whether the day comes first, and whether that was
    guessed because both orders fit.

    Args:
        dayfirst: the order of 05/02/2024, or None to find it.
        texts: that differ, in order of appearance.
        groups: `(rows,)` numbers of series, or None for one.
        codes: `(rows,)`, which text each row has.

    Raises:
        DataError: rows differ in the order of day and month, or in that of `dayfirst`.
    """
    if parse(texts, "ISO8601") is not None:
        return "ISO8601", False, False
    first = texts.iloc[0].strip()
    for pattern, form in _SPECIAL.items():
        if re.match(pattern, first) and parse(texts, form) is not None:
            return form, False, False
    match = _ORDER.match(first)
    if match is None:
        form = guess_datetime_format(first, dayfirst=bool(dayfirst))
        return _strict_or_mixed(texts, form, bool(dayfirst)), bool(dayfirst), False
    allowed = [order for order in (False, True) if not _against(texts, order).any()]
    if dayfirst is not None:
        if dayfirst not in allowed:
            said = "day" if dayfirst else "month"
            raise DataError(
                f"{where}: dayfirst={dayfirst} would read a {said} first, and "
                f"{_first_against(texts, dayfirst)!r} does not read so."
            )
        allowed = [dayfirst]
    if not allowed:
        raise DataError(
            f"{where}: {_first_against(texts, False)!r} has the day first and "
            f"{_first_against(texts, True)!r} the month. Write all alike."
        )
    found = {order: _ordered(texts, match, order) for order in allowed}
    if len(found) == 1:
        return found[allowed[0]], allowed[0], False
    doubt = {}
    for order, form in found.items():
        index = parse(texts, form, order)
        doubt[order] = _doubt(None if index is None else index.take(codes), groups)
    usual = "." in match.group(2)  # a date with points has the day first
    if doubt[True] != doubt[False]:
        usual = doubt[True] < doubt[False]
        return found[usual], usual, False
    return found[usual], usual, not usual


def _ordered(texts: pd.Series, match: re.Match[str], dayfirst: bool) -> str:
    """The format of dates such as 05/02/2024 in one of both orders."""
    sign, year = match.group(2), "%Y" if len(match.group(4)) == 4 else "%y"
    date = sign.join(["%d", "%m", year] if dayfirst else ["%m", "%d", year])
    rest = match.string[match.end() :]
    clocks = [form.replace(" ", sep, 1) for form in _CLOCKS for sep in (" ", "T", ", ")]
    for clock in clocks:
        if not pd.isna(pd.to_datetime("1" + rest, format="%m" + clock, errors="coerce")):
            return _strict_or_mixed(texts, date + clock, dayfirst)
    return "mixed"


def _strict_or_mixed(texts: pd.Series, form: str | None, dayfirst: bool) -> str:
    return "mixed" if form is None or parse(texts, form, dayfirst) is None else form


def _first_against(texts: pd.Series, dayfirst: bool) -> str:
    return texts.iloc[int(np.argmax(_against(texts, dayfirst)))]


def _against(texts: pd.Series, dayfirst: bool) -> np.ndarray:
    """Whether each is a date such as 13/01/2024 that forbids this order."""
    parts = texts.str.extract(_ORDER)
    month = parts[2 if dayfirst else 0].astype(np.float64)
    return (month > 12).to_numpy()


def _doubt(index: Any, groups: Any) -> tuple[int, int]:
    """How unlikely points are as rows of a table: steps back, and different steps, which do not
    count at a steady pace."""
    if index is None:
        return 2**62, 0
    order = slice(None) if groups is None else np.argsort(groups, kind="stable")
    steps = np.diff(index.asi8[order])
    if groups is not None:
        steps = steps[np.diff(groups[order]) == 0]
    back = int((steps <= 0).sum())
    steady = groups is None and back == 0 and inferred(index) is not None
    return back, 0 if steady else len(np.unique(steps))
