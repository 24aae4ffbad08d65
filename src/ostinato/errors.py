"""Every exception and warning that Ostinato raises.

    OstinatoError
    ├── OptionError             an argument has a value that is not allowed
    ├── ShapeError              a tensor does not fit
    ├── DataError               the user's data cannot be used as they are
    ├── StorageError            a model file is damaged, foreign, newer, or cannot be written
    ├── TrainingError           a fit cannot go on
    │   └── NonFiniteError      the loss became NaN or infinite
    ├── NotFittedError          an estimator is asked before `fit`
    ├── MissingDependencyError  an extra is not installed
    └── DownloadError           a data set cannot be fetched
    OstinatoWarning
    ├── FallbackWarning         a slower path serves
    └── RecordWarning           a fit goes on, but its record cannot be written

A message says where, which argument, the rule, what came, and what to do next.
"""

from __future__ import annotations

import difflib
import numbers
from collections.abc import Iterable


class OstinatoError(Exception):
    """The root: `except OstinatoError` catches whatever Ostinato raises itself."""


class OptionError(OstinatoError, ValueError):
    """An argument has a value that is not allowed."""


class ShapeError(OstinatoError, ValueError):
    """A tensor does not fit the layer or operation it was given to."""


class DataError(OstinatoError, ValueError):
    """The user's data cannot be used as they are."""


class StorageError(OstinatoError, OSError):
    """A model file is damaged, foreign, newer than this version, or cannot be written."""


class TrainingError(OstinatoError, RuntimeError):
    """A fit cannot go on."""


class NonFiniteError(TrainingError):
    """The loss became NaN or infinite."""


class NotFittedError(OstinatoError, ValueError, AttributeError):
    """An estimator was asked for an answer before `fit`."""


class MissingDependencyError(OstinatoError, ImportError):
    """An optional dependency is not installed; the message has the install line."""


class DownloadError(OstinatoError, OSError):
    """A data set cannot be fetched or does not have the checksum it should."""


class OstinatoWarning(UserWarning):
    """The root of Ostinato's warnings."""


class FallbackWarning(OstinatoWarning):
    """A slower path serves than the machine could offer."""


class DoctorWarning(OstinatoWarning):
    """What the doctor sees go wrong while a model trains."""


class RecordWarning(OstinatoWarning):
    """A fit goes on although its history or checkpoint cannot be written."""


def suggestion(word: object, allowed: Iterable[object]) -> str:
    """` Did you mean 'gru'?`, or nothing where no allowed word comes close."""
    close = difflib.get_close_matches(str(word), [str(each) for each in allowed], n=1)
    return f" Did you mean {close[0]!r}?" if close else ""


def check_choice(where: str, name: str, value: object, allowed: Iterable[object]) -> None:
    """Raise `OptionError` unless `value` is one of `allowed`, with the closest as a suggestion."""
    choices = list(allowed)
    if value not in choices:
        listed = ", ".join(repr(choice) for choice in choices)
        raise OptionError(
            f"{where}: {name} must be one of {listed}, got {value!r}.{suggestion(value, choices)}"
        )


def check_number(
    where: str,
    name: str,
    value: object,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
    below: float | None = None,
    whole: bool = False,
) -> None:
    """Raise `OptionError` unless `value` is a number within the bounds.

    Those are low <= value <= high and above < value < below; `whole` asks for an integer.
    """
    kind = numbers.Integral if whole else numbers.Real
    fits = isinstance(value, kind) and not isinstance(value, bool) and value == value
    bounds = []
    for bound, words, holds in (
        (low, "at least", lambda v, b: v >= b),
        (high, "at most", lambda v, b: v <= b),
        (above, "above", lambda v, b: v > b),
        (below, "below", lambda v, b: v < b),
    ):
        if bound is not None:
            bounds.append(f"{words} {bound}")
            fits = fits and holds(value, bound)
    rule = " ".join(["a whole number" if whole else "a number", " and ".join(bounds)]).strip()
    if not fits:
        raise OptionError(f"{where}: {name} must be {rule}, got {value!r}.")
