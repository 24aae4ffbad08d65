"""Guides of a CTC search: models of text that say which words or labels follow each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from ostinato.errors import DataError


class TextModel(Protocol):
    """How likely a piece of text, a word or a character, is after those before it; its states are
    never changed."""

    def start(self) -> Any:
        """The state before the first piece."""
        ...

    def step(self, state: Any, piece: str) -> tuple[float, Any]:
        """The logarithm of the piece's probability in nats, and the state after it."""
        ...

    def end(self, state: Any) -> float:
        """The logarithm of the probability that the text ends, in nats; 0 where it is not known."""
        ...


class Uniform:
    """Finds everything equally likely: for a word list alone."""

    def start(self) -> None:
        return None

    def step(self, state: Any, piece: str) -> tuple[float, Any]:
        return 0.0, None

    def end(self, state: Any) -> float:
        return 0.0


class LabelGuide:
    """A model of text over the labels themselves: characters, or words.

    Args:
        units: the text of each label but the blank, which has the number 0.
        model: what knows the text; None finds everything equally likely.
        allowed: the only units that may be answered; None allows all.
        weight: what the model's nats count; 0 is not at all.
        bonus: nats for each label, so that long answers are not at a disadvantage.
    """

    def __init__(
        self,
        units: Sequence[str],
        *,
        model: TextModel | None = None,
        allowed: Iterable[str] | None = None,
        weight: float = 0.5,
        bonus: float = 0.0,
    ) -> None:
        self.units, self.model = list(units), model or Uniform()
        self.allowed = None if allowed is None else set(allowed)
        self.weight, self.bonus = weight, bonus

    def start(self) -> Any:
        return self.model.start()

    def extend(self, state: Any, label: int) -> tuple[float, Any] | None:
        unit = self.units[label - 1]
        if self.allowed is not None and unit not in self.allowed:
            return None
        nats, after = self.model.step(state, unit)
        return self.weight * nats + self.bonus, after

    def finish(self, state: Any) -> float:
        return self.weight * self.model.end(state)


class WordGuide:
    """Only words of a list, written as labels of one character with a separator between them, and
    a model of text over the words.

    A word's nats count when it is complete: at the separator, or at the end.

    Args:
        words: those allowed.
        units: the character of each label but the blank, which has the number 0.
        model: what knows the words; None finds all of them equally likely.
        separator: what stands between words.
        weight: what the model's nats count.
        bonus: nats for each word.

    Raises:
        DataError: no word can be written with the units.
    """

    def __init__(
        self,
        words: Iterable[str],
        units: Sequence[str],
        *,
        model: TextModel | None = None,
        separator: str = " ",
        weight: float = 0.5,
        bonus: float = 0.0,
    ) -> None:
        self.model, self.weight, self.bonus = model or Uniform(), weight, bonus
        numbers = {unit: k for k, unit in enumerate(units, 1)}
        self.separator = numbers.get(separator, -1)
        self.root: dict[Any, Any] = {}  # label to what follows; None to the word that ends there
        for word in words:
            if not word or separator in word or any(each not in numbers for each in word):
                continue
            node = self.root
            for each in word:
                node = node.setdefault(numbers[each], {})
            node[None] = word
        if not self.root:
            raise DataError(
                "WordGuide: no word of the list can be written with the network's characters, "
                f"{''.join(sorted(numbers))!r}. Give words as they stand in training's texts."
            )

    def start(self) -> Any:
        return self.model.start(), self.root, False

    def extend(self, state: Any, label: int) -> tuple[float, Any] | None:
        known, node, _ = state
        if label != self.separator:
            after = node.get(label)
            return None if after is None else (0.0, (known, after, True))
        if None not in node:
            return None
        nats, known = self.model.step(known, node[None])
        return self.weight * nats + self.bonus, (known, self.root, True)

    def finish(self, state: Any) -> float | None:
        known, node, begun = state
        if None in node:
            nats, known = self.model.step(known, node[None])
            return self.weight * (nats + self.model.end(known)) + self.bonus
        return None if begun else self.weight * self.model.end(known)
