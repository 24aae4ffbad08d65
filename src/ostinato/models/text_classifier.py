"""From tokens to the logits of classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ostinato import nn
from ostinato.models.text_wide import WideNgrams

CELLS: dict[str, Any] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class TextClassifierModel(torch.nn.Module):
    """Embedding, recurrent layers, pooling, a linear head.

    Shape:
        - tokens `(batch, steps)` whole numbers, 0 on padding; lengths `(batch,)`.
        - returns logits `(batch, outputs)`.
    """

    def __init__(
        self,
        *,
        vocabulary: int,
        outputs: int,
        embedding_size: int,
        cell: str,
        hidden_size: Sequence[int],
        bidirectional: bool,
        pooling: str,
        dropout: float,
        recurrent_dropout: float,
        step_mask: float,
        init: str = "torch",
        vectors: Any = None,
        freeze: bool = False,
    ) -> None:
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, embedding_size, 0, vectors=vectors, freeze=freeze)
        if vectors is None:
            # torch's standard deviation of 1 would drown what the layers begin with.
            torch.nn.init.normal_(self.embedding.weight, std=0.1)
        with torch.no_grad():
            self.embedding.weight[0] = 0
        self.step_mask = nn.StepMask(step_mask)
        self.dropout = torch.nn.Dropout(dropout)
        self.layers = torch.nn.ModuleList()
        size = embedding_size
        for width in hidden_size:
            self.layers.append(
                CELLS[cell](
                    size,
                    width,
                    batch_first=True,
                    bidirectional=bidirectional,
                    recurrent_dropout=recurrent_dropout,
                    init=init,
                )
            )
            size = width * (2 if bidirectional else 1)
        self.pooling = nn.Pooling(pooling, size, directions=2 if bidirectional else 1)
        self.head = nn.Linear(self.pooling.output_size, outputs)
        self.wide: WideNgrams | None = None  # reads texts, not batches: the estimator asks it

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
