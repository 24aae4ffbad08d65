"""One text to another: translation, summaries, answers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Literal, Self

import numpy as np
import torch

from ostinato.data.text import check_texts
from ostinato.errors import DataError, OptionError, check_number
from ostinato.estimators.translator_core import JUDGED, TranslatorCore, pieces
from ostinato.estimators.translator_measures import signatures


@dataclasses.dataclass(frozen=True)
class Aligned:
    """An answer and where each of its tokens looked.

    Attributes:
        text: the answer.
        source: the source's tokens, the end not among them.
        target: the answer's tokens.
        weights: `(target tokens, source tokens + 1)`; each row's sum is 1, the last column is the
            source's end.
    """

    text: str
    source: list[str]
    target: list[str]
    weights: np.ndarray


class Translator(TranslatorCore):
    """Learns from pairs of texts to write the second from the first.

    A sentence and its translation, an abstract and its title (`measure="rouge"`), a turn of a
    conversation and its answer: the same network, an encoder and a decoder with attention.

    Args:
        level: tokens: "bpe" (byte pairs), "word" or "char".
        max_vocabulary: most tokens of each side, padding and unknown included.
        min_count: rarer tokens (for "bpe": pairs) are left out.
        lowercase: capitals are read, and answered, as small letters.
        shared_vocabulary: one vocabulary and one embedding for both sides, for languages that
            share words, and for summaries.
        max_length: most tokens read of a text; None reads all.
        subword_dropout: probability that a byte pair is not merged (BPE-dropout, Provilkov et
            al., arXiv:1910.13267): in each epoch words are cut anew; those of targets no longer in
            the second half of the epochs. For level "bpe".
        embedding_size: numbers for a token.
        cell: "lstm", "gru" or "rnn".
        hidden_size: units of each of the decoder's layers; the encoder's two directions have half
            of it each.
        num_layers: layers of the encoder, and of the decoder.
        bidirectional: the encoder reads from both ends.
        attention: "multiplicative" (Luong et al., arXiv:1508.04025), "additive" (Bahdanau et al.,
            arXiv:1409.0473) or "none".
        input_feeding: what attention found also enters the next step (Luong et al., section 3.3).
            Steps then run one by one: several times slower to train.
        pointer: tokens of the source can also be copied, to where attention looks; the network
            learns when (See et al., arXiv:1704.04368). For summaries and answers; needs
            shared_vocabulary.
        dropout: probability, on embeddings, on each layer's output and before the output.
        early_dropout: share of the epochs with any dropout and label smoothing; the last learn
            without, and write fuller answers (Liu et al., arXiv:2303.01500, section 4).
        recurrent_dropout: probability, one mask a text on the recurrent state.
        step_mask: probability that a whole token is hidden during training (word dropout).
        label_smoothing: share of the target's probability given to all tokens alike.
        word_prediction: weight of a second loss, that of the target's tokens told in any order from
            the source's summary alone (Weng et al., arXiv:1708.01771).
        scheduled_sampling: share of the decoder's inputs that, in the last epoch, are what the
            model itself would have written; it rises from 0 epoch by epoch (Bengio et al.,
            arXiv:1506.03099).
        copy_unknown: with level "word", an unknown word in an answer becomes the word of the
            source that it attended to most (Jean et al., arXiv:1412.2007, section 4.1).
        beam: answers followed at once; 1 is greedy search.
        length_penalty: of Wu et al. (arXiv:1609.08144, section 7); 0 favours short answers.
        segmentations: ways to cut a source that an answer is averaged over: the usual one, and
            others drawn with `subword_dropout` (Takase et al., arXiv:2203.13528). Better, and as
            many times slower, or slower still, as sources seldom share all their lengths. For
            level "bpe".
        measure: "bleu" (BLEU and chrF; the baseline copies the source) or "rouge" (the baseline
            is the source's first words). Needs `ostinato[translation]`.

    The other arguments are those of `training.TrainingOptions`.

    Attributes:
        longest_: tokens of the longest target in training; an answer may have as many, or twice
            the source's tokens where that is more.
        lead_words_: words of the baseline's summary: a training target's mean number.
    """

    kind = "translator"

    def __init__(
        self,
        *,
        level: Literal["bpe", "word", "char"] = "bpe",
        max_vocabulary: int | None = 4_000,
        min_count: int = 1,
        lowercase: bool = False,
        shared_vocabulary: bool = False,
        max_length: int | None = 200,
        subword_dropout: float = 0.1,
        embedding_size: int = 256,
        cell: Literal["lstm", "gru", "rnn"] = "lstm",
        hidden_size: int = 400,
        num_layers: int = 2,
        bidirectional: bool = True,
        attention: Literal["multiplicative", "additive", "none"] = "multiplicative",
        input_feeding: bool = False,
        pointer: bool = False,
        dropout: float = 0.4,
        early_dropout: float = 0.75,
        recurrent_dropout: float = 0.0,
        step_mask: float = 0.0,
        label_smoothing: float = 0.1,
        word_prediction: float = 0.0,
        scheduled_sampling: float = 0.0,
        copy_unknown: bool = True,
        beam: int = 5,
        length_penalty: float = 0.5,
        segmentations: int = 1,
        measure: Literal["bleu", "rouge"] = "bleu",
        epochs: int = 24,
        batch_size: int = 96,
        optimizer: str = "adam",
        learning_rate: float = 2.5e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        schedule: str = "one_cycle",
        warmup: float = 0.2,
        decay: float = 0.5,
        decay_every: int = 1,
        patience: int | None = None,
        monitor: str = "val_accuracy",
        mode: str = "max",
        seed: int = 0,
        precision: str = "32",
        accumulate: int = 1,
        average: float = 0.0,
    ) -> None:
        self.level = level
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.lowercase = lowercase
        self.shared_vocabulary = shared_vocabulary
        self.max_length = max_length
        self.subword_dropout = subword_dropout
        self.embedding_size = embedding_size
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.bidirectional = bidirectional
        self.attention = attention
        self.input_feeding = input_feeding
        self.pointer = pointer
        self.dropout = dropout
        self.early_dropout = early_dropout
        self.recurrent_dropout = recurrent_dropout
        self.step_mask = step_mask
        self.label_smoothing = label_smoothing
        self.word_prediction = word_prediction
        self.scheduled_sampling = scheduled_sampling
        self.copy_unknown = copy_unknown
        self.beam = beam
        self.length_penalty = length_penalty
        self.segmentations = segmentations
        self.measure = measure
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
        """Learn to write `y` from `X`, lists of texts that belong together row by row.

        Args:
            validation: a fraction of the rows, drawn at random; a pair (texts, texts); or None.
                The best epoch is chosen by it, and `baseline_` measured on its first 1,000 rows.
            directory, resume, progress: as in `training.fit`.

        Raises:
            OptionError: an option is not allowed.
            DataError: texts cannot be used.
            MissingDependencyError: there is validation data, and no package to measure with.
        """
        options = self._check()
        sources, targets = self._pairs("Translator.fit", X, y)
        if validation is None:
            options = self._without_validation(options)
        else:
            self._check_measure()
        sources, targets, held_out = self._split(sources, targets, validation)
        self._learn_vocabulary(sources, targets)
        self._build()
        self._train((sources, targets), held_out, options, directory, resume, progress)
        self.baseline_ = {}
        if held_out is not None:
            self.baseline_ = self.evaluate(held_out[0][:JUDGED], held_out[1][:JUDGED])
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int = 1,
        learning_rate: float | None = None,
        progress: bool = False,
    ) -> Self:
        """Go on learning from new rows, or from the same.

        Args:
            epochs: passes over the rows. One is at a constant rate; over several it falls to 0.
            learning_rate: a tenth of the constructor's where it is not given.

        Vocabularies stay, and it is as in the last epochs of `fit`: without dropout, targets as
        they are. The first call is a `fit` without validation.
        """
        if not hasattr(self, "module_"):
            return self.fit(X, y, validation=None, progress=progress)
        options = dataclasses.replace(
            self._without_validation(self._check()),
            epochs=epochs,
            schedule="constant" if epochs == 1 else "cosine",
            warmup=0.0 if epochs == 1 else 0.05,
            average=0.0,
            early_dropout=0.0,
            learning_rate=self.learning_rate / 10 if learning_rate is None else learning_rate,
        ).check("Translator.partial_fit")
        pairs = self._pairs("Translator.partial_fit", X, y)
        before = self.history_
        self._train(pairs, None, options, None, False, progress, cut_targets=0.0)
        for name, values in before.items():
            self.history_[name] = [*values, *self.history_.get(name, [])]
        return self

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
        result._restore_state(first._document())
        states = [each.module_.state_dict() for each in models]
        shapes = [{name: tuple(v.shape) for name, v in each.items()} for each in states]
        if any(each != shapes[0] for each in shapes):
            raise OptionError("Translator.averaged: models must have the same sizes of layers.")
        mean = {k: torch.stack([each[k] for each in states]).mean(0) for k in states[0]}
        result.module_.load_state_dict(mean)
        result.module_.eval()
        result.fit_result_, result.history_ = first.fit_result_, first.history_
        result.baseline_ = {}
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
            max_tokens: the most tokens of an answer; see `longest_`.
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
        check_number("Translator.predict", "beam", width, low=1, whole=True)
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
        for text, source, answers in zip(texts, self._source.encode(texts), found, strict=True):
            best = answers[0]
            assert best.weights is not None
            aligned.append(
                Aligned(
                    self._text(text, best),
                    pieces(self._source, source[: self.max_length]),
                    pieces(self._target, best.tokens),
                    best.weights,
                )
            )
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
        sources, truth = self._pairs("Translator.evaluate", X, y)
        if not sources:
            raise DataError("Translator.evaluate: X must have at least 1 row, got 0.")
        found = self._measures(self.predict(sources, others=others), truth)
        naive = self._measures(self._naive(sources), truth)
        return found | {f"baseline_{name}": value for name, value in naive.items()}

    def signatures(self) -> dict[str, str]:
        """Each measure's signature: tokens, smoothing, case and version, as sacrebleu writes it."""
        return signatures(self.measure, self.lowercase)
