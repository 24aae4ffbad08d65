"""Pairs of texts to the batches that a translator learns from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato import training
from ostinato.data.subwords import SubwordSampler
from ostinato.data.text import TextEncoder
from ostinato.tasks.translator.rows import with_end

CUT_TARGETS = 0.5  # share of the epochs in which targets too are cut at random


class PairBatches:
    """Batches of "source", "target" and "fed" (the target with the end in front), with lengths.

    Args:
        encoders: of sources and of targets; the number behind an encoder's last is the end.
        pairs: sources and targets.
        limit: most tokens read of a text.
        shuffle: a new order each epoch.
        subword_dropout: the texts are cut anew each epoch (see `SubwordSampler`); the targets only
            in the first `cut_targets` of them. A model that has seen words in many pieces to the
            end spreads their probability over them, and then finds short answers likelier.
        scheduled_sampling: "share" in a batch rises from 0 to it over `epochs`.
    """

    def __init__(
        self,
        encoders: tuple[TextEncoder, TextEncoder],
        pairs: tuple[Sequence[str], Sequence[str]],
        options: training.TrainingOptions,
        *,
        limit: int | None,
        shuffle: bool,
        subword_dropout: float = 0.0,
        cut_targets: float = CUT_TARGETS,
        scheduled_sampling: float = 0.0,
    ) -> None:
        self.ends = [len(each) for each in encoders]
        self.cut_targets = cut_targets
        self.options, self.limit, self.shuffle = options, limit, shuffle
        self.most, self.subword_dropout = scheduled_sampling, subword_dropout
        self.samplers = [
            SubwordSampler(encoder, texts, subword_dropout) if subword_dropout else None
            for encoder, texts in zip(encoders, pairs, strict=True)
        ]
        self.rows = [e.encode(texts) for e, texts in zip(encoders, pairs, strict=True)]
        self.set_epoch(0)

    def set_epoch(self, epoch: int) -> None:
        """The number that, with the seed, decides order and cuts of the next pass."""
        seed = self.options.seed * 1_000_003 + 2 * epoch
        late = epoch >= self.cut_targets * self.options.epochs
        drawn = [
            rows if sampler is None or (side and late) else sampler.draw(seed + side)
            for side, (rows, sampler) in enumerate(zip(self.rows, self.samplers, strict=True))
        ]
        source, target = (
            with_end(rows, end, self.limit) for rows, end in zip(drawn, self.ends, strict=True)
        )
        self.share = self.most * epoch / max(1, self.options.epochs - 1)
        self.batches = training.Batches(
            {"source": source, "target": target},
            self.options.batch_size,
            shuffle=self.shuffle,
            seed=self.options.seed,
            bucket=True,
            transform=self._feed,
        )
        self.batches.set_epoch(epoch)

    def _feed(self, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        target = batch["target"]
        first = torch.full_like(target[:, :1], self.ends[1])
        batch["fed"] = torch.cat([first, target[:, :-1]], 1)
        batch["share"] = torch.tensor(self.share)
        return batch

    def fingerprint(self) -> dict[str, Any]:
        """What tells these pairs from others: settings, and both sides before they are cut."""
        whole = training.Batches(
            {"source": self.rows[0], "target": self.rows[1]},
            self.options.batch_size,
            shuffle=self.shuffle,
            seed=self.options.seed,
            bucket=True,
        )
        settings = ("limit", "subword_dropout", "cut_targets", "most")
        return whole.fingerprint() | {name: getattr(self, name) for name in settings}

    def __len__(self) -> int:
        return len(self.batches)

    def __iter__(self) -> Iterator[dict[str, Tensor]]:
        return iter(self.batches)


def loss_of(label_smoothing: float, word_prediction: float) -> Any:
    """The loss of a fit: cross-entropy in nats per target token; with dropout also label smoothing
    (Szegedy et al., arXiv:1512.00567) and `word_prediction` times that of the tokens told from the
    summary. Validation also has the accuracy per token."""

    def loss(module: Any, batch: dict[str, Tensor]) -> dict[str, Tensor]:
        source, source_lengths = batch["source"], batch["source_lengths"]
        fed, lengths = batch["fed"], batch["target_lengths"]
        share, learning = float(batch["share"]), torch.is_grad_enabled()
        if learning and share:
            fed = module.mixed(source, source_lengths, fed, share)
        memory = module.encode(source, source_lengths)
        logits = module.write(fed, memory, lengths)
        live = torch.arange(fed.shape[1], device=fed.device) < lengths.unsqueeze(1)
        truth = batch["target"][live]
        smoothing = label_smoothing if module.training else 0.0
        found = torch.nn.functional.cross_entropy(logits, truth, label_smoothing=smoothing)
        if not learning:
            right = (logits.argmax(1) == truth).to(torch.float32).mean()
            return {"loss": found, "accuracy": right}
        if word_prediction and module.training:
            told = torch.log_softmax(module.told(memory), 1)
            rows = torch.arange(len(lengths), device=lengths.device)
            told = told[rows.repeat_interleave(lengths), truth]
            found = found - word_prediction * told.mean()
        return {"loss": found}

    return loss
