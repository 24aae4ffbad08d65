"""What the network of a composer reads of pieces."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import torch

from ostinato.data.music import KEYS, LOWEST, PITCHES, pitch_name
from ostinato.tasks.inside import SAMPLE, Examples, Inside
from ostinato.tasks.music_composer.estimator import MusicComposer
from ostinato.tasks.music_composer.rows import read as read_pieces


def read(where: str, model: MusicComposer, data: Any) -> Inside:
    """A list of pieces; at each step the network answers what sounds there, from the steps
    before."""
    pieces = read_pieces(where, data, model.steps_per_beat)
    keys = model.rows_.all_keys(where, pieces)
    longest = max(map(len, keys))
    filled = [
        np.pad(each, ((0, longest - len(each)), (0, 0)), constant_values=KEYS) for each in keys
    ]
    lengths = torch.tensor([len(each) for each in keys])
    names = [pitch_name(LOWEST + key) for key in range(KEYS)]
    if not model.module_.roll:
        voices = range(1, model.rows_.voices + 1)
        names = [f"voice {v}: {each}" for v in voices for each in [*names, "rest"][:PITCHES]]

    def scores(answer: torch.Tensor) -> torch.Tensor:
        return answer.flatten(2)

    return Inside(
        inputs=(torch.from_numpy(np.stack(filled)).long(), lengths),
        columns=[*names, "beginning"],
        answers=names,
        index=pd.Index(np.arange(len(keys[0])) / model.steps_per_beat, name="quarter notes"),
        scores=scores,
    )


def examples(model: MusicComposer, X: Any, y: Any, *, steps: bool) -> Examples:
    """Pieces as `fit` takes them, which it reads in parts of at most `chunk` steps."""
    pieces = read_pieces("doctor", X, model.steps_per_beat)
    keys = model.rows_.all_keys("doctor", pieces)
    lengths = np.array([len(each) for each in keys])
    return Examples(
        count=len(keys),
        keys=[each.tobytes() for each in keys],
        lengths=lengths,
        whole=lengths,
        sample=pieces[:SAMPLE],
        judged=int(lengths.sum()),
    )
