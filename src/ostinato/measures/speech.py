"""How well speech was heard: errors of words and characters, by jiwer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ostinato.errors import MissingDependencyError
from ostinato.measures.base import Baseline, Measure

SPEECH = (
    Measure(
        name="wer",
        higher_is_better=False,
        sentence="Word error rate: words replaced, left out and added, over the words said.",
    ),
    Measure(
        name="cer",
        higher_is_better=False,
        sentence="Character error rate: the same of characters, spaces among them.",
    ),
    Measure(
        name="sentence_errors",
        higher_is_better=False,
        sentence="The share of recordings in which not every word is right.",
    ),
    Measure(
        name="substitutions",
        higher_is_better=False,
        sentence="Words heard as others, over the words said.",
    ),
    Measure(
        name="insertions",
        higher_is_better=False,
        sentence="Words heard that nobody said, over the words said.",
    ),
    Measure(
        name="deletions",
        higher_is_better=False,
        sentence="Words that were not heard, over the words said.",
    ),
)
COMMONEST = (
    Baseline(
        prefix="baseline_",
        name="the most frequent text",
        sentence="Always answers the text that training has most often.",
    ),
)


def jiwer(where: str) -> Any:
    """The package.

    Raises:
        MissingDependencyError: it is not installed; the message has the install line.
    """
    try:
        import jiwer as package
    except ImportError as error:
        raise MissingDependencyError(
            f"{where}: word errors need jiwer. Install it: pip install 'ostinato[speech]'"
        ) from error
    return package


def measure_speech(truth: Sequence[str], heard: Sequence[str]) -> dict[str, float]:
    """The figures of `SPEECH`, of all texts together: shares of the words that were said. Without
    any word said they are shares of one word.

    Raises:
        MissingDependencyError: jiwer is not installed.
    """
    package = jiwer("measure_speech")
    words = package.process_words(list(truth), list(heard))
    characters = package.process_characters(list(truth), list(heard))
    said = max(1, words.hits + words.substitutions + words.deletions)
    letters = max(1, characters.hits + characters.substitutions + characters.deletions)
    errors = {n: getattr(words, n) for n in ("substitutions", "insertions", "deletions")}
    missed = characters.substitutions + characters.insertions + characters.deletions
    wrong = sum(one.split() != other.split() for one, other in zip(truth, heard, strict=True))
    return {
        "wer": sum(errors.values()) / said,
        "cer": missed / letters,
        "sentence_errors": wrong / max(1, len(truth)),
        **{name: count / said for name, count in errors.items()},
    }


def errors_of(truth: str, heard: str) -> tuple[int, int]:
    """Of one text: word errors and words said."""
    found = jiwer("errors_of").process_words([truth], [heard])
    errors = found.substitutions + found.insertions + found.deletions
    return errors, found.hits + found.substitutions + found.deletions
