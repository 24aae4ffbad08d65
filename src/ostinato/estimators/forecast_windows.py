"""Windows across series, gathered by index, and the measures of forecasts over all of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ostinato import training
from ostinato.errors import DataError

_SEASONS = {"s": (60, 3600), "min": (60, 1440, 10080), "h": (24, 168), "D": (7, 365), "B": (5, 261)}
_SEASONS |= {"W": (52,), "M": (12,), "Q": (4,), "Y": ()}
_EVALUATION = 256  # windows answered at once


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

        return training.Batches({"start": starts}, transform=gather, **options)


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


def find_season(values: Sequence[np.ndarray], frequency: str | None, past: int) -> int:
    """The period whose repetition errs least on training rows, among those the pace suggests.

    Periods longer than `past` cannot be repeated from a window. Without a known pace, common
    periods are tried. 1 where none fits: the last value is repeated.
    """
    candidates: Sequence[int] = (4, 5, 7, 12, 24, 48, 52, 96, 168, 365)
    if frequency is not None:
        count = int("".join(c for c in frequency.split("-")[0] if c.isdigit()) or 1)
        unit = "".join(c for c in frequency.split("-")[0] if c.isalpha())
        unit = unit if unit in _SEASONS else unit.removeprefix("B")[:1]
        candidates = [n // count for n in _SEASONS.get(unit, ()) if n % count == 0]
    tried = {}
    for period in candidates:
        if 2 <= period <= past:
            errors = [np.abs(v[period:] - v[:-period]).mean(0) for v in values if len(v) > period]
            if errors:
                tried[period] = float(np.mean(errors))
    return min(tried, key=tried.__getitem__, default=1)


def naive_scale(values: Sequence[np.ndarray], season: int) -> np.ndarray:
    """Mean absolute error of repeating the season on training rows, `(columns,)`: MASE's unit
    (Hyndman & Koehler 2006)."""
    steps = [np.abs(v[season:] - v[:-season]) for v in values if len(v) > season]
    return np.concatenate(steps).mean(0)


def repeat_season(window: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """`(batch, past, columns)` to `(batch, horizon, columns)`: the last season again and again."""
    times = -(-horizon // season)
    return np.tile(window[:, -season:], (1, times, 1))[:, :horizon]


def measure(
    answer: Callable[[torch.Tensor, torch.Tensor], torch.Tensor],
    values: torch.Tensor,
    starts: torch.Tensor,
    *,
    past: int,
    horizon: int,
    targets: int,
    season: int,
    scale: np.ndarray,
    naive: np.ndarray,
) -> dict[str, float]:
    """Errors of the model and of two naive baselines over every window.

    Args:
        answer: `(batch, past, inputs)` and the future's rows, of which only known columns may be
            read, to `(batch, horizon, targets)`.
        scale: the user's unit of each target, in scaled units' place: `(targets,)`.
        naive: `naive_scale` of each target, in the user's units.

    Returns:
        `mae`, `mse`, `rmse` in the user's units, `scaled_mae`, `scaled_mse`, `mase`; with the
        prefix `baseline_` the same for repeating the last value, and with `seasonal_` for
        repeating the last season.
    """
    sums: dict[str, np.ndarray] = {}
    for x, y in _gather(values, starts, past, horizon):
        window, truth = x[..., :targets].double().numpy(), y[..., :targets].double().numpy()
        answers = {
            "": answer(x, y).double().numpy(),
            "baseline_": np.repeat(window[:, -1:], horizon, axis=1),
            "seasonal_": repeat_season(window, season, horizon),
        }
        for prefix, forecast in answers.items():
            gap = forecast - truth
            for name, value in (("abs", np.abs(gap)), ("square", gap**2)):
                key = prefix + name
                sums[key] = sums.get(key, 0) + value.sum(axis=(0, 1))
    scores: dict[str, float] = {}
    known = naive > 1e-9 * scale  # a series that repeats exactly has no unit to compare with
    for prefix in ("", "baseline_", "seasonal_"):
        absolute = sums[prefix + "abs"] / (len(starts) * horizon)
        square = sums[prefix + "square"] / (len(starts) * horizon)
        scores[prefix + "mae"] = float((absolute * scale).mean())
        scores[prefix + "mse"] = float((square * scale**2).mean())
        scores[prefix + "rmse"] = scores[prefix + "mse"] ** 0.5
        scores[prefix + "scaled_mae"] = float(absolute.mean())
        scores[prefix + "scaled_mse"] = float(square.mean())
        if known.any():
            scores[prefix + "mase"] = float(((absolute * scale)[known] / naive[known]).mean())
    return scores


def _gather(
    values: torch.Tensor, starts: torch.Tensor, past: int, horizon: int
) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    reach = torch.arange(past + horizon)
    for chosen in starts.split(_EVALUATION):
        rows = values[chosen[:, None] + reach]
        yield rows[:, :past], rows[:, past:]
