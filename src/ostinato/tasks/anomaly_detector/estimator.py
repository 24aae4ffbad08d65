"""`AnomalyDetector`: which rows are not as they should be."""

from __future__ import annotations

import os
from typing import Any, Self

import numpy as np
import pandas as pd
import torch

from ostinato.data.series_table import Layout, held_out_table
from ostinato.errors import DataError, OptionError
from ostinato.options import OnlineOptions, TrainingOptions
from ostinato.tasks.anomaly_detector import learning
from ostinato.tasks.anomaly_detector.measures import measure
from ostinato.tasks.anomaly_detector.module import Autoencoder, Predictor, make_module
from ostinato.tasks.anomaly_detector.online import LearningAnomalyStream
from ostinato.tasks.anomaly_detector.options import AnomalyDetectorOptions
from ostinato.tasks.anomaly_detector.rows import AnomalyRows, Part, usual_errors
from ostinato.tasks.anomaly_detector.stream import (
    AnomalyStream,
    Verdicts,
    errors_of,
    judge,
    scores_of,
    smoothed,
)
from ostinato.tasks.anomaly_detector.thresholds import Tail
from ostinato.tasks.base import Estimator, Run


class AnomalyDetector(Estimator[AnomalyRows, Predictor | Autoencoder], AnomalyDetectorOptions):
    """Scores how far each row is from what a recurrent network expects of it, and raises alarms.

    It learns from rows that are as they should be, or of which a told share or labelled rows are
    not. Then each row has a score (its error in usual errors, 1 is usual), a threshold, the values
    that were expected, and the share of each column in the error.

    Attributes:
        history_: figures of each epoch.
        baseline_: `evaluate`'s figures on the held-out rows.
        held_out_: those rows, each series' after the `past` rows before them, as `evaluate` takes
            them; None without.
        found_: what was found in the rows, for people: columns, time, series.
    """

    kind = "anomaly-detector"

    @property
    def layout_(self) -> Layout:
        self._check_fitted()
        return self.rows_.layout

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = 0.1,
        directory: str | os.PathLike[str] | None = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn what is usual in `X`.

        Args:
            X: a DataFrame, a path or several, or numbers `(rows,)` or `(rows, columns)`.
            y: for each row whether it is anomalous (1 or true), where that is known; such rows are
                not learned. None: the option `label`, or all rows are as they should be.
            validation: the share of the rows, the last of each series, to judge by; or a table of
                rows that follow `X`; or a pair (X, y) of such; or None.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an argument is not allowed.
            DataError: the table cannot be used; the message says why and what to do.
        """
        where, options = "AnomalyDetector.fit", self._training()
        self.rows_, parts, cuts = AnomalyRows.learn(where, self, X, y, validation)
        self.found_: dict[str, str] = self.rows_.found(parts)
        batches = self._batches(parts, cuts, options, where)
        self._build()
        self._hold_out(parts, cuts)
        self._train(*batches, options, Run(directory=directory, resume=resume, progress=progress))
        self._learn_usual(parts)
        held = [
            (judge(self, self.rows_, self.module_, part), part, cut)
            for part, cut in zip(parts, cuts, strict=True)
            if cut < len(part.values)
        ]
        self.baseline_ = self._measure(held) if held else {}
        return self

    def partial_fit(self, X: Any, y: Any = None, *, progress: bool | None = False) -> Self:
        """Go on learning, for one epoch at the constant learning rate, from `X`.

        Columns and scales stay as `fit` learned them; what errors are usual, and so the thresholds,
        are those of the new rows.
        """
        where = "AnomalyDetector.partial_fit"
        if not self._fitted:
            return self.fit(X, y, validation=None, progress=progress)
        parts, filled = self.rows_.read(X, where, y)
        further, before = self._further(learning_rate=self.learning_rate), self.history_
        batches = self._batches(parts, [len(part.values) for part in parts], further, where)
        self._train(*batches, further, Run(progress=progress))
        self._append(before)
        for name, number in filled.items():
            self.rows_.filled[name] = self.rows_.filled.get(name, 0) + number
        self._learn_usual(parts)
        return self

    def _batches(
        self, parts: list[Part], cuts: list[int], options: TrainingOptions, where: str
    ) -> tuple[Any, Any]:
        return learning.batches_of(self.rows_, parts, cuts, self, options, where)

    def _train(self, learn: Any, held_out: Any, options: TrainingOptions, run: Run) -> None:
        self._learn(learn, held_out, loss=learning.loss_of(self), options=options, run=run)

    def _learn_usual(self, parts: list[Part]) -> None:
        """How large errors and scores are where all is as it should be."""
        rows = self.rows_
        found = [errors_of(rows, self.module_, part)[1] for part in parts]
        # The first rows of a series are expected from few before them.
        first = [min(max(self.past, self.module_.warm), len(each) // 2) for each in found]
        clean = [
            np.ones(len(part.values), dtype=bool) if part.labels is None else ~part.labels
            for part in parts
        ]
        kept = [e[k:][c[k:]] for e, k, c in zip(found, first, clean, strict=True)]
        errors = np.concatenate(kept)
        if not len(errors):
            raise DataError("AnomalyDetector: every row is labelled anomalous. Give usual rows.")
        rows.spread = usual_errors(errors, self.contamination)
        scores = [
            smoothed(scores_of(e[k:][c[k:]], rows.spread)[0], self.smooth)
            for e, k, c in zip(found, first, clean, strict=True)
        ]
        ordered = np.sort(np.concatenate(scores))
        ordered = ordered[: max(1, round(len(ordered) * (1 - self.contamination)))]
        rows.tail = Tail.of(ordered, self.rate)

    def _hold_out(self, parts: list[Part], cuts: list[int]) -> None:
        series = [part.series for part in parts]
        held = held_out_table(self.rows_.layout, series, cuts, self.past)
        label = self.rows_.label
        if held is not None and label is not None:
            held[label] = np.concatenate(
                [
                    part.labels[max(0, cut - self.past) :]
                    for part, cut in zip(parts, cuts, strict=True)
                    if cut < len(part.values) and part.labels is not None
                ]
            )
        self.held_out_ = held

    # Answering.

    def predict(self, X: Any) -> pd.DataFrame:
        """What is found in each row of `X`, each series from its first row on.

        Returns:
            a table with the rows of `X` in its order: `score` (the error in usual errors),
            `threshold`, `above` (whether the score is), `alarm` (whether an alarm is raised),
            `event` (the number of the event in its series, 0 for none), and for each column NAME
            `NAME expected` and `NAME blame`, its share in the error. The index has the timestamps,
            after the series' name if there are many. The bits of a row do not depend on rows after
            it, nor on other series. The first `horizon` rows of a series (with reconstruction the
            first `past - 1`) have the score 0: too little is known to expect anything of them.

        Raises:
            DataError: `X` cannot be read as in `fit`.
        """
        self._check_fitted()
        parts, _ = self.rows_.read(X, "AnomalyDetector.predict")
        layout = self.rows_.layout
        tables = [self._table(part, self.judge(part)) for part in parts]
        if layout.series is None:
            return tables[0]
        names = [part.name for part in parts]
        return pd.concat(tables, keys=names, names=[layout.series, layout.time or None])

    def judge(self, part: Part) -> Verdicts:
        """What is found in one series that was read."""
        return judge(self, self.rows_, self.module_, part)

    def _table(self, part: Part, found: Verdicts) -> pd.DataFrame:
        names = self.rows_.layout.target
        columns: dict[str, Any] = {
            name: getattr(found, name) for name in ("score", "threshold", "above", "alarm", "event")
        }
        columns |= {f"{name} expected": found.expected[:, k] for k, name in enumerate(names)}
        columns |= {f"{name} blame": found.blame[:, k] for k, name in enumerate(names)}
        index = part.series.index.rename(self.rows_.layout.time or None)
        return pd.DataFrame(columns, index=index)

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """Scores and alarms beside the truth, and beside naive scores of the same rows.

        Args:
            y: for each row whether it is anomalous; None: the column of the option `label`.

        Returns:
            `measures.MEASURES`, means over series. Without an anomalous row only the rates of
            alarms and of rows above the threshold.

        Raises:
            DataError: there are no labels, or not as many as rows.
        """
        self._check_fitted()
        where = "AnomalyDetector.evaluate"
        parts, _ = self.rows_.read(X, where, y)
        if any(part.labels is None for part in parts):
            raise DataError(
                f"{where}: there are no labels. Give y, or name their column with "
                "AnomalyDetector(label=...)."
            )
        return self._measure([(self.judge(part), part, 0) for part in parts])

    def _measure(self, judged: list[tuple[Verdicts, Part, int]]) -> dict[str, float]:
        """Figures of each series' rows from a place on."""
        labels = [
            (np.zeros(len(part.values), dtype=bool) if part.labels is None else part.labels)[cut:]
            for _, part, cut in judged
        ]
        return measure(
            [part.values[cut:] for _, part, cut in judged],
            [found.score[cut:] for found, _, cut in judged],
            [found.alarm[cut:] for found, _, cut in judged],
            [found.above[cut:] for found, _, cut in judged],
            labels,
        )

    def score(self, X: Any, y: Any = None) -> float:
        """The area under precision and recall, row by row; more is better.

        Raises:
            DataError: no row is labelled anomalous.
        """
        found = self.evaluate(X, y)
        if "auprc" not in found:
            raise DataError("AnomalyDetector.score: no row is labelled anomalous. Label some.")
        return found["auprc"]

    def stream(
        self,
        series: Any = None,
        *,
        learn: bool = False,
        snapshot: str | os.PathLike[str] | None = None,
        **online: Any,
    ) -> AnomalyStream | LearningAnomalyStream:
        """A stream that takes row after row of one series.

        Args:
            learn: go on learning what is usual, in this model; otherwise it stays as it is.
            snapshot: a file; every `snapshot_every` rows all that is needed to go on is written to
                it, whole or not at all. Where it is there already, the stream goes on from it.
            online: options of `OnlineOptions`.
        """
        self._check_fitted()
        if learn:
            how = OnlineOptions(**online).check("AnomalyDetector.stream")
            return LearningAnomalyStream(self, self.rows_, self.module_, series, how, snapshot)
        if online or snapshot is not None:
            raise OptionError("AnomalyDetector.stream: options of learning need learn=True.")
        return AnomalyStream(self, self.rows_, self.module_, series)

    # Files.

    def _make(self) -> Predictor | Autoencoder:
        return make_module(self, len(self.rows_.layout.target))

    def _example(self) -> tuple[Any, ...]:
        return (torch.zeros(1, self.past, len(self.rows_.layout.target)),)

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = AnomalyRows.from_dict(self, document)
        self.found_ = document.get("found", {})

    def _document(self) -> dict[str, Any]:
        return {**self.rows_.to_dict(), "found": self.found_}
