"""Lines, bands and points over two axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.figures import ticks, words
from ostinato.figures.colours import Style, styles
from ostinato.figures.kinds import Lines, Mark, Scatter
from ostinato.figures.layout.frame import Frame, Scale, draw_frame, draw_legend, scale_of
from ostinato.figures.scene import Marker, Path, Rect, Scene, clip, thin

MARKED = 60  # points of a line up to which each has a marker
SPACE = 14.0  # pixels between two markers of a line


def draw_lines(scene: Scene, figure: Lines) -> None:
    """Bands below, then the marks, then the lines, the first one on top."""
    lined = styles([line.role for line in figure.lines])
    banded = _like_their_lines(figure, styles([band.role for band in figure.bands]), lined)
    marked = [0 < np.isfinite(line.y).sum() <= MARKED for line in figure.lines]
    entries = [
        (line.name, style, "marked" if dots else "line")
        for line, style, dots in zip(figure.lines, lined, marked, strict=True)
    ]
    entries += [(b.name, style, "band") for b, style in zip(figure.bands, banded, strict=True)]
    if len(entries) > 1 or (entries and entries[0][0]):
        draw_legend(scene, entries)
    every = [*figure.lines, *figure.bands]
    timed = any(each.x.dtype.kind == "M" for each in every)
    across = scale_of(figure.x, [at(e.x) for e in (*every, *figure.marks)], timed=timed, zero=False)
    heights = [line.y for line in figure.lines]
    heights += [end for band in figure.bands for end in (band.low, band.high)]
    up = scale_of(figure.y, heights, timed=False, zero=True)
    labels = [(float(at(mark.x)[0]), mark.label) for mark in figure.marks if inside(mark, across)]
    frame = draw_frame(scene, figure.x, figure.y, across, up, labels)
    for mark in figure.marks:
        if inside(mark, across):
            draw_mark(scene, mark, frame)
    for band, style in zip(figure.bands, banded, strict=True):
        _draw_band(scene, at(band.x), band.low, band.high, style, frame)
    for line, style, dots in reversed(list(zip(figure.lines, lined, marked, strict=True))):
        _draw_line(scene, line, style, dots, frame)


def draw_scatter(scene: Scene, figure: Scatter) -> None:
    """Points in the colour and shape of their group."""
    drawn = styles([group.role for group in figure.groups])
    if len(figure.groups) > 1:
        entries = [(g.name, s, "point") for g, s in zip(figure.groups, drawn, strict=True)]
        draw_legend(scene, entries)
    timed = any(group.x.dtype.kind == "M" for group in figure.groups)
    across = scale_of(figure.x, [at(g.x) for g in figure.groups], timed=timed, zero=True)
    up = scale_of(figure.y, [g.y for g in figure.groups], timed=False, zero=True)
    frame = draw_frame(scene, figure.x, figure.y, across, up, [])
    for group, style in zip(figure.groups, drawn, strict=True):
        titles = group.labels or [""] * len(group.x)
        for (x, y), title in zip(frame.points(at(group.x), group.y), titles, strict=True):
            if _holds(frame, x, y):
                how: Any = {"shape": style.marker, "colour": style.colour, "size": 3.0}
                scene.add(Marker(x=x, y=y, title=words.clean(title), **how))


def at(positions: np.ndarray) -> np.ndarray:
    """Positions as numbers: times become seconds since 1970."""
    return ticks.seconds(positions) if positions.dtype.kind == "M" else positions


def _like_their_lines(
    figure: Lines, banded: Sequence[Style], lined: Sequence[Style]
) -> list[Style]:
    """An interval has the colour of the model's line, if there is one and one interval."""
    model = [style for line, style in zip(figure.lines, lined, strict=True) if line.role == "model"]
    if len(banded) == 1 and model and figure.bands[0].role == "interval":
        return [banded[0]._replace(colour=model[0].colour)]
    return list(banded)


def inside(mark: Mark, scale: Scale) -> bool:
    """Whether a mark is on the axis."""
    return scale.low <= float(at(mark.x)[0]) <= scale.high


def draw_mark(scene: Scene, mark: Mark, frame: Frame) -> None:
    """A vertical line; what a model knew is shaded."""
    share = frame.x.share(at(mark.x))[0]
    x = frame.left + share * (frame.right - frame.left)
    if mark.known:
        sides: Any = {"x": frame.left, "y": frame.top, "height": frame.bottom - frame.top}
        scene.add(Rect(**sides, width=x - frame.left, fill="muted", opacity=0.09))
    dash = () if mark.known else (3.0, 3.0)
    scene.line(x, frame.top - 4, x, frame.bottom, "muted", dash=dash)


def _draw_band(
    scene: Scene, x: np.ndarray, low: np.ndarray, high: np.ndarray, style: Style, frame: Frame
) -> None:
    there = np.isfinite(frame.points(x, low)).all(1) & np.isfinite(frame.points(x, high)).all(1)
    there &= (x >= frame.x.low) & (x <= frame.x.high)
    edges = np.flatnonzero(np.diff(there.astype(int)) != 0) + 1
    for run in np.split(np.arange(len(x)), edges):
        if not len(run) or not there[run[0]]:
            continue
        kept = run[thin(x[run], high[run], int(frame.right - frame.left))]
        over, under = frame.points(x[kept], high[kept]), frame.points(x[kept], low[kept])
        if len(kept) == 1:
            wide = np.array([3.0, 0.0])
            over, under = (
                np.stack([over[0] - wide, over[0] + wide]),
                np.stack([under[0] - wide, under[0] + wide]),
            )
        outline = np.concatenate([over, under[::-1]])
        outline[:, 1] = np.clip(outline[:, 1], frame.top, frame.bottom)
        scene.add(Path(points=outline, fill=style.colour, opacity=0.22))


def _draw_line(scene: Scene, line: object, style: Style, dots: bool, frame: Frame) -> None:
    x, y = at(line.x), line.y  # pyright: ignore[reportAttributeAccessIssue]
    name = words.clean(line.name)  # pyright: ignore[reportAttributeAccessIssue]
    kept = thin(x, y, int(frame.right - frame.left))
    points = frame.points(x[kept], y[kept])
    for piece in clip(points, frame.left, frame.top, frame.right, frame.bottom):
        if len(piece) > 1:
            how = {"stroke": style.colour, "width": style.width, "dash": style.dash}
            scene.add(Path(points=piece, title=name, **how))
        elif not dots:
            scene.add(Marker(x=piece[0, 0], y=piece[0, 1], shape="circle", colour=style.colour))
    if dots:
        apart = _apart(points)
        positions = line.x[kept][apart]  # pyright: ignore[reportAttributeAccessIssue]
        for (across, down), where, value in zip(
            points[apart], positions, y[kept][apart], strict=True
        ):
            if _holds(frame, across, down):
                told = ticks.moment(where) if frame.x.timed else ticks.number(float(where))
                title = f"{name}: {ticks.number(float(value))} ({told})"
                how: Any = {"shape": style.marker, "colour": style.colour}
                scene.add(Marker(x=across, y=down, title=title, **how))


def _apart(points: np.ndarray) -> list[int]:
    """Indices of points at least `SPACE` pixels from the last one kept."""
    found: list[int] = []
    for k, (x, y) in enumerate(points):
        if np.isfinite(y) and (not found or abs(x - points[found[-1], 0]) >= SPACE):
            found.append(k)
    return found


def _holds(frame: Frame, x: float, y: float) -> bool:
    """Whether a point is in the frame; a hair beyond it is rounding."""
    across = frame.left - 1e-6 <= x <= frame.right + 1e-6
    return bool(across and frame.top - 1e-6 <= y <= frame.bottom + 1e-6)
