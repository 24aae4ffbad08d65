"""What every picture function returns."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ostinato.figures import Figure

if TYPE_CHECKING:
    import pandas as pd


class Picture(NamedTuple):
    """A figure and the numbers behind it: `figure, table = influence(...)`.

    A notebook shows the figure; `ostinato.figures.draw` makes it SVG, PNG or matplotlib.
    """

    figure: Figure
    table: pd.DataFrame

    def _repr_html_(self) -> str:
        return self.figure._repr_html_()
