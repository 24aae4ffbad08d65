"""Byte-pair pieces drawn at random: the same word cut in many ways."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence

import numpy as np

from ostinato.data.text import TextEncoder, _valid
from ostinato.errors import OptionError, check_number

WAYS = 8  # cuts drawn of one word in an epoch


class SubwordSampler:
    """Numbers of texts under BPE-dropout (Provilkov et al., arXiv:1910.13267, section 3).

    Each time a word is cut, each merge that could come next is left out with a probability, so
    that rare words are met in pieces that other words have too. A word that is in the texts often
    is cut anew at most 8 times a draw.

    Args:
        encoder: a fitted byte-pair encoder.
        texts: what `draw` cuts.
        dropout: the probability, 0 to below 1. 0 gives what `encoder.encode` gives.

    Raises:
        OptionError: the encoder's level is not "bpe".
    """

    def __init__(self, encoder: TextEncoder, texts: Sequence[str], dropout: float) -> None:
        if encoder.level != "bpe":
            raise OptionError(
                f"SubwordSampler: encoder must have level 'bpe', got {encoder.level!r}."
            )
        check_number("SubwordSampler", "dropout", dropout, low=0, below=1)
        import tokenizers

        state = encoder.to_dict()["tokenizer"]
        model = json.loads(state)["model"]
        # Files of older versions of tokenizers have a merge as "a b", newer ones as ["a", "b"].
        merges = (each.split(" ") if isinstance(each, str) else each for each in model["merges"])
        self.ranks = {tuple(pair): rank for rank, pair in enumerate(merges)}
        self.numbers: dict[str, int] = model["vocab"]
        self.dropout = dropout
        cutter = tokenizers.Tokenizer.from_str(state)
        self._normal = cutter.normalizer.normalize_str
        self._split = cutter.pre_tokenizer.pre_tokenize_str
        rows = list(map(self._words, texts))
        counts = Counter(word for row in rows for word in row)
        places = {word: place for place, word in enumerate(counts)}
        self.counts = counts
        self.rows = [np.array([places[word] for word in row], dtype=np.int64) for row in rows]

    def draw(self, seed: int) -> list[np.ndarray]:
        """One int64 array for each text; the same seed gives the same."""
        source = random.Random(seed)
        choose = np.random.default_rng(seed)
        starts, ways, cuts = [], [], []
        for word, count in self.counts.items():
            starts.append(len(cuts))
            ways.append(min(count, WAYS))
            cuts += [self._cut(word, source) for _ in range(ways[-1])]
        first, many = np.array(starts), np.array(ways)
        empty = np.zeros(0, dtype=np.int64)
        drawn = []
        for row in self.rows:
            chosen = first[row] + choose.integers(0, many[row]) if len(row) else row
            parts = [cuts[k] for k in chosen]
            drawn.append(np.concatenate(parts) if parts else empty)
        return drawn

    def cut(self, text: str, seed: int) -> np.ndarray:
        """One text, int64 `(pieces,)`; the same text and seed give the same."""
        source = random.Random(seed)
        parts = [self._cut(word, source) for word in self._words(text)]
        return np.concatenate(parts) if parts else np.zeros(0, dtype=np.int64)

    def _words(self, text: str) -> list[str]:
        return [word for word, _ in self._split(self._normal(_valid(text)))]

    def _cut(self, word: str, source: random.Random) -> np.ndarray:
        pieces, ranks, drop = list(word), self.ranks, self.dropout
        while len(pieces) > 1:
            best, place = None, 0
            for k in range(len(pieces) - 1):
                rank = ranks.get((pieces[k], pieces[k + 1]))
                if rank is None or (best is not None and rank >= best):
                    continue
                if drop and source.random() < drop:
                    continue
                best, place = rank, k
            if best is None:
                break
            pieces[place : place + 2] = [pieces[place] + pieces[place + 1]]
        return np.array([self.numbers[each] for each in pieces], dtype=np.int64)
