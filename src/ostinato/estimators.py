"""The estimators under their first address; `ostinato.tasks` has them too."""

from __future__ import annotations

from typing import Any

from ostinato import tasks

__all__ = [
    "Aligned",
    "Entity",
    "Estimator",
    "Forecaster",
    "LanguageModel",
    "SequenceTagger",
    "TextClassifier",
    "Translator",
    "load",
]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(tasks, name)
    raise AttributeError(f"module 'ostinato.estimators' has no attribute {name!r}")
