"""The frame around lines and points: scales, axes with their words, legend, marks on top."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from ostinato.figures import ticks, words
from ostinato.figures.base import Axis
from ostinato.figures.colours import Style
from ostinato.figures.scene import Marker, Path, Rect, Scene, Text, overlap

MORE = 3  # rows of a legend before it folds
MARKS = 5  # rows of labels above the data; further ones are left out


@dataclasses.dataclass(frozen=True, kw_only=True)
class Scale:
    """Values to a share of the axis, 0 at its low end and 1 at its high end."""

    low: float
    high: float
    log: bool = False
    timed: bool = False

    def share(self, values: np.ndarray) -> np.ndarray:
        """The share of each value; NaN where there is none, as for zero on a logarithmic axis."""
        if self.log:
            with np.errstate(divide="ignore", invalid="ignore"):
                values = np.where(values > 0, np.log10(np.maximum(values, 5e-324)), np.nan)
            low, high = math.log10(self.low), math.log10(self.high)
            return (values - low) / (high - low)
        return (values - self.low) / (self.high - self.low)

    def ticks(self, count: int, whole: bool = False) -> ticks.Ticks:
        """Marks between the ends."""
        if self.timed:
            return ticks.timely(self.low, self.high, count)
        if self.log:
            return ticks.logarithmic(self.low, self.high, count)
        return ticks.numeric(self.low, self.high, count, whole)


def scale_of(axis: Axis, values: Sequence[np.ndarray], *, timed: bool, zero: bool) -> Scale:
    """The scale that shows all values, or what the axis asks for.

    With `zero` there is room around them, and the axis begins at zero where that costs little.
    """
    every = np.concatenate([each[np.isfinite(each)] for each in values]) if values else np.zeros(0)
    log = axis.scale == "log"
    if log:
        every = every[every > 0]
        low, high = (every.min(), every.max()) if len(every) else (1.0, 10.0)
        low, high = (low / 2, high * 2) if high < low * 1.1 else (low / 1.1, high * 1.1)
    else:
        low, high = (every.min(), every.max()) if len(every) else (0.0, 1.0)
        point = not high > low
        low, high = ticks.spread(float(low), float(high))
        if timed and point:
            low, high = low - 43200 + (high - low) / 2, low + 43200 + (high - low) / 2
        elif zero and not point:
            room = 0.05 * (high - low)
            low = 0.0 if 0 <= low < 0.35 * high else low - room
            high = 0.0 if 0 >= high > 0.35 * low else high + room
    low = float(low if axis.low is None else axis.low)
    high = float(high if axis.high is None else axis.high)
    if not low < high or (log and low <= 0):
        # An end that was asked for lies beyond the data.
        room = 0.1 * max(abs(low), abs(high)) or 1.0
        if axis.high is None or (log and low <= 0):
            low = max(low, 5e-324) if log else low
            high = 10 * low if log else low + room
        else:
            low = high / 10 if log else high - room
    return Scale(low=low, high=high, log=log, timed=timed)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Frame:
    """The rectangle of the data, with the scales of both axes."""

    left: float
    top: float
    right: float
    bottom: float
    x: Scale
    y: Scale

    def points(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Data to pixels: `(n, 2)`."""
        across = self.left + self.x.share(x) * (self.right - self.left)
        return np.stack([across, self.bottom - self.y.share(y) * (self.bottom - self.top)], 1)


def place_marks(
    scene: Scene, labels: Sequence[tuple[float, str]], left: float, right: float
) -> list[Text]:
    """Labels of vertical marks in rows above the data, so that none meets another."""
    placed: list[Text] = []
    rows: list[float] = []
    step = round(scene.size * 1.35)
    for at, label in sorted(labels):
        shown = words.cut(words.clean(label), right - left, scene.size)
        long = words.width(shown, scene.size)
        begin = min(max(at + 5 if at + 5 + long <= right else at - 5 - long, left), right - long)
        row = next((k for k, end in enumerate(rows) if end + 8 <= begin), len(rows))
        if row >= MARKS:
            continue
        rows[row:] = [begin + long, *rows[row + 1 :]]
        placed.append(
            Text(
                x=begin,
                y=scene.height + (row + 1) * step - 4,
                words=shown,
                size=scene.size,
                colour="muted",
                title=label if shown != label else "",
            )
        )
    scene.height += step * len(rows)
    return placed


def draw_frame(
    scene: Scene, x_axis: Axis, y_axis: Axis, x: Scale, y: Scale, marks: Sequence[tuple[float, str]]
) -> Frame:
    """Axes, grid and words; the scene's height moves below them."""
    size, width = scene.size, scene.width
    height = min(max(0.42 * width, 190.0), 340.0)
    named = _named(y_axis, y)
    up = named or _several(y, max(3, int(height // 52)), y_axis.whole)
    texts = [words.cut(words.clean(w), 0.3 * width, size) for w in up.words]
    left = max([words.width(each, size) for each in texts], default=0.0) + 10
    right = width - 12
    _axis_words(scene, y_axis, up.note)
    shift = (x.share(np.array([at]))[0] for at, _ in marks)
    spots = [(left + s * (right - left), label) for s, (_, label) in zip(shift, marks, strict=True)]
    scene.add(*place_marks(scene, [spot for spot in spots if spot[1]], left, right))
    top = scene.height + 8
    frame = Frame(left=left, top=top, right=right, bottom=top + height, x=x, y=y)
    for place, text in zip(up.places, texts, strict=True):
        at = frame.bottom - y.share(np.array([place]))[0] * height
        scene.line(left, at, right, at, "grid")
        scene.text(left - 7, at + 0.35 * size, text, anchor="end")
    scene.height = frame.bottom
    _below(scene, x_axis, frame)
    return frame


def _several(scale: Scale, count: int, whole: bool) -> ticks.Ticks:
    """About `count` marks; more are asked for until there are three."""
    for most in (count, count + 1, count + 3, count + 6):
        found = scale.ticks(most, whole)
        if len(found.places) >= 3:
            break
    return found


def _named(axis: Axis, scale: Scale) -> ticks.Ticks | None:
    if not axis.names:
        return None
    shown = range(max(0, math.ceil(scale.low)), min(len(axis.names), math.floor(scale.high) + 1))
    return ticks.Ticks([float(k) for k in shown], [axis.names[k] for k in shown])


def _axis_words(scene: Scene, axis: Axis, note: str) -> None:
    said = f"{axis.words} {note}".strip()
    if said:
        scene.paragraph(said)


def _below(scene: Scene, axis: Axis, frame: Frame) -> None:
    size = scene.size
    scene.line(frame.left, frame.bottom, frame.right, frame.bottom, "axis")
    found, texts = _across(scene, axis, frame)
    for text in texts:
        scene.add(text)
    lines = max([text.y for text in texts], default=frame.bottom)
    scene.height = lines + (0.5 * size if texts else 4)
    said = f"{axis.words} {found.note}".strip()
    if said:
        room = frame.right - frame.left
        for line in words.wrap(words.clean(said), room, size, 2):
            scene.height += round(1.35 * size)
            middle = (frame.left + frame.right) / 2
            scene.text(middle, scene.height - 0.3 * size, line, anchor="middle")


def _across(scene: Scene, axis: Axis, frame: Frame) -> tuple[ticks.Ticks, list[Text]]:
    """Marks below the data, as many as stand beside each other without touching."""
    named = _named(axis, frame.x)
    most = max(2, int((frame.right - frame.left) // 62))
    for count in range(most, 0, -1):
        found = named or frame.x.ticks(count, axis.whole)
        if named:
            stride = max(1, math.ceil(len(named.places) / (most * 2))) * (most - count + 1)
            found = ticks.Ticks(named.places[::stride], named.words[::stride])
        texts = _tick_texts(scene, found, frame)
        near = [(a - 4, t, b + 4, u) for a, t, b, u in (text.box() for text in texts)]
        if not overlap(near):
            return found, texts
    return found, texts[:1]


def _tick_texts(scene: Scene, found: ticks.Ticks, frame: Frame) -> list[Text]:
    size = scene.size
    texts = []
    for place, said in zip(found.places, found.words, strict=True):
        at = frame.left + frame.x.share(np.array([place]))[0] * (frame.right - frame.left)
        for row, line in enumerate(said.split("\n")):
            shown = words.cut(words.clean(line), 110, size)
            half = words.width(shown, size) / 2
            middle = min(max(at, half), scene.width - half)
            down = frame.bottom + (1.45 + 1.2 * row) * size
            texts.append(
                Text(x=middle, y=down, words=shown, size=size, anchor="middle", colour="soft")
            )
    return texts


def draw_legend(scene: Scene, entries: Sequence[tuple[str, Style, str]], rows: int = MORE) -> None:
    """Names beside a sample of each line; "band" draws an area. What does not fit into `rows`
    rows is counted."""
    size, step = scene.size, round(1.55 * scene.size)
    names = [words.clean(name) for name, _, _ in entries]
    shown = words.cut_all(names, scene.width - 34, size)
    spots: list[tuple[float, int, str]] = []
    x, row = 0.0, 0
    for said in shown:
        long = 34 + words.width(said, size)
        if x and x + long > scene.width:
            x, row = 0.0, row + 1
        spots.append((x, row, said))
        x += long + 16
    fit = [spot for spot in spots if spot[1] < rows]
    last = fit[-1][1] if fit else 0
    if len(fit) < len(entries):
        last += 1
        more = f"and {len(entries) - len(fit)} more"
        scene.text(32, scene.height + step * (last + 0.5) + 0.35 * size, more, colour="muted")
    for (x, row, shown), (name, style, kind) in zip(fit, entries, strict=False):
        middle = scene.height + step * (row + 0.5)
        draw_sample(scene, x, middle, style, kind)
        title = name if shown != name else ""
        scene.text(x + 32, middle + 0.35 * size, shown, title=title)
    scene.height += step * (last + 1) + 4


def draw_sample(scene: Scene, x: float, y: float, style: Style, kind: str) -> None:
    """A line, band or point as it looks in the picture, 26 pixels wide."""
    if kind == "band":
        scene.add(Rect(x=x, y=y - 6, width=26, height=12, fill=style.colour, opacity=0.22))
        return
    if kind in ("line", "marked"):
        ends = np.array([(x, y), (x + 26, y)])
        how = {"stroke": style.colour, "width": style.width, "dash": style.dash}
        scene.add(Path(points=ends, **how))
    if kind in ("point", "marked"):
        scene.add(Marker(x=x + 13, y=y, shape=style.marker, colour=style.colour, size=3.5))
