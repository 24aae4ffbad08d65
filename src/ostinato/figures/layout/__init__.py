"""Where everything stands: a figure and a width become a scene; one file for each kind."""

from __future__ import annotations

from ostinato.figures.base import Figure
from ostinato.figures.kinds import Bars, Lines, Matrix, Scatter, Table, TintedText
from ostinato.figures.layout.bars import draw_bars
from ostinato.figures.layout.lines import draw_lines, draw_scatter
from ostinato.figures.layout.looks import draw_looks
from ostinato.figures.layout.matrix import draw_matrix
from ostinato.figures.layout.music import draw_roll
from ostinato.figures.layout.table import draw_table
from ostinato.figures.layout.tinted import draw_tinted
from ostinato.figures.looks import Looks
from ostinato.figures.music import PianoRoll
from ostinato.figures.scene import Scene

NOTHING = "There is nothing to draw: no values."


def lay_out(figure: Figure, width: float, heading: bool = True) -> Scene:
    """The scene of a figure, `width` pixels wide; with `heading` its title and caption on top."""
    scene = Scene(width=float(width), title=figure.title, description=describe(figure))
    if heading:
        scene.paragraph(figure.title, size=scene.size + 2, bold=True, colour="ink")
        if figure.caption:
            scene.paragraph(figure.caption)
        scene.height += 8
    if figure.empty:
        scene.paragraph(NOTHING, colour="muted")
    elif isinstance(figure, Lines):
        draw_lines(scene, figure)
    elif isinstance(figure, Scatter):
        draw_scatter(scene, figure)
    elif isinstance(figure, Bars):
        draw_bars(scene, figure)
    elif isinstance(figure, Matrix):
        draw_matrix(scene, figure)
    elif isinstance(figure, TintedText):
        draw_tinted(scene, figure)
    elif isinstance(figure, Looks):
        draw_looks(scene, figure)
    elif isinstance(figure, Table):
        draw_table(scene, figure)
    elif isinstance(figure, PianoRoll):
        draw_roll(scene, figure)
    scene.height += 6
    return scene


def describe(figure: Figure) -> str:
    """The caption, and what is in the picture, for someone who does not see it."""
    what = {
        Lines: lambda f: _listed("Lines", [*f.lines, *f.bands]),
        Scatter: lambda f: _listed("Groups of points", f.groups),
        Bars: lambda f: f"Bars for {len(f.names)} names. {_listed('Groups', f.groups)}",
        Matrix: lambda f: f"A matrix of {f.values.shape[0]} rows and {f.values.shape[1]} columns.",
        TintedText: lambda f: f"A text of {len(f.tokens)} tokens.",
        Looks: lambda f: (
            f"A photograph, and where each of {len(f.names)} words looked in it: "
            f"{' '.join(f.names)}."
        ),
        Table: lambda f: f"A table of {len(f.rows)} rows.",
        PianoRoll: lambda f: _listed("Notes of voices", f.voices),
    }.get(type(figure), lambda f: "")(figure)
    return " ".join(part for part in (figure.caption, NOTHING if figure.empty else what) if part)


def _listed(kind: str, each: list) -> str:
    names = ", ".join(one.name for one in each[:8])
    return f"{kind}: {names}{f' and {len(each) - 8} more' if len(each) > 8 else ''}."
