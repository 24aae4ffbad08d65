"""Classes of texts."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from sklearn.base import ClassifierMixin

from ostinato import data, nn
from ostinato.data.inputs import column_of
from ostinato.data.weights import read_weights
from ostinato.errors import check_number
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.text_classifier import learning
from ostinato.tasks.text_classifier.measures import TextBaseline, measure
from ostinato.tasks.text_classifier.module import (
    TextClassifierModule,
    WideNgrams,
    probabilities,
)
from ostinato.tasks.text_classifier.options import TextClassifierOptions
from ostinato.tasks.text_classifier.rows import TextRows, read_pairs, split
from ostinato.tasks.text_classifier.stream import TextStream

WIDE_RATE = 0.1  # of the n-grams' steps in `partial_fit`


class TextClassifier(
    ClassifierMixin, Estimator[TextRows, TextClassifierModule], TextClassifierOptions
):
    """Tells the class, or the classes, of a text.

    `y` with one label a row makes a classifier of two or more classes; rows that are lists of
    labels make one that answers any number of labels.

    Attributes:
        classes_: the labels, sorted; `predict_proba`'s columns.
        multilabel_: whether a row has several labels.
        vectors_found_: tokens that the file `vectors` has.
    """

    kind = "text-classifier"

    @property
    def classes_(self) -> np.ndarray:
        self._check_fitted()
        return np.asarray(self.rows_.classes)

    @property
    def multilabel_(self) -> bool:
        self._check_fitted()
        return self.rows_.several

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
        """Learn from texts `X` and their labels `y`.

        Args:
            sample_weight: how much each row counts in training, `(rows,)`; None: all alike.
            validation: a fraction of the rows, drawn at random with the classes in proportion; a
                pair (texts, labels); or None. The best epoch is chosen by it.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: texts or labels cannot be used.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, y, sample_weight, validation, run)

    def _fit(
        self, X: Any, y: Any, sample_weight: Any, validation: Any, run: Run, classes: Any = None
    ) -> Self:
        where = "TextClassifier.fit"
        options = self._training()
        texts, labels = read_pairs(where, X, y, least=2)
        given = read_weights(where, sample_weight, len(texts))
        known = labels if classes is None else [*labels, *column_of(where, "classes", classes)]
        (texts, labels, given), self.held_out_ = split(
            where, texts, labels, given, validation, self.seed
        )
        self.rows_ = TextRows.learn(where, self, texts, known)
        weights = learning.row_weights(self, self.rows_, labels, given)
        self._read_vectors()
        self._ngrams = None
        self._build()
        self._baseline = TextBaseline.fit(
            self.rows_.sequences(texts), self.rows_.targets(labels), len(self.rows_.encoder)
        )
        self._train(texts, labels, self.held_out_, options, run, weights)
        if self.wide:
            self._fit_ngrams(texts, labels, weights)
        self.baseline_ = {} if self.held_out_ is None else self.evaluate(*self.held_out_)
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
        """Go on learning: one epoch over new rows at a constant rate, a tenth of the first. The
        n-grams beside the network learn too.

        Vocabulary and classes stay; the first call is a `fit` without validation.

        Args:
            classes: in the first call, labels that may come later.
            sample_weight, progress: as in `fit`.

        Raises:
            DataError: a label is not among the classes.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, y, sample_weight, None, run, classes)
        where = "TextClassifier.partial_fit"
        texts, labels = read_pairs(where, X, y)
        given = read_weights(where, sample_weight, len(texts))
        targets, before = self.rows_.targets(labels), self.history_
        weights = learning.row_weights(self, self.rows_, labels, given)
        self._train(texts, labels, None, self._further(), run, weights)
        self._append(before)
        if self.module_.wide is not None:
            columns = self.rows_.columns(targets)
            self.module_.wide.update(self.rows_.whole(texts), columns, WIDE_RATE)
        return self

    def _train(
        self, texts: Any, labels: Any, held_out: Any, options: Any, run: Run, weights: Any
    ) -> None:
        judge = None
        if held_out is not None:
            judge = learning.batches_of(self.rows_, held_out, options, shuffle=False)
        self._learn(
            learning.batches_of(
                self.rows_, (texts, labels), options, shuffle=True, weights=weights
            ),
            judge,
            loss=learning.loss_of(self.rows_),
            options=options,
            run=run,
        )

    def _fit_ngrams(self, texts: list[str], labels: list[Any], weights: Any) -> None:
        """Fit the n-grams, and choose both factors by the held-out rows' log loss."""
        rows = self.rows_
        columns = rows.columns(rows.targets(labels))
        wide = WideNgrams.fit(rows.whole(texts), columns, self.seed, weights)
        if self.held_out_ is not None:
            others, truth = self.held_out_[0], rows.truth(self.held_out_[1])
            seen = np.arange(len(others)) if rows.several else np.flatnonzero(truth >= 0)
            others = [others[k] for k in seen]
            if others:
                network = self.module_.network_logits(rows.sequences(others))
                ngrams = wide.logits(rows.whole(others))
                mix = learning.best_mix(network, ngrams, truth[seen], rows)
                wide.mix.copy_(torch.tensor(mix))
        self.module_.wide = wide

    def _read_vectors(self) -> None:
        self._vectors, self._vector_size = None, None
        if self.vectors is not None:
            words = self.rows_.encoder.vocabulary
            self._vectors, self.vectors_found_ = nn.read_vectors(self.vectors, words)
            self._vector_size = self._vectors.shape[1]

    # Answering.

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities `(rows, classes)` in the order of `classes_`; where rows have several
        labels, each class's own. The bits of a row do not depend on the other rows."""
        self._check_fitted()
        return self._answers(data.check_texts("TextClassifier.predict", X))

    def _answers(self, texts: list[str]) -> np.ndarray:
        network = self.module_.network_logits(self.rows_.sequences(texts))
        whole = [] if self.module_.wide is None else self.rows_.whole(texts)
        return probabilities(self.module_.joined(network, whole), self.rows_.several)

    def predict(self, X: Any) -> Any:
        """The label of each text, as in `y`: an array; where rows have several labels a list of
        lists (every class at or above one half). With `neutral`, "neutral" between its bounds."""
        found, rows = self.predict_proba(X), self.rows_
        if rows.several:
            return rows.labels.decode(found >= 0.5)
        if self.neutral is None:
            return rows.labels.decode(found.argmax(1))
        low, high = self.neutral
        second = found[:, 1]
        answers = np.asarray(rows.labels.decode((second >= 0.5).astype(int)), dtype=object)
        answers[(second >= low) & (second <= high)] = "neutral"
        return answers

    def score(self, X: Any, y: Any, sample_weight: Any = None) -> float:
        """Accuracy, weighted where weights are given; where rows have several labels the
        micro-averaged F1. Higher is better."""
        if sample_weight is not None and not self.multilabel_:
            return super().score(X, y, sample_weight)
        found = self.evaluate(X, y)
        return found["f1_micro"] if self.multilabel_ else found["accuracy"]

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """Every customary measure, with the prefix `baseline_` those of naive Bayes on words and
        with `majority_` those of always answering the most frequent class.

        Of one label a row: accuracy, macro F1, log loss (nats) and, for two classes, ROC AUC; of
        several: micro and macro F1 and the share of rows that are right in every class. A label
        that training lacks can only be missed.
        """
        self._check_fitted()
        texts, labels = read_pairs("TextClassifier.evaluate", X, y)
        truth = self.rows_.truth(labels)
        answers = {"": self._answers(texts)}
        answers |= self._baseline.answers(self.rows_.sequences(texts))
        return {
            prefix + name: value
            for prefix, found in answers.items()
            for name, value in measure(self.rows_, truth, found).items()
        }

    def stream(self) -> TextStream:
        """Token by token: for causal models (bidirectional=False; pooling last, mean or max).

        Raises:
            OptionError: the model needs the whole text.
        """
        self._check_fitted()
        return TextStream(self, self.rows_, self.module_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.one_d_array, tags.input_tags.two_d_array = True, False
        tags.input_tags.string = True
        tags.classifier_tags.multi_label = True
        return tags

    # Files.

    def _make(self) -> TextClassifierModule:
        module = TextClassifierModule(
            self,
            vocabulary=len(self.rows_.encoder.vocabulary),
            outputs=self.rows_.outputs,
            embedding_size=self.embedding_size if self._vector_size is None else self._vector_size,
            vectors=self._vectors,
        )
        if self._ngrams is not None:
            module.wide = WideNgrams(self._ngrams, self.rows_.outputs)
        return module

    def _example(self) -> tuple[Any, ...]:
        steps = self.max_length or 20
        return torch.zeros(1, steps, dtype=torch.int64), torch.tensor([steps])

    def _document(self) -> dict[str, Any]:
        wide = self.module_.wide
        return self.rows_.to_dict() | {
            "vector_size": self._vector_size,
            "wide": None if wide is None else len(wide.features),
            "baseline": self._baseline.to_dict(),
        }

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = TextRows.from_dict(self, document)
        self._vectors, self._vector_size = None, document["vector_size"]
        self._ngrams = document["wide"]
        for name, value in (("vector_size", self._vector_size), ("wide", self._ngrams)):
            if value is not None:
                check_number("document", name, value, low=0, whole=True)
        self._baseline = TextBaseline.from_dict(document["baseline"])
