"""Windows across series, gathered by index."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ostinato import training
from ostinato.errors import DataError
from ostinato.tasks.forecaster.scaling import Scales

_AT_ONCE = 256  # windows


@dataclasses.dataclass(frozen=True, kw_only=True)
class Windows:
    """Windows over series that lie one after another in one tensor; only indices are per window.

    Attributes:
        values: `(rows, inputs)`, scaled: targets, then regressors known up to now, then columns
            that are known ahead.
        truth: `(rows, targets)`, float64, in the user's units.
        series: `(rows,)`, the number of each row's series.
        statics: `(series, statics)`.
        names: of the series.
        scales: of the series.
        level: `(series, targets, 2)`, see `level_of`.
        targets, known: columns to forecast, the first; and columns known ahead, the last.
        skipped: names of series that are too short to learn from.
        training: `(windows,)`, the first row of each window to learn from.
        validation: the same for windows to judge by; their forecasts lie in held-out rows.
    """

    values: torch.Tensor
    truth: np.ndarray
    series: torch.Tensor
    statics: torch.Tensor
    names: list[Any]
    scales: Scales
    level: torch.Tensor
    targets: int
    known: int
    skipped: list[Any]
    training: torch.Tensor
    validation: torch.Tensor

    def take(self, starts: torch.Tensor, past: int, horizon: int) -> dict[str, torch.Tensor]:
        """Some windows as a batch: "x" `(batch, past, inputs)`, "future" `(batch, horizon, known)`,
        "static" `(batch, statics)`, "level" `(batch, targets, 2)` and "y" `(batch, horizon,
        targets)`."""
        rows = self.values[starts[:, None] + torch.arange(past + horizon)]
        ahead = rows[:, past:]
        return {
            "x": rows[:, :past],
            "future": ahead[..., ahead.shape[-1] - self.known :],
            "static": self.statics[self.series[starts]],
            "level": self.level[self.series[starts]],
            "y": ahead[..., : self.targets],
        }

    def batches(self, starts: torch.Tensor, past: int, horizon: int, **options: Any) -> Any:
        """`training.Batches` of what `take` gives."""

        def gather(batch: dict[str, Any]) -> dict[str, Any]:
            return self.take(batch["start"], past, horizon)

        reads = {"values": self.values, "statics": self.statics, "series": self.series}
        return training.Batches({"start": starts}, transform=gather, reads=reads, **options)

    def some(self, starts: torch.Tensor) -> Iterator[torch.Tensor]:
        """The windows some hundred at a time."""
        return iter(starts.split(_AT_ONCE) if len(starts) else ())


@dataclasses.dataclass(frozen=True, kw_only=True)
class Places:
    """Where windows begin among rows that lie one after another: to learn from, and to judge by;
    and the names of the series that are too short for any."""

    skipped: list[Any]
    training: torch.Tensor
    validation: torch.Tensor


def find_windows(
    lengths: Sequence[int],
    cuts: Sequence[int],
    names: Sequence[Any],
    *,
    past: int,
    horizon: int,
    where: str,
) -> Places:
    """Windows of every series; rows from `cut` on are held out as forecasts, not as inputs.

    Series that are too short to learn from are skipped, if there are others.

    Raises:
        DataError: every series is too short; the message says how many rows are needed.
    """
    learn, judge, offset = [], [], 0
    skipped: list[Any] = []
    problem = ""
    for length, cut, name in zip(lengths, cuts, names, strict=True):
        place = where if name is None else f"{where}: series {name!r}"
        held = length - cut
        if cut < past + horizon:
            problem = problem or (
                f"{place}: {cut} rows to learn from are too few for past {past} and horizon "
                f"{horizon}, which need at least {past + horizon}"
                f"{' before the held-out rows' if held else ''}. Choose a smaller past or horizon, "
                "or give more rows."
            )
            skipped.append(name)
            offset += length
            continue
        if 0 < held < horizon:
            problem = problem or (
                f"{place}: {held} held-out rows are too few for horizon {horizon}, which needs at "
                f"least {horizon}. Hold out more, give more rows, or fit with validation=None."
            )
        learn.append(torch.arange(offset, offset + cut - past - horizon + 1))
        first = offset + cut - past
        judge.append(torch.arange(first, first + max(held - horizon + 1 if held else 0, 0)))
        offset += length
    held_out = any(cut < length for length, cut in zip(lengths, cuts, strict=True))
    if problem and (not learn or (held_out and not sum(map(len, judge)))):
        raise DataError(problem)
    return Places(skipped=skipped, training=torch.cat(learn), validation=torch.cat(judge))
