"""Recurrent neural networks that work on the first try.

Names are imported when they are first used (PEP 562), so that `import ostinato` is quick.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ostinato import data as data
    from ostinato import datasets as datasets
    from ostinato import errors as errors
    from ostinato import nn as nn
    from ostinato import ops as ops
    from ostinato import training as training
    from ostinato.estimators import Forecaster as Forecaster
    from ostinato.estimators import LanguageModel as LanguageModel
    from ostinato.estimators import SequenceTagger as SequenceTagger
    from ostinato.estimators import TextClassifier as TextClassifier
    from ostinato.estimators import Translator as Translator
    from ostinato.estimators import load as load
    from ostinato.nn import accelerate as accelerate

__version__ = "0.1.0"

_HOMES = {
    "Forecaster": "ostinato.estimators",
    "LanguageModel": "ostinato.estimators",
    "SequenceTagger": "ostinato.estimators",
    "TextClassifier": "ostinato.estimators",
    "Translator": "ostinato.estimators",
    "load": "ostinato.estimators",
    "accelerate": "ostinato.nn",
}
_ROOMS = ("data", "datasets", "errors", "nn", "ops", "training")

__all__ = ["__version__", *_HOMES, *_ROOMS]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    if name in _ROOMS:
        return importlib.import_module(f"ostinato.{name}")
    raise AttributeError(f"module 'ostinato' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
