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
    from ostinato.nn import accelerate as accelerate
    from ostinato.tasks import AnomalyDetector as AnomalyDetector
    from ostinato.tasks import Forecaster as Forecaster
    from ostinato.tasks import ImageCaptioner as ImageCaptioner
    from ostinato.tasks import LanguageModel as LanguageModel
    from ostinato.tasks import MusicComposer as MusicComposer
    from ostinato.tasks import SequenceClassifier as SequenceClassifier
    from ostinato.tasks import SequenceRegressor as SequenceRegressor
    from ostinato.tasks import SequenceTagger as SequenceTagger
    from ostinato.tasks import SpeechRecognizer as SpeechRecognizer
    from ostinato.tasks import StreamClassifier as StreamClassifier
    from ostinato.tasks import TextClassifier as TextClassifier
    from ostinato.tasks import Translator as Translator
    from ostinato.tasks import load as load

__version__ = "0.1.0"

_HOMES = {
    "AnomalyDetector": "ostinato.tasks",
    "Forecaster": "ostinato.tasks",
    "ImageCaptioner": "ostinato.tasks",
    "LanguageModel": "ostinato.tasks",
    "MusicComposer": "ostinato.tasks",
    "SequenceClassifier": "ostinato.tasks",
    "SequenceRegressor": "ostinato.tasks",
    "SequenceTagger": "ostinato.tasks",
    "SpeechRecognizer": "ostinato.tasks",
    "StreamClassifier": "ostinato.tasks",
    "TextClassifier": "ostinato.tasks",
    "Translator": "ostinato.tasks",
    "load": "ostinato.tasks",
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
