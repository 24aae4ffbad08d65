"""Classes of recordings."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from sklearn.base import ClassifierMixin

from ostinato.data.inputs import column_of
from ostinato.data.weights import read_weights
from ostinato.errors import OptionError, check_number
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.recordings.learning import check_augmentation, training_of
from ostinato.tasks.recordings.module import RecordingModule, probabilities
from ostinato.tasks.recordings.stream import check_causal
from ostinato.tasks.sequence_classifier import learning
from ostinato.tasks.sequence_classifier.decisions import Decisions
from ostinato.tasks.sequence_classifier.measures import EARLY, NearestRecording, measure
from ostinato.tasks.sequence_classifier.options import SequenceClassifierOptions
from ostinato.tasks.sequence_classifier.pairs import (
    Pairs,
    check_kind,
    kind_of,
    read_pairs,
)
from ostinato.tasks.sequence_classifier.rows import UNSEEN, SequenceRows, split
from ostinato.tasks.sequence_classifier.stream import SequenceStream


class SequenceClassifier(
    ClassifierMixin, Estimator[SequenceRows, RecordingModule], SequenceClassifierOptions
):
    """Tells the class of a recording: readings of sensors, gestures, strokes, features of frames.

    A recording is an array `(steps, channels)` of any length. `y` has one label a recording, or a
    list of any number of labels, or a label for each step.

    Attributes:
        classes_: the labels, sorted; `predict_proba`'s columns.
        decisions_: what the held-out recordings tell of early decisions, of causal models; None
            without them.
    """

    kind = "sequence-classifier"

    @property
    def classes_(self) -> np.ndarray:
        self._check_fitted()
        return np.asarray(self.rows_.classes)

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        validation: Any = 0.1,
        directory: Any = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn from recordings `X` and their labels `y`.

        Args:
            X: a list of arrays `(steps, channels)`, an array `(recordings, steps, channels)`, or a
                long table with the column `id`. NaN is a missing value.
            y: a label a recording; lists of labels; arrays with a label a step; of a long table
                also the name of its column.
            sample_weight: how much each recording counts in training; None: all alike.
            validation: a fraction of the recordings, drawn at random with the classes in
                proportion; a pair (X, y); or None. The best epoch is chosen by it.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: recordings or labels cannot be used.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, y, sample_weight, validation, run)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation: Any, run: Run, classes: Any = None
    ) -> Self:
        where = "SequenceClassifier.fit"
        options = self._training()
        pairs = read_pairs(where, self, X, y)
        kind = kind_of(self, pairs)
        check_kind(where, kind, pairs)
        check_augmentation("SequenceClassifier", self, kind == "steps")
        given = read_weights(where, sample_weight, len(pairs.values))
        more = [] if classes is None else column_of(where, "classes", classes)
        known = [*pairs.labels, *(more if kind == "label" else [more])]
        (pairs, given), self.held_out_ = split(where, self, pairs, given, validation)
        self.rows_ = SequenceRows.learn(where, self, pairs, known)
        weights = learning.row_weights(self, self.rows_, pairs.labels, given)
        self.decisions_ = None
        self._build()
        sequences = self.rows_.sequences(pairs.values)
        targets = self.rows_.targets(pairs.labels)
        self._baseline = NearestRecording.fit(self.rows_, sequences, targets, self.seed)
        options = training_of(self, options, len(sequences))
        self._train(pairs, self.held_out_, options, run, weights)
        if self.held_out_ is not None:
            self._learn_decisions(self.held_out_)
            self.baseline_ = self.evaluate(*self.held_out_[:2])
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        classes: Any = None,
        sample_weight: Any = None,
        *,
        progress: bool | None = False,
    ) -> Self:
        """Go on learning: one epoch over new recordings at a constant rate, a tenth of the first.

        Scales and classes stay; the first call is a `fit` without validation.

        Args:
            classes: in the first call, labels that may come later.
            sample_weight, progress: as in `fit`.

        Raises:
            DataError: a label is not among the classes, or the channels are others.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, y, sample_weight, None, run, classes)
        where = "SequenceClassifier.partial_fit"
        pairs = self._pairs(where, X, y, None)
        given = read_weights(where, sample_weight, len(pairs.values))
        self.rows_.targets(pairs.labels)  # refuses labels that are no class
        weights, before = learning.row_weights(self, self.rows_, pairs.labels, given), self.history_
        self._train(pairs, None, self._further(), run, weights)
        self._append(before)
        return self

    def _train(
        self, pairs: Pairs, held_out: Pairs | None, options: Any, run: Run, weights: Any
    ) -> None:
        rows, judge = self.rows_, None
        if held_out is not None:
            judge = learning.batches_of(rows, held_out, options, shuffle=False)
        self._learn(
            learning.batches_of(rows, pairs, options, shuffle=True, weights=weights),
            judge,
            loss=learning.loss_of(rows, self.augmentation),
            options=options,
            run=run,
        )

    def _learn_decisions(self, held_out: Pairs) -> None:
        """When to decide, of a causal model with one label a recording."""
        truth = self.rows_.truth(held_out.labels)
        if self.rows_.kind != "label" or not self.module_.running or not (truth != UNSEEN).any():
            return
        logits = self.module_.logits(self.rows_.sequences(held_out.values), every=True)
        self.decisions_ = Decisions.learn([probabilities(each, False) for each in logits], truth)

    # Answering.

    def _read(self, where: str, X: Any, rate: float | None) -> list[np.ndarray]:
        """Recordings of the channels that the model knows, at its rate."""
        self._check_fitted()
        return self.rows_.read(where, self, X, rate)

    def _pairs(self, where: str, X: Any, y: Any, rate: float | None) -> Pairs:
        self._check_fitted()
        pairs = read_pairs(where, self, X, y, self.rows_.wanted)
        self.rows_.check_channels(where, pairs.values)
        check_kind(where, self.rows_.kind, pairs)
        if rate is not None and self.rows_.by_step:
            raise OptionError(
                f"{where}: rate cannot be given with labels of steps: they are at the recordings' "
                "own rate."
            )
        return pairs._replace(values=self.rows_.paced(where, pairs.values, rate))

    def predict_proba(self, X: Any, *, rate: float | None = None) -> Any:
        """Probabilities `(recordings, classes)` in the order of `classes_`; where recordings have
        several labels, each class's own; of steps a list of arrays `(steps, classes)`. The bits of
        a recording do not depend on the others.

        Args:
            rate: Hz of these recordings, where it is not the model's `rate`; they are resampled.
        """
        return self._answers(self._read("SequenceClassifier.predict", X, rate))

    def _answers(self, values: list[np.ndarray]) -> Any:
        logits = self.module_.logits(self.rows_.sequences(values))
        found = [probabilities(each, self.rows_.several) for each in logits]
        return found if self.rows_.by_step else np.stack(found)

    def predict(self, X: Any, *, rate: float | None = None) -> Any:
        """The label of each recording, as in `y`: an array; where recordings have several labels
        a list of lists (every class at or above one half); of steps a list of arrays."""
        found, rows = self.predict_proba(X, rate=rate), self.rows_
        if rows.several:
            return rows.labels.decode(found >= 0.5)
        if rows.by_step:
            return [rows.labels.decode(each.argmax(1)) for each in found]
        return rows.labels.decode(found.argmax(1))

    def score(
        self, X: Any, y: Any, sample_weight: Any = None, *, rate: float | None = None
    ) -> float:
        """Accuracy, weighted where weights are given, of steps over all of them; where recordings
        have several labels the micro-averaged F1. Higher is better."""
        pairs = self._pairs("SequenceClassifier.score", X, y, rate)
        found, truth = self._answers(pairs.values), self.rows_.truth(pairs.labels)
        if sample_weight is not None and self.rows_.kind == "label":
            weights = read_weights("SequenceClassifier.score", sample_weight, len(truth))
            return float(np.average(found.argmax(1) == truth, weights=weights))
        return measure(self.rows_, truth, found)["f1_micro" if self.rows_.several else "accuracy"]

    def evaluate(self, X: Any, y: Any, *, rate: float | None = None) -> dict[str, float]:
        """Every customary measure, with the prefix `baseline_` those of the nearest training
        recording (of at most 100, by dynamic time warping) and with `majority_` those of always
        answering the most frequent class.

        Of one label a recording, and of steps: accuracy, macro F1, log loss (nats) and, for two
        classes, ROC AUC; of several: micro and macro F1 and the share of recordings that are right
        in every class. With one label also the accuracy with the first 25, 50 and 75 percent of
        the steps seen. A label that training lacks can only be missed.
        """
        pairs = self._pairs("SequenceClassifier.evaluate", X, y, rate)
        truth = self.rows_.truth(pairs.labels)
        answers = {"": self._answers(pairs.values)}
        answers |= self._baseline.answers_to(self.rows_, self.rows_.sequences(pairs.values))
        found = {
            prefix + name: value
            for prefix, shares in answers.items()
            for name, value in measure(self.rows_, truth, shares).items()
        }
        if self.rows_.kind == "label":
            for percent in EARLY:
                begun = [each[: -(-len(each) * percent // 100)] for each in pairs.values]
                right = self._answers(begun).argmax(1) == truth
                found[f"accuracy_seen_{percent}"] = float(right.mean())
        return found

    def stream(
        self, *, accuracy: float | None = None, confidence: float | None = None
    ) -> SequenceStream:
        """Step by step: for causal models (bidirectional=False; pooling last, mean, max or
        meanmax). Each answer has the class so far, and whether it is decided.

        Args:
            accuracy: decide as soon as held-out recordings, decided at such a confidence, were
                right in this share.
            confidence: decide at this probability, whatever held-out recordings say.

        Raises:
            OptionError: the model needs the whole recording, both were given, or no held-out
                recordings reach the accuracy.
        """
        self._check_fitted()
        return SequenceStream(self, self.rows_, self.module_, self._threshold(accuracy, confidence))

    def _threshold(self, accuracy: float | None, confidence: float | None) -> float | None:
        where = "SequenceClassifier.stream"
        check_causal(where, self, self.module_)
        if accuracy is not None and confidence is not None:
            raise OptionError(f"{where}: give either accuracy or confidence, not both.")
        if (accuracy is not None or confidence is not None) and self.rows_.by_step:
            raise OptionError(
                f"{where}: with labels of steps each step is answered for itself; there is nothing "
                "to decide early. Leave out accuracy and confidence."
            )
        if confidence is not None:
            check_number(where, "confidence", confidence, above=0, high=1)
            return float(confidence)
        if accuracy is None:
            return None
        if self.decisions_ is None:
            raise OptionError(
                f"{where}: accuracy needs held-out recordings with one label each, from which fit "
                "learned when to decide. Fit with validation, or give confidence."
            )
        return self.decisions_.threshold(where, accuracy)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array, tags.input_tags.allow_nan = True, True
        tags.classifier_tags.multi_label = True
        return tags

    # Files.

    def _make(self) -> RecordingModule:
        return RecordingModule(
            self,
            inputs=self.rows_.inputs,
            outputs=len(self.rows_.classes),
            by_step=self.rows_.by_step,
            usual=self.rows_.usual,
        )

    def _example(self) -> tuple[Any, ...]:
        steps = self.rows_.usual
        return torch.zeros(1, steps, self.rows_.inputs), torch.tensor([steps])

    def _document(self) -> dict[str, Any]:
        decisions = self.decisions_
        return self.rows_.to_dict() | {
            "baseline": self._baseline.to_dict(),
            "decisions": None if decisions is None else decisions.to_dict(),
        }

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = SequenceRows.from_dict(self, document)
        self._baseline = NearestRecording.from_dict(document["baseline"], len(self.rows_.classes))
        found = document["decisions"]
        self.decisions_ = None if found is None else Decisions.from_dict(found)
