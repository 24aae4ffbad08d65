"""What a language model reads: texts in memory, or files that may be larger than it."""

from __future__ import annotations

import contextlib
import dataclasses
import numbers
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from ostinato.data import TextEncoder, TextFiles
from ostinato.data.text import PADDING, check_texts
from ostinato.errors import DataError, OptionError, TrainingError, check_number
from ostinato.tasks.language_model.options import LanguageModelOptions

ROOM = ".tokens-"


class Corpus:
    """Texts one after the other, piece by piece.

    Args:
        source: a list of texts, or `data.TextFiles`.
    """

    def __init__(self, source: Sequence[str] | TextFiles) -> None:
        self.source = source
        self.on_disk = isinstance(source, TextFiles)

    @classmethod
    def of(cls, where: str, X: Any) -> Self:
        """The user's texts: strings, paths or `TextFiles`.

        Raises:
            DataError: they are neither, or strings and paths together.
        """
        if isinstance(X, TextFiles):
            return cls(X)
        if isinstance(X, os.PathLike):
            return cls(TextFiles(X))
        plain = isinstance(X, str) or not isinstance(X, Iterable)
        texts: list[Any] = check_texts(where, X) if plain else list(X)
        paths = [each for each in texts if isinstance(each, os.PathLike)]
        if not paths:
            return cls(check_texts(where, texts))
        if len(paths) < len(texts):
            raise DataError(
                f"{where}: X must be texts or paths, got {len(texts) - len(paths)} and "
                f"{len(paths)} of them. Read the files with data.read_texts."
            )
        return cls(TextFiles(paths))

    @classmethod
    def split(cls, where: str, X: Any, validation: Any) -> tuple[Self, Self | None]:
        """The texts to learn from, and those held out: a share of the characters, the last ones;
        texts of their own; or None.

        Raises:
            OptionError, DataError: one of them cannot be used.
        """
        corpus = cls.of(where, X)
        if isinstance(validation, numbers.Real):
            check_number(where, "validation", validation, above=0, below=1)
            return corpus.cut(float(validation))
        return corpus, None if validation is None else cls.of(f"{where}: validation", validation)

    def pieces(self) -> Iterator[tuple[bool, str]]:
        """Pairs: whether a text begins, and some of it."""
        if isinstance(self.source, TextFiles):
            yield from self.source.pieces()
        else:
            for text in self.source:
                yield True, text

    def cut(self, share: float) -> tuple[Self, Self]:
        """All but the last `share` of the characters, and these.

        Raises:
            OptionError: nothing would be held out.
        """
        if isinstance(self.source, TextFiles):
            before, behind = self.source.cut(share)
            if behind.characters:
                return self._like(before), self._like(behind)
        texts = [] if isinstance(self.source, TextFiles) else list(self.source)
        left = round(sum(map(len, texts)) * (1 - share))
        for k, text in enumerate(texts):
            if len(text) > left:
                before, behind = [*texts[:k], text[:left]], [text[left:], *texts[k + 1 :]]
                return self._like(before), self._like(behind)
            left -= len(text)
        raise OptionError("LanguageModel.fit: validation must leave some text to hold out.")

    def _like(self, source: Any) -> Self:
        return type(self)(source)

    @contextlib.contextmanager
    def room(self, directory: Any) -> Iterator[Path | None]:
        """A folder for the tokens of files, in `directory` where there is one, while they are
        needed; None for texts in memory."""
        if not self.on_disk:
            yield None
            return
        if directory is not None:
            Path(directory).mkdir(parents=True, exist_ok=True)
            for left in Path(directory).glob(f"{ROOM}*"):  # by a run that was killed
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(
            prefix=ROOM, dir=directory, ignore_cleanup_errors=True
        ) as folder:
            yield Path(folder)

    def tokens(self, encoder: TextEncoder, folder: Path | None) -> np.ndarray:
        """The numbers of all tokens, each text after the sign of its beginning, in the smallest
        type that holds them: an array in memory, or on disk where a folder is given."""
        kind = np.min_scalar_type(len(encoder.vocabulary))

        def parts() -> Iterator[np.ndarray]:
            for begins, text in self.pieces():
                if begins:
                    yield np.array([PADDING], dtype=kind)
                yield encoder.encode([text])[0].astype(kind)

        if folder is None:
            return np.concatenate([np.zeros(0, dtype=kind), *parts()])
        handle, name = tempfile.mkstemp(dir=folder)
        with os.fdopen(handle, "wb") as file:
            for part in parts():
                try:
                    file.write(part.tobytes())
                except OSError as error:
                    raise TrainingError(
                        f"LanguageModel.fit: the tokens cannot be written to {folder} ({error}). "
                        "Make room there, or give another directory."
                    ) from error
        return np.memmap(name, dtype=kind, mode="r")


@dataclasses.dataclass(kw_only=True)
class LanguageRows:
    """What was learned of the texts: their tokens."""

    encoder: TextEncoder

    @classmethod
    def learn(cls, options: LanguageModelOptions, corpus: Corpus) -> Self:
        encoder = TextEncoder(
            level=options.level,
            max_vocabulary=options.max_vocabulary,
            min_count=options.min_count,
            lowercase=options.lowercase,
        )
        return cls(encoder=encoder.fit_pieces(text for _, text in corpus.pieces()))

    def tokens(self, texts: Sequence[str]) -> np.ndarray:
        """All texts as one array, each after the sign of a beginning."""
        return Corpus(texts).tokens(self.encoder, None)

    def to_dict(self) -> dict[str, Any]:
        return {"encoder": self.encoder.to_dict()}

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        return cls(encoder=TextEncoder.from_dict(document["encoder"]))
