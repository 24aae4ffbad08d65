"""Recordings: read from files, brought to one channel and one sampling rate, and checked."""

from __future__ import annotations

import importlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.errors import DataError, MissingDependencyError, OptionError

SUFFIXES = (".wav", ".flac", ".ogg", ".sph", ".aif", ".aiff", ".au")
CLIPPED = 0.999  # of full scale


@dataclass(frozen=True, kw_only=True)
class Recording:
    """One recording.

    Attributes:
        samples: `(samples,)` float32, full scale is 1.
        rate: samples a second, in Hz.
        channels: channels of the file; they were averaged.
    """

    samples: np.ndarray
    rate: int
    channels: int = 1

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate

    @property
    def clipped(self) -> float:
        """The share of samples at full scale: above a few in a thousand the microphone was
        overdriven."""
        return float((np.abs(self.samples) >= CLIPPED).mean())


def package(where: str, name: str) -> Any:
    """A package that recordings need.

    Raises:
        MissingDependencyError: it is not installed; the message has the install line.
    """
    try:
        return importlib.import_module(name)
    except (ImportError, OSError) as error:  # soundfile without its library is an OSError
        raise MissingDependencyError(
            f"{where}: recordings need {name.replace('_', '-')}. "
            "Install it: pip install 'ostinato[speech]'"
        ) from error


def read_audio(path: str | os.PathLike[str], rate: int | None = None) -> Recording:
    """The recording in a file, its channels averaged.

    Args:
        path: wav, flac, ogg or another form that libsndfile reads.
        rate: Hz to bring it to; None keeps the file's.

    Raises:
        DataError: the file is missing, no recording, damaged or empty; the message names it.
        MissingDependencyError: soundfile, or for another rate soxr, is not installed.
    """
    soundfile = package("read_audio", "soundfile")
    if not Path(path).is_file():
        raise DataError(f"{path}: there is no such file. Check the path of the recording.")
    try:
        values, found = soundfile.read(os.fspath(path), dtype="float32", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise DataError(
            f"{path}: cannot be read as a recording ({_reason(error)}). It may be damaged or of "
            "another form; wav and flac are read."
        ) from error
    recording = as_recording(str(path), values, found)
    return recording if rate is None else resample(recording, rate)


def as_recording(where: str, values: Any, rate: int) -> Recording:
    """Samples `(samples,)` or `(samples, channels)` as a recording; whole numbers are scaled to
    full scale 1.

    Raises:
        DataError: there are none, or they are not finite numbers.
    """
    array = np.asarray(values)
    if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        raise DataError(
            f"{where}: samples must be numbers (samples,) or (samples, channels), got "
            f"{array.dtype} of shape {array.shape}."
        )
    if not array.size:
        raise DataError(f"{where}: has no samples. Leave the recording out.")
    if array.dtype.kind == "u":
        raise DataError(f"{where}: samples must be signed or floating, got {array.dtype}.")
    if array.dtype.kind == "i":
        array = array / float(-np.iinfo(array.dtype).min)
    channels = 1 if array.ndim == 1 else array.shape[1]
    samples = np.ascontiguousarray(
        array if array.ndim == 1 else array.mean(axis=1), dtype=np.float32
    )
    if not np.isfinite(samples).all():
        raise DataError(f"{where}: has samples that are NaN or infinite.")
    return Recording(samples=samples, rate=int(rate), channels=channels)


def resample(recording: Recording, rate: int) -> Recording:
    """The recording at another sampling rate, by soxr at its high quality; the same one where it
    has that rate.

    Raises:
        MissingDependencyError: soxr is not installed.
    """
    if recording.rate == rate:
        return recording
    if rate < 1:
        raise OptionError(f"resample: rate must be at least 1 Hz, got {rate}.")
    soxr = package("resample", "soxr")
    samples = soxr.resample(recording.samples, recording.rate, rate)
    return Recording(
        samples=np.asarray(samples, dtype=np.float32), rate=rate, channels=recording.channels
    )


def write_wav(path: str | os.PathLike[str], samples: Any, rate: int) -> None:
    """Write samples, full scale 1, as a wav of 16 bits."""
    package("write_wav", "soundfile").write(os.fspath(path), samples, rate, subtype="PCM_16")


def _reason(error: BaseException) -> str:
    words = str(error).split(": ")[-1].rstrip(". ")
    return words or type(error).__name__
