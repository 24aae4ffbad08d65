"""How good tags and spans are: tokens, and whole entities."""

from __future__ import annotations

import collections
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from ostinato.errors import DataError
from ostinato.measures.base import Baseline, Measure

SPANS = (
    Measure(
        name="f1",
        sentence="The harmonic mean of precision and recall of whole entities: type, first and "
        "last token must be right.",
    ),
    Measure(name="precision", sentence="The share of the entities found that are right."),
    Measure(name="recall", sentence="The share of the entities there are that were found."),
    Measure(name="f1_*", sentence="The F1 of the entities of one type."),
    Measure(name="accuracy", sentence="The share of tokens with the right tag."),
    Measure(
        name="accuracy_unseen",
        sentence="The share of right tags among words that training has not.",
    ),
)
"""Of tags that mark spans."""

TAGS = tuple(each for each in SPANS if each.name.startswith("accuracy"))
"""Of tags that mark no spans, such as parts of speech."""

BASELINES = (
    Baseline(
        prefix="baseline_",
        name="most frequent tag",
        sentence="Gives each word the tag it had most often in training, and an unknown word the "
        "most frequent tag of all.",
    ),
)


def token_accuracy(truth: Sequence[Sequence[str]], answers: Sequence[Sequence[str]]) -> float:
    """The share of tokens with the right tag, 0 to 1; 0 where there are none.

    Raises:
        DataError: a row has more tags in one than in the other.
    """
    right = count = 0
    for one, other in _rows(truth, answers):
        if len(one) != len(other):
            raise DataError(f"token_accuracy: rows of {len(one)} and {len(other)} tags.")
        right += sum(a == b for a, b in zip(one, other, strict=True))
        count += len(one)
    return right / count if count else 0.0


def measure_spans(
    truth: Sequence[Iterable[Hashable]], answers: Sequence[Iterable[Hashable]]
) -> dict[str, float]:
    """Precision, recall and F1 of whole spans, all together, and F1 by type, 0 to 1.

    Args:
        truth: for each row its spans, tuples of type, start and end.
        answers: the same of a model.

    A span counts where type, start and end are right: as conlleval, and seqeval in its default
    mode, count. A share without spans is 0.
    """
    wanted, found, right = (collections.Counter[str]() for _ in range(3))
    for one, other in _rows(truth, answers):
        here, there = set(one), set(other)
        wanted.update(_type(each) for each in here)
        found.update(_type(each) for each in there)
        right.update(_type(each) for each in here & there)
    hits, given, true = right.total(), found.total(), wanted.total()
    return {
        "f1": 2 * hits / (given + true) if given + true else 0.0,
        "precision": hits / given if given else 0.0,
        "recall": hits / true if true else 0.0,
        **{f"f1_{kind}": 2 * right[kind] / (found[kind] + wanted[kind]) for kind in sorted(wanted)},
    }


def _type(span: Any) -> str:
    return str(span[0])


def _rows(truth: Sequence[Any], answers: Sequence[Any]) -> Iterable[tuple[Any, Any]]:
    if len(truth) != len(answers):
        raise DataError(f"measures: {len(truth)} rows of truth and {len(answers)} of answers.")
    return zip(truth, answers, strict=True)
