"""What comes next in a text: embedding, recurrent layers, a softmax over the vocabulary."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato import nn
from ostinato.models.text_classifier import CELLS


class LanguageNet(torch.nn.Module):
    """Scores of every token as the next one.

    With `tied` the output's weights are the embedding's (Press & Wolf, arXiv:1608.05859), through a
    linear map where the sizes differ.

    Shape:
        - tokens `(batch, steps)`; the state is the recurrent layers' own, None to begin.
        - returns logits `(batch, steps, vocabulary)` and the state after the last step.
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
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_size)
        torch.nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        self.embedding_dropout = nn.SequenceDropout(embedding_dropout)
        self.layer = CELLS[cell](
            embedding_size,
            hidden_size,
            num_layers,
            batch_first=True,
            dropout=dropout if num_layers > 1 else 0.0,
            recurrent_dropout=recurrent_dropout,
            init=init,
        )
        self.dropout = nn.Dropout(dropout)
        width = embedding_size if tied else hidden_size
        self.narrow = nn.Linear(hidden_size, width) if width != hidden_size else None
        self.head = nn.ProductLinear(width, vocabulary)
        if tied:
            self.head.weight = self.embedding.weight

    def forward(self, tokens: Tensor, state: Any = None) -> tuple[Tensor, Any]:
        values = self.embedding_dropout(self.embedding(tokens))
        outputs, state = self.layer(values, state)
        return self.logits(self.dropout(outputs)), state

    def logits(self, outputs: Tensor) -> Tensor:
        """Scores `(..., vocabulary)` of the layer's outputs `(..., hidden)`."""
        return self.head(outputs if self.narrow is None else self.narrow(outputs))
