"""Windows over rows in time."""

from __future__ import annotations

from ostinato.options.declaration import Options, option


class WindowOptions(Options):
    """How many rows are read, and how many are answered."""

    past: int = option("Rows that are read for one answer.", default=96, low=1)
    horizon: int = option("Rows that are answered.", default=24, low=1)
