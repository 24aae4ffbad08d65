"""What the doctor knows of a model: its fit, and rows that it learned from and was judged by."""

from __future__ import annotations

import dataclasses
import functools
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.inspection import estimators as inside
from ostinato.inspection.doctor.findings import UncheckedError
from ostinato.inspection.reading import Call, Reading, chosen, watch
from ostinato.inspection.through_time import gradient_norms
from ostinato.tasks.scores import scores_of

SERIES = ("forecaster", "anomaly-detector")
UNKNOWN = 1  # the number of tokens that a vocabulary lacks
BACK = 20  # steps back at which a gradient is looked at
SAMPLE = 64  # rows that the network reads for the checks of its inside


@dataclasses.dataclass(frozen=True, kw_only=True)
class Examples:
    """Rows of one kind of task, as far as the checks ask.

    Attributes:
        count: how many there are.
        keys: one hashable value a row, equal for equal rows; None where rows may well repeat.
        labels: one a row, where the task has classes.
        lengths: steps of each row as the network reads it; None where no check asks.
        whole: steps of each row before any were cut away.
        unknown: share of the tokens that the vocabulary lacks.
        sample: some rows, as the task's pictures take them.
    """

    count: int
    keys: Sequence[Hashable] | None = None
    labels: Sequence[Any] | None = None
    lengths: np.ndarray | None = None
    whole: np.ndarray | None = None
    unknown: float | None = None
    sample: Any = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Patient:
    """A fitted estimator and its rows.

    Attributes:
        model: the estimator.
        train: rows it learned from; None where they were not given.
        held_out: rows it was judged by; None where there are none.
        table: a forecaster's or detector's rows, as given.
    """

    model: Any
    train: Examples | None = None
    held_out: Examples | None = None
    table: Any = None

    @property
    def history(self) -> Mapping[str, Sequence[float]]:
        return self.model.history_

    @property
    def options(self) -> dict[str, Any]:
        return self.model.options()

    @property
    def scores(self) -> Any:
        return scores_of(self.model.kind, self.model.baseline_)

    @property
    def kept(self) -> str:
        """Which epoch's weights the model has."""
        return f" The weights of epoch {self.model.fit_result_.best_epoch} were kept."

    def rows(self, which: str) -> Examples:
        """The training or held-out rows."""
        found = getattr(self, which)
        if found is None or not found.count:
            word = {"train": "the rows that it learned from", "held_out": "held-out rows"}[which]
            raise UncheckedError(f"needs {word}.")
        return found

    @property
    def any_rows(self) -> Examples:
        held = self.held_out
        return held if held is not None and held.count else self.rows("train")

    @functools.cached_property
    def inside(self) -> tuple[Reading, Call]:
        """The network reading some rows, and what the layer that reads the steps did."""
        kind = self.model.kind
        if kind not in inside.READERS:
            raise UncheckedError(f"there is no look inside a {kind} yet.")
        reading = inside.read("doctor", self.model, self.any_rows.sample)
        return reading, chosen("doctor", watch("doctor", reading), None, reading)

    @functools.cached_property
    def norms(self) -> np.ndarray:
        """The size of a gradient 0, 1, ... steps back, as a share of that at the last step."""
        _, call = self.inside
        if call.layer.bidirectional:
            raise UncheckedError("the layer reads from both ends: there is no single way back.")
        steps = int(call.lengths.max()) - 1
        if steps < 5:
            raise UncheckedError("needs rows of 6 steps or more.")
        found: Any = gradient_norms(self.model, self.any_rows.sample, steps=min(BACK, steps))
        return found.table["norm"].to_numpy()


def patient_of(model: Any, train: Any, validation: Any) -> Patient:
    """A fitted estimator with rows as its `fit` takes them; a share held out stands among them."""
    shared = validation is None or isinstance(validation, int | float)
    held_out = model.held_out_ if shared else validation
    if model.kind in SERIES:
        return Patient(model=model, table=_first(train if train is not None else held_out))
    read = READERS.get(model.kind)
    if read is None:
        return Patient(model=model)
    held = None if held_out is None else read(model, *_both(held_out), True)
    looked_at = held is not None and held.count > 0  # the training rows' steps are not asked then
    learned = None if train is None else read(model, *_both(train), not looked_at)
    if shared and learned is not None and learned.keys and held is not None and held.keys:
        learned = dataclasses.replace(learned, keys=_without(learned.keys, held.keys))
    return Patient(model=model, train=learned, held_out=held)


def _without(keys: Sequence[Hashable], others: Sequence[Hashable]) -> list[Hashable]:
    """The keys, less one for each of the others."""
    left, kept = Counter(others), []
    for key in keys:
        if left[key]:
            left[key] -= 1
        else:
            kept.append(key)
    return kept


def _both(rows: Any) -> tuple[Any, Any]:
    if isinstance(rows, tuple) and len(rows) == 2:
        return rows
    return _first(rows), None


def _first(rows: Any) -> Any:
    return rows[0] if isinstance(rows, tuple) else rows


def _texts(model: Any, X: Any, y: Any, steps: bool) -> Examples:
    texts, labels = list(X), None if y is None else list(y)
    if not steps:
        return Examples(count=len(texts), keys=texts, labels=labels)
    tokens = model.rows_.whole(texts)
    whole = np.array([len(each) for each in tokens])
    most = model.max_length or np.inf
    return Examples(
        count=len(texts),
        keys=texts,
        labels=labels,
        lengths=np.minimum(whole, most),
        whole=whole,
        unknown=float((np.concatenate(tokens) == UNKNOWN).mean()) if whole.any() else None,
        sample=[text for text, n in zip(texts, whole, strict=True) if n][:SAMPLE],
    )


def _sentences(model: Any, X: Any, y: Any, steps: bool) -> Examples:
    rows = [tuple(each) for each in X]
    lengths = np.array([len(each) for each in rows])
    sample = [list(each) for each in rows if each][:SAMPLE]
    return Examples(count=len(rows), keys=rows, lengths=lengths, whole=lengths, sample=sample)


def _rows(model: Any, X: Any, y: Any, steps: bool) -> Examples:
    return Examples(count=len(X), labels=None if y is None else list(y), sample=X[:SAMPLE])


def _recordings(model: Any, X: Any, y: Any, steps: bool) -> Examples:
    values = model._read("doctor", X, None)
    lengths = np.array([len(each) for each in values])
    return Examples(
        count=len(values),
        keys=[each.tobytes() for each in values],
        labels=None if y is None or model.rows_.kind != "label" else list(y),
        lengths=lengths,
        whole=lengths,
        sample=values[:SAMPLE],
    )


READERS: dict[str, Callable[[Any, Any, Any, bool], Examples]] = {
    "text-classifier": _texts,
    "sequence-tagger": _sentences,
    "stream-classifier": _rows,
    "sequence-classifier": _recordings,
}
"""By kind, of a model, X, y or None, and whether checks ask for the rows' steps."""
