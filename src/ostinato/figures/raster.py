"""A scene by matplotlib, for PNG, PDF and papers; pyplot and its global state stay untouched."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from ostinato.figures.colours import palette
from ostinato.figures.scene import Image, Marker, Path, Rect, Scene, Shape, Text
from ostinato.figures.vector import outline, pixels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_POINT = 72 / 100  # points in a pixel, at matplotlib's 100 pixels an inch


def matplotlib_figure(scene: Scene, dark: bool = False) -> Figure:
    """A matplotlib figure of the scene's size at 100 pixels an inch, with one axes over all of it
    whose units are pixels from the top left."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    named = palette("dark" if dark else "light")
    space = scene.margin
    inches = ((scene.width + 2 * space) / 100, (scene.height + 2 * space) / 100)
    made = Figure(figsize=inches, dpi=100, facecolor=named["surface"])
    FigureCanvasAgg(made)
    axes = made.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set_xlim(-space, scene.width + space)
    axes.set_ylim(scene.height + space, -space)
    for order, shape in enumerate(scene.shapes):
        _draw(axes, shape, named, order)
    return made


def save(made: Figure, target: Any, scale: float = 2.0, **options: Any) -> None:
    """Write the figure, `scale` pixels for each of its own; a letter that no font has becomes a
    box without a warning."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        warnings.filterwarnings("ignore", message=".*font.*")
        made.savefig(target, dpi=100 * scale, facecolor=made.get_facecolor(), **options)


def _fonts() -> list[str]:
    """Families to look for letters in, of those that this machine has."""
    from matplotlib.font_manager import fontManager

    known = set(fontManager.get_font_names())
    wanted = ("DejaVu Sans", "Noto Sans CJK JP", "Noto Sans Arabic", "Noto Sans Hebrew")
    return [name for name in wanted if name in known] or ["sans-serif"]


def _draw(axes: Axes, shape: Shape, named: dict[str, str], order: int) -> None:
    if isinstance(shape, Text):
        anchor: Any = {"start": "left", "middle": "center", "end": "right"}[shape.anchor]
        axes.text(
            shape.x,
            shape.y,
            shape.words,
            fontsize=shape.size * _POINT,
            color=named[shape.colour],
            ha=anchor,
            va="baseline",
            rotation=-shape.angle,
            rotation_mode="anchor",
            fontweight="bold" if shape.bold else "normal",
            fontfamily=_fonts(),
            parse_math=False,
            zorder=order,
        )
    elif isinstance(shape, Path):
        _path(axes, shape, named, order)
    elif isinstance(shape, Rect):
        from matplotlib.patches import FancyBboxPatch, Rectangle

        how: Any = {"facecolor": named[shape.fill], "alpha": shape.opacity, "linewidth": 0}
        corner, size = (shape.x, shape.y), (shape.width, shape.height)
        radius = min(shape.radius, shape.width / 2, shape.height / 2)
        if radius:
            style = f"round,pad=0,rounding_size={radius}"
            axes.add_patch(FancyBboxPatch(corner, *size, boxstyle=style, zorder=order, **how))
        else:
            axes.add_patch(Rectangle(corner, *size, zorder=order, **how))
    elif isinstance(shape, Marker):
        _marker(axes, shape, named, order)
    elif isinstance(shape, Image):
        extent = (shape.x, shape.x + shape.width, shape.y + shape.height, shape.y)
        drawn: Any = {"extent": extent, "aspect": "auto", "zorder": order}
        axes.imshow(pixels(shape.shades), interpolation=_smooth(shape), **drawn)


def _smooth(shape: Image) -> str:
    """Shades keep their edges, photographs have none."""
    return "nearest" if shape.shades.ndim == 2 else "bilinear"


def _path(axes: Axes, shape: Path, named: dict[str, str], order: int) -> None:
    if shape.fill:
        how: Any = {"facecolor": named[shape.fill], "alpha": shape.opacity, "linewidth": 0}
        axes.fill(shape.points[:, 0], shape.points[:, 1], zorder=order, **how)
        return
    width = shape.width * _POINT
    dashes: Any = (0, tuple(d * _POINT / width for d in shape.dash)) if shape.dash else "solid"
    axes.plot(
        shape.points[:, 0],
        shape.points[:, 1],
        color=named[shape.stroke],
        linewidth=width,
        linestyle=dashes,
        alpha=shape.opacity,
        solid_joinstyle="round",
        zorder=order,
    )


def _marker(axes: Axes, shape: Marker, named: dict[str, str], order: int) -> None:
    from matplotlib.patches import Circle, Polygon

    how: Any = {"facecolor": named[shape.colour], "edgecolor": named["surface"], "linewidth": 0.6}
    if shape.shape == "circle":
        axes.add_patch(Circle((shape.x, shape.y), shape.size, zorder=order, **how))
    elif shape.shape == "cross":
        r = shape.size
        for way in (1, -1):
            ends = [shape.x - r, shape.x + r], [shape.y - way * r, shape.y + way * r]
            axes.plot(*ends, color=named[shape.colour], linewidth=1.3, zorder=order)
    else:
        axes.add_patch(Polygon(np.array(outline(shape)), zorder=order, **how))
