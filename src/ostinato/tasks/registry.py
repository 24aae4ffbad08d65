"""The tasks there are: their kind, folder, class and one line. Nothing heavy is imported."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ostinato.errors import check_choice


@dataclass(frozen=True, kw_only=True)
class Task:
    """One kind of estimator.

    Attributes:
        kind: its name in model files and in the shell.
        folder: of `ostinato.tasks`.
        name: of the estimator's class.
        sentence: what it learns.
    """

    kind: str
    folder: str
    name: str
    sentence: str

    def part(self, file: str) -> ModuleType:
        """A file of the task's folder, imported: "shell", "evidence", "export"."""
        return importlib.import_module(f"ostinato.tasks.{self.folder}.{file}")

    @property
    def options(self) -> Any:
        """The class of the constructor's options; torch is not imported."""
        return getattr(self.part("options"), f"{self.name}Options")

    @property
    def estimator(self) -> Any:
        """The estimator's class."""
        return getattr(self.part("estimator"), self.name)


TASKS: dict[str, Task] = {
    each.kind: each
    for each in (
        Task(
            kind="text-classifier",
            folder="text_classifier",
            name="TextClassifier",
            sentence="Which label, or labels, a text has.",
        ),
        Task(
            kind="sequence-tagger",
            folder="sequence_tagger",
            name="SequenceTagger",
            sentence="A tag for each word: names, parts of speech.",
        ),
        Task(
            kind="language-model",
            folder="language_model",
            name="LanguageModel",
            sentence="What comes next in a text, and text written from it.",
        ),
        Task(
            kind="translator",
            folder="translator",
            name="Translator",
            sentence="One text from another: translations, titles, answers.",
        ),
        Task(
            kind="forecaster",
            folder="forecaster",
            name="Forecaster",
            sentence="What comes next in a series of numbers.",
        ),
        Task(
            kind="anomaly-detector",
            folder="anomaly_detector",
            name="AnomalyDetector",
            sentence="Rows of a series that are not as they should be, and alarms.",
        ),
        Task(
            kind="speech-recognizer",
            folder="speech_recognizer",
            name="SpeechRecognizer",
            sentence="What is said in a recording, and when.",
        ),
        Task(
            kind="stream-classifier",
            folder="stream_classifier",
            name="StreamClassifier",
            sentence="The class of each row of a stream, learned while it comes.",
        ),
        Task(
            kind="sequence-classifier",
            folder="sequence_classifier",
            name="SequenceClassifier",
            sentence="Which label, or labels, a recording or each of its steps has.",
        ),
        Task(
            kind="sequence-regressor",
            folder="sequence_regressor",
            name="SequenceRegressor",
            sentence="A number, or several, of a recording.",
        ),
        Task(
            kind="music-composer",
            folder="music_composer",
            name="MusicComposer",
            sentence="What sounds next in music, pieces written on, melodies harmonised.",
        ),
        Task(
            kind="image-captioner",
            folder="image_captioner",
            name="ImageCaptioner",
            sentence="What is in an image, in words.",
        ),
    )
}


def task_of(kind: str) -> Task:
    """The task of that kind.

    Raises:
        OptionError: there is none; the closest is suggested.
    """
    check_choice("ostinato", "task", kind, TASKS)
    return TASKS[kind]
