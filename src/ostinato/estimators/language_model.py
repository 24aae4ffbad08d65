"""What comes next in a text, and text written from it."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any, Literal, Self

import numpy as np
import torch

from ostinato import data
from ostinato.data.text import PADDING, UNKNOWN, check_texts
from ostinato.errors import DataError, check_number
from ostinato.estimators.language_core import NGRAM_TOKENS, ORDERS, LanguageCore
from ostinato.estimators.language_corpus import Corpus
from ostinato.estimators.language_recipes import RECIPES
from ostinato.estimators.language_stream import LanguageStream
from ostinato.estimators.language_writing import AT_ONCE, Sampler, Writing
from ostinato.models.ngrams import Ngrams


class LanguageModel(LanguageCore):
    """Learns a text, tells how likely another one is, and writes on.

    `fit(X)` takes texts, or paths of files: a book, articles, lines of code. Each is read as it
    stands, one token after the other, after a sign of its beginning.

    Args:
        level: tokens: "char", "word", "bpe" (byte pairs), or "token" (what white space sets apart,
            and line ends).
        max_vocabulary: most tokens kept, the most frequent; None keeps all.
        min_count: rarer tokens are unknown.
        lowercase: capitals are read, and written, as small letters.
        embedding_size: numbers for a token.
        cell: "lstm", "gru" or "rnn".
        hidden_size: units of each layer.
        num_layers: layers.
        tied: the output's weights are the embedding's (Press & Wolf, arXiv:1608.05859).
        final_size: units of the last layer; None: as the others.
        dropout: probability, between layers and before the output.
        layer_dropout: probability, between layers alone; None: `dropout`.
        locked: `dropout` and `layer_dropout` have one mask for all steps of a chunk.
        embedding_dropout: probability, on embeddings, one mask for all steps of a chunk.
        recurrent_dropout: probability, one mask a chunk on the recurrent state.
        word_dropout: probability that a token's embedding is dropped, all through a chunk.
        weight_drop: probability, on the recurrent weights, one mask a chunk.
        activation_penalty: times the mean square of the outputs, added to the loss.
        change_penalty: times the mean square of their change from step to step.
        softmax: "full"; for large vocabularies "adaptive" (rare tokens in groups, exact) or
            "sampled" (training sees a sample of the tokens; answers are exact).
        cutoffs: numbers of tokens at which the adaptive groups begin; None chooses.
        samples: tokens that the sampled softmax draws for a batch.
        init: initial weights of the layers: "torch", "keras" or "orthogonal".
        chunk: steps that gradients reach back; the state is carried from chunk to chunk (truncated
            backpropagation through time).

    The other arguments are those of `training.TrainingOptions`; `batch_size` counts streams of
    text that are read side by side.

    Attributes:
        vocabulary_: the tokens by number; the first two are padding, which here is the sign of a
            text's beginning, and the unknown token.
    """

    kind = "language-model"

    def __init__(
        self,
        *,
        level: Literal["char", "word", "bpe", "token"] = "char",
        max_vocabulary: int | None = 10_000,
        min_count: int = 1,
        lowercase: bool = False,
        embedding_size: int = 128,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
        hidden_size: int = 384,
        num_layers: int = 2,
        tied: bool = False,
        final_size: int | None = None,
        dropout: float = 0.45,
        layer_dropout: float | None = None,
        locked: bool = False,
        embedding_dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        word_dropout: float = 0.0,
        weight_drop: float = 0.0,
        activation_penalty: float = 0.0,
        change_penalty: float = 0.0,
        softmax: Literal["full", "adaptive", "sampled"] = "full",
        cutoffs: tuple[int, ...] | None = None,
        samples: int = 1024,
        init: Literal["torch", "keras", "orthogonal"] = "torch",
        chunk: int = 64,
        epochs: int = 20,
        batch_size: int = 64,
        optimizer: str = "adamw",
        learning_rate: float = 4e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.01,
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
        average: float = 0.99,
        nonmonotone: int = 5,
    ) -> None:
        self.level = level
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.lowercase = lowercase
        self.embedding_size = embedding_size
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.tied = tied
        self.final_size = final_size
        self.dropout = dropout
        self.layer_dropout = layer_dropout
        self.locked = locked
        self.embedding_dropout = embedding_dropout
        self.recurrent_dropout = recurrent_dropout
        self.word_dropout = word_dropout
        self.weight_drop = weight_drop
        self.activation_penalty = activation_penalty
        self.change_penalty = change_penalty
        self.softmax = softmax
        self.cutoffs = cutoffs
        self.samples = samples
        self.init = init
        self.chunk = chunk
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
        self.nonmonotone = nonmonotone

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
        progress: bool = True,
    ) -> Self:
        """Learn from the texts `X`.

        Args:
            X: a list of texts; or a path, several, or `data.TextFiles`, which are read piece by
                piece and may be larger than memory: their tokens lie in a temporary file, in
                `directory` where it is given, and the baseline counts the first 2 million.
            y: not used; there for scikit-learn.
            validation: the share of the characters, the last ones, that is held out; texts as in X;
                or None. The best epoch is chosen by it.
            directory, resume, progress: as in `training.fit`.

        Raises:
            OptionError: an option is not allowed.
            DataError: texts cannot be used, or are shorter than two chunks of one stream.
        """
        options = self._check()
        where = "LanguageModel.fit"
        corpus = Corpus.of(where, X)
        rest: Corpus | None = None
        if isinstance(validation, (int, float)):
            check_number(where, "validation", validation, above=0, below=1)
            corpus, rest = corpus.cut(float(validation))
        elif validation is not None:
            rest = Corpus.of(where, validation)
        self._encoder = data.TextEncoder(
            level=self.level,  # pyright: ignore[reportArgumentType]
            max_vocabulary=self.max_vocabulary,
            min_count=self.min_count,
            lowercase=self.lowercase,
        ).fit_pieces(text for _, text in corpus.pieces())
        on_disk = corpus if rest is None or corpus.on_disk else rest
        with on_disk.room(directory) as folder:
            tokens = corpus.tokens(self._encoder, folder)
            if len(tokens) < self.chunk + 2:
                raise DataError(
                    f"{where}: X must have more tokens than chunk, {self.chunk}, got "
                    f"{int((tokens != PADDING).sum())} for training. Give more text, or a smaller "
                    "chunk."
                )
            held_out = None if rest is None else rest.tokens(self._encoder, folder)
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(self.seed)
                self._build()
            counted = tokens[:NGRAM_TOKENS] if corpus.on_disk else tokens
            self._ngrams = Ngrams.fit(counted, len(self.vocabulary_), ORDERS[self.level])
            self._train(tokens, held_out, options, directory, resume, progress)
        self.module_.ngrams = self._ngrams  # so that the model's file holds the counts
        self.baseline_ = {} if rest is None else self._measure(rest)
        return self

    def partial_fit(self, X: Any, y: Any = None, *, progress: bool = False) -> Self:
        """Go on learning: one epoch over new texts at a constant rate, a tenth of the first.

        The vocabulary stays; the first call is a `fit` without validation.
        """
        if not hasattr(self, "module_"):
            return self.fit(X, validation=None, progress=progress)
        options = dataclasses.replace(
            self._check(),
            epochs=1,
            schedule="constant",
            warmup=0.0,
            average=0.0,
            learning_rate=self.learning_rate / 10,
        )
        before = self.history_
        corpus = Corpus.of("LanguageModel.partial_fit", X)
        with corpus.room(None) as folder:
            tokens = corpus.tokens(self._encoder, folder)
            self._train(tokens, None, options, None, False, progress)
        for name, values in before.items():
            self.history_[name] = [*values, *self.history_.get(name, [])]
        return self

    # Answering.

    def probabilities(self, text: str) -> np.ndarray:
        """The probability of each token of `text`, given those before it: `(tokens,)`."""
        self._check_fitted()
        tokens = self._tokens(check_texts("LanguageModel.probabilities", [text]))
        return np.exp(self._log_probabilities(tokens)[0])

    def predict_proba(self, X: Any) -> np.ndarray:
        """The probability of every token after each text: `(texts, vocabulary)`."""
        self._check_fitted()
        rows = [self.stream().step(text) for text in check_texts("LanguageModel.predict_proba", X)]
        return np.stack(rows) if rows else np.zeros((0, len(self.vocabulary_)))

    def predict(self, X: Any) -> list[str]:
        """The likeliest token after each text, padding and unknown aside."""
        found = self.predict_proba(X)
        found[:, [PADDING, UNKNOWN]] = 0
        return [self._encoder.decode([k]) for k in found.argmax(1)]

    def predict_next(self, text: str, n: int = 5) -> list[tuple[str, float]]:
        """The `n` likeliest tokens after `text`, with their probabilities."""
        check_number("LanguageModel.predict_next", "n", n, low=1, whole=True)
        (found,) = self.predict_proba([text])
        best = [k for k in np.argsort(-found) if k not in (PADDING, UNKNOWN)][:n]
        return [(self._encoder.decode([k]), float(found[k])) for k in best]

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
        return self._measure(Corpus.of("LanguageModel.evaluate", X))

    def stream(self) -> LanguageStream:
        """Token by token, with the probabilities of the next."""
        self._check_fitted()
        return LanguageStream(self)

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
        writing = self._writing([prompt], length, stop, self._sampler(length, *how))
        while len(writing.rows):
            yield writing.step()[0]

    def _sampler(self, length: int, *how: Any) -> Sampler:
        self._check_fitted()
        check_number("LanguageModel.generate", "length", length, low=0, whole=True)
        return Sampler(*how)

    def _writing(
        self, prompts: Sequence[str], length: int, stop: str | None, sampler: Sampler
    ) -> Writing:
        tokens = [self._tokens([p]) for p in check_texts("LanguageModel.generate", prompts)]
        return Writing(self.module_, self._encoder, tokens, length, stop, sampler)

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
            repetition_penalty: tokens of the last 64 are this many times less likely (scores are
                lowered by its logarithm).
            seed: the same seed writes the same text; None another one each time.
            stop: end after this text has come.

        Returns:
            What comes after the prompt; of several prompts a list.

        Raises:
            OptionError: an option is not allowed.
        """
        sampler = self._sampler(length, temperature, top_k, top_p, repetition_penalty, seed)
        prompts = [prompt] if isinstance(prompt, str) else list(prompt)
        texts = []
        for first in range(0, len(prompts), AT_ONCE):
            sampler.restart()
            writing = self._writing(prompts[first : first + AT_ONCE], length, stop, sampler)
            while len(writing.rows):
                writing.step()
            texts += ["".join(text.parts) for text in writing.texts]
        return texts[0] if isinstance(prompt, str) else texts
