"""Texts to arrays of whole numbers, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Literal

import numpy as np

from ostinato.data.inputs import column_of
from ostinato.data.labels import is_missing
from ostinato.data.words import normalize, split_characters, split_tokens, split_words
from ostinato.errors import DataError, NotFittedError, check_choice, check_number

PADDING, UNKNOWN = 0, 1
"""The two numbers that stand for no token of the vocabulary."""

_RESERVED = ["<padding>", "<unknown>"]
_SPLITTERS = {"word": split_words, "char": split_characters, "token": split_tokens}
_BYTES = 256
_DEFAULT_PAIRS = 8_000


class TextEncoder:
    """A vocabulary learned from texts, which turns texts into numbers.

    Number 0 is padding and 1 stands for every token that is not in the vocabulary; the others
    go from the most frequent token down, ties in the order of the alphabet.

    Args:
        level: "word", "char", or "bpe" (byte pairs, Sennrich et al. 2016 over UTF-8 bytes as in
            GPT-2, by Hugging Face's tokenizers: no text has unknown tokens, and decoding gives
            the text back), or "token" (what white space sets apart, and line ends: for texts
            that were cut into tokens before).
        max_vocabulary: the largest number of tokens, padding and unknown included: the number
            of rows an embedding needs. `None` sets no limit, for "bpe" 8,000.
        min_count: tokens (for "bpe": pairs) rarer than this are left out.
        lowercase: whether upper and lower case are the same.

    Texts are compared in Unicode's composed form (NFC), so that é is é however it was typed.
    """

    def __init__(
        self,
        level: Literal["word", "char", "bpe", "token"] = "word",
        max_vocabulary: int | None = None,
        min_count: int = 1,
        lowercase: bool = True,
    ) -> None:
        check_choice("TextEncoder", "level", level, ["word", "char", "bpe", "token"])
        if max_vocabulary is not None:
            least = len(_RESERVED) + (_BYTES if level == "bpe" else 1)
            check_number("TextEncoder", "max_vocabulary", max_vocabulary, low=least, whole=True)
        check_number("TextEncoder", "min_count", min_count, low=1, whole=True)
        self.level = level
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.lowercase = lowercase
        self._vocabulary: list[str] | None = None
        self._numbers: dict[str, int] = {}
        self._tokenizer: Any = None

    def fit(self, texts: Iterable[str]) -> TextEncoder:
        """Learn the vocabulary.

        Raises:
            DataError: a text is missing or no string, or there is not one token in them.
        """
        return self.fit_pieces(check_texts("TextEncoder", texts))

    def fit_pieces(self, pieces: Iterable[str]) -> TextEncoder:
        """`fit` on texts that come one after the other and need not fit into memory together.

        Raises:
            DataError: there is not one token in them.
        """
        if self.level == "bpe":
            self._set_tokenizer(_train_pairs(pieces, self))
            return self
        counts, seen = Counter[str](), 0
        for seen, text in enumerate(pieces, 1):  # noqa: B007
            counts.update(self.split(text))
        if not counts:
            raise DataError(
                f"TextEncoder: {seen} texts hold not one {self.level}. "
                "Check that the right column was read."
            )
        frequent = [(-n, token) for token, n in counts.items() if n >= self.min_count]
        limit = None if self.max_vocabulary is None else self.max_vocabulary - len(_RESERVED)
        self._set_vocabulary([token for _, token in sorted(frequent)[:limit]])
        return self

    def split(self, text: str) -> list[str]:
        """The tokens of one text, before numbers are given to them ("bpe": after `fit`)."""
        if self.level == "bpe":
            return self._fitted_tokenizer().encode(_valid(text), add_special_tokens=False).tokens
        return _SPLITTERS[self.level](normalize(text, lowercase=self.lowercase))

    def encode(self, texts: Iterable[str]) -> list[np.ndarray]:
        """One int64 array `(tokens,)` for each text; an empty text gives an empty array.

        Raises:
            DataError: a text is missing or no string.
            NotFittedError: there is no vocabulary yet.
        """
        texts = check_texts("TextEncoder", texts)
        if self.level == "bpe":
            tokenizer = self._fitted_tokenizer()
            found = tokenizer.encode_batch(list(map(_valid, texts)), add_special_tokens=False)
            return [np.array(each.ids, dtype=np.int64) for each in found]
        if self._vocabulary is None:
            raise _not_fitted()
        numbers = self._numbers
        return [
            np.array([numbers.get(token, UNKNOWN) for token in self.split(text)], dtype=np.int64)
            for text in texts
        ]

    def decode(self, numbers: Sequence[int] | np.ndarray) -> str:
        """The text of one array of numbers: padding is left out, an unknown token is "\\ufffd".

        Words and tokens are set apart by spaces; "char" and "bpe" give the text as `encode` saw it.
        """
        chosen = [int(each) for each in numbers if each != PADDING]
        size = len(self.vocabulary)
        for each in chosen:
            if not 0 <= each < size:
                raise DataError(
                    f"TextEncoder: {each} is no token's number; they go from 0 to {size - 1}."
                )
        if self.level == "bpe":
            return self._fitted_tokenizer().decode(chosen, skip_special_tokens=True)
        tokens = ["\ufffd" if each == UNKNOWN else self.vocabulary[each] for each in chosen]
        return ("" if self.level == "char" else " ").join(tokens)

    @property
    def vocabulary(self) -> list[str]:
        """Every token at the place of its number; the first two are "<padding>", "<unknown>"."""
        if self._vocabulary is None:
            raise _not_fitted()
        return self._vocabulary

    def __len__(self) -> int:
        return len(self.vocabulary)

    def to_dict(self) -> dict[str, Any]:
        """Everything `from_dict` needs, as values JSON can hold."""
        result: dict[str, Any] = {
            "level": self.level,
            "max_vocabulary": self.max_vocabulary,
            "min_count": self.min_count,
            "lowercase": self.lowercase,
        }
        if self.level == "bpe":
            result["tokenizer"] = self._fitted_tokenizer().to_str()
        else:
            result["tokens"] = self.vocabulary[len(_RESERVED) :]
        return result

    @classmethod
    def from_dict(cls, state: dict[str, Any]) -> TextEncoder:
        """The encoder that `to_dict` described.

        Raises:
            DataError: the byte pairs cannot be read.
        """
        names = ("level", "max_vocabulary", "min_count", "lowercase")
        encoder = cls(**{name: state[name] for name in names})
        if encoder.level == "bpe":
            import tokenizers

            try:
                tokenizer = tokenizers.Tokenizer.from_str(state["tokenizer"])
            except Exception as error:  # the library has no class of its own for it
                raise DataError(f"TextEncoder: tokenizer cannot be read: {error}.") from error
            encoder._set_tokenizer(tokenizer)
        else:
            encoder._set_vocabulary(list(state["tokens"]))
        return encoder

    def _set_vocabulary(self, tokens: list[str]) -> None:
        self._vocabulary = [*_RESERVED, *tokens]
        self._numbers = {token: number for number, token in enumerate(tokens, len(_RESERVED))}

    def _set_tokenizer(self, tokenizer: Any) -> None:
        # A text that holds "<padding>" means these nine characters, not our number 0.
        tokenizer.encode_special_tokens = True
        self._tokenizer = tokenizer
        numbers = tokenizer.get_vocab()
        self._vocabulary = sorted(numbers, key=numbers.__getitem__)

    def _fitted_tokenizer(self) -> Any:
        if self._tokenizer is None:
            raise _not_fitted()
        return self._tokenizer

    def __repr__(self) -> str:
        size = "not fitted" if self._vocabulary is None else f"{len(self._vocabulary)} tokens"
        return f"TextEncoder({self.level!r}, {size})"


def check_texts(where: str, texts: Iterable[str]) -> list[str]:
    """The texts as a list. Raises DataError if one is missing or not a string, with its row."""
    texts = column_of(where, "texts", texts)
    wrong = [row for row, text in enumerate(texts) if not isinstance(text, str)]
    if wrong:
        value = texts[wrong[0]]
        absent = is_missing(value)
        raise DataError(
            f"{where}: {len(wrong)} of {len(texts)} texts are missing or no strings, the first in "
            f"row {wrong[0]}: {'missing' if absent else repr(value)}. "
            + (
                "Drop those rows or fill them with ''."
                if absent
                else "Decode them: [text.decode() for text in texts]."
                if isinstance(value, bytes)
                else "Convert them with str()."
            )
        )
    return texts


def _train_pairs(texts: Iterable[str], options: TextEncoder) -> Any:
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    forms: list[Any] = [normalizers.NFC()]
    if options.lowercase:
        forms.insert(0, normalizers.Lowercase())
    tokenizer.normalizer = normalizers.Sequence(forms)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=options.max_vocabulary or _DEFAULT_PAIRS,
        min_frequency=options.min_count,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=_RESERVED,
        show_progress=False,
    )
    tokenizer.train_from_iterator(map(_valid, texts), trainer)
    return tokenizer


def _valid(text: str) -> str:
    """The text without halves of surrogate pairs, which UTF-8 cannot hold."""
    return (
        text if text.isascii() else text.encode("utf-8", "surrogatepass").decode(errors="replace")
    )


def _not_fitted() -> NotFittedError:
    return NotFittedError("TextEncoder: there is no vocabulary yet. Call fit(texts) first.")
