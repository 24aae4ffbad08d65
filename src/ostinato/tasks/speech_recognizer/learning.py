"""How a speech recognizer learns: recordings disturbed anew each epoch, and the CTC loss."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ostinato import training
from ostinato.data.audio import Recording
from ostinato.decoding.ctc import BLANK, frames_needed
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions
from ostinato.tasks.speech_recognizer.rows import SpeechRows
from ostinato.tasks.speech_recognizer.sounds import Sounds

Loss = Callable[[Any, dict[str, Tensor]], dict[str, Tensor]]
MASKS = 2  # of frames, and of numbers
STEPS, FEWEST, MOST = 3000, 60, 300  # optimizer steps of a fit, and epochs
LOUDEST, QUIETEST = 5.0, 30.0  # decibels that noise is below a recording


def training_of(
    options: SpeechRecognizerOptions, how: training.TrainingOptions, rows: int
) -> training.TrainingOptions:
    """The training options with enough epochs for the rows, where that was left open."""
    if options.epochs is not None:
        return how
    epochs = training.enough_epochs(rows, how.batch_size, steps=STEPS, fewest=FEWEST, most=MOST)
    return dataclasses.replace(how, epochs=epochs)


class SpeechBatches:
    """Batches of "frames" and "labels" with their lengths.

    In training every epoch reads each recording at another speed, with other masks, and some in
    noise, all drawn from the seed and the epoch's number. The first epochs (`undisturbed`) read
    them as they are, the shortest first.

    Args:
        rows: what scales frames.
        sounds: where noise is added: recordings.
        frames: features `(frames, size)` of each recording.
        labels: those of each.
        options: of the estimator.
        how: the training options of this fit.
        disturb: whether this is training.
    """

    def __init__(
        self,
        rows: SpeechRows,
        sounds: Sounds,
        frames: Sequence[np.ndarray],
        labels: Sequence[np.ndarray],
        options: SpeechRecognizerOptions,
        how: training.TrainingOptions,
        *,
        disturb: bool,
        undisturbed: int = 0,
    ) -> None:
        self.rows, self.frames, self.labels = rows, frames, labels
        self.sounds = sounds if options.noise and rows.features is not None else None
        self.options, self.how, self.disturb = options, how, disturb
        self.undisturbed = undisturbed
        self.plain = [rows.scaled(each) for each in frames]
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """The number that, with the seed, decides what the next pass reads."""
        early = epoch < self.undisturbed
        drawn = self.plain
        if self.disturb and not early:
            random = np.random.default_rng([self.how.seed, epoch])
            drawn = [self._disturbed(row, random) for row in range(len(self.frames))]
        self.batches = training.Batches(
            {"frames": drawn, "labels": self.labels},
            self.how.batch_size,
            shuffle=self.disturb and not early,
            seed=self.how.seed,
            bucket=True,
            transform=lambda batch: batch | {"early": torch.tensor(early)},
        )
        self.batches.set_epoch(epoch)

    def _disturbed(self, row: int, random: np.random.Generator) -> np.ndarray:
        options, frames = self.options, self.frames[row]
        noisy = random.random() < options.noise
        seed, below = random.integers(1 << 32), random.uniform(LOUDEST, QUIETEST)
        if noisy and self.sounds is not None and self.rows.features is not None:
            sound = in_noise(self.sounds[row], below, np.random.default_rng(seed))
            frames = self.rows.features.of("SpeechRecognizer", sound)
        factor = random.uniform(1 - options.speed, 1 + options.speed)
        faster = at_speed(frames, factor)
        if fits(faster, self.labels[row], options.stride):
            frames = faster
        scaled = self.rows.scaled(frames)
        return masked(scaled, options.time_mask, options.feature_mask, random)

    def fingerprint(self) -> dict[str, Any]:
        """What tells these rows from others: settings, features and labels as they are."""
        whole = training.Batches(
            {"frames": self.frames, "labels": self.labels},
            self.how.batch_size,
            shuffle=self.disturb,
            seed=self.how.seed,
            bucket=True,
        )
        return whole.fingerprint() | {"undisturbed epochs": self.undisturbed}

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return iter(self.batches)


def fits(frames: np.ndarray, labels: np.ndarray, stride: int) -> bool:
    """Whether there is a step for each label, and one between equal ones."""
    return -(-len(frames) // stride) >= frames_needed(labels)


def at_speed(frames: np.ndarray, factor: float) -> np.ndarray:
    """Frames as if the recording were `factor` times as fast, its pitch unchanged: each new one on
    a straight line between two old ones."""
    count = max(1, round(len(frames) / factor))
    places = np.linspace(0, len(frames) - 1, count)
    before = np.floor(places).astype(np.int64)
    after = np.minimum(before + 1, len(frames) - 1)
    part = (places - before)[:, None].astype(frames.dtype)
    return frames[before] * (1 - part) + frames[after] * part


def in_noise(recording: Recording, below: float, random: np.random.Generator) -> Recording:
    """A recording with white noise, `below` decibels under its own power."""
    samples = recording.samples
    power = float(np.mean(samples.astype(np.float64) ** 2))
    noise = random.standard_normal(len(samples)) * np.sqrt(power / 10 ** (below / 10))
    return Recording(samples=samples + noise.astype(np.float32), rate=recording.rate)


def masked(
    frames: np.ndarray, time: float, feature: float, random: np.random.Generator
) -> np.ndarray:
    """Frames with two masks in time and two over their numbers, each up to a share of all: hidden
    values are 0, the mean (Park et al., arXiv:1904.08779, without warping)."""
    found = frames.copy()
    for axis, share in ((0, time), (1, feature)):
        for _ in range(MASKS):
            length = frames.shape[axis]
            wide = int(random.integers(0, int(share * length) + 1))
            begin = int(random.integers(0, length - wide + 1))
            hidden = slice(begin, begin + wide)
            found[hidden if axis == 0 else (slice(None), hidden)] = 0
    return found


def loss_of() -> Loss:
    """The CTC loss (Graves et al. 2006) in nats per label, the mean over a batch; undisturbed
    epochs train without dropout."""

    def loss(module: Any, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        module.dropout.train(module.training and not bool(batch["early"]))
        logits, steps = module(batch["frames"], batch["frames_lengths"])
        found = F.ctc_loss(
            F.log_softmax(logits, 2).transpose(0, 1),
            batch["labels"],
            steps,
            batch["labels_lengths"],
            blank=BLANK,
            reduction="mean",
        )
        return {"loss": found}

    return loss
