"""How a detector learns: its loss and its batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ostinato.errors import DataError
from ostinato.options import TrainingOptions
from ostinato.tasks.anomaly_detector.module import Predictor
from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.anomaly_detector.rows import LIMIT, AnomalyRows, Part
from ostinato.training import Batches

LOSSES = {
    "mae": torch.nn.functional.l1_loss,
    "mse": torch.nn.functional.mse_loss,
    "huber": torch.nn.functional.huber_loss,
}
_MOST = 4000  # pieces in an epoch: of long series not every row begins one
Loss = Callable[[torch.nn.Module, dict[str, Any]], dict[str, torch.Tensor]]


def loss_of(options: AnomalyDetectorOptions) -> Loss:
    """The mean error of what is expected. Rows known to be anomalous do not count as truth, nor
    does the share `contamination` of the largest errors of a batch."""
    criterion = LOSSES[options.loss]

    def loss(module: torch.nn.Module, batch: dict[str, Any]) -> dict[str, torch.Tensor]:
        rows, clean = batch["rows"], batch["clean"]
        if isinstance(module, Predictor):
            x = rows[:, : -module.horizon]
            answer = module(x)
            # (batch, steps, horizon, columns): of each step the rows after it.
            ahead = rows[:, 1:].unfold(1, module.horizon, 1).transpose(2, 3)
            known = clean[:, 1:].unfold(1, module.horizon, 1)
        else:
            answer, ahead, known = module(rows), rows, clean
        errors = criterion(answer, ahead, reduction="none").mean(-1)[known]
        if options.contamination and len(errors):
            kept = max(1, round(len(errors) * (1 - options.contamination)))
            errors = errors.topk(kept, largest=False).values
        return {"loss": errors.sum() / max(len(errors), 1)}

    return loss


def batches_of(
    rows: AnomalyRows,
    parts: Sequence[Part],
    cuts: Sequence[int],
    options: AnomalyDetectorOptions,
    how: TrainingOptions,
    where: str,
) -> tuple[Batches, Batches | None]:
    """Pieces of the series to learn from, shuffled, and those to judge by, where there are any.

    Raises:
        DataError: a series is too short.
    """
    length = options.past + (options.horizon if options.method == "prediction" else 0)
    learn, judge, offset = [], [], 0
    for part, cut in zip(parts, cuts, strict=True):
        place = where if part.name is None else f"{where}: series {part.name!r}"
        if cut < length:
            raise DataError(
                f"{place}: {cut} rows to learn from are too few for pieces of {length} rows. "
                "Choose a smaller past or horizon, or give more rows."
            )
        learn.append(offset + np.arange(cut - length + 1))
        end = len(part.values)
        if end > cut:  # pieces that end in held-out rows
            judge.append(offset + np.arange(cut - length + 1, end - length + 1))
        offset += end
    values = np.concatenate([network_rows(rows.scaled(part)) for part in parts])
    clean = [np.ones(len(p.values), dtype=bool) if p.labels is None else ~p.labels for p in parts]
    reads = {"values": torch.from_numpy(values), "clean": torch.from_numpy(np.concatenate(clean))}
    reach = torch.arange(length)

    def gather(batch: dict[str, Any]) -> dict[str, Any]:
        at = batch["start"][:, None] + reach
        return {"rows": reads["values"][at], "clean": reads["clean"][at]}

    def made(starts: list[np.ndarray], **more: Any) -> Batches:
        found = np.concatenate(starts)
        found = found[:: -(-len(found) // _MOST)]
        return Batches({"start": found}, transform=gather, reads=reads, **more)

    learned = made(learn, batch_size=how.batch_size, shuffle=True, seed=how.seed)
    return learned, made(judge, batch_size=max(how.batch_size, 64)) if judge else None


def network_rows(scaled: np.ndarray) -> np.ndarray:
    """What the network reads: `(rows, columns)` float32, drawn in to `LIMIT` spreads."""
    return np.clip(scaled, -LIMIT, LIMIT).astype(np.float32)
