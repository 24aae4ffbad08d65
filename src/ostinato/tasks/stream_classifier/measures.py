"""What is measured of a stream's answers, and the baselines that answer beside it."""

from __future__ import annotations

from ostinato.measures.prequential import BASELINES as BASELINES
from ostinato.measures.prequential import PREQUENTIAL as MEASURES

__all__ = ["BASELINES", "MEASURES", "PREFIXES"]

PREFIXES = ("", *(each.prefix for each in BASELINES))
