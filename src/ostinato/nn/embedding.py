"""Embeddings, with vectors learned elsewhere."""

from __future__ import annotations

import contextlib
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from ostinato.errors import DataError, ShapeError


class Embedding(torch.nn.Embedding):
    """A vector for each token, `torch.nn.Embedding` with vectors to start from.

    Args:
        vectors: `(num_embeddings, embedding_dim)`, for example of `read_vectors`.
        freeze: the vectors are not trained.

    Shape:
        - input: integers of any shape; returns that shape with `embedding_dim` behind it.

    Raises:
        ShapeError: `vectors` does not fit.
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        *,
        vectors: Tensor | np.ndarray | None = None,
        freeze: bool = False,
    ) -> None:
        super().__init__(num_embeddings, embedding_dim, padding_idx)
        if vectors is not None:
            given = torch.as_tensor(vectors, dtype=self.weight.dtype)
            if given.shape != self.weight.shape:
                raise ShapeError(
                    f"Embedding: vectors must have shape {tuple(self.weight.shape)}, got "
                    f"{tuple(given.shape)}."
                )
            with torch.no_grad():
                self.weight.copy_(given)
        self.weight.requires_grad_(not freeze)


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if not name.endswith("/")]
            if len(names) != 1:
                raise DataError(f"{path}: must hold one file, holds {len(names)}.")
            with archive.open(names[0]) as file:
                yield file
        return
    opener = {".gz": gzip.open, ".xz": lzma.open}.get(path.suffix, open)
    with opener(path, "rb") as file:
        yield file  # pyright: ignore[reportReturnType]


def read_vectors(
    path: str | Path, words: Sequence[str], *, size: int | None = None, seed: int = 0
) -> tuple[np.ndarray, int]:
    """Vectors of `words` from a GloVe or word2vec text file, plain, .gz, .zip or .xz.

    A line holds a word and its numbers; word2vec's first line of two counts is passed over. Words
    that the file lacks start from a normal distribution with the standard deviation of those found.

    Returns:
        float32 `(len(words), size)` and how many words were found.

    Raises:
        DataError: no file, a line that does not fit (its number is named), or no word found.
    """
    path = Path(path)
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words):
        places.setdefault(word, []).append(place)
    matrix: np.ndarray | None = None
    found = np.zeros(len(words), dtype=bool)
    try:
        with _opened(path) as raw, io.TextIOWrapper(raw, "utf-8", errors="replace") as lines:
            for number, line in enumerate(lines, 1):
                word, *numbers = line.rstrip().split(" ")
                if number == 1 and len(numbers) == 1:
                    continue
                if matrix is None:
                    size = size or len(numbers)
                    matrix = np.zeros((len(words), size), dtype=np.float32)
                if len(numbers) != size:
                    # GloVe 840B has words with spaces in them: numbers are counted from the end.
                    word = " ".join([word, *numbers[: len(numbers) - (size or 0)]])
                    numbers = numbers[len(numbers) - (size or 0) :]
                if word not in places:
                    continue
                try:
                    vector = np.asarray(numbers, dtype=np.float32)
                    matrix[places[word]] = vector
                except ValueError:
                    raise DataError(
                        f"{path}, line {number}: must be a word and {size} numbers, got "
                        f"{len(numbers)} values. Is it a text file of vectors of that size?"
                    ) from None
                found[places[word]] = True
    except (OSError, EOFError, zipfile.BadZipFile, lzma.LZMAError) as error:
        raise DataError(f"{path}: cannot be read ({error}).") from error
    if matrix is None or not found.any():
        raise DataError(f"{path}: holds none of the {len(words)} words. Is it a file of vectors?")
    draw = np.random.default_rng(seed)
    missing = ~found
    matrix[missing] = draw.normal(0, matrix[found].std(), (int(missing.sum()), matrix.shape[1]))
    return matrix, int(found.sum())
