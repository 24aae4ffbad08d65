"""The wide path beside the recurrent one: a linear model of n-grams."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_BITS = 20  # n-grams are told apart by 2^20 buckets
_SPREAD = np.uint64(0x9E3779B97F4A7C15)  # odd, so that products spread over the high bits
_SHIFT = np.uint64(64 - _BITS)


def features_of(sequence: np.ndarray) -> np.ndarray:
    """The distinct tokens and pairs of neighbours of a text, as sorted bucket numbers."""
    words = sequence.astype(np.uint64)
    pairs = (words[:-1] * _SPREAD + words[1:] + np.uint64(1)) * _SPREAD
    return np.unique(np.concatenate([words * _SPREAD, pairs]) >> _SHIFT).astype(np.int64)


class WideNgrams(torch.nn.Module):
    """Naive-Bayes log-count ratios of n-grams as the features of a logistic regression.

    After Wang & Manning 2012 ("Baselines and Bigrams", section 2.3), with logistic regression in
    place of the support vector machine. It is fitted at once by scikit-learn, not by gradient
    steps with the network; only n-grams of two texts or more are kept. `mix` holds the factors of
    the network's logits and of these in the answer.
    """

    features: Tensor  # (kept,) sorted buckets
    weight: Tensor  # (kept, outputs)
    bias: Tensor  # (outputs,)
    mix: Tensor  # (2,)

    def __init__(self, kept: int, outputs: int) -> None:
        super().__init__()
        self.register_buffer("features", torch.zeros(kept, dtype=torch.int64))
        self.register_buffer("weight", torch.zeros(kept, outputs))
        self.register_buffer("bias", torch.zeros(outputs))
        self.register_buffer("mix", torch.tensor([0.5, 0.5]))

    @classmethod
    def fit(cls, sequences: Sequence[np.ndarray], targets: np.ndarray, seed: int) -> WideNgrams:
        """Learn from token numbers and targets `(rows, outputs)` of zeros and ones."""
        from scipy import sparse
        from sklearn.linear_model import LogisticRegression

        found = [features_of(each) for each in sequences]
        ends = np.cumsum([0, *map(len, found)])
        ones = np.ones(int(ends[-1]), dtype=np.float32)
        shape = (len(found), 1 << _BITS)
        table = sparse.csr_matrix((ones, np.concatenate(found), ends), shape=shape)
        kept = np.flatnonzero(np.asarray(table.sum(0)).ravel() >= 2)
        table = table[:, kept]
        wide = cls(len(kept), targets.shape[1])
        wide.features.copy_(torch.from_numpy(kept))
        for column, truth in enumerate(targets.T):
            if not len(kept) or truth.min() == truth.max():
                continue
            inside = 1 + np.asarray(table[truth > 0.5].sum(0)).ravel()
            outside = 1 + np.asarray(table[truth <= 0.5].sum(0)).ravel()
            ratio = np.log((inside / inside.sum()) / (outside / outside.sum()))
            model = LogisticRegression(C=0.3, solver="liblinear", random_state=seed)
            model.fit(table @ sparse.diags(ratio.astype(np.float32)), truth > 0.5)
            wide.weight[:, column] = torch.from_numpy(model.coef_[0] * ratio)
            wide.bias[column] = float(model.intercept_[0])  # pyright: ignore
        return wide

    def logits(self, sequences: Sequence[np.ndarray]) -> Tensor:
        """`(rows, outputs)` for the token numbers of each text, untruncated."""
        kept, weight = self.features.numpy(), self.weight.numpy()
        answers = np.tile(self.bias.numpy(), (len(sequences), 1))
        for row, sequence in enumerate(sequences):
            wanted = features_of(sequence)
            places = np.searchsorted(kept, wanted)
            places = places[kept[np.minimum(places, len(kept) - 1)] == wanted] if len(kept) else []
            answers[row] += weight[places].sum(0)
        return torch.from_numpy(answers)
