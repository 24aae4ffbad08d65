"""What is measured of a composer, and the naive baselines beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np

from ostinato.data.music import KEYS, PITCHES, roll_of_keys
from ostinato.errors import DataError
from ostinato.measures import Baseline, Measure
from ostinato.tasks.music_composer.module import MusicModule

MEASURES = (
    Measure(
        name="nll",
        unit="nats a step",
        higher_is_better=False,
        sentence="How surprised the model was by each step after a piece's first, the mean.",
    ),
    Measure(
        name="nll_all",
        unit="nats a step",
        higher_is_better=False,
        sentence="The same with the first step of every piece, before which nothing is known.",
    ),
    Measure(
        name="accuracy",
        sentence="Of the notes that sounded or were expected, the share that both did; first "
        "steps not among them.",
    ),
)
BASELINES = (
    Baseline(
        prefix="repeat_",
        name="last step again",
        sentence="Expects that notes stay, as often as they did in training.",
    ),
    Baseline(
        prefix="frequency_",
        name="pitch frequencies",
        sentence="Expects each pitch as often as it sounded in training.",
    ),
)


def measure(
    module: MusicModule, naive: NaiveMusic, pieces: Sequence[np.ndarray]
) -> dict[str, float]:
    """The figures of `evaluate`, of pieces `(steps, voices)`."""
    found = [module.told(keys) for keys in pieces]
    figures = _figures(pieces, [nats for nats, _ in found], [likely for _, likely in found])
    for prefix, answers in (
        ("repeat_", naive.repeated),
        ("frequency_", naive.frequencies),
    ):
        told = [answers(keys) for keys in pieces]
        own = _figures(pieces, [nats for nats, _ in told], [likely for _, likely in told])
        figures |= {f"{prefix}{name}": value for name, value in own.items()}
    return figures


def _figures(
    pieces: Sequence[np.ndarray], nats: Sequence[np.ndarray], likely: Sequence[np.ndarray]
) -> dict[str, float]:
    every = np.concatenate(nats)
    later = np.concatenate([each[1:] for each in nats])
    both = either = 0
    for keys, answer in zip(pieces, likely, strict=True):
        truth = roll_of_keys(keys)
        both += int((truth & answer)[1:].sum())
        either += int((truth | answer)[1:].sum())
    return {
        "nll": float(later.mean() if len(later) else every.mean()),
        "nll_all": float(every.mean()),
        "accuracy": both / max(either, 1),
    }


@dataclasses.dataclass(kw_only=True)
class NaiveMusic:
    """How often notes sounded and stayed in training.

    Attributes:
        roll: keys each by itself, as the model tells them; otherwise voice by voice.
        share: of a roll `(1, 88)`, of every key how often it sounded; of voices `(voices, 89)`.
        stays: how often a key that sounded did so again, or a voice kept its pitch: `(keys or
            voices,)`.
        begins: of a roll, how often a silent key sounded next: `(88,)`; otherwise empty.
    """

    roll: bool
    share: np.ndarray
    stays: np.ndarray
    begins: np.ndarray

    @classmethod
    def fit(cls, pieces: Sequence[np.ndarray], roll: bool) -> Self:
        """Counts with a little added, so that nothing is impossible."""
        if roll:
            return cls._of_rolls([roll_of_keys(keys) for keys in pieces])
        voices = pieces[0].shape[1]
        share = np.full((voices, PITCHES), 0.1)
        stayed, count = np.ones(voices), 2.0
        for keys in pieces:
            for voice in range(voices):
                share[voice] += np.bincount(keys[:, voice], minlength=PITCHES)
            stayed += (keys[1:] == keys[:-1]).sum(0)
            count += len(keys) - 1
        share /= share.sum(1, keepdims=True)
        return cls(roll=False, share=share, stays=stayed / count, begins=np.zeros(0))

    @classmethod
    def _of_rolls(cls, rolls: Sequence[np.ndarray]) -> Self:
        sounded, before, kept, begun = np.zeros((4, KEYS))
        for roll in rolls:
            sounded += roll.sum(0)
            before += roll[:-1].sum(0)
            kept += (roll[:-1] & roll[1:]).sum(0)
            begun += (~roll[:-1] & roll[1:]).sum(0)
        steps = sum(map(len, rolls))
        silent = steps - len(rolls) - before
        usual = (kept.sum() + 1) / (before.sum() + 2)
        return cls(
            roll=True,
            share=(sounded[None] + 0.5) / (steps + 1),
            stays=(kept + 2 * usual) / (before + 2),
            begins=(begun + 0.5) / (silent + 1),
        )

    def shifted(self, most: int) -> np.ndarray:
        """`share` as it is where chance shifts pieces by up to `most` semitones."""
        keys = np.pad(self.share[:, :KEYS], ((0, 0), (most, most)), mode="edge")
        windows = np.lib.stride_tricks.sliding_window_view(keys, 2 * most + 1, axis=1)
        share = np.concatenate([windows.mean(2), self.share[:, KEYS:]], axis=1)
        return share if self.roll else share / share.sum(1, keepdims=True)

    def frequencies(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of a piece the nats of each step `(steps,)` and the expected notes `(steps, 88)`."""
        if self.roll:
            odds = np.broadcast_to(self.share, (len(keys), KEYS))
            return _independent(odds, keys)
        odds = np.broadcast_to(self.share, (len(keys), *self.share.shape))
        return _by_voice(odds, keys)

    def repeated(self, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """As `frequencies`; before the first step nothing is known to stay."""
        if self.roll:
            odds = np.where(roll_of_keys(keys)[:-1], self.stays, self.begins)
            return _independent(np.concatenate([self.share, odds]), keys)
        odds = (1 - self.stays)[None, :, None] * self.share
        odds = np.broadcast_to(odds, (len(keys), *self.share.shape)).copy()
        odds[0] = self.share
        steps, voices = np.indices(keys[1:].shape)
        odds[steps + 1, voices, keys[:-1]] += self.stays
        return _by_voice(odds, keys)

    def to_dict(self) -> dict[str, Any]:
        return {
            "roll": self.roll,
            "share": self.share.tolist(),
            "stays": self.stays.tolist(),
            "begins": self.begins.tolist(),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any], voices: int) -> Self:
        roll = bool(document["roll"])
        shapes = {
            "share": (1, KEYS) if roll else (voices, PITCHES),
            "stays": (KEYS,) if roll else (voices,),
            "begins": (KEYS,) if roll else (0,),
        }
        arrays = {name: np.array(document[name], float) for name in shapes}
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise DataError(f"{name} of the baseline has shape {arrays[name].shape}")
        return cls(roll=roll, **arrays)


def _independent(odds: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    truth = roll_of_keys(keys)
    return -np.log(np.where(truth, odds, 1 - odds)).sum(1), odds >= 0.5


def _by_voice(odds: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    shares = np.take_along_axis(odds, keys[..., None], 2)[..., 0]
    return -np.log(shares).sum(1), roll_of_keys(odds.argmax(2))
