"""`SpeechRecognizer`: what is said in recordings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import numpy as np
import torch

from ostinato.measures.speech import jiwer, measure_speech
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.speech_recognizer import learning
from ostinato.tasks.speech_recognizer.measures import measure
from ostinato.tasks.speech_recognizer.module import SpeechModule
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions
from ostinato.tasks.speech_recognizer.rows import SpeechRows
from ostinato.tasks.speech_recognizer.sounds import (
    Sounds,
    Texts,
    check_lengths,
    read_pairs,
    read_sounds,
    split,
)
from ostinato.tasks.speech_recognizer.stream import SpeechStream
from ostinato.tasks.speech_recognizer.transcripts import (
    Transcript,
    guide_of,
    labels_said,
    transcript,
)


class SpeechRecognizer(Estimator[SpeechRows, SpeechModule], SpeechRecognizerOptions):
    """Writes what is said in recordings, with the time of each word and how sure it is.

    It learns from recordings and their texts alone, without knowing where in a recording a word is
    (connectionist temporal classification, Graves et al. 2006).

    Attributes:
        units_: the characters or words that it writes; `predict_proba`'s columns after the blank.
    """

    kind = "speech-recognizer"

    @property
    def units_(self) -> list[str]:
        self._check_fitted()
        return self.rows_.units

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any,
        *,
        sampling_rate: int | None = None,
        validation: Any = 0.1,
        directory: Any = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn from recordings `X` and the texts `y` of what is said in them.

        Args:
            X: a list of paths (wav, flac, ogg), of `data.Recording`s, of arrays of samples
                `(samples,)`, or of features `(frames, numbers)` that were computed elsewhere.
            sampling_rate: Hz of arrays of samples; None: the option's. Recordings of another rate
                are resampled, channels averaged.
            validation: a fraction of the rows, drawn at random; a pair (recordings, texts), of
                other speakers where new ones are to be understood; or None. The best epoch is
                chosen by it.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: recordings or texts cannot be used; the message names the row.
            MissingDependencyError: a package that reads recordings, or jiwer, is not installed.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, y, sampling_rate, validation, run)

    def _fit(self, X: Any, y: Any, rate: int | None, validation: Any, run: Run) -> Self:
        where, options = "SpeechRecognizer.fit", self._training()
        if validation is not None:
            jiwer(where)
        pairs = read_pairs(where, X, y, rate, self.sampling_rate, least=2)
        pairs, self.held_out_ = split(where, pairs, validation, self)
        self.rows_ = SpeechRows.learn(where, self, *pairs)
        options = learning.training_of(self, options, len(pairs[0]))
        learn = self._batches(where, pairs, options, undisturbed=self.undisturbed)
        judge = None if self.held_out_ is None else self._judged(where, self.held_out_, options)
        self._build()
        self._train(learn, judge, options, run)
        self.baseline_ = {} if self.held_out_ is None else self.evaluate(*self.held_out_)
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        *,
        sampling_rate: int | None = None,
        epochs: int = 1,
        learning_rate: float | None = None,
        progress: bool | None = False,
    ) -> Self:
        """Go on learning, from new rows, as of one speaker, or from the same.

        Units, scales and the guide stay; the first call is a `fit` without validation.

        Args:
            epochs: passes over the rows. One is at a constant rate; over several it falls to 0.
            learning_rate: a tenth of the constructor's where it is not given.

        Raises:
            OptionError: epochs or learning_rate are not allowed.
            DataError: a text has a character, or with level="word" a word, that training lacks.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, y, sampling_rate, None, run)
        where, before = "SpeechRecognizer.partial_fit", self.history_
        pairs = read_pairs(where, X, y, sampling_rate, self.sampling_rate)
        options = self._further(epochs=epochs, learning_rate=learning_rate).check(where)
        self._train(self._batches(where, pairs, options), None, options, run)
        self._append(before)
        return self

    def _batches(
        self, where: str, pairs: tuple[Sounds, Texts], how: TrainingOptions, undisturbed: int = 0
    ) -> learning.SpeechBatches:
        sounds, texts = pairs
        frames, labels = self.rows_.frames_of(where, sounds), self.rows_.labels_of(texts)
        check_lengths(where, frames, labels, self.stride)
        return learning.SpeechBatches(
            self.rows_, sounds, frames, labels, self, how, disturb=True, undisturbed=undisturbed
        )

    def _judged(
        self, where: str, pairs: tuple[Sounds, Texts], how: TrainingOptions
    ) -> tuple[learning.SpeechBatches | None, Callable[[], dict[str, float]]]:
        """Held-out batches of texts that can be written, and their word errors."""
        sounds, texts = pairs
        frames = self.rows_.frames_of(f"{where}: validation", sounds)
        inputs = [self.rows_.scaled(each) for each in frames]
        known = np.flatnonzero(self.rows_.known(texts)).tolist()
        labels = self.rows_.labels_of([texts[k] for k in known])
        fits = [
            (k, each)
            for k, each in zip(known, labels, strict=True)
            if learning.fits(frames[k], each, self.stride)
        ]

        def judge() -> dict[str, float]:
            heard = [
                self.rows_.text_of(labels_said(each, None, 1))
                for each in self.module_.scores(inputs)
            ]
            found = measure_speech([self.rows_.plain(text) for text in texts], heard)
            return {name: found[name] for name in ("wer", "cer")}

        if not fits:
            return None, judge
        batches = learning.SpeechBatches(
            self.rows_,
            [sounds[k] for k, _ in fits],
            [frames[k] for k, _ in fits],
            [each for _, each in fits],
            self,
            how,
            disturb=False,
        )
        return batches, judge

    def _train(
        self,
        learn: learning.SpeechBatches,
        judged: tuple[learning.SpeechBatches | None, Callable[[], dict[str, float]]] | None,
        options: TrainingOptions,
        run: Run,
    ) -> None:
        batches, judge = judged or (None, None)
        judge, loss = None if batches is None else judge, learning.loss_of()
        self._learn(learn, batches, loss=loss, options=options, run=run, judge=judge)

    # Answering.

    def predict(
        self,
        X: Any,
        *,
        sampling_rate: int | None = None,
        language_model: Any = None,
        words: Any = None,
        beam: int | None = None,
    ) -> list[str]:
        """The text of each recording, in their order.

        Args:
            sampling_rate: Hz of arrays of samples; None: the option's.
            language_model: what guides the search instead of the option `guide`: a fitted
                `LanguageModel` of characters or words, or what has the words of
                `decoding.TextModel`. One of words needs `words`, or the option guide="words".
            words: the only words that may be answered.
            beam: instead of the constructor's.

        Raises:
            DataError: a recording cannot be used; the message names the row.
        """
        found = self.transcribe(
            X, sampling_rate=sampling_rate, language_model=language_model, words=words, beam=beam
        )
        return [each.text for each in found]

    def transcribe(
        self,
        X: Any,
        *,
        sampling_rate: int | None = None,
        language_model: Any = None,
        words: Any = None,
        beam: int | None = None,
    ) -> list[Transcript]:
        """As `predict`, with the time of each word in seconds and how sure it is."""
        self._check_fitted()
        guide = guide_of(self, self.rows_, language_model, words)
        width = self.beam if beam is None else beam
        scores = self._scores("SpeechRecognizer.predict", X, sampling_rate)
        step = self.stride * self.frame_shift
        return [
            transcript(self.rows_, each, labels_said(each, guide, width), step) for each in scores
        ]

    def predict_proba(self, X: Any, *, sampling_rate: int | None = None) -> list[np.ndarray]:
        """Of each recording the probability of each label at each step, `(steps, 1 + units)`: the
        blank, then `units_`. A step is `stride` frames. The bits of a row do not depend on the
        other rows."""
        self._check_fitted()
        scores = self._scores("SpeechRecognizer.predict_proba", X, sampling_rate)
        return [np.exp(each) for each in scores]

    def _scores(self, where: str, X: Any, rate: int | None) -> list[np.ndarray]:
        sounds = read_sounds(where, X, rate, self.sampling_rate)
        frames = self.rows_.frames_of(where, sounds)
        return self.module_.scores([self.rows_.scaled(each) for each in frames])

    def score(self, X: Any, y: Any, *, sampling_rate: int | None = None) -> float:
        """1 less the word error rate: 1 is best, and it may be below 0."""
        return 1 - self.evaluate(X, y, sampling_rate=sampling_rate)["wer"]

    def evaluate(
        self, X: Any, y: Any, *, sampling_rate: int | None = None, **answering: Any
    ) -> dict[str, float]:
        """Word and character error rates (shares of what was said), with the words' substitutions,
        insertions and deletions and the share of texts with an error; with `baseline_` before the
        name, those of always answering training's most frequent text. Lower is better.

        Args:
            answering: further arguments of `predict`.
        """
        self._check_fitted()
        where = "SpeechRecognizer.evaluate"
        sounds, texts = read_pairs(where, X, y, sampling_rate, self.sampling_rate)
        return measure(self.rows_, texts, self.predict(sounds, **answering))

    def stream(self) -> SpeechStream:
        """Piece by piece: for causal models (bidirectional=False).

        Raises:
            OptionError: the model must hear the whole recording.
        """
        self._check_fitted()
        return SpeechStream(self, self.rows_, self.module_)

    # Files.

    def _make(self) -> SpeechModule:
        return SpeechModule(self, size=self.rows_.size, labels=len(self.rows_.units) + 1)

    def _example(self) -> tuple[Any, ...]:
        return torch.zeros(1, 100, self.rows_.size), torch.tensor([100])

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = SpeechRows.from_dict(document)
