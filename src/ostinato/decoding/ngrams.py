"""A small model of text for guiding a search: counts of what follows what."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from ostinato.errors import DataError, check_number

END = ""  # the piece that ends a text


class TextNgrams:
    """Interpolated n-grams of words or characters, with Witten & Bell's (1991) weights.

    With c(h w) the count of piece w after the history h, T(h) the number of different pieces after
    it, and h' the history without its first piece:

        P(w | h) = (c(h w) + T(h) P(w | h')) / (c(h) + T(h)),   P(w) = 1 / (pieces + 1) at the end.

    The end of a text counts as a piece; one that is in none of the texts has that last share too.

    Args:
        order: pieces of the longest n-gram.
        counts: how often each n-gram stands in the texts.
    """

    def __init__(self, order: int, counts: dict[tuple[str, ...], int]) -> None:
        self.order, self.counts = order, counts
        self.totals: Counter[tuple[str, ...]] = Counter()
        self.kinds: Counter[tuple[str, ...]] = Counter()
        for gram, count in counts.items():
            self.totals[gram[:-1]] += count
            self.kinds[gram[:-1]] += 1
        self.share = 1 / (self.kinds[()] + 1)

    @classmethod
    def fit(cls, texts: Iterable[Sequence[str]], order: int = 3) -> TextNgrams:
        """Count the n-grams of texts in pieces."""
        check_number("TextNgrams", "order", order, low=1, high=10, whole=True)
        counts: Counter[tuple[str, ...]] = Counter()
        for text in texts:
            pieces = [*text, END]
            for k in range(len(pieces)):
                for begin in range(max(0, k + 1 - order), k + 1):
                    counts[tuple(pieces[begin : k + 1])] += 1
                if k + 1 < order:  # the beginning of a text is a history too
                    counts[(END, *pieces[: k + 1])] += 1
        return cls(order, dict(counts))

    def start(self) -> tuple[str, ...]:
        return (END,)[: self.order - 1]

    def step(self, state: tuple[str, ...], piece: str) -> tuple[float, tuple[str, ...]]:
        after = (*state, piece)
        return math.log(self._share(state, piece)), after[max(0, len(after) - self.order + 1) :]

    def end(self, state: tuple[str, ...]) -> float:
        return math.log(self._share(state, END))

    def _share(self, history: tuple[str, ...], piece: str) -> float:
        found = self.share
        for k in range(len(history), -1, -1):
            known = history[k:]
            total, kinds = self.totals[known], self.kinds[known]
            if total:
                found = (self.counts.get((*known, piece), 0) + kinds * found) / (total + kinds)
        return found

    def to_dict(self) -> dict[str, Any]:
        return {"order": self.order, "counts": [[*gram, n] for gram, n in self.counts.items()]}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> TextNgrams:
        """The model that `to_dict` described.

        Raises:
            DataError: the document has another form.
        """
        check_number("TextNgrams", "order", document["order"], low=1, high=10, whole=True)
        counts = {tuple(gram): count for *gram, count in document["counts"]}
        for gram, count in counts.items():
            words = all(isinstance(each, str) for each in gram)
            if not gram or not words or isinstance(count, bool) or not isinstance(count, int):
                raise DataError(f"TextNgrams: must be words and a count, got {gram} {count!r}.")
        return cls(document["order"], counts)
