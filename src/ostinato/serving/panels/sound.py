"""Say something: what was heard, where in the recording, and how sure the model is."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.data.audio import read_audio
from ostinato.data.audio_features import AudioFeatures
from ostinato.errors import DataError
from ostinato.serving.panels.request import PanelRequest, numbers, uploaded

KINDS = ("speech-recognizer",)
SUFFIXES = (".wav", ".flac", ".ogg")
BANDS = 64
FRAMES = 1_500  # of the spectrogram that is drawn: neighbours are averaged
LONGEST = 120.0  # seconds


def answer(request: PanelRequest) -> dict[str, Any]:
    """A recording's transcript, the time of each word, and its spectrogram in decibels.

    Raises:
        DataError: the file is no recording, or a longer one than the page takes.
    """
    model = request.model
    with uploaded(request, *SUFFIXES) as path:
        recording = read_audio(path, model.sampling_rate)
        if recording.seconds > LONGEST:
            raise DataError(
                f"{path}: lasts {recording.seconds:.0f} s; the page takes {LONGEST:.0f}. Longer "
                "ones: ostinato predict."
            )
        (heard,) = model.transcribe([recording])
        (shares,) = model.predict_proba([recording])
        picture = _spectrogram(str(path), recording)
    return {
        "text": heard.text,
        "confidence": heard.confidence,
        "words": [
            {"text": w.text, "start": w.start, "end": w.end, "confidence": w.confidence}
            for w in heard.words
        ],
        "seconds": recording.seconds,
        "clipped": recording.clipped,
        "spectrogram": numbers(picture.T, 3),
        "sure": {
            "step": model.stride * model.frame_shift,
            "label": numbers(shares[:, 1:].max(1), 4),
            "blank": numbers(shares[:, 0], 4),
        },
    }


def _spectrogram(where: str, recording: Any) -> np.ndarray:
    """Loudness `(frames, bands)` below the loudest, in decibels, -80 at least."""
    energies = AudioFeatures(rate=recording.rate, bands=BANDS).of(where, recording)
    decibels = energies * (10 / np.log(10))
    decibels = np.maximum(decibels - decibels.max(), -80)
    merged = -(-len(decibels) // FRAMES)
    starts = np.arange(0, len(decibels), merged)
    counts = np.diff(np.append(starts, len(decibels)))
    return np.add.reduceat(decibels, starts) / counts[:, None]
