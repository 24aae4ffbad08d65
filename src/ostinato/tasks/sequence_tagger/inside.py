"""What the network of a tagger reads of sentences."""

from __future__ import annotations

from typing import Any

import numpy as np

from ostinato.tasks.inside import SAMPLE, Examples, Inside, padded, texts_of
from ostinato.tasks.sequence_tagger.estimator import SequenceTagger


def read(where: str, model: SequenceTagger, data: Any) -> Inside:
    """A sentence, or several: lists of words."""
    sentences = list(data)
    if sentences and isinstance(sentences[0], str):
        sentences = [sentences]
    sentences = texts_of(where, sentences)
    forms = model.rows_.reader.read(sentences)
    return Inside(
        inputs=(forms.features, forms.chars, forms.spelled, *padded(forms.rows)),
        tokens=sentences[0],
        answers=model.tags_,
        separator=" ",
        first="layers.0",
    )


def examples(model: SequenceTagger, X: Any, y: Any, *, steps: bool) -> Examples:
    """Sentences as `fit` takes them."""
    rows = [tuple(each) for each in X]
    lengths = np.array([len(each) for each in rows])
    sample = [list(each) for each in rows if each][:SAMPLE]
    return Examples(
        count=len(rows),
        keys=rows,
        lengths=lengths,
        whole=lengths,
        sample=sample,
        judged=int(lengths.sum()),
    )
