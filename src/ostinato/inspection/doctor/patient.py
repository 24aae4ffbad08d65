"""What the doctor knows of a model: its fit, and rows that it learned from and was judged by."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any

import numpy as np

from ostinato.inspection.doctor.findings import UncheckedError
from ostinato.tasks.scores import scores_of

SERIES = ("forecaster", "anomaly-detector")
UNKNOWN = 1  # the number of tokens that a vocabulary lacks
SAMPLE = 64  # rows that the network reads for the checks of its inside


@dataclasses.dataclass(frozen=True, kw_only=True)
class Examples:
    """Rows of one kind of task, as far as the checks ask.

    Attributes:
        keys: one hashable value a row; equal rows have equal ones.
        labels: one a row, where the task has classes.
        lengths: steps of each row as the network reads it.
        whole: steps of each row before any were cut away.
        unknown: share of the tokens that the vocabulary lacks.
        sample: some rows, as the task's pictures take them.
    """

    keys: Sequence[Hashable] = ()
    labels: Sequence[Any] | None = None
    lengths: np.ndarray | None = None
    whole: np.ndarray | None = None
    unknown: float | None = None
    sample: Any = None

    def __len__(self) -> int:
        return len(self.keys)


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
        if found is None or not len(found):
            word = {"train": "the rows that it learned from", "held_out": "held-out rows"}[which]
            raise UncheckedError(f"needs {word}.")
        return found

    @property
    def any_rows(self) -> Examples:
        held = self.held_out
        return held if held is not None and len(held) else self.rows("train")


def patient_of(model: Any, train: Any, validation: Any) -> Patient:
    """A fitted estimator with rows as its `fit` takes them; a share held out stands among them."""
    shared = validation is None or isinstance(validation, int | float)
    held_out = model.held_out_ if shared else validation
    if model.kind in SERIES:
        return Patient(model=model, table=_first(train if train is not None else held_out))
    read = READERS.get(model.kind)
    if read is None:
        return Patient(model=model)
    held = None if held_out is None else read(model, *_both(held_out))
    learned = None if train is None else read(model, *_both(train))
    if shared and held is not None and learned is not None:
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


def _texts(model: Any, X: Any, y: Any) -> Examples:
    texts = list(X)
    lengths = np.array([len(each) for each in model.rows_.sequences(texts)])
    whole = model.rows_.whole(texts)
    unknown = [each == UNKNOWN for each in whole]
    return Examples(
        keys=texts,
        labels=None if y is None else list(y),
        lengths=lengths,
        whole=np.array([len(each) for each in whole]),
        unknown=float(np.concatenate(unknown).mean()) if len(unknown) else None,
        sample=[text for text, n in zip(texts, lengths, strict=True) if n][:SAMPLE],
    )


def _sentences(model: Any, X: Any, y: Any) -> Examples:
    rows = [tuple(each) for each in X]
    lengths = np.array([len(each) for each in rows])
    return Examples(
        keys=rows,
        lengths=lengths,
        whole=lengths,
        sample=[list(each) for each in rows if each][:SAMPLE],
    )


def _rows(model: Any, X: Any, y: Any) -> Examples:
    return Examples(
        keys=[(k,) for k in range(len(X))], labels=None if y is None else list(y), sample=X[:SAMPLE]
    )


def _recordings(model: Any, X: Any, y: Any) -> Examples:
    values = model._read("doctor", X, None)
    lengths = np.array([len(each) for each in values])
    return Examples(
        keys=[each.tobytes() for each in values],
        labels=None if y is None or model.rows_.kind != "label" else list(y),
        lengths=lengths,
        whole=lengths,
        sample=values[:SAMPLE],
    )


READERS: dict[str, Callable[[Any, Any, Any], Examples]] = {
    "text-classifier": _texts,
    "sequence-tagger": _sentences,
    "stream-classifier": _rows,
    "sequence-classifier": _recordings,
}
