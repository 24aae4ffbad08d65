"""Classes of texts."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, Self

import numpy as np
import torch

from ostinato import data
from ostinato.data.text import check_texts
from ostinato.errors import DataError, OptionError
from ostinato.estimators.text_baseline import TextBaseline
from ostinato.estimators.text_core import TextClassifierCore
from ostinato.estimators.text_measures import measure_classes, measure_labels
from ostinato.estimators.text_stream import TextStream


class TextClassifier(TextClassifierCore):
    """Tells the class, or the classes, of a text.

    `y` with one label a row makes a classifier of two or more classes; rows that are lists of
    labels make a multi-label one.

    Args:
        level: tokens: "word", "char" or "bpe" (byte pairs).
        max_vocabulary: most tokens kept, the most frequent; two of them are padding and unknown.
        min_count: tokens rarer than this in the training texts are unknown.
        lowercase: capitals are read as small letters.
        max_length: tokens read of a text; None reads all.
        truncation: which tokens of a longer text are left out: "right", "left", or "middle"
            (the first and the last half of `max_length` are read).
        embedding_size: numbers for a token.
        vectors: a GloVe or word2vec text file to start the embedding from; its size then rules.
        freeze: those vectors are not trained.
        cell: "lstm", "gru" or "rnn".
        hidden_size: units of the recurrent layer, or of each of several, such as (64, 32).
        bidirectional: the layers read from both ends.
        pooling: from outputs to one vector: "last", "mean", "max", "meanmax" or "attention".
        dropout: probability, on embeddings and on each layer's output.
        recurrent_dropout: probability, one mask a text on the recurrent state.
        step_mask: probability that a whole token is hidden during training (word dropout).
        init: initial weights of the layers: "torch", "keras" or "orthogonal".
        wide: beside the network, a logistic regression of naive-Bayes log-count ratios of words
            and word pairs (Wang & Manning 2012) answers too; their logits are added with factors
            chosen on the validation rows (as Mesnil et al., arXiv:1412.5335, join the two kinds).
            It reads whole texts, without `max_length`. `partial_fit` leaves it as it is.
        neutral: for two classes, (low, high): a second class's probability between them is
            answered "neutral".

    The other arguments are those of `training.TrainingOptions`.

    Attributes:
        classes_: the labels, sorted; `predict_proba`'s columns.
        multilabel_: whether a row has several labels.
    """

    kind = "text-classifier"

    def __init__(
        self,
        *,
        level: Literal["word", "char", "bpe"] = "word",
        max_vocabulary: int | None = 30_000,
        min_count: int = 2,
        lowercase: bool = True,
        max_length: int | None = 400,
        truncation: Literal["right", "left", "middle"] = "middle",
        embedding_size: int = 100,
        vectors: str | None = None,
        freeze: bool = False,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
        hidden_size: int | tuple[int, ...] = 100,
        bidirectional: bool = True,
        pooling: Literal["last", "mean", "max", "meanmax", "attention"] = "meanmax",
        dropout: float = 0.4,
        recurrent_dropout: float = 0.0,
        step_mask: float = 0.2,
        init: Literal["torch", "keras", "orthogonal"] = "keras",
        wide: bool = True,
        neutral: tuple[float, float] | None = None,
        epochs: int = 6,
        batch_size: int = 64,
        optimizer: str = "adam",
        learning_rate: float = 3e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        schedule: str = "one_cycle",
        warmup: float = 0.0,
        decay: float = 0.5,
        decay_every: int = 1,
        patience: int | None = None,
        monitor: str = "val_loss",
        mode: str = "min",
        seed: int = 0,
        precision: str = "32",
        accumulate: int = 1,
        average: float = 0.0,
    ) -> None:
        self.level = level
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.lowercase = lowercase
        self.max_length = max_length
        self.truncation = truncation
        self.embedding_size = embedding_size
        self.vectors = vectors
        self.freeze = freeze
        self.cell = cell
        self.hidden_size = hidden_size
        self.bidirectional = bidirectional
        self.pooling = pooling
        self.dropout = dropout
        self.recurrent_dropout = recurrent_dropout
        self.step_mask = step_mask
        self.init = init
        self.wide = wide
        self.neutral = neutral
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self.clip_value = clip_value
        self.schedule = schedule
        self.warmup = warmup
        self.decay = decay
        self.decay_every = decay_every
        self.patience = patience
        self.monitor = monitor
        self.mode = mode
        self.seed = seed
        self.precision = precision
        self.accumulate = accumulate
        self.average = average

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        validation: Any = 0.1,
        directory: Any = None,
        resume: bool = False,
        progress: bool = True,
    ) -> Self:
        """Learn from texts `X` and their labels `y`.

        Args:
            validation: a fraction of the rows, drawn at random with the classes in proportion; a
                pair (texts, labels); or None. The best epoch is chosen by it.
            directory, resume, progress: as in `training.fit`.

        Raises:
            OptionError: an option is not allowed.
            DataError: texts or labels cannot be used.
        """
        options = self._check()
        texts, labels = self._rows("TextClassifier.fit", X, y)
        first = next((each for each in labels if each is not None), None)
        self.multilabel_ = isinstance(first, (list, tuple, set, frozenset, np.ndarray))
        encoder = data.MultiLabelEncoder() if self.multilabel_ else data.LabelEncoder()
        self._labels = encoder.fit(labels)
        if len(self.classes_) < 2 and not self.multilabel_:
            raise DataError(
                f"TextClassifier.fit: y must have two classes or more, got only "
                f"{self.classes_[0]!r}. Is the right column named?"
            )
        if self.neutral is not None and (self.multilabel_ or len(self.classes_) != 2):
            raise OptionError(
                f"TextClassifier: neutral needs exactly two classes, got {len(self.classes_)}."
            )
        texts, labels, held_out = self._split(texts, labels, validation)
        self._encoder = data.TextEncoder(
            level=self.level,  # pyright: ignore[reportArgumentType]
            max_vocabulary=self.max_vocabulary,
            min_count=self.min_count,
            lowercase=self.lowercase,
        ).fit(texts)
        self._build(load_vectors=True)
        self._baseline = TextBaseline.fit(self._sequences(texts), self._targets(labels), self._size)
        self._train(texts, labels, held_out, options, directory, resume, progress)
        if self.wide:
            self._widen(texts, labels, held_out)
        self.baseline_ = {} if held_out is None else self.evaluate(*held_out)
        return self

    def partial_fit(self, X: Any, y: Any, *, progress: bool = False) -> Self:
        """Go on learning: one epoch over new rows at a constant rate, a tenth of the first.

        Vocabulary and classes stay; the first call is a `fit` without validation.
        """
        if not hasattr(self, "module_"):
            return self.fit(X, y, validation=None, progress=progress)
        options = dataclasses.replace(
            self._check(),
            epochs=1,
            schedule="constant",
            warmup=0.0,
            average=0.0,
            learning_rate=self.learning_rate / 10,
        )
        texts, labels = self._rows("TextClassifier.partial_fit", X, y)
        before = self.history_
        self._train(texts, labels, None, options, None, False, progress)
        for name, values in before.items():
            self.history_[name] = [*values, *self.history_.get(name, [])]
        return self

    # Answering.

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities `(rows, classes)` in the order of `classes_`; of a multi-label model each
        class's own."""
        self._check_fitted()
        return self._probabilities(self._logits(check_texts("TextClassifier.predict", X)))

    def _probabilities(self, logits: torch.Tensor) -> np.ndarray:
        if self._binary:
            second = torch.sigmoid(logits)
            return torch.cat([1 - second, second], 1).numpy()
        if self.multilabel_:
            return torch.sigmoid(logits).numpy()
        return torch.softmax(logits, 1).numpy()

    def predict(self, X: Any) -> Any:
        """The label of each text, as in `y`: an array, or of a multi-label model a list of lists
        (every class at or above one half). With `neutral`, "neutral" between its bounds."""
        return self._decide(self.predict_proba(X))

    def _decide(self, probabilities: np.ndarray) -> Any:
        if self.multilabel_:
            return self._labels.decode(probabilities >= 0.5)
        if self.neutral is None:
            return self._labels.decode(probabilities.argmax(1))
        low, high = self.neutral
        second = probabilities[:, 1]
        answers = np.asarray(self._labels.decode((second >= 0.5).astype(int)), dtype=object)
        answers[(second >= low) & (second <= high)] = "neutral"
        return answers

    def score(self, X: Any, y: Any) -> float:
        """Accuracy; of a multi-label model the micro-averaged F1. Higher is better."""
        found = self.evaluate(X, y)
        return found["f1_micro"] if self.multilabel_ else found["accuracy"]

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """Every customary measure, with the prefix `baseline_` those of naive Bayes on words and
        with `majority_` those of always answering the most frequent class.

        Of one label a row: accuracy, macro F1, log loss (nats) and, for two classes, ROC AUC; of
        several: micro and macro F1 and the share of rows that are right in every class.
        """
        self._check_fitted()
        texts, labels = check_texts("TextClassifier.evaluate", X), list(y)
        if len(texts) != len(labels) or not texts:
            raise DataError(
                "TextClassifier.evaluate: X and y must have the same number of rows, at least 1, "
                f"got {len(texts)} and {len(labels)}."
            )
        truth = self._targets(labels)
        measure = measure_labels if self.multilabel_ else measure_classes
        answers = {"": self.predict_proba(texts)} | self._baseline.answers(self._sequences(texts))
        return {
            prefix + name: value
            for prefix, probabilities in answers.items()
            for name, value in measure(truth, probabilities).items()
        }

    def stream(self) -> TextStream:
        """Token by token: for causal models (bidirectional=False; pooling last, mean or max).

        Raises:
            OptionError: the model needs the whole text.
        """
        self._check_fitted()
        return TextStream(self)
