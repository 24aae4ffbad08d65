"""`SequenceRegressor`: a number, or several, of a whole recording."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import torch
from sklearn.base import RegressorMixin

from ostinato.errors import DataError
from ostinato.measures.numbers import measure_numbers
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.recordings.learning import check_augmentation, training_of
from ostinato.tasks.recordings.module import RecordingModule
from ostinato.tasks.sequence_regressor import learning
from ostinato.tasks.sequence_regressor.measures import NearestNumbers
from ostinato.tasks.sequence_regressor.options import SequenceRegressorOptions
from ostinato.tasks.sequence_regressor.rows import Pairs, RegressorRows, read_pairs, split
from ostinato.tasks.sequence_regressor.stream import NumberStream


class SequenceRegressor(
    RegressorMixin, Estimator[RegressorRows, RecordingModule], SequenceRegressorOptions
):
    """Tells a number of a recording: how old a bearing is, how strong a beat, how full a tank.

    A recording is an array `(steps, channels)` of any length. `y` has a number a recording, or a
    row of several. The network is `SequenceClassifier`'s.
    """

    kind = "sequence-regressor"

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
        """Learn from recordings `X` and their numbers `y`.

        Args:
            X: a list of arrays `(steps, channels)`, an array `(recordings, steps, channels)`, or a
                long table with the column `id`. NaN is a missing value.
            y: numbers `(recordings,)` or `(recordings, targets)`; of a long table also the name of
                its column.
            validation: a fraction of the recordings, drawn at random; a pair (X, y); or None. The
                best epoch is chosen by it.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: recordings or numbers cannot be used.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        where, options = "SequenceRegressor.fit", self._training()
        check_augmentation("SequenceRegressor", self, by_step=False)
        pairs = read_pairs(where, self, X, y)
        pairs, self.held_out_ = split(where, self, pairs, validation)
        self.rows_ = RegressorRows.learn(where, self, pairs)
        self._build()
        sequences = self.rows_.sequences(pairs.values)
        self._baseline = NearestNumbers.fit(self.rows_, sequences, pairs.numbers, self.seed)
        options = training_of(self, options, len(sequences))
        self._train(pairs, self.held_out_, options, run)
        self.baseline_ = {} if self.held_out_ is None else self.evaluate(*self.held_out_[:2])
        return self

    def partial_fit(self, X: Any, y: Any, *, progress: bool | None = False) -> Self:
        """Go on learning: one epoch over new recordings at a constant rate, a tenth of the first.

        Scales stay; the first call is a `fit` without validation.
        """
        if not self._fitted:
            return self.fit(X, y, validation=None, progress=progress)
        pairs = self._pairs("SequenceRegressor.partial_fit", X, y, None)
        before = self.history_
        self._train(pairs, None, self._further(), Run(progress=progress))
        self._append(before)
        return self

    def _train(
        self, pairs: Pairs, held_out: Pairs | None, options: TrainingOptions, run: Run
    ) -> None:
        rows, judge = self.rows_, None
        if held_out is not None:
            judge = learning.batches_of(rows, held_out, options, shuffle=False)
        learn = learning.batches_of(rows, pairs, options, shuffle=True)
        self._learn(learn, judge, loss=learning.loss_of(self), options=options, run=run)

    def _pairs(self, where: str, X: Any, y: Any, rate: float | None) -> Pairs:
        self._check_fitted()
        pairs = read_pairs(where, self, X, y, self.rows_.wanted)
        self.rows_.check_channels(where, pairs.values)
        if pairs.numbers.shape[1] != self.rows_.targets:
            raise DataError(
                f"{where}: y must have {self.rows_.targets} numbers a recording as in fit, got "
                f"{pairs.numbers.shape[1]}."
            )
        return pairs._replace(values=self.rows_.paced(where, pairs.values, rate))

    # Answering.

    def predict(self, X: Any, *, rate: float | None = None) -> np.ndarray:
        """The number of each recording, in the user's units: `(recordings,)`, or `(recordings,
        targets)` where they have several. The bits of a recording do not depend on the others.

        Args:
            rate: Hz of these recordings, where it is not the model's `rate`; they are resampled.
        """
        self._check_fitted()
        found = self._answers(self.rows_.read("SequenceRegressor.predict", self, X, rate))
        return found[:, 0] if self.rows_.single else found

    def _answers(self, values: list[np.ndarray]) -> np.ndarray:
        said = self.module_.logits(self.rows_.sequences(values))
        return self.rows_.decode(np.stack(said))

    def score(self, X: Any, y: Any, *, rate: float | None = None) -> float:
        """R2, the share of variance explained, the mean over targets. Higher is better."""
        pairs = self._pairs("SequenceRegressor.score", X, y, rate)
        return measure_numbers(pairs.numbers, self._answers(pairs.values))["r2"]

    def evaluate(self, X: Any, y: Any, *, rate: float | None = None) -> dict[str, float]:
        """R2, mean absolute and root mean squared error, each the mean over the targets; with the
        prefix `baseline_` those of the nearest training recording (of at most 100, by dynamic time
        warping) and with `mean_` those of always answering training's mean."""
        pairs = self._pairs("SequenceRegressor.evaluate", X, y, rate)
        answers = {"": self._answers(pairs.values)}
        answers |= self._baseline.answers_to(self.rows_, self.rows_.sequences(pairs.values))
        return {
            prefix + name: value
            for prefix, numbers in answers.items()
            for name, value in measure_numbers(pairs.numbers, numbers).items()
        }

    def stream(self) -> NumberStream:
        """Step by step: for causal models (bidirectional=False; pooling last, mean, max or
        meanmax; stride 1). Each answer is the number of all steps so far.

        Raises:
            OptionError: the model needs the whole recording.
        """
        self._check_fitted()
        return NumberStream(self, self.rows_, self.module_)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.three_d_array, tags.input_tags.allow_nan = True, True
        tags.target_tags.multi_output = True
        return tags

    # Files.

    def _make(self) -> RecordingModule:
        rows = self.rows_
        return RecordingModule(
            self, inputs=rows.inputs, outputs=rows.targets, by_step=False, usual=rows.usual
        )

    def _example(self) -> tuple[Any, ...]:
        steps = self.rows_.usual
        return torch.zeros(1, steps, self.rows_.inputs), torch.tensor([steps])

    def _document(self) -> dict[str, Any]:
        return self.rows_.to_dict() | {"baseline": self._baseline.to_dict()}

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = RegressorRows.from_dict(self, document)
        self._baseline = NearestNumbers.from_dict(document["baseline"], self.rows_.targets)
