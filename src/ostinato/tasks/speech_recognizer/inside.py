"""What the network of a speech recognizer reads of recordings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from ostinato.decoding.ctc import frames_needed
from ostinato.tasks.inside import SAMPLE, Examples, Inside
from ostinato.tasks.speech_recognizer.estimator import SpeechRecognizer
from ostinato.tasks.speech_recognizer.module import padded
from ostinato.tasks.speech_recognizer.sounds import read_sounds


def read(where: str, model: SpeechRecognizer, data: Any) -> Inside:
    """A list of recordings, as frames."""
    sounds = read_sounds(where, data, None, model.sampling_rate)
    frames = [model.rows_.scaled(each) for each in model.rows_.frames_of(where, sounds)]
    what = "band" if model.rows_.features else "feature"
    return Inside(
        inputs=padded(frames),
        columns=[f"{what} {k}" for k in range(1, model.rows_.size + 1)],
        answers=["(blank)", *model.units_],
        index=pd.Index(np.arange(len(frames[0])) * model.frame_shift, name="seconds"),
    )


def examples(model: SpeechRecognizer, X: Any, y: Any, *, steps: bool) -> Examples:
    """Recordings and their texts as `fit` takes them."""
    rows, sounds = model.rows_, read_sounds("doctor", X, None, model.sampling_rate)
    frames = rows.frames_of("doctor", sounds)
    lengths = np.array([-(-len(each) // model.stride) for each in frames])
    needed = None
    if y is not None and all(rows.known(list(y))):
        needed = np.array([frames_needed(each) for each in rows.labels_of(list(y))])
    return Examples(
        count=len(frames),
        keys=[each.tobytes() for each in frames],
        lengths=lengths,
        whole=lengths,
        needed=needed,
        sample=list(sounds)[:SAMPLE],
    )
