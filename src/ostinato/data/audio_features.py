"""What a network reads of a recording: log-mel energies or cepstral coefficients of frames."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np

from ostinato.data.audio import Recording, package
from ostinato.errors import DataError, OptionError, check_choice, check_number

FULL_SCALE = 32768.0  # what Kaldi's features expect of the loudest sample
FEATURES = ("log_mel", "mfcc")


@dataclass(frozen=True, kw_only=True)
class AudioFeatures:
    """Kaldi's features, by kaldi-native-fbank, without dither: the same samples give the same bits,
    at once or piece by piece.

    A frame is a window of `frame_length` seconds (Povey's, after pre-emphasis of 0.97); the next
    begins `frame_shift` seconds later. Only whole windows count: n samples give
    1 + (n - window) // shift frames.

    Args:
        kind: "log_mel", the logarithm of the energy in each of `bands` mel bands from 20 Hz to half
            the rate; or "mfcc", `coefficients` of their cosine transform.
        rate: samples a second, in Hz.
        bands: mel bands.
        coefficients: of "mfcc".
        frame_length, frame_shift: seconds.
    """

    kind: Literal["log_mel", "mfcc"] = "log_mel"
    rate: int = 16_000
    bands: int = 40
    coefficients: int = 13
    frame_length: float = 0.025
    frame_shift: float = 0.010

    def __post_init__(self) -> None:
        where = "AudioFeatures"
        check_choice(where, "kind", self.kind, FEATURES)
        for name in ("rate", "bands", "coefficients"):
            check_number(where, name, getattr(self, name), low=1, high=1_000_000, whole=True)
        for name in ("frame_length", "frame_shift"):
            check_number(where, name, getattr(self, name), above=0, high=10)
        if self.kind == "mfcc" and self.coefficients > self.bands:
            raise OptionError(
                f"{where}: coefficients must be at most bands, {self.bands}, got "
                f"{self.coefficients}."
            )

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return self.bands if self.kind == "log_mel" else self.coefficients

    @property
    def window(self) -> int:
        """Samples of a frame."""
        return int(self.rate * self.frame_length)

    @property
    def shift(self) -> int:
        """Samples between the beginnings of two frames."""
        return int(self.rate * self.frame_shift)

    def frames(self, samples: int) -> int:
        """How many frames that many samples give."""
        return max(0, 1 + (samples - self.window) // self.shift)

    def of(self, where: str, recording: Recording) -> np.ndarray:
        """The features `(frames, size)` of a recording at this rate.

        Raises:
            DataError: it has another rate, or is shorter than a frame.
        """
        if recording.rate != self.rate:
            raise DataError(
                f"{where}: the sampling rate must be {self.rate} Hz, got {recording.rate} Hz. "
                "Resample it with data.resample."
            )
        if len(recording.samples) < self.window:
            raise DataError(
                f"{where}: lasts {recording.seconds:.3f} s, less than a frame of "
                f"{self.frame_length} s. Leave the recording out."
            )
        return FeatureStream(self).step(recording.samples)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


class FeatureStream:
    """Features of a recording that comes piece by piece: those of the whole, bit for bit.

    Attributes:
        features: what is computed.
    """

    def __init__(self, features: AudioFeatures) -> None:
        self.features = features
        self._package = package("AudioFeatures", "kaldi_native_fbank")
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        kind = self._package.OnlineMfcc if self.features.kind == "mfcc" else None
        self._computer = (kind or self._package.OnlineFbank)(self._options())
        self._taken = 0

    def step(self, samples: np.ndarray) -> np.ndarray:
        """Take the next samples, full scale 1; the frames `(frames, size)` that they complete."""
        if len(samples):
            # Whole windows alone count, so that the end of the recording changes nothing.
            scaled = np.ascontiguousarray(samples, dtype=np.float32) * np.float32(FULL_SCALE)
            self._computer.accept_waveform(self.features.rate, scaled)
        ready = self._computer.num_frames_ready
        found = np.empty((ready - self._taken, self.features.size), dtype=np.float32)
        for k in range(len(found)):
            found[k] = self._computer.get_frame(self._taken + k)
        self._computer.pop(len(found))
        self._taken = ready
        return found

    def _options(self) -> Any:
        features = self.features
        options = (
            self._package.FbankOptions()
            if features.kind == "log_mel"
            else self._package.MfccOptions()
        )
        frames = options.frame_opts
        frames.dither, frames.samp_freq = 0.0, float(features.rate)
        frames.frame_length_ms = 1000 * features.frame_length
        frames.frame_shift_ms = 1000 * features.frame_shift
        options.mel_opts.num_bins = features.bands
        if features.kind == "mfcc":
            options.num_ceps, options.use_energy = features.coefficients, False
        return options
