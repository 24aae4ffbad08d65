"""A captioner's rows: images and their captions, read, checked, split and encoded."""

from __future__ import annotations

import base64
import dataclasses
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, Self

import numpy as np

from ostinato import data
from ostinato.data.held_out import hold_out
from ostinato.data.words import normalize, split_words
from ostinato.errors import DataError
from ostinato.tasks.image_captioner.options import ImageCaptionerOptions

Captions = list[list[str]]
SKETCH = 8  # pixels of the sides of what the nearest image is found by
SKETCHES = 2_000  # images of training that are kept so
MOST = 1e30  # of a feature: its square must be a number too


def read_images(where: str, X: Any) -> list[Any]:
    """Images as a list; what each is, is seen when it is read.

    Raises:
        DataError: one image was given, or no list.
    """
    single = isinstance(X, (str, bytes, os.PathLike)) or hasattr(X, "getbands")
    if single or (isinstance(X, np.ndarray) and X.dtype.kind in "uifb" and X.ndim < 3):
        raise DataError(f"{where}: X must be a list of images, got one. Write [image].")
    if isinstance(X, (Mapping, Set)) or hasattr(X, "columns") or not isinstance(X, Iterable):
        raise DataError(
            f"{where}: X must be a list of images: paths, arrays or PIL images, got "
            f"{type(X).__name__}."
        )
    return list(X)


def read_captions(where: str, y: Any) -> Captions:
    """Captions as a list of references of each image.

    Raises:
        DataError: a row has no caption, or one that is no text or empty.
    """
    if isinstance(y, (str, bytes, Mapping, Set)) or not isinstance(y, Iterable):
        raise DataError(
            f"{where}: y must be a list with a caption, or a list of captions, for each image, "
            f"got {type(y).__name__}."
        )
    found = []
    for row, each in enumerate(y):
        texts = [each] if isinstance(each, str) or not isinstance(each, Iterable) else list(each)
        for text in texts:
            if not isinstance(text, str):
                raise DataError(
                    f"{where}: row {row} of y must be a text or a list of texts, got "
                    f"{type(text).__name__}."
                )
            if not words_of(text, lowercase=False):
                raise DataError(
                    f"{where}: row {row} of y has a caption without words, {text[:40]!r}. "
                    "Leave it out."
                )
        if not texts:
            raise DataError(f"{where}: row {row} of y has no caption. Leave that image out.")
        found.append(texts)
    return found


def read_pairs(where: str, X: Any, y: Any, *, least: int = 1) -> tuple[list[Any], Captions]:
    """Images and their captions as lists of one length.

    Raises:
        DataError: they cannot be used, lengths differ, or there are fewer than `least`.
    """
    images, captions = read_images(where, X), read_captions(where, y)
    if len(images) != len(captions):
        raise DataError(
            f"{where}: X and y must have the same number of rows, got {len(images):,} images and "
            f"{len(captions):,} rows of captions. Several captions of an image are one list."
        )
    if len(images) < least:
        raise DataError(f"{where}: X must have at least {least} images, got {len(images)}.")
    return images, captions


def split(where: str, pairs: Any, validation: Any, seed: int) -> tuple[Any, Any]:
    """Pairs to learn from, and held-out ones or None."""

    def read(X: Any, y: Any) -> tuple[list[Any], Captions]:
        return read_pairs(f"{where}: validation", X, y)

    return hold_out(where, pairs, validation, read=read, seed=seed)


def words_of(text: str, *, lowercase: bool) -> str:
    """A caption as it is learned and measured: its words with spaces between, without signs."""
    words = split_words(normalize(text, lowercase=lowercase))
    return " ".join(word for word in words if any(map(str.isalnum, word)))


def commonest(captions: Captions) -> str:
    """The caption that most images have; among those, the one whose words most captions have."""
    counts = Counter(text for row in captions for text in dict.fromkeys(row))
    words = Counter(word for row in captions for text in row for word in set(text.split()))

    def rank(text: str) -> tuple[float, float, str]:
        each = text.split()
        return -counts[text], -sum(words[word] for word in each) / len(each), text

    return min(counts, key=rank)


@dataclasses.dataclass(kw_only=True)
class CaptionRows:
    """What was learned of images and captions.

    Attributes:
        text: captions to token numbers.
        longest: tokens of the longest caption in training.
        common: the commonest caption.
        size: numbers of a region where features are given, otherwise 0.
        mean, scale: of each feature, to which they are brought.
        sketches: `(images, numbers)`, by which the training image nearest to another is found.
        captions: of each of those one caption.
    """

    text: data.TextEncoder
    longest: int
    common: str
    size: int
    mean: np.ndarray
    scale: np.ndarray
    sketches: np.ndarray
    captions: list[str]

    @classmethod
    def learn(cls, options: ImageCaptionerOptions, looks: Any, captions: Captions) -> Self:
        """Args:
        looks: pixels `(images, size, size, 3)`, or features, a list of `(regions, numbers)`.
        captions: as `words_of` gives them.
        """
        encoder = data.TextEncoder(
            level=options.level,
            max_vocabulary=options.max_vocabulary,
            min_count=options.min_count,
            lowercase=options.lowercase,
        )
        every = [text for row in captions for text in row]
        encoder.fit(every)
        if len(encoder) <= len((data.PADDING, data.UNKNOWN)):
            raise DataError(
                f"{type(options).__name__}.fit: no word comes {options.min_count} times in the "
                f"captions, so none would be learned. Lower min_count."
            )
        size, mean, scale = 0, np.zeros(0), np.ones(0)
        if options.encoder == "features":
            flat = np.concatenate(looks).astype(np.float64)
            size, mean, scale = flat.shape[1], flat.mean(0), flat.std(0)
            scale = np.where(scale > 0, scale, 1.0)
        kept = slice(SKETCHES)
        made = cls(
            text=encoder,
            longest=max(map(len, encoder.encode(every))),
            common=commonest(captions),
            size=size,
            mean=mean,
            scale=scale,
            sketches=np.zeros((0, 0), dtype=np.float16),
            captions=[commonest([row]) for row in captions[kept]],
        )
        made.sketches = made.sketch(looks[kept])
        return made

    def sketch(self, looks: Any) -> np.ndarray:
        """A few numbers that stand for each image, float16: its colours at 8 by 8 places, or the
        mean of its regions' features."""
        if self.size:
            means = np.stack([self.scaled(each).mean(0) for each in looks])
            return means[:, : 3 * SKETCH * SKETCH].astype(np.float16)
        parts = [np.array_split(np.arange(looks.shape[1]), SKETCH)] * 2
        pixels = np.stack(
            [
                np.stack([looks[:, r][:, :, c].mean((1, 2)) for c in parts[1] if len(c)], 1)
                for r in parts[0]
                if len(r)
            ],
            1,
        )
        return (pixels.reshape(len(looks), -1) / 255).astype(np.float16)

    def nearest(self, looks: Any) -> list[str]:
        """A caption of the training image that is nearest to each."""
        known = self.sketches.astype(np.float64)
        given = self.sketch(looks).astype(np.float64)
        return [self.captions[int(((known - each) ** 2).sum(1).argmin())] for each in given]

    def scaled(self, features: np.ndarray) -> np.ndarray:
        """Features of mean 0 and spread 1, float32."""
        return ((features - self.mean) / self.scale).astype(np.float32)

    def to_dict(self) -> dict[str, Any]:
        return {
            "text": self.text.to_dict(),
            "longest": self.longest,
            "common": self.common,
            "size": self.size,
            "mean": self.mean.tolist(),
            "scale": self.scale.tolist(),
            "sketches": base64.b64encode(self.sketches.tobytes()).decode(),
            "captions": self.captions,
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> Self:
        sketches = np.frombuffer(base64.b64decode(document["sketches"]), dtype=np.float16)
        return cls(
            text=data.TextEncoder.from_dict(document["text"]),
            longest=int(document["longest"]),
            common=str(document["common"]),
            size=int(document["size"]),
            mean=np.array(document["mean"], dtype=np.float64),
            scale=np.array(document["scale"], dtype=np.float64),
            sketches=sketches.reshape(len(document["captions"]), -1),
            captions=list(document["captions"]),
        )


def load_looks(where: str, options: ImageCaptionerOptions, images: Sequence[Any]) -> Any:
    """What the model looks at: pixels `(images, size, size, 3)`, or with encoder='features' the
    arrays as given, each `(regions, numbers)`.

    Raises:
        DataError: an image or an array cannot be used.
    """
    if options.encoder != "features":
        return data.load_images(where, images, options.image_size)
    found = [_features(f"{where}: row {row}", each) for row, each in enumerate(images)]
    sizes = [each.shape[1] for each in found]
    for row, size in enumerate(sizes):
        if size != sizes[0]:
            raise DataError(
                f"{where}: row {row} has regions of {size} numbers, row 0 of {sizes[0]}. All must "
                "be computed by one model."
            )
    return found


def _features(where: str, given: Any) -> np.ndarray:
    rule = "features must be numbers (regions, size), or (size,) of the whole image"
    if isinstance(given, (str, os.PathLike)):
        raise DataError(
            f"{where}: with encoder='features' {rule}, got {given!r}. To look at images, take "
            "encoder='small'."
        )
    try:
        values = np.asarray(given, dtype=np.float64)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{where}: {rule}, got {type(given).__name__}.") from error
    if values.ndim == 1:
        values = values[None]
    if values.ndim != 2 or not values.size:
        raise DataError(f"{where}: {rule}, got shape {values.shape}.")
    if not (np.abs(values) < MOST).all():
        raise DataError(f"{where}: {rule}, got NaN, infinity or a number beyond {MOST:g}.")
    return values.astype(np.float32)
