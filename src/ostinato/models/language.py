"""What comes next in a text: embedding, recurrent layers, a softmax over the vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato import nn
from ostinato.models.softmax import AdaptiveSoftmax, SampledSoftmax, Softmax
from ostinato.models.stack import Stack, StackStepper
from ostinato.models.text_classifier import CELLS


class LanguageNet(torch.nn.Module):
    """Scores of every token as the next one.

    Args:
        tied: the softmax's vectors are the embedding's (Press & Wolf, arXiv:1608.05859), through a
            linear map where the sizes differ.
        final_size: units of the last layer; None: `hidden_size`.
        dropout: before the softmax.
        layer_dropout: between layers.
        locked: these two have one mask for all steps of a call, as embedding dropout always has.
        word_dropout: probability that a token's embedding is dropped, at all its places
            (arXiv:1512.05287).
        weight_drop: see `nn.WeightDrop`.
        activation_penalty: times the mean square of the dropped outputs (AR, arXiv:1708.01009).
        change_penalty: times the mean square of the outputs' change from step to step (TAR).
        softmax: "full", "adaptive" or "sampled"; see `models.softmax`.

    Shape:
        - tokens `(batch, steps)`; the state is the recurrent layers' own, None to begin.
        - returns scores `(batch, steps, vocabulary)` and the state after the last step.
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        embedding_size: int,
        cell: str,
        hidden_size: int,
        num_layers: int,
        tied: bool,
        dropout: float,
        embedding_dropout: float,
        recurrent_dropout: float,
        init: str = "torch",
        final_size: int | None = None,
        layer_dropout: float | None = None,
        locked: bool = False,
        word_dropout: float = 0.0,
        weight_drop: float = 0.0,
        activation_penalty: float = 0.0,
        change_penalty: float = 0.0,
        softmax: str = "full",
        cutoffs: Sequence[int] | None = None,
        samples: int = 1024,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        torch.nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        self.embedding_dropout = nn.SequenceDropout(embedding_dropout)
        between = dropout if layer_dropout is None else layer_dropout
        sizes = [hidden_size] * (num_layers - 1) + [final_size or hidden_size]
        options: dict[str, Any] = {"recurrent_dropout": recurrent_dropout, "init": init}
        kind = nn.SequenceDropout if locked else nn.Dropout
        if len(set(sizes)) > 1 or (locked and between and num_layers > 1):
            self.layer = Stack(CELLS[cell], embedding_size, sizes, kind(between), **options)
        else:
            self.layer = CELLS[cell](
                embedding_size,
                sizes[0],
                num_layers,
                batch_first=True,
                dropout=between if num_layers > 1 else 0.0,
                **options,
            )
        self.word_dropout = word_dropout
        self.penalties = (activation_penalty, change_penalty)
        self._call = nn.WeightDrop(self.layer, weight_drop)
        self.dropout = kind(dropout)
        width = embedding_size if tied else sizes[-1]
        self.narrow = nn.Linear(sizes[-1], width) if width != sizes[-1] else None
        if softmax == "adaptive":
            self.head = AdaptiveSoftmax(width, vocabulary, cutoffs)
        elif softmax == "sampled":
            self.head = SampledSoftmax(width, vocabulary, samples)
        else:
            self.head = Softmax(width, vocabulary)
        if tied:
            self.head.weight = self.embedding.weight

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
