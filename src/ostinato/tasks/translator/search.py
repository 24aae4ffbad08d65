"""Answers searched for with one decoder or several, for any number of sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato import nn
from ostinato.decoding import Answer, write_answers
from ostinato.tasks.translator.module import TranslatorModule


def search(
    models: Sequence[TranslatorModule],
    sources: Sequence[Sequence[np.ndarray]],
    limits: Sequence[int],
    **how: Any,
) -> list[list[Answer]]:
    """The best answers to each source, which is given once for each model, as that model is to
    read it; `how` as in `decoding.write_answers`."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for row, source in enumerate(sources):
        groups.setdefault(tuple(map(len, source)), []).append(row)

    def read(rows: Sequence[int]) -> list[nn.Memory]:
        given = zip(*(sources[k] for k in rows), strict=True)
        stacked = [torch.from_numpy(np.stack(each)) for each in given]
        return [
            model.encode(source, torch.full((len(rows),), source.shape[1]))
            for model, source in zip(models, stacked, strict=True)
        ]

    return write_answers(models, [rows for _, rows in sorted(groups.items())], read, limits, **how)
