"""A picture laid out: shapes at places, in pixels from the top left, with colours by name.

Layouts write scenes; `vector` and `raster` turn them into SVG and matplotlib, so that a figure
looks alike in both.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from ostinato.figures import words


@dataclasses.dataclass(frozen=True, kw_only=True)
class Path:
    """A line through points `(n, 2)`, or with `fill` the area inside it."""

    points: np.ndarray
    stroke: str = ""
    fill: str = ""
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    title: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rect:
    """A rectangle; `radius` rounds its corners."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    opacity: float = 1.0
    radius: float = 0.0
    title: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Text:
    """Words whose baseline begins, ends or is centred at a place; `angle` in degrees turns them
    clockwise around it."""

    x: float
    y: float
    words: str
    size: float
    colour: str = "soft"
    anchor: str = "start"
    bold: bool = False
    angle: float = 0.0
    title: str = ""

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the words, estimated from above."""
        long = words.width(self.words, self.size, self.bold)
        left = {"start": 0.0, "middle": -long / 2, "end": -long}[self.anchor]
        corners = np.array(
            [(x, y) for x in (left, left + long) for y in (-0.8 * self.size, 0.25 * self.size)]
        )
        turn = np.deg2rad(self.angle)
        turned = corners @ np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        low, high = turned.min(0), turned.max(0)
        return self.x + low[0], self.y + low[1], self.x + high[0], self.y + high[1]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Marker:
    """A small shape around a place: circle, square, triangle, diamond or cross."""

    x: float
    y: float
    shape: str
    colour: str
    size: float = 3.0
    title: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Image:
    """Pixels `(rows, columns)`, each a shade from -1 to 1, stretched over a rectangle, NaN grey;
    or a photograph, uint8 `(rows, columns, 3)`."""

    x: float
    y: float
    width: float
    height: float
    shades: np.ndarray


Shape = Path | Rect | Text | Marker | Image


@dataclasses.dataclass(kw_only=True)
class Scene:
    """Shapes in the order in which they are drawn, on a page `width` pixels wide.

    Attributes:
        width: pixels, at which words have their natural size.
        height: pixels used so far; layouts write below it and move it on.
        title, description: what a screen reader says.
        margin: empty pixels around it, beyond its width and height.
    """

    width: float
    title: str
    description: str
    height: float = 0.0
    margin: float = 0.0
    shapes: list[Shape] = dataclasses.field(default_factory=list)

    @property
    def size(self) -> float:
        """Pixels of usual words."""
        return 13.0 if self.width >= 600 else 12.0

    @property
    def narrow(self) -> bool:
        """Whether long names must stand above what they name."""
        return self.width < 560

    def add(self, *shapes: Shape) -> None:
        """Draw shapes over those before."""
        self.shapes.extend(shapes)

    def line(self, x1: float, y1: float, x2: float, y2: float, stroke: str, **how: object) -> None:
        """A straight line."""
        self.add(Path(points=np.array([(x1, y1), (x2, y2)]), stroke=stroke, **how))  # pyright: ignore

    def text(self, x: float, y: float, written: str, **how: object) -> None:
        """Words of the usual size and colour."""
        options = {"size": self.size, **how}
        self.add(Text(x=x, y=y, words=words.clean(written), **options))  # pyright: ignore

    def paragraph(self, written: str, room: float | None = None, **how: object) -> None:
        """Words broken into lines below what is drawn."""
        size = float(how.get("size", self.size))  # pyright: ignore[reportArgumentType]
        bold = bool(how.get("bold", False))
        left = not words.right_to_left(written)
        for line in words.wrap(words.clean(written), room or self.width, size, bold=bold):
            self.height += round(size * 1.4)
            self.text(
                0 if left else self.width,
                self.height - 0.35 * size,
                line,
                **{"anchor": "start" if left else "end", **how},
            )


def clip(
    points: np.ndarray, left: float, top: float, right: float, bottom: float
) -> list[np.ndarray]:
    """A line's pieces inside a rectangle; NaN is a gap.

    Args:
        points: `(n, 2)`.

    Returns:
        Pieces `(m, 2)`, m at least 1, cut exactly at the rectangle's sides.
    """
    low, high = np.array([left, top]), np.array([right, bottom])
    pieces: list[list[np.ndarray]] = [[]]
    finite = np.isfinite(points[:, 0]) & np.isfinite(points[:, 1])
    for k, (point, is_there) in enumerate(zip(points, finite, strict=True)):
        if not is_there:
            pieces.append([])
            continue
        inside = bool((point >= low).all() and (point <= high).all())
        if k and finite[k - 1]:
            ends = _segment(points[k - 1], point, low, high)
            if ends is None:
                pieces.append([])
            else:
                if not pieces[-1]:
                    pieces[-1].append(ends[0])
                pieces[-1].append(ends[1])
                if not inside:
                    pieces.append([])
        elif inside:
            pieces[-1].append(point)
    return [np.array(piece) for piece in pieces if piece]


def _segment(
    start: np.ndarray, stop: np.ndarray, low: np.ndarray, high: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """The part of a straight line inside a box (Liang & Barsky 1984)."""
    first, last = 0.0, 1.0
    for axis in range(2):
        way = float(stop[axis] - start[axis])
        for distance, speed in (
            (float(start[axis] - low[axis]), -way),
            (float(high[axis] - start[axis]), way),
        ):
            if speed == 0:
                if distance < 0:
                    return None
            elif speed > 0:
                last = min(last, distance / speed)
            else:
                first = max(first, distance / speed)
    if first > last:
        return None
    return start + first * (stop - start), start + last * (stop - start)


def thin(x: np.ndarray, y: np.ndarray, pixels: int) -> np.ndarray:
    """Indices of the points worth drawing: in every column of pixels the first, lowest, highest
    and last, so that no peak is lost; all where they are few.

    Gaps stay gaps.
    """
    if len(x) <= 4 * pixels or not np.isfinite(x).any():
        return np.arange(len(x))
    low, high = np.nanmin(x), np.nanmax(x)
    column = np.floor((x - low) / ((high - low) or 1.0) * pixels)
    kept = {0, len(x) - 1}
    edges = np.flatnonzero(np.diff(column) != 0) + 1
    for run in np.split(np.arange(len(x)), edges):
        there = run[np.isfinite(y[run])]
        if len(there):
            kept |= {there[0], there[-1]}
            kept |= {there[np.argmin(y[there])], there[np.argmax(y[there])]}
        if len(there) < len(run):
            kept.add(run[~np.isfinite(y[run])][0])
    return np.array(sorted(kept))


def overlap(boxes: Sequence[tuple[float, float, float, float]]) -> bool:
    """Whether two of the boxes (left, top, right, bottom) have an area in common."""
    ordered = sorted(boxes)
    for k, (_, top, right, bottom) in enumerate(ordered):
        for left, other_top, _, other_bottom in ordered[k + 1 :]:
            if left >= right:
                break
            if other_top < bottom and top < other_bottom:
                return True
    return False
