"""Recordings and their texts as a user gives them: read, checked and split."""

from __future__ import annotations

import os
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.data.audio import Recording, as_recording, read_audio, resample
from ostinato.data.held_out import hold_out
from ostinato.data.inputs import column_of
from ostinato.decoding.ctc import frames_needed
from ostinato.errors import DataError, OptionError, OstinatoWarning
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions

Sounds = list[Any]  # each a Recording, or features (frames, size)
Texts = list[str]
OVERDRIVEN = 0.01  # share of samples at full scale above which a recording is told of
SHOWN = 5


def read_sounds(where: str, X: Any, rate: int | None, expected: int) -> Sounds:
    """Recordings at the rate `expected`, and features, out of what a user gives.

    Args:
        rate: Hz of arrays of samples; None: the expected one.
        expected: Hz that the network hears.

    Raises:
        DataError: names the row that is none of these, silent of samples or not finite.
    """
    if isinstance(X, str | bytes | os.PathLike | Recording):
        raise DataError(f"{where}: X must be a list of recordings, got one. Write [recording].")
    if rate is not None and (isinstance(rate, bool) or not isinstance(rate, int) or rate < 1):
        raise OptionError(f"{where}: sampling_rate must be a whole number of Hz, got {rate!r}.")
    rows = list(X) if isinstance(X, np.ndarray) else _listed(where, X)
    return [
        _sound(f"{where}: row {k}", each, rate or expected, expected) for k, each in enumerate(rows)
    ]


def _listed(where: str, X: Any) -> list[Any]:
    if isinstance(X, Sequence):
        return list(X)
    return column_of(where, "X", X)


def _sound(where: str, given: Any, rate: int, expected: int) -> Any:
    if isinstance(given, str | os.PathLike):
        return read_audio(given, expected)
    if isinstance(given, Recording):
        return resample(given, expected)
    array = np.asarray(given) if not isinstance(given, bytes | dict | type(None)) else None
    if array is None or array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        raise DataError(
            f"{where} must be a path, samples (samples,) or features (frames, numbers), got "
            f"{type(given).__name__}."
        )
    if array.ndim == 1:
        return resample(as_recording(where, array, rate), expected)
    if not array.size:
        raise DataError(f"{where} has no frames: shape {array.shape}. Leave it out.")
    if not np.isfinite(array).all():
        raise DataError(f"{where} has features that are NaN or infinite.")
    return np.ascontiguousarray(array, dtype=np.float32)


def read_pairs(
    where: str, X: Any, y: Any, rate: int | None, expected: int, *, least: int = 1
) -> tuple[Sounds, Texts]:
    """Recordings and texts as lists of one length.

    Raises:
        DataError: a row is none, lengths differ, or there are fewer than `least` rows.
    """
    if isinstance(y, str | bytes) or y is None:
        raise DataError(f"{where}: y must be a list of texts, got {y!r:.40}.")
    texts = column_of(where, "y", y)
    wrong = next((k for k, each in enumerate(texts) if not isinstance(each, str)), None)
    if wrong is not None:
        raise DataError(f"{where}: row {wrong} of y must be a text, got {texts[wrong]!r:.40}.")
    sounds = read_sounds(where, X, rate, expected)
    if len(sounds) != len(texts):
        raise DataError(
            f"{where}: X and y must have the same number of rows, got {len(sounds):,} and "
            f"{len(texts):,}."
        )
    if len(texts) < least:
        rows = "row" if least == 1 else "rows"
        raise DataError(f"{where}: X must have at least {least} {rows}, got {len(texts)}.")
    _check_levels(where, sounds, texts)
    return sounds, texts


def _check_levels(where: str, sounds: Sounds, texts: Texts) -> None:
    """Refuse silence with a text, and tell of recordings that are overdriven."""
    loud = []
    for row, (each, text) in enumerate(zip(sounds, texts, strict=True)):
        if not isinstance(each, Recording):
            continue
        if text.strip() and not np.ptp(each.samples):
            raise DataError(
                f"{where}: row {row} is silent, and its text is {text!r:.40}. Leave it out, or "
                "give it the text ''."
            )
        if each.clipped > OVERDRIVEN:
            loud.append(row)
    if loud:
        named = ", ".join(map(str, loud[:SHOWN])) + (", ..." if len(loud) > SHOWN else "")
        warnings.warn(
            f"{where}: {len(loud):,} of {len(sounds):,} recordings are clipped, more than "
            f"{OVERDRIVEN:.0%} of their samples at full scale: rows {named}. They were recorded "
            "too loud.",
            OstinatoWarning,
            stacklevel=4,
        )


def split(
    where: str, pairs: tuple[Sounds, Texts], validation: Any, options: SpeechRecognizerOptions
) -> tuple[tuple[Sounds, Texts], tuple[Sounds, Texts] | None]:
    """Rows to learn from, and held-out rows or None."""

    def read(X: Any, y: Any) -> tuple[Sounds, Texts]:
        return read_pairs(f"{where}: validation", X, y, None, options.sampling_rate)

    return hold_out(where, pairs, validation, read=read, seed=options.seed)


def check_lengths(
    where: str, frames: Sequence[np.ndarray], labels: Sequence[np.ndarray], stride: int
) -> None:
    """Refuse labels that no path through the steps can say.

    Raises:
        DataError: names the first row, and says how many there are.
    """
    steps = [-(-len(each) // stride) for each in frames]
    needed = list(map(frames_needed, labels))
    bad = [k for k, (one, other) in enumerate(zip(steps, needed, strict=True)) if one < other]
    if bad:
        row = bad[0]
        more = "" if len(bad) == 1 else f" (and {len(bad) - 1:,} more rows)"
        raise DataError(
            f"{where}: the text of row {row} needs {needed[row]} steps, a label each and one "
            f"between equal ones, and its {len(frames[row])} frames give {steps[row]} with "
            f"stride={stride}{more}. Lower stride, or check that the text belongs to the recording."
        )
