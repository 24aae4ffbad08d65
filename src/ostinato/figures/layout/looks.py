"""A photograph and its maps, side by side in lines."""

from __future__ import annotations

from ostinato.figures import words
from ostinato.figures.looks import Looks
from ostinato.figures.scene import Image, Scene

_LARGEST = 190.0  # pixels of a panel's longer side
_LEAST = 96.0  # pixels that a panel has at least for its name
_GAP = 10.0


def draw_looks(scene: Scene, figure: Looks) -> None:
    """The image as it is, then a panel for each map with its name below."""
    high, wide = figure.image.shape[:2]
    room = min(_LARGEST, (scene.width - _GAP) / 2)
    scale = room / max(high, wide)
    width, height = wide * scale, high * scale
    column = max(width, min(_LEAST, room))
    columns = max(1, int((scene.width + _GAP) / (column + _GAP)))
    line = round(1.4 * scene.size)
    panels = [("", figure.image), *((n, figure.over(k)) for k, n in enumerate(figure.names))]
    begin = scene.height
    for place, (name, pixels) in enumerate(panels):
        row, at = divmod(place, columns)
        x, y = at * (column + _GAP), begin + row * (height + line + _GAP)
        scene.add(Image(x=x, y=y, width=width, height=height, shades=pixels))
        shown = words.wrap(words.clean(name), column - 4, scene.size, 1)
        for written in shown[:1]:
            scene.text(x, y + height + line - 0.3 * scene.size, written, colour="ink")
    rows = -(-len(panels) // columns)
    scene.height = begin + rows * (height + line + _GAP)
