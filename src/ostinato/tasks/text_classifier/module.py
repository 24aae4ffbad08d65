"""From tokens to the logits of classes: a recurrent network, and n-grams beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from scipy.special import expit, softmax
from torch import Tensor

from ostinato import data, nn
from ostinato.tasks.layers import stacked
from ostinato.tasks.text_classifier.options import TextClassifierOptions

ANSWER_ROWS = 256  # texts at once when answering


class TextClassifierModule(torch.nn.Module):
    """Embedding, recurrent layers, pooling, a linear head; beside them, maybe, n-grams.

    Args:
        vocabulary: tokens; number 0 is padding.
        outputs: logits of a text.
        embedding_size: numbers of a token, where no `vectors` are given.
        vectors: `(vocabulary, size)` to start the embedding from.

    Shape:
        - tokens `(batch, steps)` whole numbers, 0 on padding; lengths `(batch,)`.
        - returns logits `(batch, outputs)` of the network alone.
    """

    def __init__(
        self,
        options: TextClassifierOptions,
        *,
        vocabulary: int,
        outputs: int,
        embedding_size: int,
        vectors: Any = None,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(
            vocabulary, embedding_size, 0, vectors=vectors, freeze=options.freeze
        )
        if vectors is None:
            # torch's standard deviation of 1 would drown what the layers begin with.
            torch.nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[0] = 0
        self.step_mask = nn.StepMask(options.step_mask)
        self.dropout = torch.nn.Dropout(options.dropout)
        sizes, both = options.layer_sizes, options.bidirectional
        self.layers = stacked(options, embedding_size, sizes, bidirectional=both)
        directions = 1 + both
        size = sizes[-1] * directions
        self.pooling = nn.Pooling(options.pooling, size, directions=directions)
        self.head = nn.Linear(self.pooling.output_size, outputs)
        self.wide: WideNgrams | None = None  # reads whole texts, not batches

    def forward(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        values = self.dropout(self.step_mask(self.embedding(tokens)))
        for layer in self.layers:
            values, _ = layer(values, lengths=lengths, need_state=False)
            values = self.dropout(values)
        return self.head(self.pooling(values, lengths))

    def step(self, token: Tensor, state: list[Any]) -> tuple[Tensor, list[Any]]:
        """One token of each sequence, `(batch,)`, through the layers of a causal model.

        The state is a list with each layer's; [] begins. Returns the last layer's output
        `(batch, hidden)`, before pooling, and the next state.
        """
        values, after = self.embedding(token), []
        for k, layer in enumerate(self.layers):
            values, new = layer.step(values, state[k] if state else None)  # pyright: ignore
            after.append(new)
        return values, after

    @torch.inference_mode()
    def network_logits(self, sequences: Sequence[np.ndarray]) -> Tensor:
        """`(rows, outputs)` of the network, texts of like length together, in the order given."""
        order = np.argsort([len(each) for each in sequences], kind="stable")
        logits = torch.zeros(len(sequences), self.head.out_features)
        for start in range(0, len(order), ANSWER_ROWS):
            rows = order[start : start + ANSWER_ROWS]
            tokens, lengths = data.pad([sequences[k] for k in rows])
            answer = self(torch.from_numpy(tokens).long(), torch.from_numpy(lengths))
            logits[torch.from_numpy(rows)] = answer
        return logits

    def joined(self, network: Tensor, whole: Sequence[np.ndarray]) -> Tensor:
        """The network's logits with those of the n-grams of whole texts."""
        if self.wide is None:
            return network
        one, other = self.wide.mix.tolist()
        return one * network + other * self.wide.logits(whole)


def probabilities(logits: Tensor, several: bool) -> np.ndarray:
    """`(rows, classes)` from logits `(rows, outputs)`, in double precision.

    Each row's bits are its own: torch's sigmoid has other bits in a vector than alone.
    """
    values = logits.double().numpy()
    if several:
        return expit(values)
    if values.shape[1] == 1:
        return np.concatenate([expit(-values), expit(values)], 1)
    return softmax(values, 1)


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
    def fit(
        cls,
        sequences: Sequence[np.ndarray],
        targets: np.ndarray,
        seed: int,
        weights: np.ndarray | None = None,
    ) -> WideNgrams:
        """Learn from token numbers and targets `(rows, outputs)` of zeros and ones; `weights`
        `(rows,)` say how much each row counts."""
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
            scaled = table @ sparse.diags(ratio.astype(np.float32))
            model.fit(scaled, truth > 0.5, sample_weight=weights)
            wide.weight[:, column] = torch.from_numpy(model.coef_[0] * ratio)
            wide.bias[column] = float(model.intercept_[0])  # pyright: ignore
        return wide

    def update(self, sequences: Sequence[np.ndarray], targets: np.ndarray, rate: float) -> None:
        """Go on learning: one step of the logistic loss for each text, in their order.

        Args:
            targets: `(rows, outputs)` of zeros and ones.
            rate: size of a step; a text's step is shared by its n-grams.
        """
        weight, bias = self.weight.numpy(), self.bias.numpy()  # the buffers' own memory
        for sequence, truth in zip(sequences, targets, strict=True):
            places = self._places(sequence)
            error = truth - expit(bias + weight[places].sum(0))
            weight[places] += rate * error / np.sqrt(1 + len(places))
            bias += rate * error

    def _places(self, sequence: np.ndarray) -> np.ndarray:
        """Rows of `weight` for the n-grams of a text that are known."""
        kept, wanted = self.features.numpy(), features_of(sequence)
        if not len(kept):
            return np.zeros(0, dtype=np.int64)
        places = np.searchsorted(kept, wanted)
        return places[kept[np.minimum(places, len(kept) - 1)] == wanted]

    def logits(self, sequences: Sequence[np.ndarray]) -> Tensor:
        """`(rows, outputs)` for the token numbers of each text, untruncated."""
        weight = self.weight.numpy()
        answers = np.tile(self.bias.numpy(), (len(sequences), 1))
        for row, sequence in enumerate(sequences):
            answers[row] += weight[self._places(sequence)].sum(0)
        return torch.from_numpy(answers)
