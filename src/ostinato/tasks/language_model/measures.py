"""What is measured of a language model, and the n-grams beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ostinato.data.text import PADDING, UNKNOWN
from ostinato.errors import DataError
from ostinato.measures.texts import LANGUAGE, NGRAMS, measure_language
from ostinato.tasks.language_model.module import LanguageModelModule, log_probabilities
from ostinato.tasks.language_model.rows import Corpus, LanguageRows
from ostinato.tasks.language_model.softmax import ANSWER_SCORES

MEASURES, BASELINES = LANGUAGE, NGRAMS
ORDERS = {"char": 5, "bpe": 4, "word": 3, "token": 3}  # of the n-gram baseline
ANSWER_STEPS = 512  # tokens at once when a text is scored


@torch.no_grad()
def log_probabilities_of(
    module: LanguageModelModule, tokens: np.ndarray, state: Any = None
) -> tuple[np.ndarray, Any]:
    """Of each token but the first, given those before it, in nats: `(tokens - 1,)`; and the state
    before the last."""
    found = []
    inputs = torch.from_numpy(tokens.astype(np.int64))
    steps = max(1, min(ANSWER_STEPS, ANSWER_SCORES // module.embedding.num_embeddings))
    for first in range(0, len(tokens) - 1, steps):
        last = min(first + steps, len(tokens) - 1)
        logits, state = module(inputs[None, first:last], state)
        scores = log_probabilities(logits[0])
        found.append(scores[np.arange(last - first), inputs[first + 1 : last + 1].numpy()])
    return (np.concatenate(found) if found else np.zeros(0)), state


def measure(rows: LanguageRows, module: LanguageModelModule, corpus: Corpus) -> dict[str, float]:
    """The figures of `evaluate`; every text begins anew."""
    ngrams = module.ngrams
    assert ngrams is not None
    count = characters = unknown = 0
    own = peer = 0.0
    state, before = None, np.zeros(0, dtype=np.int64)
    for begins, text in corpus.pieces():
        (row,) = rows.encoder.encode([text])
        if begins:
            state, before = None, np.array([PADDING])
        if len(row):
            tokens = np.concatenate([before, row])
            found, state = log_probabilities_of(module, tokens[len(before) - 1 :], state)
            own -= float(found.sum())
            peer -= float(np.log(ngrams.probabilities(tokens))[-len(row) :].sum())
            before = tokens[-(ngrams.order - 1) :]
        count += len(row)
        characters += len(text)
        unknown += int((row == UNKNOWN).sum())
    if not count:
        raise DataError("LanguageModel.evaluate: X must have at least one token.")
    figures: dict[str, float] = {}
    for prefix, nats in (("", own), ("baseline_", peer)):
        named = measure_language(nats, count, characters)
        figures |= {f"{prefix}{name}": value for name, value in named.items()}
    return figures | {
        "unknown_share": unknown / count,
        "vocabulary": float(len(rows.encoder.vocabulary)),
    }
