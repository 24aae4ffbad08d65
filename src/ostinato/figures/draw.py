"""A figure to SVG, PNG or matplotlib; the same picture in each."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from ostinato.errors import check_number
from ostinato.figures import raster, vector
from ostinato.figures.base import Figure
from ostinato.figures.colours import palette
from ostinato.figures.layout import lay_out
from ostinato.figures.scene import Scene

if TYPE_CHECKING:
    from matplotlib.figure import Figure as MatplotlibFigure

MARGIN = 14.0  # pixels around a picture that stands alone


def svg(figure: Figure, width: float = 800, dark: bool = False) -> str:
    """One `<svg>` element, `width` pixels wide, with title and caption, on its own background.

    It needs nothing else: colours are written out, and no request leaves it.

    Raises:
        OptionError: width is below 240 pixels, in which words do not fit.
    """
    named = palette("dark" if dark else "light")
    return vector.svg(_scene(figure, width), named.__getitem__, background=True)


def matplotlib(figure: Figure, width: float = 800, dark: bool = False) -> MatplotlibFigure:
    """The picture as a matplotlib figure, to be saved in any of its formats.

    A letter that none of the machine's fonts has becomes a box.
    """
    return raster.matplotlib_figure(_scene(figure, width), dark)


def png(
    figure: Figure,
    path: str | os.PathLike[str] | None = None,
    *,
    width: float = 800,
    dark: bool = False,
    scale: float = 2.0,
) -> bytes:
    """The picture as PNG, `scale` pixels for each of `width`; written to `path` if there is one."""
    stored = io.BytesIO()
    raster.save(matplotlib(figure, width, dark), stored, scale, format="png")
    if path is not None:
        with open(path, "wb") as file:
            file.write(stored.getvalue())
    return stored.getvalue()


def _scene(figure: Figure, width: float) -> Scene:
    check_number("figures", "width", width, low=240, high=10_000)
    scene = lay_out(figure, width - 2 * MARGIN)
    scene.margin = MARGIN
    return scene
