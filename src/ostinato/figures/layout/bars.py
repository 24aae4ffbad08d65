"""Horizontal bars from zero, each with its number at the end."""

from __future__ import annotations

import numpy as np

from ostinato.figures import ticks, words
from ostinato.figures.colours import Style, styles
from ostinato.figures.kinds import Bars
from ostinato.figures.layout.frame import draw_legend
from ostinato.figures.scene import Rect, Scene

_DIRECT = 3  # groups up to which each bar says its own name


def draw_bars(scene: Scene, figure: Bars) -> None:
    """Names to the left, or above where they are long or the page is narrow."""
    size = scene.size
    drawn = styles([group.role for group in figure.groups])
    direct = len(figure.groups) <= _DIRECT
    if not direct:
        entries = [(g.name, s, "point") for g, s in zip(figure.groups, drawn, strict=True)]
        draw_legend(scene, entries)
    if figure.value.words:
        scene.paragraph(figure.value.words)
    names = [words.clean(name) for name in figure.names]
    shown = words.cut_all(names, scene.width, size)
    longest = max([words.width(name, size) for name in names], default=0.0)
    said = [
        [_said(figure, k, row, direct) for row in range(len(names))]
        for k in range(len(figure.groups))
    ]
    widest = max([words.width(each, size) for row in said for each in row], default=0.0)
    above = longest > 0.3 * scene.width or longest + widest > 0.7 * scene.width
    left = 0.0 if above or not any(names) else longest + 12
    room = (scene.width - left) * 0.65
    said = [[words.cut(each, room, size) for each in row] for row in said]
    widest = min(widest, room)
    ends = _ends(figure)
    low, high = min(0.0, ends[0]), max(0.0, ends[1])
    span = (high - low) or 1.0
    begin = left + (widest + 8 if low < 0 else 0.0)
    pixels = max(scene.width - begin - widest - 10, 20.0)
    thick = round(size * 1.45)
    zero = begin - low / span * pixels
    for row, name in enumerate(names):
        scene.height += 8
        if above and name:
            scene.height += round(1.4 * size)
            scene.text(0, scene.height - 0.35 * size, shown[row], colour="ink")
        first = scene.height
        for k, style in enumerate(drawn):
            _draw_bar(scene, figure, k, row, style, zero, pixels / span, thick, said[k][row])
        if not above and name:
            middle = (first + scene.height) / 2 + 0.35 * size
            scene.text(left - 12, middle, name, anchor="end", colour="ink")
        scene.line(zero, first - 2, zero, scene.height, "axis")


def _said(figure: Bars, k: int, row: int, direct: bool) -> str:
    group = figure.groups[k]
    value = ticks.number(float(group.values[row]))
    if group.low is not None and group.high is not None:
        ends = (ticks.number(float(group.low[row])), ticks.number(float(group.high[row])))
        value = f"{value} ({ends[0]} to {ends[1]})"
    return f"{value}  {words.clean(group.name)}".strip() if direct else value


def _ends(figure: Bars) -> tuple[float, float]:
    every = [
        values
        for group in figure.groups
        for values in (group.values, group.low, group.high)
        if values is not None
    ]
    finite = np.concatenate([values[np.isfinite(values)] for values in every])
    return float(finite.min()), float(finite.max())


def _draw_bar(
    scene: Scene,
    figure: Bars,
    k: int,
    row: int,
    style: Style,
    zero: float,
    scale: float,
    thick: float,
    said: str,
) -> None:
    group, top = figure.groups[k], scene.height
    value = float(group.values[row])
    reach = value * scale if np.isfinite(value) else 0.0
    far = [reach]
    title = f"{figure.names[row]}: {said}".strip(": ")
    if np.isfinite(value):
        left, long = min(zero, zero + reach), max(abs(reach), 1.0)
        box = {"x": left, "y": top + 2, "width": long, "height": thick - 4}
        scene.add(Rect(**box, fill=style.colour, radius=2, title=words.clean(title)))
    if group.low is not None and group.high is not None:
        low, high = float(group.low[row]) * scale, float(group.high[row]) * scale
        if np.isfinite(low) and np.isfinite(high):
            far += [low, high]
            middle = top + thick / 2
            scene.line(zero + low, middle, zero + high, middle, "ink", width=1.5)
            for end in (low, high):
                scene.line(zero + end, middle - 4, zero + end, middle + 4, "ink", width=1.5)
    positive = reach >= 0
    end = max(far) + 8 if positive else min(far) - 8
    scene.text(
        zero + end, top + thick / 2 + 0.35 * scene.size, said, anchor="start" if positive else "end"
    )
    scene.height = top + thick + 1
