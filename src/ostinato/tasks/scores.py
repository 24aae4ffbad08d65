"""What `evaluate` returns, with what its figures mean."""

from __future__ import annotations

from collections.abc import Mapping

from ostinato.measures.base import Scores
from ostinato.tasks.registry import TASKS


def scores_of(kind: str, flat: Mapping[str, float]) -> Scores:
    """What `evaluate` of a task of that kind returned: the model's figures beside its
    baselines'."""
    part = TASKS[kind].part("measures")
    return Scores.from_flat(flat, part.MEASURES, part.BASELINES)
