"""Images and captions to the batches that a captioner learns from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from ostinato import data, training
from ostinato.data import UNKNOWN
from ostinato.tasks.image_captioner.rows import Captions
from ostinato.tasks.image_captioner.vision import changed


class CaptionBatches:
    """Batches of images with all of their captions, so that each image is looked at once.

    A batch has "target" and "fed" (the target with the end in front) `(captions, steps)`,
    "target_lengths", "owner" (the image of each caption), and "images" `(images, 3, size, size)`,
    or "regions" with "regions_lengths".

    Args:
        encoder: of captions; the number behind its last is the end.
        looks: pixels `(images, size, size, 3)`, or a list of regions `(regions, numbers)`.
        shuffle: a new order each epoch.
        augment: how strongly images are changed; drawn from the seed and the epoch's number.
    """

    def __init__(
        self,
        encoder: data.TextEncoder,
        looks: Any,
        captions: Captions,
        options: training.TrainingOptions,
        *,
        shuffle: bool,
        augment: float = 0.0,
    ) -> None:
        self.end, self.options = len(encoder), options
        self.shuffle, self.augment = shuffle, augment
        self.pixels = torch.from_numpy(looks) if isinstance(looks, np.ndarray) else None
        self.regions = None if self.pixels is not None else list(map(torch.from_numpy, looks))
        flat = encoder.encode([text for row in captions for text in row])
        places = np.cumsum([0, *map(len, captions)])
        self.targets = [
            [np.append(each, self.end) for each in flat[start:stop]]
            for start, stop in itertools.pairwise(places)
        ]
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The number that, with the seed, decides order and changes of the next pass."""
        self.epoch = epoch

    def fingerprint(self) -> dict[str, Any]:
        """What tells these rows from others. Every caption ends with the end, so that all in one
        row tell where each begins."""
        looks = self.pixels if self.regions is None else torch.cat(self.regions)
        assert looks is not None
        words = np.concatenate([each for row in self.targets for each in row])
        arrays = {"captions": np.array(list(map(len, self.targets)))}
        if self.regions is not None:
            arrays["regions"] = np.array(list(map(len, self.regions)))
        batches = training.Batches(
            arrays,
            self.options.batch_size,
            shuffle=self.shuffle,
            seed=self.options.seed,
            reads={"looks": looks, "words": torch.from_numpy(words)},
        )
        return batches.fingerprint() | {"augment": self.augment}

    def __len__(self) -> int:
        return -(-len(self.targets) // self.options.batch_size)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        draw = torch.Generator().manual_seed(self.options.seed * 1_000_003 + self.epoch)
        count = len(self.targets)
        order = torch.randperm(count, generator=draw) if self.shuffle else torch.arange(count)
        for rows in order.split(self.options.batch_size):
            yield self._written(rows.tolist()) | self._seen(rows, draw)

    def _written(self, rows: Sequence[int]) -> dict[str, Tensor]:
        texts = [torch.from_numpy(each) for row in rows for each in self.targets[row]]
        target = torch.nn.utils.rnn.pad_sequence(texts, batch_first=True)
        owner = torch.tensor([k for k, row in enumerate(rows) for _ in self.targets[row]])
        first = torch.full_like(target[:, :1], self.end)
        return {
            "target": target,
            "target_lengths": torch.tensor(list(map(len, texts))),
            "fed": torch.cat([first, target[:, :-1]], 1),
            "owner": owner,
        }

    def _seen(self, rows: Tensor, draw: torch.Generator) -> dict[str, Tensor]:
        if self.pixels is not None:
            images = as_images(self.pixels[rows])
            return {"images": changed(images, self.augment, draw)}
        assert self.regions is not None
        chosen = [self.regions[k] for k in rows.tolist()]
        return {
            "regions": torch.nn.utils.rnn.pad_sequence(chosen, batch_first=True),
            "regions_lengths": torch.tensor(list(map(len, chosen))),
        }


def as_images(pixels: Tensor) -> Tensor:
    """uint8 `(images, size, size, 3)` to float32 `(images, 3, size, size)`, 0 to 1."""
    return (pixels.permute(0, 3, 1, 2).to(torch.float32) / 255).contiguous()


def loss_of(label_smoothing: float, word_prediction: float) -> Any:
    """The loss of a fit: cross-entropy in nats per token, of those that the vocabulary has; in
    training with label smoothing (Szegedy et al., arXiv:1512.00567) and `word_prediction` times
    the cross-entropy in nats per image of each word being in its captions or not, summed over
    words and divided by a hundred. Validation also has the accuracy per token."""

    def loss(module: Any, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        if "images" in batch:
            regions = module.see(batch["images"])
            lengths = torch.full((len(regions),), regions.shape[1], device=regions.device)
        else:
            regions, lengths = batch["regions"], batch["regions_lengths"]
        fed, steps, owner = batch["fed"], batch["target_lengths"], batch["owner"]
        memory = module.encode(regions, lengths)
        logits = module.write(fed, memory.pick(owner), steps)
        live = torch.arange(fed.shape[1], device=fed.device) < steps.unsqueeze(1)
        truth = batch["target"][live]
        known = truth != UNKNOWN
        smoothing = label_smoothing if module.training else 0.0
        found = cross_entropy(logits[known], truth[known], label_smoothing=smoothing)
        if not torch.is_grad_enabled():
            right = (logits.argmax(1) == truth)[known].to(torch.float32).mean()
            return {"loss": found, "accuracy": right}
        if word_prediction and module.training:
            told = module.told(memory)
            there = torch.zeros_like(told)
            there[owner.repeat_interleave(steps), truth] = 1.0
            there, told = there[:, UNKNOWN + 1 : -1], told[:, UNKNOWN + 1 : -1]
            words = binary_cross_entropy_with_logits(told, there, reduction="none").sum(1).mean()
            found = found + word_prediction * words / 100
        return {"loss": found}

    return loss
