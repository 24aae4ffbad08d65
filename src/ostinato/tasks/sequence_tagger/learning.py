"""How a tagger learns: its loss, its batches, and what is taken from the score of O."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ostinato.data.tags import spans_of
from ostinato.measures.spans import measure_spans
from ostinato.options import TrainingOptions
from ostinato.tasks.sequence_tagger.module import SequenceTaggerModule
from ostinato.tasks.sequence_tagger.rows import OUTSIDE, Rows, TaggerRows
from ostinato.training import Batches

Loss = Callable[[Any, dict[str, Any]], dict[str, torch.Tensor]]
SHIFTS = tuple(k / 4 for k in range(9))  # of the score of "O", tried on the held-out rows


def loss_of(crf: bool) -> Loss:
    """Nats for a token, a mean over the tokens of a batch."""

    def loss(module: SequenceTaggerModule, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        emissions, truth = module(*batch["inputs"]), batch["tags"]
        lengths = batch["forms_lengths"]
        if crf:
            assert module.crf is not None
            likelihood = module.crf.log_likelihood(emissions, truth, lengths)
            return {"loss": -likelihood.sum() / lengths.sum()}
        live = torch.arange(truth.shape[1], device=truth.device) < lengths.unsqueeze(1)
        return {"loss": F.cross_entropy(emissions[live], truth[live])}

    return loss


def batches_of(
    rows: TaggerRows,
    pairs: tuple[Rows, Rows],
    options: TrainingOptions,
    *,
    where: str,
    shuffle: bool,
) -> Batches:
    """Batches of sentences of like length.

    Raises:
        DataError: `where`: a tag is not the model's.
    """
    forms = rows.reader.read(pairs[0])
    return Batches(
        {"forms": forms.rows, "tags": rows.targets(where, pairs[1])},
        options.batch_size,
        shuffle=shuffle,
        seed=options.seed,
        bucket=True,
        transform=forms.batch,
        reads={"features": forms.features, "chars": forms.chars},
    )


def judged(
    rows: TaggerRows, held_out: tuple[Rows, Rows] | None, options: TrainingOptions
) -> Batches | None:
    """Batches of held-out sentences for the loss; without those that have a tag which training
    lacks, and None where no sentence is left."""
    if held_out is None:
        return None
    here = np.flatnonzero(rows.known(held_out[1]))
    if not len(here):
        return None
    pairs = ([held_out[0][k] for k in here], [held_out[1][k] for k in here])
    return batches_of(rows, pairs, options, where="validation", shuffle=False)


def monitored(options: TrainingOptions, spans: bool, judge: Batches | None) -> TrainingOptions:
    """The options with monitor "auto" replaced by what it stands for."""
    if options.monitor != "auto":
        return options
    if judge is None:
        return dataclasses.replace(options, monitor="train_loss", mode="min")
    monitor = "val_f1" if spans else "val_accuracy"
    return dataclasses.replace(options, monitor=monitor, mode="max")


@torch.inference_mode()
def best_shift(
    module: SequenceTaggerModule, rows: TaggerRows, held_out: tuple[Rows, Rows]
) -> float:
    """What to take from the score of "O" for the best F1 of entities on these sentences, nats.

    Likelihood weighs every token alike, so that rare entities are found too seldom for F1.
    """
    words, tags = held_out
    parts = list(module.read(rows.reader, words))
    truth = [spans_of(row) for row in tags]

    def f1(shift: float) -> float:
        answers = [np.zeros(0, dtype=np.int64)] * len(words)
        lower = torch.zeros(len(rows.tags))
        lower[rows.tags.index(OUTSIDE)] = shift
        for places, emissions, lengths in parts:
            best = module.best(emissions - lower, lengths)
            for place, row, length in zip(places, best, lengths.tolist(), strict=True):
                answers[place] = row[:length]
        return measure_spans(truth, [spans_of(row) for row in rows.names(answers)])["f1"]

    return max(SHIFTS, key=f1)
