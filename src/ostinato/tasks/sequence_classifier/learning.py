"""How a sequence classifier learns: its loss, its batches, and how long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ostinato.data.weights import check_one_label, class_factors
from ostinato.errors import OptionError
from ostinato.options import TrainingOptions
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions
from ostinato.tasks.sequence_classifier.pairs import Pairs
from ostinato.tasks.sequence_classifier.rows import UNSEEN, SequenceRows
from ostinato.training import Batches
from ostinato.training.augmentation import augment

Loss = Callable[[torch.nn.Module, dict[str, torch.Tensor]], dict[str, torch.Tensor]]


def loss_of(rows: SequenceRows, augmentation: Sequence[str]) -> Loss:
    """Cross-entropy in nats and accuracy, as means over a batch; rows count by their weights.
    Recordings are changed at random while the module is in training."""

    def loss(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        x, lengths, truth = batch["x"], batch["x_lengths"], batch["y"]
        if module.training:
            x, lengths = augment(augmentation, x, lengths)
        logits = module(x, lengths)
        weights = batch.get("weight")
        if rows.by_step:
            live = torch.arange(x.shape[1]) < lengths.unsqueeze(1)
            live &= truth[:, : x.shape[1]] != UNSEEN
            logits, truth = logits[live], truth[:, : x.shape[1]][live]
            if weights is not None:
                weights = weights[:, : x.shape[1]][live]
        if rows.several:
            value = F.binary_cross_entropy_with_logits(logits, truth, reduction="none").mean(1)
            right = ((logits > 0) == (truth > 0.5)).to(torch.float32)
        else:
            value = F.cross_entropy(logits, truth, reduction="none")
            right = (logits.argmax(1) == truth).to(torch.float32)
        value = value if weights is None else value * weights
        return {"loss": value.mean(), "accuracy": right.mean()}

    return loss


def batches_of(
    rows: SequenceRows,
    pairs: Pairs,
    options: TrainingOptions,
    *,
    shuffle: bool,
    weights: list[Any] | None = None,
) -> Batches | None:
    """Batches of recordings of like length; those whose label training lacks are left out, and
    None where none is left."""
    truth = rows.truth(pairs.labels)
    known = [
        k for k, each in enumerate(truth) if rows.several or (np.asarray(each) != UNSEEN).any()
    ]
    if not known:
        return None
    arrays: dict[str, Any] = {"x": rows.sequences([pairs.values[k] for k in known])}
    arrays["y"] = [truth[k] for k in known] if rows.by_step else torch.from_numpy(truth[known])
    if weights is not None:
        chosen = [np.asarray(weights[k], dtype=np.float32) for k in known]
        arrays["weight"] = chosen if rows.by_step else torch.from_numpy(np.stack(chosen))
    return Batches(arrays, options.batch_size, shuffle=shuffle, seed=options.seed, bucket=True)


def row_weights(
    options: SequenceClassifierOptions,
    rows: SequenceRows,
    labels: Sequence[Any],
    given: Sequence[float],
) -> list[Any] | None:
    """How much each recording counts, or each of its steps where these have labels, with mean 1:
    `class_weight` times `given`; None where all count alike.

    Raises:
        OptionError: `class_weight` does not fit the classes.
    """
    where, table = "SequenceClassifier", options.class_weight
    check_one_label(where, table, rows.several)
    if not rows.by_step:
        weights = np.asarray(given)
        if table is not None:
            weights = weights * class_factors(where, table, rows.classes, rows.targets(labels))
        if not weights.any():
            raise OptionError(f"{where}: class_weight leaves no row: all weights are 0.")
        return None if np.ptp(weights) == 0 else list(weights / weights.mean())
    if table is None and len(set(given)) == 1:
        return None
    truth = rows.targets(labels)
    flat = np.concatenate(truth)
    weights = np.repeat(given, [len(each) for each in truth])
    if table is not None:
        weights = weights * class_factors(where, table, rows.classes, flat)
    if not weights.any():
        raise OptionError(f"{where}: class_weight leaves no step: all weights are 0.")
    ends = np.cumsum([len(each) for each in truth])[:-1]
    return np.split(weights / weights.mean(), ends)
