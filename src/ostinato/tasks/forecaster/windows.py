"""Windows across series, gathered by index."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ostinato import training
from ostinato.errors import DataError

_AT_ONCE = 256  # windows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows over series that lie one after another in one tensor; only indices are per window.

    Attributes:
        values: `(rows, inputs)`, scaled, targets first.
        training: `(windows,)`, the first row of each window to learn from.
        validation: the same for windows to judge by; their forecasts lie in held-out rows.
    """

    values: torch.Tensor
    training: torch.Tensor
    validation: torch.Tensor

    def batches(self, starts: torch.Tensor, past: int, horizon: int, **options: Any) -> Any:
        """`training.Batches` of "x" `(batch, past, inputs)` and "y" `(batch, horizon, inputs)`."""
        reach = torch.arange(past + horizon)

        def gather(batch: dict[str, Any]) -> dict[str, Any]:
            rows = self.values[batch["start"][:, None] + reach]
            return {"x": rows[:, :past], "y": rows[:, past:]}

        reads = {"values": self.values}
        return training.Batches({"start": starts}, transform=gather, reads=reads, **options)


def make_windows(
    parts: Sequence[np.ndarray],
    cuts: Sequence[int],
    names: Sequence[Any],
    *,
    past: int,
    horizon: int,
    where: str,
) -> Windows:
    """Windows of every series; rows from `cut` on are held out as forecasts, not as inputs.

    Raises:
        DataError: a series is too short; the message says how many rows are needed.
    """
    learn, judge, offset = [], [], 0
    for rows, cut, name in zip(parts, cuts, names, strict=True):
        place = where if name is None else f"{where}: series {name!r}"
        held = len(rows) - cut
        if cut < past + horizon:
            raise DataError(
                f"{place}: {cut} rows to learn from are too few for past {past} and horizon "
                f"{horizon}, which need at least {past + horizon}"
                f"{' before the held-out rows' if held else ''}. Choose a smaller past or horizon, "
                "or give more rows."
            )
        if 0 < held < horizon:
            raise DataError(
                f"{place}: {held} held-out rows are too few for horizon {horizon}, which needs at "
                f"least {horizon}. Hold out more, give more rows, or fit with validation=None."
            )
        learn.append(torch.arange(offset, offset + cut - past - horizon + 1))
        first = offset + cut - past
        judge.append(torch.arange(first, first + (held - horizon + 1 if held else 0)))
        offset += len(rows)
    values = torch.from_numpy(np.concatenate(parts).astype(np.float32))
    return Windows(values=values, training=torch.cat(learn), validation=torch.cat(judge))


def gather(
    values: torch.Tensor, starts: torch.Tensor, past: int, horizon: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Windows and the rows that follow each, some hundred at a time."""
    reach = torch.arange(past + horizon)
    for chosen in starts.split(_AT_ONCE):
        rows = values[chosen[:, None] + reach]
        yield rows[:, :past], rows[:, past:]
