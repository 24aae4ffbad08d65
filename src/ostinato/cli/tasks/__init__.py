"""What differs between tasks in the shell: one module each, imported when it is called for."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ostinato.cli.tasks.common import Task

TASKS = {
    "text-classifier": "Learn which label a text has.",
    "sequence-tagger": "Learn a tag for each word: named entities, parts of speech.",
    "language-model": "Learn a text: what comes next, how likely, and writing on.",
    "translator": "Learn to write one text from another: translations, summaries, answers.",
    "forecaster": "Learn what comes next in a series.",
}
"""Every task, the `kind` of its estimator, and what `train --help` says about it."""


def task(name: str) -> Task:
    """The task of that name, from the module of that name."""
    return importlib.import_module(f"ostinato.cli.tasks.{name.replace('-', '_')}").TASK
