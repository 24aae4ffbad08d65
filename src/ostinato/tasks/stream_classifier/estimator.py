"""The class of each row of a stream."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch
from sklearn.base import ClassifierMixin

from ostinato.data.splits import split_time
from ostinato.errors import DataError, NotFittedError, OptionError, check_number
from ostinato.options import OnlineOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.stream_classifier import learning
from ostinato.tasks.stream_classifier.module import StreamClassifierModule
from ostinato.tasks.stream_classifier.options import StreamClassifierOptions
from ostinato.tasks.stream_classifier.rows import (
    StreamRows,
    encode,
    names_of,
    read_pairs,
    read_rows,
)
from ostinato.tasks.stream_classifier.stream import Answer, RowStream
from ostinato.training import FitResult


class StreamClassifier(
    ClassifierMixin, Estimator[StreamRows, StreamClassifierModule], StreamClassifierOptions
):
    """Tells the class of each row of a stream from it and the rows before it, and learns on while
    rows come: `learn(x, y)` needs no `fit` before it.

    Rows are numbers: readings, prices, counts. Each column is read on two scales, its mean and
    spread over some thousand rows and over the last few, both kept up row by row, so that a level
    that moves does no harm.

    Attributes:
        classes_: the labels, in the order in which they were first seen.
    """

    kind = "stream-classifier"

    @property
    def classes_(self) -> np.ndarray:
        self._check_fitted()
        return np.asarray(self.rows_.classes)

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        validation: Any = 0.1,
        directory: Any = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn from rows `X` in their order and their labels `y`.

        Args:
            validation: a fraction of the rows, the last ones; a pair (X, y) of rows that follow; or
                None. The best epoch is chosen by it.
            directory, resume, progress: as in `training.fit`.

        Raises:
            OptionError: an option is not allowed.
            DataError: rows or labels cannot be used.
        """
        where = "StreamClassifier.fit"
        options = self._training()
        names, rows, labels = read_pairs(where, X, y)
        held_out = None
        if validation is None:
            pass
        elif isinstance(validation, (int, float)):
            check_number(where, "validation", validation, above=0, below=1)
            cut = len(split_time(len(rows), float(validation))[0])
            held_out = (rows[cut:], labels[cut:])
            rows, labels = rows[:cut], labels[:cut]
        elif isinstance(validation, Sequence) and len(validation) == 2:
            _, *held_out = read_pairs(f"{where}: validation", *validation)
        else:
            raise OptionError(
                f"{where}: validation must be a fraction, a pair (X, y) or None, got "
                f"{type(validation).__name__}."
            )
        if len(rows) < 2:
            raise DataError(f"{where}: X must have at least 2 rows, got {len(rows)}.")
        self.held_out_ = None if held_out is None else tuple(held_out)
        self.rows_ = StreamRows.begin(self, names)
        learn = encode(where, self.rows_, rows, labels)
        if len(self.rows_.classes) < 2:
            raise DataError(
                f"{where}: y must have two classes or more, got only {self.rows_.classes[0]!r}. Is "
                "the right column named?"
            )
        judge = None
        if self.held_out_ is not None:
            judge = encode(f"{where}: validation", self.rows_.copy(), *self.held_out_)
        self._build()
        run = Run(directory=directory, resume=resume, progress=progress)
        self._train(learn, judge, options, run)
        self.baseline_ = {} if self.held_out_ is None else self._measure(*self.held_out_)
        return self

    def partial_fit(
        self, X: Any, y: Any, classes: Any = None, *, progress: bool | None = False
    ) -> Self:
        """Go on learning: one epoch over new rows, which follow those before, at a tenth of the
        rate. The first call is a `fit` without validation.

        Args:
            classes: not needed; labels may come at any time.
        """
        where = "StreamClassifier.partial_fit"
        if not self._fitted:
            return self.fit(X, y, validation=None, progress=progress)
        _, rows, labels = read_pairs(where, X, y)
        learn = encode(where, self.rows_, rows, labels)
        before = self.history_
        self._train(learn, None, self._further(), Run(progress=progress))
        self._append(before)
        return self

    def _train(self, learn: Any, judge: Any, options: Any, run: Run) -> None:
        def batches(pair: Any, shuffle: bool) -> Any:
            inputs, classes = pair
            return learning.batches_of(
                inputs, classes, self.rows_, options, window=self.window, shuffle=shuffle
            )

        self._learn(
            batches(learn, True),
            None if judge is None else batches(judge, False),
            loss=learning.loss_of(self.rows_),
            options=options,
            run=run,
        )

    def begin(self, columns: Sequence[str]) -> Self:
        """Be ready to learn from the first row on, without a `fit`; weights come from the seed.

        Args:
            columns: names of the columns.
        """
        self._training()
        self.rows_ = StreamRows.begin(self, columns)
        self._build()
        self.module_.eval()
        self.fit_result_ = FitResult(best_value=math.nan)
        self.history_, self.held_out_, self.source_ = self.fit_result_.history, None, {}
        return self

    def learn(self, x: Any, y: Any) -> Answer:
        """The answer to one row, given before its truth `y` was looked at; then learn from it.

        Without a `fit` the first row says which columns there are. Where truths come late, use
        `stream(learn=True)`. Its options are the default ones here.

        Raises:
            DataError: the row or the label cannot be used; nothing was changed.
        """
        if not self._fitted:
            made = StreamRows.begin(self.check(), names_of(x))
            made.number("StreamClassifier.learn", y)
            made.values("StreamClassifier.learn", x)
            self.begin(names_of(x))
        if getattr(self, "_online", None) is None or self._online.module is not self.module_:
            self._online = self.stream(learn=True)
        return self._online.learn(x, y)

    # Answering.

    def stream(
        self, learn: bool = False, *, snapshot: str | os.PathLike[str] | None = None, **online: Any
    ) -> RowStream:
        """A stream that takes row after row, and with `learn` learns from their truths.

        Args:
            learn: learn, in this model; otherwise it stays as it is.
            snapshot: a file; every `snapshot_every` rows all that is needed to go on is written to
                it, whole or not at all. Where it is there already, the stream goes on from it.
            online: options of `OnlineOptions`.

        Raises:
            NotFittedError: there was no `fit`, `begin` or `learn`.
        """
        if not self._fitted:
            raise NotFittedError(
                "StreamClassifier.stream: nothing is known of the rows yet. Call fit(X, y), or "
                "begin(columns) to learn from the first row on."
            )
        if not learn and (online or snapshot is not None):
            raise OptionError("StreamClassifier.stream: options of learning need learn=True.")
        how = OnlineOptions(**online).check("StreamClassifier.stream") if learn else None
        return RowStream(self, self.rows_, self.module_, how, snapshot)

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities `(rows, classes)` in the order of `classes_`, of rows that follow each
        other; no truth is known between them."""
        self._check_fitted()
        _, rows = read_rows("StreamClassifier.predict", X)
        stream = self.stream()
        return np.array([list(stream.step(row).probabilities.values()) for row in rows])

    def predict(self, X: Any) -> np.ndarray:
        """The label of each row, as `predict_proba` reads them."""
        found = self.predict_proba(X)
        return self.classes_[found.argmax(1)]

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """Every measure of answers to rows `X` that follow each other, where each label in `y` is
        known before the next row; with the prefix `nochange_` those of answering the last label,
        with `linear_` those of a linear model, which learns on from row to row. The network does
        not; `stream(learn=True)` does."""
        self._check_fitted()
        _, rows, labels = read_pairs("StreamClassifier.evaluate", X, y)
        return self._measure(rows, labels)

    def _measure(self, rows: Sequence[Any], labels: Sequence[Any]) -> dict[str, float]:
        stream = self.stream()
        for row, label in zip(rows, labels, strict=True):
            stream.learn(row, label)
        return stream.scores()

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy, as `evaluate` measures it. Higher is better."""
        if sample_weight is not None:
            raise OptionError("StreamClassifier.score: rows of a stream have no weights.")
        return self.evaluate(X, y)["accuracy"]

    # Files.

    def _make(self) -> StreamClassifierModule:
        return StreamClassifierModule(self, inputs=self.rows_.inputs, classes=self.rows_.room)

    def _example(self) -> tuple[Any, ...]:
        return (torch.zeros(1, self.window, self.rows_.inputs),)

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = StreamRows.from_dict(document)

    def __getstate__(self) -> dict[str, Any]:
        return {name: each for name, each in super().__getstate__().items() if name != "_online"}
