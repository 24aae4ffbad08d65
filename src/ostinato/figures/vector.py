"""A scene as SVG: one element, nothing fetched, every word escaped."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from html import escape

import numpy as np

from ostinato.figures import colours
from ostinato.figures.scene import Image, Marker, Path, Rect, Scene, Shape, Text
from ostinato.figures.words import clean

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"


def svg(
    scene: Scene, colour: Callable[[str], str], background: bool = False, classes: str = ""
) -> str:
    """One `<svg>` element; `colour` gives what to write for a colour's name."""
    width, height = (_n(side + 2 * scene.margin) for side in (scene.width, scene.height))
    corner = f"{_n(-scene.margin)} {_n(-scene.margin)}" if scene.margin else "0 0"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{corner} {width} {height}" '
        f'width="{width}" height="{height}" role="img" '
        f'font-family="{FONT}"{f" class={chr(34)}{classes}{chr(34)}" if classes else ""}>'
        f"<title>{_words(scene.title)}</title><desc>{_words(scene.description)}</desc>"
    )
    body = [_element(shape, colour) for shape in scene.shapes]
    if background:
        x, y = corner.split()
        body.insert(
            0,
            f'<rect x="{x}" y="{y}" width="100%" height="100%" fill="{colour("surface")}"/>',
        )
    return head + "".join(body) + "</svg>"


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _words(text: str) -> str:
    return escape(clean(text))


def _element(shape: Shape, colour: Callable[[str], str]) -> str:
    if isinstance(shape, Text):
        return _text(shape, colour)
    if isinstance(shape, Path):
        return _path(shape, colour)
    if isinstance(shape, Rect):
        how = f' fill-opacity="{shape.opacity:.3g}"' if shape.opacity < 1 else ""
        how += f' rx="{_n(shape.radius)}"' if shape.radius else ""
        return _titled(
            "rect",
            f'x="{_n(shape.x)}" y="{_n(shape.y)}" width="{shape.width:.2f}" '
            f'height="{shape.height:.2f}" fill="{colour(shape.fill)}"{how}',
            shape.title,
        )
    if isinstance(shape, Marker):
        return _marker(shape, colour)
    return _image(shape)


def _titled(tag: str, attributes: str, title: str) -> str:
    if not title:
        return f"<{tag} {attributes}/>"
    return f"<{tag} {attributes}><title>{_words(title)}</title></{tag}>"


def _text(shape: Text, colour: Callable[[str], str]) -> str:
    x, y = _n(shape.x), _n(shape.y)
    how = f' text-anchor="{shape.anchor}"' if shape.anchor != "start" else ""
    how += ' font-weight="600"' if shape.bold else ""
    how += f' transform="rotate({_n(shape.angle)} {x} {y})"' if shape.angle else ""
    title = f"<title>{_words(shape.title)}</title>" if shape.title else ""
    return (
        f'<text x="{x}" y="{y}" font-size="{_n(shape.size)}" fill="{colour(shape.colour)}"'
        f'{how} style="unicode-bidi:plaintext">{title}{_words(shape.words)}</text>'
    )


def _path(shape: Path, colour: Callable[[str], str]) -> str:
    points = "L".join(f"{_n(x)} {_n(y)}" for x, y in shape.points)
    how = f'd="M{points}{"Z" if shape.fill else ""}"'
    how += f' fill="{colour(shape.fill) if shape.fill else "none"}"'
    if shape.opacity < 1:
        how += f' opacity="{shape.opacity:.3g}"'
    if shape.stroke:
        how += f' stroke="{colour(shape.stroke)}" stroke-width="{_n(shape.width)}"'
        how += ' stroke-linejoin="round"' if len(shape.points) > 2 else ""
    if shape.dash:
        how += f' stroke-dasharray="{" ".join(_n(d) for d in shape.dash)}"'
    return _titled("path", how, shape.title)


def _marker(shape: Marker, colour: Callable[[str], str]) -> str:
    x, y, r = shape.x, shape.y, shape.size
    paint = f'fill="{colour(shape.colour)}" stroke="{colour("surface")}" stroke-width="0.8"'
    if shape.shape == "circle":
        return _titled("circle", f'cx="{_n(x)}" cy="{_n(y)}" r="{_n(r)}" {paint}', shape.title)
    if shape.shape == "cross":
        paint = f'fill="none" stroke="{colour(shape.colour)}" stroke-width="1.8"'
        arms = f"M{_n(x - r)} {_n(y - r)}L{_n(x + r)} {_n(y + r)}"
        arms += f"M{_n(x - r)} {_n(y + r)}L{_n(x + r)} {_n(y - r)}"
        return _titled("path", f'd="{arms}" {paint}', shape.title)
    corners = "L".join(f"{_n(a)} {_n(b)}" for a, b in outline(shape))
    return _titled("path", f'd="M{corners}Z" {paint}', shape.title)


def outline(shape: Marker) -> list[tuple[float, float]]:
    """The corners of a square, triangle or diamond around its place."""
    x, y, r = shape.x, shape.y, shape.size
    if shape.shape == "triangle":
        r *= 1.25
        return [(x, y - r), (x + r, y + 0.8 * r), (x - r, y + 0.8 * r)]
    if shape.shape == "diamond":
        r *= 1.35
        return [(x, y - r), (x + r, y), (x, y + r), (x - r, y)]
    return [(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]


def pixels(shades: np.ndarray) -> np.ndarray:
    """Shades -1 to 1 as red, green, blue and opacity, uint8 `(rows, columns, 4)`; a photograph as
    it is."""
    if shades.ndim == 3:
        return shades
    made = np.zeros((*shades.shape, 4), dtype=np.uint8)
    made[..., :3] = np.where((shades < 0)[..., None], colours.TINTS["low"], colours.TINTS["high"])
    made[..., 3] = np.round(np.abs(np.nan_to_num(shades)) * 255)
    made[np.isnan(shades)] = (*colours.TINTS["none"], 128)
    return made


def _image(shape: Image) -> str:
    from PIL import Image as Pillow

    stored = io.BytesIO()
    Pillow.fromarray(pixels(shape.shades)).save(stored, "PNG")
    data = base64.b64encode(stored.getvalue()).decode()
    how = ' style="image-rendering:pixelated"' if shape.shades.ndim == 2 else ""
    return (
        f'<image x="{_n(shape.x)}" y="{_n(shape.y)}" width="{_n(shape.width)}" '
        f'height="{_n(shape.height)}" preserveAspectRatio="none"{how} '
        f'href="data:image/png;base64,{data}"/>'
    )
