"""Whole files as running text."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ostinato.data.text_files import TextFiles


def read_texts(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], errors: str = "strict"
) -> list[str]:
    """The text of each file, as it stands: plain, .gz, .xz, .bz2 or .zip, a pattern, or "-".

    Args:
        errors: "strict", or "replace", which reads bytes that are not UTF-8 as "\\ufffd".

    Raises:
        DataError: a file is missing, damaged, empty or not UTF-8; the message has the byte's place.
    """
    texts: list[list[str]] = []
    for begins, piece in TextFiles(paths, errors).pieces():
        if begins:
            texts.append([])
        texts[-1].append(piece)
    return ["".join(pieces) for pieces in texts]
