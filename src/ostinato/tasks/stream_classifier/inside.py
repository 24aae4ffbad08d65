"""What the network of a stream classifier reads of rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ostinato.tasks.inside import SAMPLE, Examples, Inside
from ostinato.tasks.stream_classifier.estimator import StreamClassifier
from ostinato.tasks.stream_classifier.rows import read_rows


def read(where: str, model: StreamClassifier, data: Any) -> Inside:
    """Rows as a stream reads them, each column on two scales."""
    names, rows = read_rows(where, data)
    scales = model.rows_.copy()
    values = [scales.scaled(scales.values(where, row), -1) for row in rows]
    size = model.module_.layer.input_size
    classes = [str(each) for each in model.classes_]
    own = [f"{name}{how}" for how in ("", ", lately") for name in names]
    return Inside(
        inputs=(torch.as_tensor(np.stack(values), dtype=torch.float32)[None],),
        columns=[*own, *(f"class {k} before" for k in range(size - len(own)))],
        answers=classes,
        scores=lambda answer: answer[..., : len(classes)],  # the head has room for more
    )


def examples(model: StreamClassifier, X: Any, y: Any, *, steps: bool) -> Examples:
    """Rows as `fit` takes them, which in a stream may well repeat."""
    return Examples(count=len(X), labels=None if y is None else list(y), sample=X[:SAMPLE])
