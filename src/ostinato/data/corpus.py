"""Whole files as running text."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable

from ostinato.data.sources import decode, read_sources
from ostinato.errors import check_choice


def read_texts(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]], errors: str = "strict"
) -> list[str]:
    """The text of each file, as it stands: plain, .gz, .xz, .bz2 or .zip, a pattern, or "-".

    Args:
        errors: "strict", or "replace", which reads bytes that are not UTF-8 as "\\ufffd".

    Raises:
        DataError: a file is missing, damaged, empty or not UTF-8; the message has the byte's place.
    """
    check_choice("read_texts", "errors", errors, ("strict", "replace"))
    texts = []
    for source in read_sources(paths):
        if errors == "replace":
            content = source.content.decode("utf-8-sig", "replace").encode()
            source = dataclasses.replace(source, content=content)
        texts.append(decode(source).replace("\r\n", "\n"))
    return texts
