"""Raw data in, answers out: one folder for each task.

Names are imported when they are first used, since a task imports torch.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ostinato.tasks.registry import TASKS as TASKS
from ostinato.tasks.registry import Task as Task
from ostinato.tasks.registry import task_of as task_of

if TYPE_CHECKING:
    from ostinato.tasks.anomaly_detector.estimator import AnomalyDetector as AnomalyDetector
    from ostinato.tasks.base import Estimator as Estimator
    from ostinato.tasks.forecaster.estimator import Forecaster as Forecaster
    from ostinato.tasks.image_captioner.estimator import ImageCaptioner as ImageCaptioner
    from ostinato.tasks.image_captioner.estimator import Seen as Seen
    from ostinato.tasks.language_model.estimator import LanguageModel as LanguageModel
    from ostinato.tasks.loading import load as load
    from ostinato.tasks.sequence_classifier.estimator import (
        SequenceClassifier as SequenceClassifier,
    )
    from ostinato.tasks.sequence_regressor.estimator import SequenceRegressor as SequenceRegressor
    from ostinato.tasks.sequence_tagger.estimator import Entity as Entity
    from ostinato.tasks.sequence_tagger.estimator import SequenceTagger as SequenceTagger
    from ostinato.tasks.speech_recognizer.estimator import SpeechRecognizer as SpeechRecognizer
    from ostinato.tasks.speech_recognizer.transcripts import Transcript as Transcript
    from ostinato.tasks.stream_classifier.estimator import StreamClassifier as StreamClassifier
    from ostinato.tasks.text_classifier.estimator import TextClassifier as TextClassifier
    from ostinato.tasks.translator.alignment import Aligned as Aligned
    from ostinato.tasks.translator.estimator import Translator as Translator

_HOMES = {
    "Estimator": "base",
    "load": "loading",
    "Entity": "sequence_tagger.estimator",
    "Aligned": "translator.alignment",
    "Transcript": "speech_recognizer.transcripts",
    "Seen": "image_captioner.estimator",
    **{each.name: f"{each.folder}.estimator" for each in TASKS.values()},
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"ostinato.tasks.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'ostinato.tasks' has no attribute {name!r}")
