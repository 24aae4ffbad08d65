"""Pictures of any kind as arrays of one size."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ostinato.errors import DataError, check_number

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff")


def read_image(where: str, source: Any) -> Image:
    """One picture in red, green and blue, as a person sees it: turned as its EXIF says, what is
    transparent on white, of an animation the first.

    Args:
        source: a path, a PIL image, or an array `(height, width)`, `(height, width, 1)` of grey or
            `(height, width, 3 or 4)`: whole numbers 0 to 255, or others 0 to 1.

    Raises:
        DataError: the file is missing, damaged or no picture, or the array is none; the message
            begins with `where`.
    """
    from PIL import Image, ImageOps

    if isinstance(source, Image.Image):
        return _plain(where, source)
    if isinstance(source, (str, os.PathLike)):
        path = Path(source)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", Image.DecompressionBombWarning)
                # Pillow tells of odd metadata that changes nothing of the picture.
                warnings.simplefilter("ignore", UserWarning)
                with Image.open(path) as file:
                    return _plain(where, ImageOps.exif_transpose(file))
        except FileNotFoundError as error:
            raise DataError(f"{where}: there is no file {path}.") from error
        except IsADirectoryError as error:
            raise DataError(f"{where}: {path} is a folder. Name the pictures in it.") from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise DataError(
                f"{where}: {path} has too many pixels to be read safely: {error} Make it smaller."
            ) from error
        except (OSError, ValueError, SyntaxError, EOFError) as error:
            reason = str(error).rstrip(".") or type(error).__name__
            raise DataError(
                f"{where}: {path} cannot be read as a picture: {reason}. It is damaged or of "
                "another kind; leave it out, or read on without it (--skip-bad)."
            ) from error
    return Image.fromarray(_pixels(where, source))


def _plain(where: str, image: Image) -> Image:
    """The picture as RGB of 8 bits."""
    from PIL import Image as Pillow

    if 0 in image.size:
        raise DataError(f"{where}: a picture must have pixels, got {image.size}.")
    if image.mode.startswith("I"):  # 16 and 32 bits of grey
        values = np.asarray(image, dtype=np.float64)
        high = 65535 if image.mode != "I" or values.max() > 255 else 255
        return Pillow.fromarray(np.uint8(np.clip(values / high, 0, 1) * 255)).convert("RGB")
    if image.mode == "F":
        values = np.asarray(image, dtype=np.float64)
        return Pillow.fromarray(_pixels(where, values if values.max() <= 1 else values / 255))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Pillow.new("RGBA", layered.size, (255, 255, 255, 255))
        return Pillow.alpha_composite(white, layered).convert("RGB")
    return image.convert("RGB")


def _pixels(where: str, source: Any) -> np.ndarray:
    """An array as uint8 `(height, width, 3)`."""
    rule = (
        "must be a path, a PIL image, or an array (height, width), (height, width, 1), "
        "(height, width, 3) or (height, width, 4)"
    )
    try:
        values = np.asarray(source)
    except (ValueError, TypeError, RuntimeError) as error:
        raise DataError(f"{where}: a picture {rule}, got {type(source).__name__}.") from error
    if values.dtype.kind not in "uifb" or values.ndim not in (2, 3):
        got = f"shape {values.shape}" if values.dtype.kind in "uifb" else type(source).__name__
        raise DataError(f"{where}: a picture {rule}, got {got}.")
    channels = values.shape[2] if values.ndim == 3 else 1
    if channels not in (1, 3, 4) or not values.size:
        more = " Channels come last." if values.shape[0] in (1, 3, 4) else ""
        raise DataError(f"{where}: a picture {rule}, got shape {values.shape}.{more}")
    if values.dtype.kind in "fb":
        values = values.astype(np.float64)
        if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
            raise DataError(
                f"{where}: a picture of numbers with decimals must be from 0 to 1, got "
                f"{values.min():.4g} to {values.max():.4g}. Divide by its largest value."
            )
        values = np.round(values * 255)
    elif values.min() < 0 or values.max() > 255:
        raise DataError(
            f"{where}: a picture of whole numbers must be from 0 to 255, got {values.min()} to "
            f"{values.max()}."
        )
    values = values.reshape(*values.shape[:2], channels).astype(np.uint8)
    if channels == 4:
        share = values[..., 3:] / 255
        values = np.round(values[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    return np.repeat(values, 3, 2) if channels == 1 else np.ascontiguousarray(values)


def image_pixels(where: str, source: Any, size: int) -> np.ndarray:
    """One picture of any kind as uint8 `(size, size, 3)`, its sides stretched to be alike.

    Raises:
        DataError: see `read_image`.
    """
    from PIL import Image

    if isinstance(source, np.ndarray) and source.shape == (size, size, 3):
        return _pixels(where, source)
    found = read_image(where, source)
    return np.asarray(found.resize((size, size), Image.Resampling.BILINEAR))


def load_images(where: str, sources: Sequence[Any], size: int) -> np.ndarray:
    """Pictures as uint8 `(pictures, size, size, 3)`; each is decoded once.

    Raises:
        DataError: one cannot be used; the message names its file or row.
    """
    check_number(where, "size", size, low=1, whole=True)
    found = np.empty((len(sources), size, size, 3), dtype=np.uint8)
    for row, source in enumerate(sources):
        found[row] = image_pixels(place_of(where, row, source), source, size)
    return found


def place_of(where: str, row: int, source: Any) -> str:
    """Where a picture stands, for messages: a file names itself."""
    return where if isinstance(source, (str, os.PathLike)) else f"{where}: row {row}"


def bad_images(sources: Iterable[Any]) -> dict[int, str]:
    """The rows of pictures that cannot be read, each with what is wrong with it."""
    bad = {}
    for row, source in enumerate(sources):
        try:
            read_image("bad_images", source)
        except DataError as error:
            bad[row] = str(error).removeprefix("bad_images: ")
    return bad


def image_files(folder: str | os.PathLike[str]) -> list[Path]:
    """The pictures in a folder and those below it, by their names' endings, in order.

    Raises:
        DataError: there is no such folder, or no picture in it.
    """
    path = Path(folder)
    if not path.is_dir():
        raise DataError(f"{path}: there is no such folder.")
    found = sorted(p for p in path.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
    if not found:
        raise DataError(f"{path}: there is no picture in it ({', '.join(ENDINGS)}).")
    return found
