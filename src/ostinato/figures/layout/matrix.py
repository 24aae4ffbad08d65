"""A matrix as shades: cells with their numbers while there is room, pixels beyond."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np

from ostinato.figures import ticks, words
from ostinato.figures.colours import tint
from ostinato.figures.kinds import Mark, Matrix
from ostinato.figures.layout.frame import Scale
from ostinato.figures.layout.lines import at
from ostinato.figures.scene import Image, Rect, Scene

_CELLS = 900  # cells up to which each is a shape of its own
_LARGEST = 74.0  # pixels of a cell's side


def draw_matrix(scene: Scene, figure: Matrix) -> None:
    """Rows from the top, columns below their names, and what the shades mean at the end."""
    size = scene.size
    high, wide = figure.values.shape
    shown = figure.values if figure.tint is None else figure.tint
    low, top = shade_range(shown, figure.scale, figure.low, figure.high)
    shades = shades_of(shown, figure.scale, low, top)
    if figure.y.words:
        scene.paragraph(f"{figure.y.words} ↓")
    side_words = _labels(figure.rows, high)
    longest = max([words.width(words.clean(w), size) for _, w in side_words], default=0.0)
    left = min(longest + 0.5, 0.3 * scene.width) + 8
    cell = min((scene.width - left - 4) / wide, _LARGEST)
    tall = cell if high * cell <= 520 and cell >= 4 else max(min(cell, 520 / high), 120 / high)
    if 16 * high <= 520:
        tall = max(tall, 16.0)  # so that every row's name has its line
    right = left + cell * wide
    _column_names(scene, figure, left, cell, wide)
    if figure.values.size > _CELLS:
        tall = max(tall, 0.35 * scene.width / high)
    begin = scene.height
    if figure.marks:
        scene.height += round(1.4 * size)
        begin = scene.height
    _row_names(scene, side_words, left, begin, tall, high)
    if figure.values.size <= _CELLS:
        _cells(scene, figure, shades, left, begin, cell, tall)
    else:
        box: Any = {"x": left, "y": begin, "width": right - left, "height": tall * high}
        scene.add(
            Image(**box, shades=reduced(shades, int(2 * (right - left)), int(2 * tall * high)))
        )
    _marks(scene, figure, left, cell, begin, begin + tall * high)
    scene.height = begin + tall * high + 6
    if _positions(figure.columns) or not len(figure.columns):
        _column_ticks(scene, figure, left, cell, wide)
    if figure.x.words:
        for line in words.wrap(f"{words.clean(figure.x.words)} →", scene.width - left, size, 2):
            scene.height += round(1.3 * size)
            scene.text(left, scene.height - 0.3 * size, line)
    draw_key(scene, figure.scale, low, top, figure.value.words, bool(np.isnan(shown).any()))


def shade_range(
    values: np.ndarray, scale: str, low: float | None, high: float | None
) -> tuple[float, float]:
    """The values of the palest and the strongest shade; of a diverging scale minus and plus the
    strongest."""
    finite = values[np.isfinite(values)]
    if scale == "diverging":
        bounds = [abs(v) for v in (low, high) if v is not None] or [float(np.abs(finite).max())]
        return -max(bounds), max(bounds)
    found = (float(finite.min()), float(finite.max()))
    bottom = low if low is not None else 0.0 if 0 <= found[0] <= 0.5 * found[1] else found[0]
    return bottom, found[1] if high is None else high


def shades_of(values: np.ndarray, scale: str, low: float, high: float) -> np.ndarray:
    """Values to shades: 0 to 1, of a diverging scale -1 to 1; NaN stays."""
    if scale == "diverging":
        return np.clip(values / (high or 1.0), -1, 1)
    if high <= low:
        return np.where(np.isnan(values), np.nan, 0.5)
    return np.clip((values - low) / (high - low), 0, 1)


def reduced(shades: np.ndarray, columns: int, rows: int) -> np.ndarray:
    """At most `rows` by `columns` shades: means of neighbours where there are more."""
    for axis, most in ((0, max(rows, 1)), (1, max(columns, 1))):
        length = shades.shape[axis]
        if length > most:
            edges = np.floor(np.arange(most) * length / most).astype(int)
            there = np.add.reduceat(np.isfinite(shades).astype(float), edges, axis=axis)
            sums = np.add.reduceat(np.nan_to_num(shades), edges, axis=axis)
            shades = np.where(there > 0, sums / np.maximum(there, 1), np.nan)
    return shades


def draw_key(
    scene: Scene, scale: str, low: float, high: float, said: str, gaps: bool = False
) -> None:
    """What the shades mean: a strip from the palest to the strongest with its numbers."""
    size = scene.size
    scene.height += 10
    if said:
        scene.paragraph(said)
    top, steps = scene.height + 4, 25
    ends = (ticks.number(low), ticks.number(high))
    x = words.width(ends[0], size) + 8
    scene.text(0, top + 0.85 * size, ends[0])
    shades = np.linspace(-1 if scale == "diverging" else 0, 1, steps)[None]
    scene.add(Image(x=x, y=top, width=5.0 * steps, height=size, shades=shades))
    end = x + 5 * steps
    for x1, y1, x2, y2 in (
        (x, top, end, top),
        (x, top + size, end, top + size),
        (x, top, x, top + size),
        (end, top, end, top + size),
    ):
        scene.line(x1, y1, x2, y2, "axis")
    scene.text(end + 8, top + 0.85 * size, ends[1])
    if gaps:
        begin = end + 8 + words.width(ends[1], size) + 20
        scene.add(Rect(x=begin, y=top, width=size, height=size, fill="none", opacity=0.5))
        scene.text(begin + size + 6, top + 0.85 * size, "no value")
    scene.height = top + size + 4


def _positions(values: Any) -> bool:
    return isinstance(values, np.ndarray)


def _labels(given: Any, count: int) -> list[tuple[float, str]]:
    """The middle of each row or column that has words, in cells, and the words."""
    if isinstance(given, np.ndarray) or not len(given):
        found = _cell_ticks(given, count, 6)
        return list(zip(found.places, found.words, strict=True))
    return [(k + 0.5, name) for k, name in enumerate(given)]


def _cell_ticks(given: Any, count: int, most: int) -> ticks.Ticks:
    if not len(given):
        found = ticks.numeric(0, max(count - 1, 1), most, whole=True)
        kept = [(p + 0.5, w) for p, w in zip(found.places, found.words, strict=True) if p < count]
        return ticks.Ticks([p for p, _ in kept], [w for _, w in kept])
    places = at(given)
    first, last = float(places[0]), float(places[-1])
    if not np.isfinite([first, last]).all() or first == last:
        return ticks.Ticks([], [])
    timed = given.dtype.kind == "M"
    found = Scale(low=min(first, last), high=max(first, last), timed=timed).ticks(most)
    spots = [(p - first) / (last - first) * (count - 1) + 0.5 for p in found.places]
    return ticks.Ticks(spots, [w.replace("\n", " ") for w in found.words], found.note)


def _column_names(scene: Scene, figure: Matrix, left: float, cell: float, wide: int) -> None:
    if _positions(figure.columns) or not len(figure.columns):
        scene.height += 6
        return
    size = scene.size
    names = [words.clean(name) for name in figure.columns]
    longest = max(words.width(name, size) for name in names)
    if longest + 6 <= cell:
        scene.height += round(1.4 * size)
        for k, name in enumerate(names):
            middle = left + cell * (k + 0.5)
            scene.text(middle, scene.height - 5, name, anchor="middle")
        return
    shown = words.cut_all(names, 110, size)
    tall = max(words.width(name, size) for name in shown)
    scene.height += round(tall) + 12
    stride = max(1, math.ceil(1.15 * size / cell))
    for k in range(0, wide, stride):
        x = left + cell * (k + 0.5) + 0.35 * size
        title = names[k] if shown[k] != names[k] else ""
        scene.text(x, scene.height - 5, shown[k], angle=-90.0, title=title)


def _column_ticks(scene: Scene, figure: Matrix, left: float, cell: float, wide: int) -> None:
    size = scene.size
    for most in range(max(2, int(cell * wide // 60)), 0, -1):
        found = _cell_ticks(figure.columns, wide, most)
        boxes = []
        for place, said in zip(found.places, found.words, strict=True):
            half = words.width(said, size) / 2
            middle = min(max(left + cell * place, half), scene.width - half)
            boxes.append((middle - half, middle + half, middle, said))
        if all(one[1] + 6 <= two[0] for one, two in itertools.pairwise(boxes)):
            break
    scene.height += round(1.3 * size)
    for _, _, middle, said in boxes:
        scene.text(middle, scene.height - 0.3 * size, said, anchor="middle")
    if found.note:
        scene.height += round(1.3 * size)
        scene.text(left, scene.height - 0.3 * size, found.note)


def _row_names(
    scene: Scene,
    labels: list[tuple[float, str]],
    left: float,
    top: float,
    tall: float,
    count: int,
) -> None:
    size = scene.size
    stride = 1
    if len(labels) == count:
        stride = max(1, math.ceil(1.15 * size / tall))
    names = [words.clean(said) for _, said in labels]
    shown = words.cut_all(names, left - 8, size)
    for k in range(0, len(labels), stride):
        middle = top + tall * labels[k][0] + 0.35 * size
        title = names[k] if shown[k] != names[k] else ""
        scene.text(left - 8, middle, shown[k], anchor="end", title=title)


def _marks(
    scene: Scene, figure: Matrix, left: float, cell: float, top: float, bottom: float
) -> None:
    """Vertical lines with their words above, as far as there is room."""
    size, free = scene.size, 0.0
    for mark in sorted(figure.marks, key=lambda each: float(at(each.x)[0])):
        x = left + cell * _place(figure, mark)
        if not left <= x <= left + cell * figure.values.shape[1]:
            continue
        scene.line(x, top - 4, x, bottom, "ink")
        said = words.clean(mark.label)
        if x >= free and x + words.width(said, size) <= scene.width:
            scene.text(x, top - 0.4 * size, said)
            free = x + words.width(said, size) + 6


def _place(figure: Matrix, mark: Mark) -> float:
    """Where a mark stands, in columns from the left edge."""
    place = float(at(mark.x)[0])
    if not _positions(figure.columns) or len(figure.columns) < 2:
        return place + 0.5
    columns = at(figure.columns)
    span = float(columns[-1] - columns[0]) or 1.0
    return (place - float(columns[0])) / span * (len(columns) - 1) + 0.5


def _cells(
    scene: Scene,
    figure: Matrix,
    shades: np.ndarray,
    left: float,
    top: float,
    cell: float,
    tall: float,
) -> None:
    said = [[ticks.number(float(v)) for v in row] for row in figure.values]
    size = scene.size - 1 if scene.size > 12 else scene.size
    widest = max(words.width(each, size) for row in said for each in row)
    told = widest + 6 <= cell and size * 1.2 <= tall
    gap = 1.0 if min(cell, tall) > 8 else 0.0
    rows, columns = (
        [words.clean(n) for n in given] if isinstance(given, tuple) and given else None
        for given in (figure.rows, figure.columns)
    )
    for (row, column), shade in np.ndenumerate(shades):
        x, y = left + cell * column, top + tall * row
        colour = "none" if np.isnan(shade) else "low" if shade < 0 else "high"
        opacity = 0.3 if np.isnan(shade) else abs(float(shade))
        where = f"{rows[row] if rows else row}, {columns[column] if columns else column}"
        title = f"{where}: {said[row][column]}"
        box: Any = {"x": x + gap, "y": y + gap, "width": cell - 2 * gap, "height": tall - 2 * gap}
        scene.add(Rect(**box, fill=colour, opacity=max(opacity, 0.04), title=title))
        if told:
            ink = "ink" if np.isnan(shade) else tint(float(shade))
            middle = (x + cell / 2, y + tall / 2 + 0.35 * size)
            scene.text(*middle, said[row][column], anchor="middle", colour=ink, size=size)
