"""Images and captions in the shell: a table and a folder, or a folder with both."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.errors import DataError, OptionError
from ostinato.options import option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import FileWords, remembered

if TYPE_CHECKING:
    from ostinato.data import Captioned

ANSWER = ("top", "beam", "skip_bad")
MEASURE = ("skip_bad", "errors")


class Words(FileWords):
    """What `train image-captioner` is told of the files."""

    image: str = option("Column with the images' names.", default="image")
    caption: str = option("Column with the captions, one a row.", default="caption")
    folder: str | None = option(
        "Folder with the images. They are also looked for beside the captions, and in a folder "
        "'images' there.",
        default=None,
    )
    skip_bad: bool = option(
        "Leave out images that cannot be read, and say which, instead of stopping.", default=False
    )


def _pairs(files: Sequence[str], words: Words) -> Captioned:
    from ostinato import data

    found = data.load_captions(
        list(files),
        image=words.image,
        caption=words.caption,
        folder=words.folder,
        errors=words.errors,
    )
    if not words.skip_bad:
        return found
    good = _good(found.images)
    return data.Captioned([found.images[k] for k in good], [found.captions[k] for k in good])


def _good(images: Sequence[str]) -> list[int]:
    """The rows of images that can be read; of the others a warning.

    Raises:
        DataError: there is none.
    """
    import warnings

    from ostinato import data
    from ostinato.errors import OstinatoWarning

    bad = data.bad_images(images)
    for message in bad.values():
        warnings.warn(f"left out: {message}", OstinatoWarning, stacklevel=3)
    if len(bad) == len(images):
        raise DataError("none of the images can be read. Check their files.")
    return [k for k in range(len(images)) if k not in bad]


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    if options.get("encoder") == "features":
        raise OptionError(
            "train image-captioner: --encoder features is for Python, where arrays are given to "
            "fit. Name images here."
        )
    found = _pairs(sources, words)
    if isinstance(validation, str):
        validation = tuple(_pairs([validation], words))
    return Loaded(
        arguments=tuple(found),
        validation=validation,
        source=words.options(),
        facts={
            "files": ", ".join(sources),
            "images": f"{len(found.images):,}",
            "captions": f"{sum(map(len, found.captions)):,}",
            "an example": f"{found.images[0]}: {found.captions[0][0][:80]}",
        },
        example=[found.images[0]],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """The best captions of each image."""
    from ostinato import data

    if not sources:
        raise OptionError("predict: nothing to answer. Give images, or folders with images.")
    images = data.listed_images(sources)
    if typed.get("skip_bad"):
        images = [images[k] for k in _good(images)]
    top = typed.get("top", 1)
    beam = typed.get("beam", max(estimator.beam, top))
    return [
        {"image": image, "caption": caption, "score": round(score, 6)}
        for image, found in zip(images, estimator.predict_best(images, top, beam=beam), strict=True)
        for caption, score in found
    ]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    words = remembered(Words, estimator, **typed)
    if words.folder is not None and not os.path.isdir(words.folder):
        words = dataclasses.replace(words, folder=None)  # training's, which is not here
    images, captions = _pairs(sources, words)
    return estimator.evaluate(images, captions), len(images)
