"""What a language model reads: texts in memory, or files that may be larger than it."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from ostinato.data import TextEncoder, TextFiles
from ostinato.data.text import PADDING, check_texts
from ostinato.errors import DataError, OptionError, TrainingError

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
        texts: list[Any] = check_texts(where, X) if isinstance(X, str) else list(X)
        paths = [each for each in texts if isinstance(each, os.PathLike)]
        if not paths:
            return cls(check_texts(where, texts))
        if len(paths) < len(texts):
            raise DataError(
                f"{where}: X must be texts or paths, got {len(texts) - len(paths)} and "
                f"{len(paths)} of them. Read the files with data.read_texts."
            )
        return cls(TextFiles(paths))

    def pieces(self) -> Iterator[tuple[bool, str]]:
        """Pairs: whether a text begins, and some of it."""
        if isinstance(self.source, TextFiles):
            yield from self.source.pieces()
        else:
            for text in self.source:
                yield True, text

    def cut(self, share: float) -> tuple[Corpus, Corpus]:
        """All but the last `share` of the characters, and these.

        Raises:
            OptionError: nothing would be held out.
        """
        if isinstance(self.source, TextFiles):
            before, behind = self.source.cut(share)
            if behind.characters:
                return Corpus(before), Corpus(behind)
        texts = [] if isinstance(self.source, TextFiles) else list(self.source)
        left = round(sum(map(len, texts)) * (1 - share))
        for k, text in enumerate(texts):
            if len(text) > left:
                return Corpus([*texts[:k], text[:left]]), Corpus([text[left:], *texts[k + 1 :]])
            left -= len(text)
        raise OptionError("LanguageModel.fit: validation must leave some text to hold out.")

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
