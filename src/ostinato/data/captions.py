"""Lists of images with their captions, as data sets of captions come."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from ostinato.data.images import ENDINGS, image_files
from ostinato.data.tables import read_table
from ostinato.errors import DataError

NAMES = ("captions.csv", "captions.tsv", "captions.jsonl", "captions.txt", "*.token.txt")
FOLDERS = ("images", "Images", "Flicker8k_Dataset", "Flickr8k_Dataset")
_NUMBERED = re.compile(r"(?P<image>.+)#\d+\t(?P<caption>.*)")


class Captioned(NamedTuple):
    """Images in the order in which they first come, each with its captions."""

    images: list[str]
    captions: list[list[str]]


def load_captions(
    sources: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    image: str = "image",
    caption: str = "caption",
    folder: str | None = None,
    errors: str = "strict",
) -> Captioned:
    """Images and captions of one file, of several, or of a folder that has both.

    A file is a table (.csv, .tsv, .jsonl, .parquet, or .txt with a line "image,caption") with a row
    for each caption, or Flickr8k's .txt with lines "NAME.jpg#0<tab>caption". In a folder it is
    called captions.csv, .tsv, .jsonl or .txt, or ends in .token.txt.

    Args:
        image, caption: the columns.
        folder: where the images are looked for first; then beside the file, and in a folder
            "images" there.
        errors: "strict", or "replace", which reads bytes that are not UTF-8 as U+FFFD.

    Raises:
        DataError: a file or column is missing, a row has no image or caption, or an image is
            not there.
    """
    given = [sources] if isinstance(sources, (str, os.PathLike)) else list(sources)
    found: dict[str, list[str]] = {}
    for each in given:
        path = _captions_of(Path(each)) if os.path.isdir(each) else Path(each)
        places = _Places(path, folder)
        for name, text in _rows(path, image, caption, errors):
            found.setdefault(places.find(name), []).append(text)
    return Captioned(list(found), list(found.values()))


def listed_images(sources: Iterable[str]) -> list[str]:
    """Files and patterns as they are, of a folder all pictures in it."""
    from ostinato.data.sources import expand

    found: list[str] = []
    for each in sources:
        if os.path.isdir(each):
            found += map(str, image_files(each))
        else:
            found += map(str, expand([each]))
    return found


def _captions_of(folder: Path) -> Path:
    for name in NAMES:
        found = sorted(folder.glob(name))
        if found:
            return found[0]
    raise DataError(f"{folder}: has no list of captions. It must be called {', '.join(NAMES)}.")


def _rows(path: Path, image: str, caption: str, errors: str) -> list[tuple[str, str]]:
    """Each image's name and caption."""
    if path.suffix == ".txt":
        lines = read_table(path, errors=errors, text=["text"])["text"].tolist()
        first = next((each for each in lines if isinstance(each, str) and each.strip()), "")
        if _NUMBERED.fullmatch(first):
            return _numbered(path, lines)
    options: dict[str, Any] = {"format": _form(path, image), "errors": errors}
    frame = read_table(
        path,
        required={image: "Name it with --image.", caption: "Name it with --caption."},
        text=[image, caption],
        filled=[image, caption],
        **options,
    )
    return list(zip(frame[image].tolist(), frame[caption].tolist(), strict=True))


def _form(path: Path, image: str) -> str | None:
    if path.suffix != ".txt":
        return None
    head = path.read_bytes()[:1000].split(b"\n")[0]
    return "tsv" if b"\t" in head else "csv"


def _numbered(path: Path, lines: Sequence[Any]) -> list[tuple[str, str]]:
    rows = []
    for number, line in enumerate(lines, 1):
        if not isinstance(line, str) or not line.strip():
            continue
        parts = _NUMBERED.fullmatch(line)
        if parts is None:
            raise DataError(
                f"{path}: line {number} must be NAME#NUMBER, a tab and a caption, got "
                f"{line[:60]!r}."
            )
        rows.append((parts["image"].strip(), parts["caption"].strip()))
    return rows


class _Places:
    """Where the images of one list are."""

    def __init__(self, path: Path, folder: str | None) -> None:
        self.path = path
        if folder is not None and not Path(folder).is_dir():
            raise DataError(f"{folder}: there is no such folder of images.")
        beside = [path.parent, *(path.parent / name for name in FOLDERS)]
        self.folders = beside if folder is None else [Path(folder), *beside]

    def find(self, name: str) -> str:
        """The path of an image; a name without an ending may have any that pictures have."""
        endings = ("",) if Path(name).suffix else ("", *ENDINGS)
        for place in self.folders:
            for ending in endings:
                if (place / f"{name}{ending}").is_file():
                    return str(place / f"{name}{ending}")
        looked = ", ".join(map(str, self.folders))
        raise DataError(
            f"{self.path}: the image {name!r} is not there. Looked in {looked}; name the folder "
            "with --folder, or leave its captions out."
        )
