"""Pictures as plain data, drawn to SVG, PNG, matplotlib or one offline page.

    figure = Lines(title="Error by epoch", x=Axis(label="epoch", whole=True), lines=[...])
    draw.svg(figure, width=400, dark=True)
    draw.page([figure, ...], "My run")

A figure holds numbers, names and roles; colours, sizes and ticks are chosen where it is drawn, so
that every picture of the package looks alike. In a notebook a figure shows itself.
"""

from __future__ import annotations

from ostinato.figures import draw as draw
from ostinato.figures.base import Axis as Axis
from ostinato.figures.base import Figure as Figure
from ostinato.figures.kinds import Band as Band
from ostinato.figures.kinds import Bars as Bars
from ostinato.figures.kinds import Column as Column
from ostinato.figures.kinds import Group as Group
from ostinato.figures.kinds import Line as Line
from ostinato.figures.kinds import Lines as Lines
from ostinato.figures.kinds import Mark as Mark
from ostinato.figures.kinds import Matrix as Matrix
from ostinato.figures.kinds import Points as Points
from ostinato.figures.kinds import Scatter as Scatter
from ostinato.figures.kinds import Table as Table
from ostinato.figures.kinds import TintedText as TintedText
from ostinato.figures.looks import Looks as Looks
from ostinato.figures.music import Notes as Notes
from ostinato.figures.music import PianoRoll as PianoRoll
from ostinato.figures.page import page as page
from ostinato.figures.page import section as section
from ostinato.figures.ticks import number as number
