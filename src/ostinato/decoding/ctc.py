"""From a CTC network's log probabilities to labels: greedy, by prefix beam search, and aligned.

Connectionist temporal classification (Graves et al. 2006) gives every frame one label or the
blank; labels that repeat without a blank between count once, and blanks are left out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from ostinato.errors import DataError, ShapeError, check_number

BLANK = 0
LEAST = -9.0  # nats: labels of a frame that are less likely are not tried
NEVER = -math.inf


class Guide(Protocol):
    """What knows which labels follow each other, and how likely; its states are never changed."""

    def start(self) -> Any:
        """The state before the first label."""
        ...

    def extend(self, state: Any, label: int) -> tuple[float, Any] | None:
        """The nats that `label` adds after `state`, and the state then; None where it may not
        follow."""
        ...

    def finish(self, state: Any) -> float | None:
        """The nats that the end adds after `state`; None where nothing may end there."""
        ...


@dataclass(frozen=True)
class Hypothesis:
    """One sequence of labels.

    Attributes:
        labels: their numbers, without blanks.
        score: nats: the logarithm of the sequence's probability, over all its alignments that were
            kept, and what the guide added.
    """

    labels: np.ndarray
    score: float


def collapse(best: np.ndarray) -> np.ndarray:
    """The labels of one label a frame `(frames,)`: repetitions once, blanks out."""
    if not len(best):
        return best
    new = np.concatenate([[True], best[1:] != best[:-1]])
    return best[new & (best != BLANK)]


def greedy(scores: np.ndarray) -> np.ndarray:
    """The labels of each frame's most likely one, from scores `(frames, labels)`, 0 the blank."""
    return collapse(np.asarray(scores).argmax(1))


def prefix_beam_search(
    scores: np.ndarray, *, beam: int = 16, guide: Guide | None = None, least: float = LEAST
) -> list[Hypothesis]:
    """The most likely sequences of labels, the best first: at most `beam`.

    Each prefix has the probabilities of all its alignments together, those that end in a blank
    apart from the others (Hannun et al., arXiv:1408.2873). Without a guide and with a beam as wide
    as there are sequences this is exact.

    Args:
        scores: log probabilities `(frames, labels)` in nats, 0 the blank.
        beam: prefixes that are kept at each frame.
        guide: adds nats to a prefix for each label and at the end, or forbids it.
        least: nats; labels that are less likely at a frame are not tried there.

    Raises:
        ShapeError: `scores` has another shape.
        OptionError: `beam` is below 1.
    """
    check_number("prefix_beam_search", "beam", beam, low=1, whole=True)
    table = np.asarray(scores, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] < 1:
        raise ShapeError(
            f"prefix_beam_search: scores must have shape (frames, labels), got {table.shape}."
        )
    root = _Prefix(None, BLANK, 0.0, None if guide is None else guide.start())
    beams = [_Kept(root, 0.0, NEVER)]
    for row in table:
        beams = _advance(beams, row.tolist(), guide, beam, least)
    found = [each for kept in beams if (each := _finished(kept, guide)) is not None]
    return sorted(found, key=lambda each: -each.score)


@dataclass(eq=False, slots=True)
class _Prefix:
    """Labels so far, as the last one and what came before it; `nats` are the guide's."""

    before: _Prefix | None
    label: int
    nats: float
    state: Any
    after: dict[int, _Prefix | None] = field(default_factory=dict)

    def extended(self, label: int, guide: Guide | None) -> _Prefix | None:
        """The prefix with one more label, the same object each time; None where it is forbidden."""
        if label not in self.after:
            step = (0.0, None) if guide is None else guide.extend(self.state, label)
            made = None if step is None else _Prefix(self, label, self.nats + step[0], step[1])
            self.after[label] = made
        return self.after[label]


@dataclass(eq=False, slots=True)
class _Kept:
    """A prefix with the logarithms of its alignments' probability, in nats: of those that end in a
    blank, and of the others."""

    prefix: _Prefix
    blank: float
    other: float

    @property
    def total(self) -> float:
        return _added(self.blank, self.other)


def _advance(
    beams: list[_Kept], row: list[float], guide: Guide | None, beam: int, least: float
) -> list[_Kept]:
    """The prefixes after one more frame."""
    likely = [k for k, value in enumerate(row) if value >= least and k != BLANK]
    found: dict[int, _Kept] = {}

    def kept(prefix: _Prefix) -> _Kept:
        return found.setdefault(id(prefix), _Kept(prefix, NEVER, NEVER))

    for each in beams:
        total, prefix = each.total, each.prefix
        stays = kept(prefix)
        stays.blank = _added(stays.blank, total + row[BLANK])
        if prefix.before is not None:
            stays.other = _added(stays.other, each.other + row[prefix.label])
        for label in likely:
            longer = prefix.extended(label, guide)
            if longer is None:
                continue
            # A label that repeats is a new one only after a blank.
            again = prefix.before is not None and label == prefix.label
            gained = (each.blank if again else total) + row[label]
            if gained > NEVER:
                new = kept(longer)
                new.other = _added(new.other, gained)
    ranked = sorted(found.values(), key=lambda each: -(each.total + each.prefix.nats))
    return ranked[:beam]


def _finished(kept: _Kept, guide: Guide | None) -> Hypothesis | None:
    ends = 0.0 if guide is None else guide.finish(kept.prefix.state)
    score = kept.total + kept.prefix.nats + (ends or 0.0)
    if ends is None or score == NEVER:
        return None
    labels, place = [], kept.prefix
    while place.before is not None:
        labels.append(place.label)
        place = place.before
    return Hypothesis(np.array(labels[::-1], dtype=np.int64), score)


def _added(one: float, other: float) -> float:
    """log(exp(one) + exp(other))."""
    if one < other:
        one, other = other, one
    return one if other == NEVER else one + math.log1p(math.exp(other - one))


def frames_needed(labels: Any) -> int:
    """The fewest frames that can say these labels: one each, and a blank between equal ones."""
    each = np.asarray(labels)
    return len(each) + int((each[1:] == each[:-1]).sum())


def align(scores: np.ndarray, labels: Any) -> np.ndarray:
    """Where each label is said: `(labels, 2)`, its first frame and the one after its last, on the
    most likely path (Viterbi).

    Args:
        scores: log probabilities `(frames, labels of the network)` in nats.
        labels: numbers `(labels,)`, none of them the blank.

    Raises:
        DataError: there are too few frames for them.
    """
    table, wanted = np.asarray(scores, dtype=np.float64), np.asarray(labels, dtype=np.int64)
    if not len(wanted):
        return np.zeros((0, 2), dtype=np.int64)
    if frames_needed(wanted) > len(table):
        raise DataError(
            f"align: {len(wanted)} labels need at least {frames_needed(wanted)} frames, got "
            f"{len(table)}."
        )
    # Blank, label, blank, ..., blank: odd places are labels.
    path = np.full(2 * len(wanted) + 1, BLANK)
    path[1::2] = wanted
    skips = np.zeros(len(path), dtype=bool)
    skips[3::2] = wanted[1:] != wanted[:-1]
    total = np.full(len(path), NEVER)
    total[:2] = table[0, path[:2]]
    back = np.zeros((len(table), len(path)), dtype=np.int8)
    for frame in range(1, len(table)):
        choices = np.full((3, len(path)), NEVER)
        choices[0] = total
        choices[1, 1:] = total[:-1]
        choices[2, 2:] = np.where(skips[2:], total[:-2], NEVER)
        back[frame] = choices.argmax(0)
        total = choices.max(0) + table[frame, path]
    place = len(path) - (1 if total[-1] >= total[-2] else 2)
    found = np.zeros((len(wanted), 2), dtype=np.int64)
    for frame in range(len(table) - 1, -1, -1):
        if place % 2:
            label = place // 2
            found[label, 0] = frame
            found[label, 1] = max(found[label, 1], frame + 1)
        place -= int(back[frame, place])
    return found
