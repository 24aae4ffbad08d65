"""What comes next in a text: embedding, recurrent layers, a softmax over the vocabulary."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from ostinato import nn
from ostinato.nn.stack import Stack, StackStepper
from ostinato.tasks.language_model.ngrams import Ngrams
from ostinato.tasks.language_model.options import LanguageModelOptions
from ostinato.tasks.language_model.softmax import AdaptiveSoftmax, SampledSoftmax, Softmax
from ostinato.tasks.layers import LAYERS, recurrent


class LanguageModelModule(torch.nn.Module):
    """Scores of every token as the next one.

    Args:
        options: see `LanguageModelOptions`.
        vocabulary: number of tokens.

    Shape:
        - tokens `(batch, steps)`; the state is the recurrent layers' own, None to begin.
        - returns scores `(batch, steps, vocabulary)` and the state after the last step.
    """

    def __init__(
        self,
        options: LanguageModelOptions,
        *,
        vocabulary: int,
    ) -> None:
        super().__init__()
        size, o = options.embedding_size, options
        self.embedding = nn.Embedding(vocabulary, size)
        torch.nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        self.embedding_dropout = nn.SequenceDropout(o.embedding_dropout)
        between = o.dropout if o.layer_dropout is None else o.layer_dropout
        sizes = [o.hidden_size] * (o.num_layers - 1) + [o.final_size or o.hidden_size]
        more: dict[str, Any] = {"recurrent_dropout": o.recurrent_dropout, "init": o.init}
        kind = nn.SequenceDropout if o.locked else nn.Dropout
        if len(set(sizes)) > 1 or (o.locked and between and o.num_layers > 1):
            if o.cell == "rnn":
                more["nonlinearity"] = o.activation
            self.layer = Stack(LAYERS[o.cell], size, sizes, kind(between), **more)
        else:
            more["dropout"] = between if o.num_layers > 1 else 0.0
            self.layer = recurrent(o, size, sizes[0], num_layers=o.num_layers, **more)
        self.word_dropout = o.word_dropout
        self.penalties = (o.activation_penalty, o.change_penalty)
        self._call = nn.WeightDrop(self.layer, o.weight_drop)
        self.dropout = kind(o.dropout)
        width = size if o.tied else sizes[-1]
        self.narrow = nn.Linear(sizes[-1], width) if width != sizes[-1] else None
        if o.softmax == "adaptive":
            self.head = AdaptiveSoftmax(width, vocabulary, o.cutoffs)
        elif o.softmax == "sampled":
            self.head = SampledSoftmax(width, vocabulary, o.samples)
        else:
            self.head = Softmax(width, vocabulary)
        if o.tied:
            self.head.weight = self.embedding.weight
        self.ngrams: Ngrams | None = None  # the baseline's counts, so that a file holds them

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        outputs, state = self.outputs(tokens, state)
        return self.logits(self.dropout(outputs)), state

    def outputs(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The layers' outputs `(batch, steps, hidden)`, and the state after the last step."""
        values = self.embedding(tokens)
        if self.word_dropout and self.training:
            keep = 1 - self.word_dropout
            words = values.new_empty(self.embedding.num_embeddings, 1).bernoulli_(keep) / keep
            values = values * words[tokens]
        return self._call(self.embedding_dropout(values), state)

    def loss(self, tokens: Tensor, targets: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        """The mean negative log probability, in nats, of the targets `(batch * steps,)`, and the
        state; in training with the penalties, and of a sampled softmax an estimate."""
        outputs, state = self.outputs(tokens, state)
        dropped = self.dropout(outputs)
        values = dropped.flatten(0, 1)
        loss = self.head.loss(values if self.narrow is None else self.narrow(values), targets)
        size, change = self.penalties if self.training else (0.0, 0.0)
        if size:
            loss = loss + size * dropped.square().mean()
        if change and outputs.shape[1] > 1:
            loss = loss + change * (outputs[:, 1:] - outputs[:, :-1]).square().mean()
        return loss, state

    def logits(self, outputs: Tensor) -> Tensor:
        """Scores `(..., vocabulary)` of the layer's outputs `(..., hidden)`."""
        return self.head(outputs if self.narrow is None else self.narrow(outputs))

    def stepper(self, batch: int = 1) -> Any:
        """An `nn.Stepper`, or what has its words, of the recurrent layers."""
        layer = self.layer
        return (StackStepper if isinstance(layer, Stack) else nn.Stepper)(layer, batch)


def log_probabilities(scores: Tensor) -> np.ndarray:
    """The logarithms in nats, `(rows, vocabulary)`, of what scores of that shape say; a row's bits
    do not depend on the others."""
    values = scores.double().numpy()
    values = values - values.max(1, keepdims=True)
    return values - np.log(np.exp(values).sum(1, keepdims=True))
