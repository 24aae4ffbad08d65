"""A recording heard piece by piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from ostinato import nn
from ostinato.data.audio_features import FeatureStream
from ostinato.decoding.ctc import collapse
from ostinato.errors import DataError, OptionError
from ostinato.tasks.speech_recognizer.module import SpeechModule, log_probabilities
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions
from ostinato.tasks.speech_recognizer.rows import Centred, SpeechRows


@dataclass(frozen=True, kw_only=True)
class Heard:
    """What a stream knows after a piece.

    Attributes:
        text: what was said so far; words may still be going on.
        probabilities: `(steps, labels)` of the steps that the piece completed, 0 the blank.
        seconds: of the recording so far.
    """

    text: str
    probabilities: np.ndarray
    seconds: float


class SpeechStream:
    """`step(piece)` takes the next samples `(samples,)`, at the model's sampling rate and full
    scale 1, or where it was trained on features the next frames `(frames, size)`.

    Probabilities and text are those of the whole recording at once without a guide, bit for bit,
    in whatever pieces it comes. It hears with no delay but a frame's length (25 ms), a step's
    frames (`stride`), and the piece's own length.
    """

    def __init__(
        self, options: SpeechRecognizerOptions, rows: SpeechRows, module: SpeechModule
    ) -> None:
        if options.bidirectional:
            raise OptionError(
                "SpeechRecognizer.stream: needs bidirectional=False, got True. Such a model must "
                "hear the whole recording: use predict."
            )
        self.rows, self.module = rows, module
        self.frame_shift = options.frame_shift
        self.features = None if rows.features is None else FeatureStream(rows.features)
        self.centred = Centred(rows)
        self.steppers = [nn.Stepper(each) for each in module.layers]
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        if self.features is not None:
            self.features.reset()
        self.centred.reset()
        for each in self.steppers:
            each.reset()
        self.window: Any = None
        self.best: list[int] = []  # the likeliest label of each step
        self.taken = 0

    @property
    def state(self) -> tuple[np.ndarray, ...]:
        """The layers' states."""
        return tuple(part for each in self.steppers for part in each.state)

    @property
    def text(self) -> str:
        """What was said so far."""
        return self.rows.text_of(collapse(np.array(self.best, dtype=np.int64)))

    def step(self, piece: Any) -> Heard:
        """Hear the next piece, of any length.

        Raises:
            DataError: it is of another kind or size, or not finite.
        """
        frames = self.centred.step(self._frames(piece))
        logits = []
        with torch.inference_mode(), nn.FixedWeights():
            for frame in torch.from_numpy(frames):
                values, self.window = self.module.convolution.step(frame[None], self.window)
                if values is None:
                    continue
                outputs = torch.relu(values).numpy()
                for each in self.steppers:
                    outputs = each.step(outputs)
                logits.append(self.module.head(torch.from_numpy(outputs)))
            labels = self.module.head.out_features
            joined = torch.cat(logits) if logits else torch.zeros(0, labels)
        scores = log_probabilities(joined)
        self.best.extend(scores.argmax(1).tolist())
        return Heard(text=self.text, probabilities=np.exp(scores), seconds=self.seconds)

    @property
    def seconds(self) -> float:
        """Seconds of the recording so far."""
        if self.features is None:
            return self.taken * self.frame_shift
        return self.taken / self.features.features.rate

    def _frames(self, piece: Any) -> np.ndarray:
        array, size = np.asarray(piece), self.rows.size
        dimensions = 2 if self.features is None else 1
        if array.dtype.kind not in "iuf" or array.ndim != dimensions:
            wanted = f"frames (frames, {size})" if self.features is None else "samples (samples,)"
            raise DataError(
                f"SpeechStream.step: a piece must be {wanted}, got {array.dtype} of shape "
                f"{array.shape}."
            )
        if self.features is None and array.shape[1] != size:
            raise DataError(
                f"SpeechStream.step: frames must have {size} numbers, got shape {array.shape}."
            )
        if not np.isfinite(array).all():
            raise DataError("SpeechStream.step: the piece has numbers that are NaN or infinite.")
        if array.dtype.kind == "i" and self.features is not None:
            array = array / float(-np.iinfo(array.dtype).min)
        self.taken += len(array)
        array = array.astype(np.float32)
        return array if self.features is None else self.features.step(array)
