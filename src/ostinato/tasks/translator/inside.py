"""What the network of a translator reads of a text, and the answer that it writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato.tasks.inside import Examples, Inside, between, padded, share_unknown, texts_of
from ostinato.tasks.translator.alignment import source_words
from ostinato.tasks.translator.estimator import Translator


def read(where: str, model: Translator, data: Any) -> Inside:
    """A text, or several, and the best answer to each. The scores are the logarithms of the
    probability of each token of an answer, in nats, 0 beyond its end."""
    texts, rows = texts_of(where, data), model.rows_
    best = [each[0] for each in model._search(texts, None, None, None, (), False)]
    end = len(rows.target)
    written = [torch.tensor([*each.tokens, end]) for each in best]
    lengths = torch.tensor([len(each) for each in written])
    target = torch.nn.utils.rnn.pad_sequence(written, batch_first=True)
    fed = torch.cat([torch.full_like(target[:, :1], end), target[:, :-1]], 1)
    live = torch.arange(target.shape[1]) < lengths[:, None]

    def scores(answer: Tensor) -> Tensor:
        chosen = answer.log_softmax(1).gather(1, target[live][:, None])[:, 0]
        return torch.zeros(target.shape, dtype=chosen.dtype).masked_scatter(live, chosen)

    sources = rows.read(model, texts)[0]
    tokens = source_words(rows.source, texts[0], model.max_length)[: len(sources[0]) - 1]
    return Inside(
        inputs=(*padded(sources), fed, lengths),
        tokens=[*tokens, "(end)"],
        answers=[*(rows.target.decode([int(k)]) for k in best[0].tokens), "(end)"],
        separator=between(rows.source),
        first="encoder.0",
        scores=scores,
    )


def examples(model: Translator, X: Any, y: Any, *, steps: bool) -> Examples:
    """Sources as `fit` takes them."""
    texts = list(X)
    if not steps:
        return Examples(count=len(texts), keys=texts)
    tokens = model.rows_.source.encode(texts)
    whole = np.array([len(each) for each in tokens])
    return Examples(
        count=len(texts),
        keys=texts,
        lengths=np.minimum(whole, model.max_length or np.inf).astype(int),
        whole=whole,
        unknown=share_unknown(tokens),
        sample=[text for text in texts if text.strip()][:FEW],
    )


FEW = 8  # texts that are answered for the checks of the inside
