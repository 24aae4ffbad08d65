"""From words and their spelling to scores of tags."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from scipy.special import softmax
from torch import Tensor

from ostinato import data, nn
from ostinato.tasks.layers import recurrent, stacked
from ostinato.tasks.sequence_tagger.options import SequenceTaggerOptions
from ostinato.tasks.sequence_tagger.words import AFFIXES, UNKNOWN, Forms, WordReader

ANSWER_ROWS = 128  # sentences at once when answering
ANSWER_FORMS = 2048  # distinct words at once
BLOCK = 4096  # sentences whose words' vectors are held together

Rows = Sequence[list[str]]


class SequenceTaggerModule(torch.nn.Module):
    """Vectors of the distinct words of a batch, recurrent layers over sentences, a linear head.

    A word's vector has an embedding of the word, embeddings of its first and last letters and its
    shape, and what a recurrent network over its characters ends with (Lample et al.,
    arXiv:1603.01360, section 4.1). Each distinct word is read once, wherever it stands.

    Args:
        sizes: how many words, shapes, affixes, characters and tags there are.
        counts: `(words,)`, how often training has each word. In training a word gives way to the
            unknown word with probability `word_dropout / (word_dropout + count)`.
        crf: the tags of a sentence are scored as one sequence; else each by itself.
        limits: what `nn.CRF` takes as moves, first and last.
        embedding_size: numbers of a word, where no `vectors` are given.
        vectors: `(words, size)` to start the embedding of words from.

    Shape:
        - features `(words, 2 + affixes)`: numbers of word, shape and affixes, 0 on padding;
          chars `(words, longest)` and spelled `(words,)`, their characters and how many.
        - places `(batch, steps)`: rows of those; lengths `(batch,)`.
        - returns emissions `(batch, steps, tags)`.
    """

    def __init__(
        self,
        options: SequenceTaggerOptions,
        *,
        sizes: dict[str, int],
        counts: Any,
        crf: bool,
        limits: dict[str, Any],
        embedding_size: int,
        vectors: Any = None,
    ) -> None:
        super().__init__()
        self.words = nn.Embedding(
            sizes["words"], embedding_size, 0, vectors=vectors, freeze=options.freeze
        )
        self.shapes = nn.Embedding(sizes["shapes"], options.affix_size, 0)
        self.affixes = nn.Embedding(sizes["affixes"], options.affix_size, 0)
        self.chars = nn.Embedding(sizes["chars"], options.char_size, 0)
        for table in (self.words, self.shapes, self.affixes, self.chars):
            if table is not self.words or vectors is None:
                torch.nn.init.normal_(table.weight, std=0.1)
            with torch.no_grad():
                table.weight[0] = 0
        self.register_buffer("rates", torch.zeros(sizes["words"]))
        self.set_counts(counts, options.word_dropout)
        self.affix_dropout = options.affix_dropout
        size = embedding_size + options.affix_size * (1 + 2 * len(AFFIXES))
        both = {"bidirectional": True, "init": options.init}
        self.spelling = self.spelled = None
        if options.char_hidden:
            self.spelling = recurrent(options, options.char_size, options.char_hidden, **both)
            self.spelled = nn.Pooling("last", 2 * options.char_hidden, directions=2)
            size += 2 * options.char_hidden
        self.dropout = nn.Dropout(options.dropout)
        self.char_dropout = nn.Dropout(options.char_dropout)
        widths = [options.hidden_size] * options.num_layers
        self.layers = stacked(options, size, widths, bidirectional=True)
        self.head = nn.Linear(2 * options.hidden_size, sizes["tags"])
        self.crf = nn.CRF(sizes["tags"], **limits) if crf or limits else None
        if self.crf is not None and not crf:
            self.crf.requires_grad_(False)  # only its limits count

    def set_counts(self, counts: Any, word_dropout: float) -> None:
        """How often training has each word, `(words,)`: the rarer, the more often it is hidden."""
        numbers = torch.as_tensor(counts, dtype=torch.float32)
        rates = word_dropout / (word_dropout + numbers + 1e-9)
        rates[: UNKNOWN + 1] = 0
        self.rates.copy_(rates)  # pyright: ignore

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
        # Unlike an index, an embedding adds up the gradients of a word in one order.
        values = F.embedding(places, self.vectors(features, chars, spelled))
        return self.emissions(values, lengths)

    # Answers.

    def best(self, emissions: Tensor, lengths: Tensor) -> np.ndarray:
        """The numbers of the best tags, `(batch, steps)`."""
        if self.crf is None:
            return emissions.argmax(2).numpy()
        return self.crf.viterbi(emissions, lengths)[0].numpy()

    def shares(self, emissions: Tensor, lengths: Tensor) -> np.ndarray:
        """The probability of each tag at each step, `(batch, steps, tags)` in double precision:
        of a conditional random field the marginals."""
        if self.crf is None:
            # Each row's bits are its own, which torch does not promise.
            return softmax(emissions.double().numpy(), 2)
        return self.crf.marginals(emissions, lengths).numpy()

    @torch.inference_mode()
    def read(
        self, reader: WordReader, sentences: Rows
    ) -> Iterator[tuple[np.ndarray, Tensor, Tensor]]:
        """Places of some sentences, their emissions and their lengths; empty ones are left out.

        Sentences of like length come together; every number has the bits it would have alone.
        """
        filled = np.array([k for k, row in enumerate(sentences) if len(row)], dtype=np.int64)
        order = filled[np.argsort([len(sentences[k]) for k in filled], kind="stable")]
        for start in range(0, len(order), BLOCK):
            block = order[start : start + BLOCK]
            forms = reader.read([sentences[k] for k in block])
            vectors = self._vectors_of(forms)
            for first in range(0, len(block), ANSWER_ROWS):
                places, lengths = (
                    torch.from_numpy(each)
                    for each in data.pad(forms.rows[first : first + ANSWER_ROWS])
                )
                emissions = self.emissions(vectors[places.long()], lengths)
                yield block[first : first + ANSWER_ROWS], emissions, lengths

    def _vectors_of(self, forms: Forms) -> Tensor:
        """The vectors of all forms in the order of their numbers; words of like length are read
        together."""
        order = torch.argsort(forms.spelled, stable=True)
        parts = [self.vectors(*forms.gather(each)) for each in order.split(ANSWER_FORMS)]
        return torch.cat(parts)[torch.argsort(order)]
