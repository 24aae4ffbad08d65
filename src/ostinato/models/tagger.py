"""From words and their spelling to scores of tags."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from ostinato import nn
from ostinato.models.text_classifier import CELLS

UNKNOWN = 1


class TaggerModel(torch.nn.Module):
    """Vectors of the distinct words of a batch, recurrent layers over sentences, a linear head.

    A word's vector has an embedding of the word, embeddings of its first and last letters and its
    shape, and what a recurrent network over its characters ends with (Lample et al.,
    arXiv:1603.01360, section 4.1). Each distinct word is read once, wherever it stands.

    Args:
        sizes: how many words, shapes, affixes, characters and tags there are.
        affixes: columns of affixes.
        counts: `(words,)`, how often training has each word. In training a word gives way to the
            unknown word with probability `word_dropout / (word_dropout + count)`.
        affix_dropout: probability that an affix gives way to the unknown affix in training.
        crf: the tags of a sentence are scored as one sequence; else each by itself.
        limits: what `nn.CRF` takes as moves, first and last.

    Shape:
        - features `(words, 2 + affixes)`: numbers of word, shape and affixes, 0 on padding;
          chars `(words, longest)` and spelled `(words,)`, their characters and how many.
        - places `(batch, steps)`: rows of those; lengths `(batch,)`.
        - returns emissions `(batch, steps, tags)`.
    """

    def __init__(
        self,
        *,
        sizes: dict[str, int],
        affixes: int,
        counts: Any,
        word_dropout: float,
        affix_dropout: float,
        embedding_size: int,
        affix_size: int,
        char_size: int,
        char_hidden: int,
        cell: str,
        hidden_size: int,
        num_layers: int,
        dropout: float,
        char_dropout: float,
        crf: bool,
        limits: dict[str, Any],
        vectors: Any = None,
        freeze: bool = False,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(sizes["words"], embedding_size, 0, vectors=vectors, freeze=freeze)
        self.shapes = nn.Embedding(sizes["shapes"], affix_size, 0)
        self.affixes = nn.Embedding(sizes["affixes"], affix_size, 0)
        self.chars = nn.Embedding(sizes["chars"], char_size, 0)
        for table in (self.words, self.shapes, self.affixes, self.chars):
            if table is not self.words or vectors is None:
                torch.nn.init.normal_(table.weight, std=0.1)
            with torch.no_grad():
                table.weight[0] = 0
        rates = word_dropout / (word_dropout + torch.as_tensor(counts, dtype=torch.float32) + 1e-9)
        rates[: UNKNOWN + 1] = 0
        self.register_buffer("rates", rates)
        self.affix_dropout = affix_dropout
        kind = CELLS[cell]
        size = embedding_size + affix_size * (1 + affixes)
        self.spelling = self.spelled = None
        if char_hidden:
            self.spelling = kind(char_size, char_hidden, batch_first=True, bidirectional=True)
            self.spelled = nn.Pooling("last", 2 * char_hidden, directions=2)
            size += 2 * char_hidden
        self.dropout = nn.Dropout(dropout)
        self.char_dropout = nn.Dropout(char_dropout)
        self.layers = torch.nn.ModuleList()
        for _ in range(num_layers):
            self.layers.append(kind(size, hidden_size, batch_first=True, bidirectional=True))
            size = 2 * hidden_size
        self.head = nn.Linear(size, sizes["tags"])
        self.crf = nn.CRF(sizes["tags"], **limits) if crf or limits else None
        if self.crf is not None and not crf:
            self.crf.requires_grad_(False)  # only its limits count

    def vectors(self, features: Tensor, chars: Tensor, spelled: Tensor) -> Tensor:
        """`(words, size)`."""
        words, affixes = features[:, 0], features[:, 2:]
        if self.training:
            rates = self.rates[words]  # pyright: ignore
            words = torch.where(torch.rand_like(rates) < rates, UNKNOWN, words)
            if self.affix_dropout:
                hidden = torch.rand(affixes.shape, device=affixes.device) < self.affix_dropout
                affixes = torch.where(hidden & (affixes > 0), UNKNOWN, affixes)
        parts = [
            self.words(words),
            self.shapes(features[:, 1]),
            self.affixes(affixes).flatten(1),
        ]
        if self.spelling is not None and self.spelled is not None:
            letters, _ = self.spelling(
                self.char_dropout(self.chars(chars)), lengths=spelled, need_state=False
            )
            parts.append(self.spelled(letters, spelled))
        return torch.cat(parts, 1)

    def emissions(self, values: Tensor, lengths: Tensor) -> Tensor:
        """Scores `(batch, steps, tags)` from the words' vectors `(batch, steps, size)`."""
        values = self.dropout(values)
        for layer in self.layers:
            values, _ = layer(values, lengths=lengths, need_state=False)
            values = self.dropout(values)
        return self.head(values)

    def forward(
        self, features: Tensor, chars: Tensor, spelled: Tensor, places: Tensor, lengths: Tensor
    ) -> Tensor:
        return self.emissions(self.vectors(features, chars, spelled)[places], lengths)
