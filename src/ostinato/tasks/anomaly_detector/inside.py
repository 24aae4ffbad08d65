"""What the network of a detector reads of series."""

from __future__ import annotations

from typing import Any

import torch

from ostinato.tasks.anomaly_detector.estimator import AnomalyDetector
from ostinato.tasks.anomaly_detector.learning import network_rows
from ostinato.tasks.anomaly_detector.module import Predictor
from ostinato.tasks.inside import Examples, Inside, series_examples

MOST = 500  # rows


def read(where: str, model: AnomalyDetector, data: Any) -> Inside:
    """The last rows of the first series of a table: 500 of a model that foretells, and of one that
    writes rows again as many as it reads at once."""
    parts, _ = model.rows_.read(data, where)
    foretells = isinstance(model.module_, Predictor)
    count = MOST if foretells else model.past
    part, names = parts[0], model.layout_.target
    x = torch.from_numpy(network_rows(model.rows_.scaled(part))[-count:])[None]
    ahead = [f"{name}, {k} ahead" for k in range(1, model.horizon + 1) for name in names]

    def scores(answer: torch.Tensor) -> torch.Tensor:
        return answer.flatten(2)

    return Inside(
        inputs=(x,),
        columns=names,
        answers=ahead if foretells else names,
        index=part.series.index[-count:],
        scores=scores,
    )


def examples(model: AnomalyDetector, X: Any, y: Any, *, steps: bool) -> Examples:
    """A table as `fit` takes it."""
    return series_examples(X)
