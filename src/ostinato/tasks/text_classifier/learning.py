"""How a text classifier learns: its loss and its batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from ostinato.data.weights import check_one_label, class_factors
from ostinato.errors import OptionError
from ostinato.options import TrainingOptions
from ostinato.tasks.text_classifier.options import TextClassifierOptions
from ostinato.tasks.text_classifier.rows import UNSEEN, TextRows
from ostinato.training import Batches

Loss = Callable[[torch.nn.Module, dict[str, torch.Tensor]], dict[str, torch.Tensor]]
FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # tried for the network and for the n-grams


def loss_of(rows: TextRows) -> Loss:
    """Cross-entropy in nats and accuracy, as means over a batch; rows count by their weights."""
    one_of_many = not rows.binary and not rows.several

    def loss(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        logits, truth = module(batch["tokens"], batch["tokens_lengths"]), batch["y"]
        weights = batch.get("weight")
        how = "mean" if weights is None else "none"
        if one_of_many:
            value = F.cross_entropy(logits, truth, reduction=how)
            right = logits.argmax(1) == truth
        else:
            truth = truth.to(logits.dtype).view(logits.shape)
            value = F.binary_cross_entropy_with_logits(logits, truth, reduction=how)
            right = (logits > 0) == (truth > 0.5)
        if weights is not None:
            value = (value * weights.view(-1, *[1] * (value.dim() - 1))).mean()
        return {"loss": value, "accuracy": right.to(torch.float32).mean()}

    return loss


def batches_of(
    rows: TextRows,
    pairs: tuple[Sequence[str], Sequence[Any]],
    options: TrainingOptions,
    *,
    shuffle: bool,
    weights: np.ndarray | None = None,
) -> Batches | None:
    """Batches of texts of like length; rows whose label training lacks are left out, and None
    where no row is left."""
    texts, truth = pairs[0], rows.truth(pairs[1])
    known = np.ones(len(texts), dtype=bool) if rows.several else truth != UNSEEN
    if not known.any():
        return None
    arrays: dict[str, Any] = {
        "tokens": rows.sequences([text for text, here in zip(texts, known, strict=True) if here]),
        "y": torch.from_numpy(truth[known]),
    }
    if weights is not None:
        arrays["weight"] = torch.from_numpy(weights.astype(np.float32))
    return Batches(arrays, options.batch_size, shuffle=shuffle, seed=options.seed, bucket=True)


def row_weights(
    options: TextClassifierOptions, rows: TextRows, labels: Sequence[Any], given: Sequence[float]
) -> np.ndarray | None:
    """How much each row counts, `(rows,)` with mean 1: `class_weight` times `given`; None where
    all count alike.

    Raises:
        OptionError: `class_weight` does not fit the classes.
    """
    where, table = "TextClassifier", options.class_weight
    check_one_label(where, table, rows.several)
    weights = np.asarray(given)
    if table is not None:
        weights = weights * class_factors(where, table, rows.classes, rows.targets(labels))
    if not weights.any():
        raise OptionError(f"{where}: class_weight leaves no row: all weights are 0.")
    return None if np.ptp(weights) == 0 else weights / weights.mean()


def best_mix(network: torch.Tensor, ngrams: torch.Tensor, truth: np.ndarray, rows: TextRows) -> Any:
    """The factors of both logits with the least loss on held-out rows."""
    target = torch.from_numpy(rows.columns(truth)).float()

    def loss(factors: tuple[float, float]) -> float:
        logits = factors[0] * network + factors[1] * ngrams
        if logits.shape[1] == 1 or rows.several:
            return float(F.binary_cross_entropy_with_logits(logits, target))
        return float(F.cross_entropy(logits, target))

    return min(((a, b) for a in FACTORS for b in FACTORS), key=loss)
