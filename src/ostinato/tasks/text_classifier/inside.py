"""What the network of a text classifier reads of texts."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.tasks.inside import SAMPLE, Examples, Inside, between, padded, share_unknown, texts_of
from ostinato.tasks.text_classifier.estimator import TextClassifier


def read(where: str, model: TextClassifier, data: Any) -> Inside:
    """A text, or several."""
    sequences = model.rows_.sequences(texts_of(where, data))
    encoder = model.rows_.encoder
    return Inside(
        inputs=padded(sequences),
        tokens=[encoder.decode([int(k)]) for k in sequences[0]],
        answers=[str(each) for each in model.classes_],
        separator=between(encoder),
    )


def examples(model: TextClassifier, X: Any, y: Any, *, steps: bool) -> Examples:
    """Rows as `fit` takes them; without `steps` their tokens are not looked at."""
    texts, labels = list(X), None if y is None else list(y)
    if not steps:
        return Examples(count=len(texts), keys=texts, labels=labels)
    tokens = model.rows_.whole(texts)
    whole = np.array([len(each) for each in tokens])
    return Examples(
        count=len(texts),
        keys=texts,
        labels=labels,
        lengths=np.minimum(whole, model.max_length or np.inf).astype(int),
        whole=whole,
        unknown=share_unknown(tokens),
        sample=[text for text, n in zip(texts, whole, strict=True) if n][:SAMPLE],
    )
