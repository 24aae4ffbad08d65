"""Words to numbers: the word itself, its shape, its first and last letters, its characters."""

from __future__ import annotations

import collections
import dataclasses
import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from ostinato.data.text import UNKNOWN

AFFIXES = (1, 2, 3, 4)  # letters
RESERVED = ["<padding>", "<unknown>"]
_DIGIT = re.compile(r"\d")


def shape_of(word: str) -> str:
    """Capitals as X, small letters as x, digits as 0; of three of a kind or more two stay."""
    kinds = "".join(
        "X" if c.isupper() else "x" if c.isalpha() else "0" if c.isdigit() else c for c in word
    )
    return re.sub(r"(.)\1\1+", r"\1\1", kinds)


def plain(word: str) -> str:
    """Small letters, every digit a 0."""
    return _DIGIT.sub("0", word.lower())


def affixes_of(word: str) -> list[str]:
    """The first and last 1 to 4 letters in lower case; a short word has fewer."""
    small = plain(word)
    starts = [f"{small[:n]}-" if n <= len(small) else "" for n in AFFIXES]
    return starts + [f"-{small[-n:]}" if n <= len(small) else "" for n in AFFIXES]


@dataclasses.dataclass
class Forms:
    """Sentences as numbers of distinct forms, 0 being padding, and what is known of each form.

    Attributes:
        rows: for each sentence its forms' numbers.
        features: `(forms, 2 + affixes)`.
        chars: `(forms, longest)`; spelled `(forms,)` is how many.
    """

    rows: list[np.ndarray]
    features: torch.Tensor
    chars: torch.Tensor
    spelled: torch.Tensor

    def gather(self, forms: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Features, characters and their number for some forms."""
        spelled = self.spelled[forms]
        longest = max(1, int(spelled.max())) if len(spelled) else 1
        return self.features[forms], self.chars[forms, :longest], spelled

    def batch(self, batch: dict[str, Any]) -> dict[str, Any]:
        """A batch with "forms" `(batch, steps)`, and all that a `SequenceTaggerModule` reads."""
        unique, places = torch.unique(batch["forms"], return_inverse=True)
        features, chars, spelled = self.gather(unique)
        inputs = (features, chars, spelled, places, batch["forms_lengths"])
        return {"places": places, **batch, "inputs": inputs}


class WordReader:
    """The vocabularies of words, shapes, affixes and characters."""

    def __init__(self, lists: dict[str, list[str]], counts: list[int], max_chars: int) -> None:
        self.lists, self.counts, self.max_chars = lists, counts, max_chars
        self.numbers = {
            name: {each: k for k, each in enumerate(values, len(RESERVED))}
            for name, values in lists.items()
        }

    @classmethod
    def fit(
        cls,
        sentences: Iterable[Sequence[str]],
        *,
        max_vocabulary: int | None,
        min_count: int,
        max_chars: int,
    ) -> WordReader:
        """Learn them from the training sentences: the most frequent words; shapes, affixes and
        characters that two distinct forms share."""
        forms = collections.Counter(word for row in sentences for word in row)
        words: collections.Counter[str] = collections.Counter()
        shapes: collections.Counter[str] = collections.Counter()
        affixes: collections.Counter[str] = collections.Counter()
        chars: collections.Counter[str] = collections.Counter()
        for form, count in forms.items():
            words[plain(form)] += count
            shapes[shape_of(form)] += 1
            affixes.update(filter(None, affixes_of(form)))
            chars.update(set(form))
        kept = sorted(words.items(), key=lambda each: (-each[1], each[0]))
        limit = None if max_vocabulary is None else max(0, max_vocabulary - len(RESERVED))
        kept = [each for each in kept[:limit] if each[1] >= min_count]
        lists = {
            name: sorted(each for each, count in found.items() if count >= 2)
            for name, found in (("shapes", shapes), ("affixes", affixes), ("chars", chars))
        }
        return cls({"words": [word for word, _ in kept], **lists}, [c for _, c in kept], max_chars)

    def count(self, sentences: Iterable[Sequence[str]]) -> None:
        """Add to `counts` how often each known word comes in more sentences."""
        for row in sentences:
            for word in row:
                place = self.numbers["words"].get(plain(word))
                if place is not None:
                    self.counts[place - len(RESERVED)] += 1

    @property
    def sizes(self) -> dict[str, int]:
        return {name: len(values) + len(RESERVED) for name, values in self.lists.items()}

    def knows(self, word: str) -> bool:
        return plain(word) in self.numbers["words"]

    def read(self, sentences: Sequence[Sequence[str]]) -> Forms:
        """The numbers of every sentence and of its distinct forms."""
        places: dict[str, int] = {}
        rows = [
            np.array([places.setdefault(word, len(places) + 1) for word in row], dtype=np.int64)
            for row in sentences
        ]
        words, shapes = self.numbers["words"], self.numbers["shapes"]
        affixes, chars = self.numbers["affixes"], self.numbers["chars"]
        features = np.zeros((len(places) + 1, 2 + 2 * len(AFFIXES)), dtype=np.int64)
        spelled = np.zeros(len(places) + 1, dtype=np.int64)
        letters = np.zeros((len(places) + 1, self.max_chars), dtype=np.int64)
        half = self.max_chars // 2
        for word, place in places.items():
            features[place] = [
                words.get(plain(word), UNKNOWN),
                shapes.get(shape_of(word), UNKNOWN),
                *(affixes.get(each, UNKNOWN) if each else 0 for each in affixes_of(word)),
            ]
            if len(word) > self.max_chars:  # both ends of a long one
                word = word[:half] + word[half - self.max_chars :]
            spelled[place] = len(word)
            letters[place, : len(word)] = [chars.get(each, UNKNOWN) for each in word]
        tables = (torch.from_numpy(each) for each in (features, letters, spelled))
        return Forms(rows, *tables)

    def to_dict(self) -> dict[str, Any]:
        return {"lists": self.lists, "counts": self.counts, "max_chars": self.max_chars}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> WordReader:
        return cls(document["lists"], document["counts"], document["max_chars"])
