"""A table as a picture; a page shows it as a table of its own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ostinato.figures import ticks, words
from ostinato.figures.kinds import Column, Table
from ostinato.figures.scene import Scene

MOST = 60  # rows that a picture shows


def written(column: Column, value: Any) -> str:
    """A cell's words: numbers by the column's form."""
    if isinstance(value, (bool, str)):
        return str(value)
    return ticks.number(value, column.form)


def numeric(figure: Table, k: int) -> bool:
    """Whether a column has numbers alone, which stand to the right."""
    cells = [row[k] for row in figure.rows if row[k] is not None]
    return bool(cells) and not any(isinstance(v, (str, bool)) for v in cells)


def draw_table(scene: Scene, figure: Table) -> None:
    """Columns as wide as their words; the widest gives way where the page ends."""
    size, gap, step = scene.size, 16.0, round(scene.size * 1.75)
    shown = figure.rows[:MOST]
    head = [words.clean(column.words) for column in figure.columns]
    body = [
        [words.clean(written(c, v)) for c, v in zip(figure.columns, row, strict=True)]
        for row in shown
    ]
    wide = [
        max(words.width(head[k], size, True), *(words.width(row[k], size) for row in body))
        for k in range(len(head))
    ]
    wide = fitted(wide, scene.width - gap * (len(wide) - 1))
    right = [numeric(figure, k) for k in range(len(head))]
    _row(scene, head, wide, right, gap, bold=True)
    scene.line(0, scene.height + 2, scene.width, scene.height + 2, "axis")
    scene.height += 4
    for row in body:
        _row(scene, row, wide, right, gap, bold=False)
        scene.line(0, scene.height + 2, scene.width, scene.height + 2, "grid")
        scene.height += step - round(1.6 * size)
    if len(figure.rows) > MOST:
        scene.paragraph(f"The first {MOST} of {len(figure.rows):,} rows.", colour="muted")


def fitted(wide: Sequence[float], room: float) -> list[float]:
    """Widths that add up to `room` at most: the widest are cut to one common width."""
    found = list(wide)
    if sum(found) <= room:
        return found
    left, low, high = 0.0, 0.0, max(found)
    for _ in range(50):
        left = (low + high) / 2
        if sum(min(each, left) for each in found) > room:
            high = left
        else:
            low = left
    return [min(each, low) for each in found]


def _row(
    scene: Scene,
    cells: Sequence[str],
    wide: Sequence[float],
    right: Sequence[bool],
    gap: float,
    bold: bool,
) -> None:
    scene.height += round(1.6 * scene.size)
    x = 0.0
    for cell, room, numbers in zip(cells, wide, right, strict=True):
        said = words.cut(cell, room + 0.5, scene.size, bold)
        how = {"anchor": "end" if numbers else "start", "bold": bold}
        at = x + room if numbers else x
        title = cell if said != cell else ""
        scene.text(at, scene.height - 4, said, colour="soft" if bold else "ink", title=title, **how)
        x += room + gap
