"""What the network that comes with the package answers without training: one more to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ostinato.data.series_table import Series
from ostinato.tasks.forecaster import pretrained
from ostinato.tasks.forecaster.measures import DECILES, Cover, Errors
from ostinato.tasks.forecaster.periods import seasons_of
from ostinato.tasks.forecaster.rows import ForecasterRows
from ostinato.tasks.forecaster.windows import Windows

MOST = 64  # columns that it forecasts, for it reads each by itself
_ROWS = 1024  # that it reads
PREFIX = ("pretrained_",)


def without_training(
    rows: ForecasterRows, parts: Sequence[Series], windows: Windows
) -> dict[str, float]:
    """Figures of some of the windows to judge by, which lie as far apart as they can, with the
    prefix of `PREFIX`; {} without any."""
    starts, targets = windows.validation.numpy(), windows.targets
    if not len(starts):
        return {}
    count = min(len(starts), max(1, MOST // targets))
    starts = starts[np.linspace(0, len(starts) - 1, count).round().astype(int)]
    numbers = windows.series.numpy()
    series, first = numbers[starts], np.searchsorted(numbers, numbers[starts])
    origins = starts + rows.past
    before = [
        windows.truth[max(a, b - _ROWS) : b, k]
        for a, b in zip(first, origins, strict=True)
        for k in range(targets)
    ]
    paces = [parts[number].pace for number in series.repeat(targets)]
    seasons = [seasons_of(x, pace) for x, pace in zip(before, paces, strict=True)]
    answers = pretrained.quantiles(before, seasons, rows.horizon)
    answers = answers.reshape(count, targets, rows.horizon, -1).transpose(0, 2, 1, 3)
    truth = windows.truth[origins[:, None] + np.arange(rows.horizon)]
    deciles = pretrained.at_levels(answers, DECILES)
    errors, cover = Errors(rows, windows, PREFIX), Cover(windows, PREFIX)
    errors.add(series, truth, [deciles[..., len(DECILES) // 2]])
    cover.add(series, truth, deciles)
    return errors.scores() | cover.scores()
