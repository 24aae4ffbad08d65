"""One text to another: translation, summaries, answers."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Self

import torch

from ostinato.data import UNKNOWN
from ostinato.data.text import check_texts
from ostinato.decoding import Answer
from ostinato.errors import DataError, OptionError, OstinatoWarning, check_number
from ostinato.measures.texts import check_installed, signatures
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.translator import learning
from ostinato.tasks.translator.alignment import Aligned, source_words, target_words
from ostinato.tasks.translator.measures import about_lengths, measure
from ostinato.tasks.translator.module import TranslatorModule
from ostinato.tasks.translator.options import MOST_BEAM, TranslatorOptions
from ostinato.tasks.translator.rows import Texts, TranslatorRows, read_pairs, split
from ostinato.tasks.translator.search import search

JUDGED = 1000  # validation rows that the fit translates for `baseline_`


class Translator(Estimator[TranslatorRows, TranslatorModule], TranslatorOptions):
    """Learns from pairs of texts to write the second from the first.

    A sentence and its translation, an abstract and its title (`measure="rouge"`), a turn of a
    conversation and its answer: the same network, an encoder and a decoder with attention.

    Attributes:
        longest_: tokens of the longest target in training; an answer may have as many, or twice
            the source's tokens where that is more.
        lead_words_: words of the baseline's summary: a training target's mean number.
    """

    kind = "translator"

    @property
    def longest_(self) -> int:
        self._check_fitted()
        return self.rows_.longest

    @property
    def lead_words_(self) -> int:
        self._check_fitted()
        return self.rows_.lead_words

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
        """Learn to write `y` from `X`, lists of texts that belong together row by row.

        Args:
            validation: a fraction of the rows, drawn at random; a pair (texts, texts); or None.
                The best epoch is chosen by it, and `baseline_` measured on its first 1,000 rows.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: texts cannot be used.
            MissingDependencyError: there is validation data, and no package to measure with.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, y, validation, run)

    def _fit(self, X: Any, y: Any, validation: Any, run: Run) -> Self:
        where, options = "Translator.fit", self._training()
        pairs = read_pairs(where, X, y, least=2)
        if validation is not None:
            check_installed("Translator", self.measure)
        pairs, self.held_out_ = split(where, pairs, validation, self.seed)
        self.rows_ = TranslatorRows.learn(self, *pairs)
        self._build()
        self._train(pairs, self.held_out_, options, run)
        self.baseline_ = {}
        if self.held_out_ is not None:
            sources, truth = (each[:JUDGED] for each in self.held_out_)
            answers = self.predict(sources)
            self.baseline_ = measure(self, self.rows_, sources, answers, truth)
            if remark := about_lengths(answers, truth):
                warnings.warn(f"{where}: {remark}", OstinatoWarning, stacklevel=3)
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int = 1,
        learning_rate: float | None = None,
        progress: bool | None = False,
    ) -> Self:
        """Go on learning from new rows, or from the same.

        Args:
            epochs: passes over the rows. One is at a constant rate; over several it falls to 0.
            learning_rate: a tenth of the constructor's where it is not given.

        Vocabularies stay, and it is as in the last epochs of `fit`: without dropout, targets as
        they are. The first call is a `fit` without validation.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, y, None, run)
        options = self._further(epochs=epochs, learning_rate=learning_rate, early_dropout=0.0)
        options.check("Translator.partial_fit")
        pairs, before = read_pairs("Translator.partial_fit", X, y), self.history_
        self._train(pairs, None, options, run, cut_targets=0.0)
        self._append(before)
        return self

    def _train(
        self,
        pairs: tuple[Texts, Texts],
        held_out: tuple[Texts, Texts] | None,
        options: TrainingOptions,
        run: Run,
        cut_targets: float = learning.CUT_TARGETS,
    ) -> None:
        encoders, limit = (self.rows_.source, self.rows_.target), self.max_length
        learn = learning.PairBatches(
            encoders,
            pairs,
            options,
            limit=limit,
            shuffle=True,
            subword_dropout=self.subword_dropout if self.level == "bpe" else 0.0,
            cut_targets=cut_targets,
            scheduled_sampling=self.scheduled_sampling,
        )
        judge = None
        if held_out is not None:
            judge = learning.PairBatches(encoders, held_out, options, limit=limit, shuffle=False)
        loss = learning.loss_of(self.label_smoothing, self.word_prediction)
        self._learn(learn, judge, loss=loss, options=options, run=run)

    @classmethod
    def averaged(cls, models: Sequence[Translator]) -> Translator:
        """One model whose weights are the mean of those of several: checkpoint averaging, for
        models of one run or that went on from one model (others share no meaning of a weight).

        Raises:
            OptionError: there is no model, or their vocabularies or sizes differ.
        """
        if not models:
            raise OptionError("Translator.averaged: models must be at least one, got none.")
        first = models[0]
        first._check_fitted()
        first._models(models[1:])
        result = cls(**first.get_params(deep=False))
        result._restore(first._document())
        result._build()
        states = [each.module_.state_dict() for each in models]
        shapes = [{name: tuple(v.shape) for name, v in each.items()} for each in states]
        if any(each != shapes[0] for each in shapes):
            raise OptionError("Translator.averaged: models must have the same sizes of layers.")
        mean = {k: torch.stack([each[k] for each in states]).mean(0) for k in states[0]}
        result.module_.load_state_dict(mean)
        result.module_.eval()
        result.fit_result_, result.history_ = first.fit_result_, first.history_
        result.baseline_, result.source_, result.held_out_ = {}, first.source_, None
        return result

    # Answering.

    def predict(
        self,
        X: Any,
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
        max_tokens: int | None = None,
        others: Sequence[Translator] = (),
    ) -> list[str]:
        """The best answer to each text, in their order; to an empty text an empty one.

        Args:
            beam, length_penalty: instead of the constructor's.
            max_tokens: the most tokens of an answer, at least `min_length`; see `longest_`.
            others: fitted models with the same vocabularies that answer together with this one
                (an ensemble: probabilities are averaged at each step).
        """
        found = self.predict_best(
            X, 1, beam=beam, length_penalty=length_penalty, max_tokens=max_tokens, others=others
        )
        return [each[0][0] for each in found]

    def predict_best(
        self,
        X: Any,
        n: int | None = None,
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
        max_tokens: int | None = None,
        others: Sequence[Translator] = (),
    ) -> list[list[tuple[str, float]]]:
        """At most `n` answers to each text, the best first, each with its score: the logarithm of
        its probability in nats over its length's penalty. `n` is at most `beam`, and that without
        it; the other arguments are those of `predict`.
        """
        self._check_fitted()
        texts = check_texts("Translator.predict", X)
        rows = [k for k, text in enumerate(texts) if text.strip()]
        width = self.beam if beam is None else beam
        check_number("Translator.predict", "beam", width, low=1, high=MOST_BEAM, whole=True)
        if n is not None and not 1 <= n <= width:
            raise OptionError(
                f"Translator.predict_best: n must be from 1 to beam, {width}, got {n!r}."
            )
        asked = [texts[k] for k in rows]
        found = self._search(asked, beam, length_penalty, max_tokens, others, self._copies)
        answers: list[list[tuple[str, float]]] = [[("", 0.0)] for _ in texts]
        for row, each in zip(rows, found, strict=True):
            answers[row] = [(self._text(texts[row], a), a.score) for a in each[:n]]
        return answers

    def align(self, X: Any, *, beam: int | None = None) -> list[Aligned]:
        """The best answer to each text with its attention: see `Aligned`.

        Raises:
            OptionError: the model has no attention.
            DataError: a text is empty.
        """
        self._check_fitted()
        if self.attention == "none":
            raise OptionError("Translator.align: attention must not be 'none' for this.")
        texts = check_texts("Translator.align", X)
        row = next((k for k, text in enumerate(texts) if not text.strip()), None)
        if row is not None:
            raise DataError(f"Translator.align: the text in row {row} is empty.")
        found = self._search(texts, beam, None, None, (), True)
        aligned = []
        for text, (best, *_) in zip(texts, found, strict=True):
            assert best.weights is not None
            source = source_words(self.rows_.source, text, self.max_length)
            target = target_words(self.rows_.target, best, source if self._copies else None)
            aligned.append(Aligned(self._text(text, best), source, target, best.weights))
        return aligned

    def score(self, X: Any, y: Any) -> float:
        """BLEU, or ROUGE-L of `measure="rouge"`, 0 to 100. Higher is better."""
        found = self.evaluate(X, y)
        return found["bleu"] if self.measure == "bleu" else found["rouge_l"]

    def evaluate(self, X: Any, y: Any, *, others: Sequence[Translator] = ()) -> dict[str, float]:
        """BLEU and chrF, or ROUGE-1, -2 and -L; with `baseline_` before the name, those of the
        copied source, or of its first words. All 0 to 100, higher is better; `signatures` tells
        how they are computed. `others` as in `predict`.
        """
        self._check_fitted()
        sources, truth = read_pairs("Translator.evaluate", X, y)
        return measure(self, self.rows_, sources, self.predict(sources, others=others), truth)

    def signatures(self) -> dict[str, str]:
        """Each measure's signature: tokens, smoothing, case and version, as sacrebleu writes it."""
        return signatures(self.measure, self.lowercase)

    def _models(self, others: Sequence[Translator]) -> list[TranslatorModule]:
        """The modules that answer together.

        Raises:
            OptionError: another estimator has other vocabularies.
        """
        for each in others:
            each._check_fitted()
            for name in ("source", "target"):
                one, other = getattr(each.rows_, name), getattr(self.rows_, name)
                if one.to_dict() != other.to_dict():
                    raise OptionError(
                        f"Translator.predict: others must have this model's vocabularies; one has "
                        f"another for its {name}s. Fit them on the same rows: give fit the "
                        "same validation pair, or None."
                    )
        return [self.module_, *(each.module_ for each in others)]

    def _search(
        self,
        texts: Texts,
        beam: int | None,
        length_penalty: float | None,
        max_tokens: int | None,
        others: Sequence[Translator],
        attention: bool,
    ) -> list[list[Answer]]:
        where = "Translator.predict"
        width = self.beam if beam is None else beam
        check_number(where, "beam", width, low=1, high=MOST_BEAM, whole=True)
        penalty = self.length_penalty if length_penalty is None else length_penalty
        check_number(where, "length_penalty", penalty, low=0, high=100)
        least = self.min_length
        if max_tokens is not None:
            check_number(where, "max_tokens", max_tokens, low=max(1, least), whole=True)
        models, read = self._models(others), self.rows_.read(self, texts)
        limits = [max_tokens or max(self.longest_, 2 * len(each), least) + 1 for each in read[0]]
        # Every model reads every cut.
        sources = [[each[row] for each in read for _ in models] for row in range(len(texts))]
        return search(
            models * len(read),
            sources,
            limits,
            beam=width,
            length_penalty=penalty,
            least=least,
            attention=attention,
        )

    @property
    def _copies(self) -> bool:
        return self.copy_unknown and self.attention != "none" and self.level == "word"

    def _text(self, source: str, answer: Answer) -> str:
        """The answer's text; an unknown word is the source's word that it looked at most."""
        if not self._copies or UNKNOWN not in answer.tokens:
            return self.rows_.target.decode(answer.tokens)
        words = source_words(self.rows_.source, source, self.max_length)
        return " ".join(target_words(self.rows_.target, answer, words))

    # Files.

    def _make(self) -> TranslatorModule:
        sizes = len(self.rows_.source) + 1, len(self.rows_.target) + 1
        return TranslatorModule(self, source=sizes[0], target=sizes[1])

    def _example(self) -> tuple[Any, ...]:
        one = torch.zeros(1, 10, dtype=torch.int64)
        return one, torch.tensor([10]), one, torch.tensor([10])

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = TranslatorRows.from_dict(document)
