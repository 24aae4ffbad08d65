"""A photograph, and where something looked in it."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from ostinato.errors import DataError
from ostinato.figures.base import Figure, same_length
from ostinato.figures.values import names, numbers

LARGEST = 1_000  # pixels of a side: a picture of a picture needs no more


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Looks(Figure):
    """A photograph, then once for each name the same with a map over it: light where its numbers
    are large, dark where they are small.

    Attributes:
        image: uint8 `(height, width, 3)`, red, green and blue, at most 1,000 on a side.
        names: of each map: the words of a caption.
        maps: `(names, rows, columns)`, stretched over the image from its top left.
    """

    kind: ClassVar[str] = "looks"
    image: Any
    names: Sequence[str] = ()
    maps: Any = ()

    def __post_init__(self) -> None:
        self.put(image=_image(self.image), names=names(self.names))
        self.put(maps=numbers("Looks, maps", self.maps, 3))
        same_length("Looks", names=len(self.names), maps=len(self.maps))

    @property
    def empty(self) -> bool:
        return not self.image.size

    def over(self, row: int) -> np.ndarray:
        """The image with a map over it, uint8 `(height, width, 3)`."""
        from PIL import Image

        shares = np.nan_to_num(self.maps[row])
        low, high = float(shares.min()), float(shares.max())
        shares = (shares - low) / (high - low) if high > low else np.ones_like(shares)
        small = Image.fromarray(np.uint8(np.round(255 * shares)))
        size = (self.image.shape[1], self.image.shape[0])
        light = np.asarray(small.resize(size, Image.Resampling.BICUBIC)) / 255
        return np.round(self.image * (0.2 + 0.8 * light[..., None])).astype(np.uint8)

    def table(self) -> dict[str, list[Any]]:
        """Columns name, row, column and value: a row for each number of the maps."""
        count, high, wide = self.maps.shape
        rows, columns = np.divmod(np.arange(high * wide), max(1, wide))
        return {
            "name": [name for name in self.names for _ in range(high * wide)],
            "row": np.tile(rows, count).tolist(),
            "column": np.tile(columns, count).tolist(),
            "value": self.maps.ravel().tolist(),
        }

    def to_dict(self) -> dict[str, Any]:
        """The figure as JSON can hold it, the image's bytes in base64."""
        held = {"shape": list(self.image.shape), "bytes": _written(self.image)}
        maps = [[[None if v != v else v for v in row] for row in each] for each in self.maps]
        words = {"title": self.title, "caption": self.caption, "names": list(self.names)}
        return {"kind": self.kind, **words, "image": held, "maps": maps}


def _written(image: np.ndarray) -> str:
    return base64.b64encode(image.tobytes()).decode()


def _image(values: Any) -> np.ndarray:
    """uint8 `(height, width, 3)`, read-only.

    Raises:
        DataError: it is not such an image.
    """
    rule = "Looks: image must be uint8 (height, width, 3)"
    if isinstance(values, Mapping):
        try:
            flat = np.frombuffer(base64.b64decode(values["bytes"]), dtype=np.uint8)
            values = flat.reshape(values["shape"])
        except (KeyError, TypeError, ValueError) as error:
            raise DataError(f"{rule} as to_dict writes it; {error}.") from error
    array = np.array(values)
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] != 3:
        raise DataError(f"{rule}, got {array.dtype} {array.shape}.")
    if max(array.shape) > LARGEST:
        raise DataError(f"{rule} of at most {LARGEST:,} on a side, got {array.shape}.")
    array.flags.writeable = False
    return array
