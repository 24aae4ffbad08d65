"""What comes next in a text, and text written from it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Self

import numpy as np
import torch

from ostinato.data.text import PADDING, UNKNOWN, check_texts
from ostinato.decoding import Sampler
from ostinato.errors import DataError, OptionError, check_number
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.language_model import learning
from ostinato.tasks.language_model.measures import ORDERS, log_probabilities_of, measure
from ostinato.tasks.language_model.module import LanguageModelModule
from ostinato.tasks.language_model.ngrams import Ngrams
from ostinato.tasks.language_model.options import LanguageModelOptions
from ostinato.tasks.language_model.recipes import RECIPES
from ostinato.tasks.language_model.rows import Corpus, LanguageRows
from ostinato.tasks.language_model.stream import LanguageStream
from ostinato.tasks.language_model.writing import AT_ONCE, FIRST, Writing

NGRAM_TOKENS = 2_000_000  # of files, whose text need not fit into memory


class LanguageModel(Estimator[LanguageRows, LanguageModelModule], LanguageModelOptions):
    """Learns a text, tells how likely another one is, and writes on.

    `fit(X)` takes texts, or paths of files: a book, articles, lines of code. Each is read as it
    stands, one token after the other, after a sign of its beginning.

    Attributes:
        vocabulary_: the tokens by number; the first two are padding, which here is the sign of a
            text's beginning, and the unknown token.
    """

    kind = "language-model"

    @property
    def vocabulary_(self) -> list[str]:
        self._check_fitted()
        return self.rows_.encoder.vocabulary

    @classmethod
    def awd_lstm(cls, **overrides: Any) -> Self:
        """The recipe of Merity et al. (arXiv:1708.02182, section 5) for WikiText-2.

        Three LSTM layers of 1150, 1150 and 400 units, tied embeddings of 400, every kind of dropout
        and 750 epochs of NT-ASGD: made for a GPU and a day. `overrides` are options that differ.
        """
        return cls(**RECIPES["awd-lstm"] | overrides)

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = 0.1,
        directory: Any = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn from the texts `X`.

        Args:
            X: a list of texts; or a path, several, or `data.TextFiles`, which are read piece by
                piece and may be larger than memory: their tokens lie in a temporary file, in
                `directory` where it is given, and the baseline counts the first 2 million.
            y: not used; there for scikit-learn.
            validation: the share of the characters, the last ones, that is held out; texts as in X;
                or None. The best epoch is chosen by it.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: texts cannot be used, or are shorter than two chunks of one stream.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, validation, run)

    def _fit(self, X: Any, validation: Any, run: Run) -> Self:
        where, options = "LanguageModel.fit", self._training()
        corpus, rest = Corpus.split(where, X, validation)
        self.held_out_ = None if rest is None else rest.source
        self.rows_ = LanguageRows.learn(self, corpus)
        self.check_cutoffs(len(self.rows_.encoder.vocabulary))
        encoder = self.rows_.encoder
        on_disk = corpus if rest is None or corpus.on_disk else rest
        with on_disk.room(run.directory) as folder:
            tokens = corpus.tokens(encoder, folder)
            if len(tokens) < self.chunk + 2:
                raise DataError(
                    f"{where}: X must have more tokens than chunk, {self.chunk}, got "
                    f"{int((tokens != PADDING).sum())} for training. Give more text, or a smaller "
                    "chunk."
                )
            held_out = None if rest is None else rest.tokens(encoder, folder)
            self._ngram_sizes = None
            self._build()
            counted = tokens[:NGRAM_TOKENS] if corpus.on_disk else tokens
            ngrams = Ngrams.fit(counted, len(encoder.vocabulary), ORDERS[self.level])
            self._train(tokens, held_out, options, run)
        self.module_.ngrams = ngrams
        self.baseline_ = {} if rest is None else measure(self.rows_, self.module_, rest)
        return self

    def partial_fit(self, X: Any, y: Any = None, *, progress: bool | None = False) -> Self:
        """Go on learning: one epoch over new texts at a constant rate, a tenth of the first.

        The vocabulary stays; the first call is a `fit` without validation.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, None, run)
        before, corpus = self.history_, Corpus.of("LanguageModel.partial_fit", X)
        with corpus.room(None) as folder:
            tokens = corpus.tokens(self.rows_.encoder, folder)
            self._train(tokens, None, self._further(), run)
        self._append(before)
        return self

    def _train(self, tokens: Any, held_out: Any, options: TrainingOptions, run: Run) -> None:
        self._learn(
            learning.learn_streams(tokens, self.chunk, options),
            learning.judge_streams(held_out, self.chunk),
            loss=learning.loss_of(),
            options=options,
            run=run,
        )

    # Answering.

    def probabilities(self, text: str) -> np.ndarray:
        """The probability of each token of `text`, given those before it: `(tokens,)`."""
        self._check_fitted()
        tokens = self.rows_.tokens(check_texts("LanguageModel.probabilities", [text]))
        return np.exp(log_probabilities_of(self.module_, tokens)[0])

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of every token after each text: `(texts, vocabulary)`."""
        self._check_fitted()
        rows = [self.stream().step(text) for text in check_texts("LanguageModel.predict_proba", X)]
        return np.stack(rows) if rows else np.zeros((0, len(self.vocabulary_)))

    def predict(self, X: Any) -> list[str]:
        """The likeliest token after each text, padding and unknown aside."""
        found = self.predict_proba(X)
        found[:, [PADDING, UNKNOWN]] = 0
        return [self.rows_.encoder.decode([k]) for k in found.argmax(1)]

    def predict_next(self, text: str, n: int = 5) -> list[tuple[str, float]]:
        """The `n` likeliest tokens after `text`, with their probabilities."""
        check_number("LanguageModel.predict_next", "n", n, low=1, whole=True)
        (found,) = self.predict_proba([text])
        best = [k for k in np.argsort(-found) if k not in (PADDING, UNKNOWN)][:n]
        return [(self.rows_.encoder.decode([k]), float(found[k])) for k in best]

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log probability of a token, in nats, negative. Higher is better."""
        return -self.evaluate(X)["nats"]

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """Nats a token, perplexity, bits a character (of the texts as they are given), the share
        of unknown tokens and the vocabulary's size; with the prefix `baseline_` those of n-grams:
        5 characters, 4 byte pairs or 3 words (Witten & Bell's interpolation).

        Unknown tokens count as one token of the vocabulary: figures of different vocabularies
        do not compare.
        """
        self._check_fitted()
        return measure(self.rows_, self.module_, Corpus.of("LanguageModel.evaluate", X))

    def stream(self) -> LanguageStream:
        """Token by token, with the probabilities of the next."""
        self._check_fitted()
        return LanguageStream(self.rows_.encoder, self.module_)

    # Writing.

    def write(
        self,
        prompt: str = "",
        length: int = 200,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        stop: str | None = None,
    ) -> Iterator[str]:
        """The text after `prompt`, token by token, as it is drawn; see `generate`."""
        how = (temperature, top_k, top_p, repetition_penalty, seed)
        writing = self._writing([prompt], length, stop, self._sampler(length, stop, *how))

        def pieces() -> Iterator[str]:
            while len(writing.rows):
                yield writing.step()[0]

        return pieces()  # options and prompt are checked by now, and nothing is drawn

    def _sampler(self, length: int, stop: str | None, *how: Any) -> Sampler:
        where = "LanguageModel.generate"
        self._check_fitted()
        check_number(where, "length", length, low=0, whole=True)
        if stop is not None and (not isinstance(stop, str) or not stop):
            raise OptionError(
                f"{where}: stop must be a text of at least one character, or None, got {stop!r}. "
                "None writes on to the length."
            )
        return Sampler(where, FIRST, *how)

    def _writing(
        self, prompts: Sequence[str], length: int, stop: str | None, sampler: Sampler
    ) -> Writing:
        texts = check_texts("LanguageModel.generate", prompts)
        tokens = [self.rows_.tokens([each]) for each in texts]
        return Writing(self.module_, self.rows_.encoder, texts, tokens, length, stop, sampler)

    def generate(
        self,
        prompt: str | Sequence[str] = "",
        length: int = 200,
        *,
        temperature: float = 1.0,
        top_k: int | None = None,
        top_p: float | None = None,
        repetition_penalty: float = 1.0,
        seed: int | None = None,
        stop: str | None = None,
    ) -> str | list[str]:
        """Write on after a prompt, or after each of several.

        Args:
            prompt: text to begin with; "" begins as texts begin.
            length: tokens to write.
            temperature: below 1 keeps to the likely, above 1 dares; 0 takes the likeliest.
            top_k: draw among the k likeliest tokens.
            top_p: draw among the likeliest tokens that together have this probability.
            repetition_penalty: tokens among the last 64, those of the prompt too, are this many
                times less likely (scores are lowered by its logarithm).
            seed: the same seed writes the same text; None another one each time.
            stop: end after this text has come.

        Returns:
            What comes after the prompt; of several prompts a list.

        Raises:
            OptionError: an option is not allowed.
        """
        sampler = self._sampler(length, stop, temperature, top_k, top_p, repetition_penalty, seed)
        one = isinstance(prompt, str)
        prompts = check_texts("LanguageModel.generate", [prompt] if one else prompt)
        texts = []
        for first in range(0, len(prompts), AT_ONCE):
            sampler.restart()
            writing = self._writing(prompts[first : first + AT_ONCE], length, stop, sampler)
            while len(writing.rows):
                writing.step()
            texts += ["".join(text.parts) for text in writing.texts]
        return texts[0] if one else texts

    # Files.

    def _make(self) -> LanguageModelModule:
        vocabulary = len(self.rows_.encoder.vocabulary)
        module = LanguageModelModule(self, vocabulary=vocabulary)
        if self._ngram_sizes is not None:
            module.ngrams = Ngrams(vocabulary, ORDERS[self.level], self._ngram_sizes)
        return module

    def _example(self) -> tuple[Any, ...]:
        return (torch.zeros(1, self.chunk, dtype=torch.int64),)

    def _document(self) -> dict[str, Any]:
        ngrams = self.module_.ngrams
        return self.rows_.to_dict() | {"ngrams": None if ngrams is None else ngrams.sizes()}

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = LanguageRows.from_dict(document)
        self.check_cutoffs(len(self.rows_.encoder.vocabulary))
        self._ngram_sizes = [tuple(each) for each in document["ngrams"]]
