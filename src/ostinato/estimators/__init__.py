"""Raw data in, answers out: one estimator for each task."""

from __future__ import annotations

import os
from typing import Any

from ostinato.estimators.base import Estimator as Estimator
from ostinato.estimators.base import load_as
from ostinato.estimators.language_model import LanguageModel as LanguageModel
from ostinato.estimators.text_classifier import TextClassifier as TextClassifier
from ostinato.estimators.translator import Aligned as Aligned
from ostinato.estimators.translator import Translator as Translator

KINDS: dict[str, type[Estimator]] = {
    each.kind: each for each in (TextClassifier, LanguageModel, Translator)
}


def load(path: str | os.PathLike[str]) -> Any:
    """The fitted estimator in a file that `save` wrote.

    Raises:
        StorageError: the file is missing, damaged, foreign, newer, or of an unknown kind.
    """
    return load_as(path, KINDS)
