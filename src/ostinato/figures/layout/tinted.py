"""A text that flows in lines, each token on its shade or above the name of its class."""

from __future__ import annotations

import numpy as np

from ostinato.figures import ticks, words
from ostinato.figures.colours import SERIES, tint
from ostinato.figures.kinds import TintedText
from ostinato.figures.layout.matrix import draw_key, shade_range, shades_of
from ostinato.figures.scene import Rect, Scene

MOST = 4000  # tokens that are drawn


def class_colours(figure: TintedText) -> dict[str, str]:
    """The colour of each class, in order of first appearance."""
    named = dict.fromkeys(name for name in figure.classes if name)
    return {name: SERIES[k % len(SERIES)] for k, name in enumerate(named)}


def shades(figure: TintedText) -> tuple[np.ndarray, float, float]:
    """The shade of each token, and the values of the palest and the strongest."""
    values = figure.values
    if values is None or not np.isfinite(values).any():
        return np.full(len(figure.tokens), np.nan), 0.0, 1.0
    low, high = shade_range(values, figure.scale, figure.low, figure.high)
    return shades_of(values, figure.scale, low, high), low, high


def visible(token: str) -> str:
    """A token with its line breaks and tabs as signs, so that each can be seen."""
    return token.replace("\r\n", "↵").replace("\n", "↵").replace("\t", "⇥")


def draw_tinted(scene: Scene, figure: TintedText) -> None:
    """Lines of tokens from the side where the text begins, then what the tints mean."""
    size, pad = scene.size + 1, 2.0
    colours = class_colours(figure)
    tints, low, high = shades(figure)
    rightward = not words.right_to_left("".join(figure.tokens[:200]))
    gap = words.width(figure.separator, size) if figure.separator else 0.0
    step = round(size * (2.6 if colours else 1.75))
    x, top = 0.0, scene.height + 4
    for k, token in enumerate(figure.tokens[:MOST]):
        shown = words.cut(words.clean(visible(token)), scene.width - 2 * pad, size)
        name = figure.classes[k] if figure.classes else ""
        small = scene.size - 1
        mark = words.cut(words.clean(name), scene.width - 2 * pad, small, True)
        long = max(words.width(shown, size), words.width(mark, small, True)) + 2 * pad
        if x and x + long > scene.width:
            x, top = 0.0, top + step
        left = x if rightward else scene.width - x - long
        colour = "ink"
        if name or np.isfinite(tints[k]):
            colour = _under(scene, figure, k, (left, top, long), tints, colours)
        middle = left + long / 2
        scene.text(middle, top + size, shown, size=size, colour=colour, anchor="middle")
        if mark:
            how = {"size": small, "colour": colours[name], "bold": True}
            scene.text(middle, top + size + 6 + scene.size, mark, anchor="middle", **how)
        x += long + gap
        if token.endswith("\n"):
            x, top = 0.0, top + step
    scene.height = top + step
    if len(figure.tokens) > MOST:
        scene.paragraph(f"The first {MOST:,} of {len(figure.tokens):,} tokens.", colour="muted")
    if figure.values is not None:
        draw_key(scene, figure.scale, low, high, figure.value.words)


def _under(
    scene: Scene,
    figure: TintedText,
    k: int,
    box: tuple[float, float, float],
    tints: np.ndarray,
    colours: dict[str, str],
) -> str:
    """Draw what lies under a token; the colour of its words."""
    left, top, long = box
    size = scene.size + 1
    if figure.values is None:
        colour = colours[figure.classes[k]]
        scene.add(Rect(x=left, y=top + size + 4, width=long, height=2, fill=colour))
        return "ink"
    shade = float(tints[k])
    title = f"{words.clean(visible(figure.tokens[k]))}: {ticks.number(float(figure.values[k]))}"
    fill = "low" if shade < 0 else "high"
    sides = {"x": left, "y": top - 1, "width": long, "height": size + 7}
    scene.add(Rect(**sides, fill=fill, opacity=abs(shade), radius=2, title=title))
    if shade < 0:  # told by more than its colour
        scene.line(left, top + size + 6, left + long, top + size + 6, "low", width=1.5, dash=(3, 2))
    return tint(shade)
