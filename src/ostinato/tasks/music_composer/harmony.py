"""Voices for a melody: a search over the chain of voices in which the top one is given."""

from __future__ import annotations

import numpy as np
import torch

from ostinato import nn
from ostinato.tasks.music_composer.module import Chain, ChainHead, MusicModule, log_shares


@torch.no_grad()
def harmonise(module: MusicModule, melody: np.ndarray, beam: int) -> tuple[np.ndarray, float]:
    """The likeliest piece found whose top voice is `melody`.

    At every step the `beam` likeliest beginnings go on, voice by voice; how likely each made the
    melody's notes counts too, so that a harmony which leads to the next note is preferred.

    Args:
        melody: numbers of keys `(steps,)`.
        beam: beginnings that are kept.

    Returns:
        numbers of keys `(steps, voices)`, and the logarithm of the piece's probability, in nats.
    """
    head = module.head
    assert isinstance(head, ChainHead)
    stepper, totals = nn.Stepper(module.layer), np.zeros(1)
    frames, parents = [], []
    values = module.frame(None)
    with nn.FixedWeights():
        for note in melody.tolist():
            outputs = np.concatenate([stepper.step(values), values], 1)
            rows, keys, totals = _step(head, outputs, note, totals, beam)
            frames.append(keys)
            parents.append(rows)
            stepper.keep(rows)
            values = np.concatenate([module.frame(each) for each in keys])
    found, row = [], int(totals.argmax())
    for keys, before in zip(reversed(frames), reversed(parents), strict=True):
        found.append(keys[row])
        row = int(before[row])
    return np.stack(found[::-1]), float(totals.max())


def _step(
    head: ChainHead, outputs: np.ndarray, note: int, totals: np.ndarray, beam: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best ways through one step: the beginnings they go on from, their keys
    `(ways, voices)`, and their log probabilities."""
    chain = Chain(head, torch.from_numpy(outputs))
    rows = np.arange(len(totals))
    totals = totals + log_shares(chain.scores())[:, note]
    keys = np.full((len(totals), 1), note)
    chain.take(torch.from_numpy(keys[:, 0]))
    for _ in range(1, head.voices):
        scores = totals[:, None] + log_shares(chain.scores())
        best = np.argsort(-scores, axis=None, kind="stable")[:beam]
        best = best[np.isfinite(scores.ravel()[best])]
        before, key = np.divmod(best, scores.shape[1])
        rows, totals = rows[before], scores.ravel()[best]
        keys = np.concatenate([keys[before], key[:, None]], axis=1)
        chain.keep(torch.from_numpy(before))
        chain.take(torch.from_numpy(key))
    return rows, keys, totals
