"""The steps of a language model's fit and answer, between the user's texts and the module."""

from __future__ import annotations

import inspect
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato import data, training
from ostinato.data.text import PADDING, UNKNOWN
from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.estimators.base import Estimator
from ostinato.estimators.language_corpus import Corpus
from ostinato.models.language import LanguageNet
from ostinato.models.ngrams import Ngrams
from ostinato.models.softmax import ANSWER_SCORES, SOFTMAXES
from ostinato.models.text_classifier import CELLS
from ostinato.nn.initial import INITS

ORDERS = {"char": 5, "bpe": 4, "word": 3, "token": 3}  # of the n-gram baseline
NGRAM_TOKENS = 2_000_000  # of files, whose text need not fit into memory
DROPS = ("word_dropout", "weight_drop")
ANSWER_STEPS = 512  # tokens at once when a text is scored


class LanguageCore(Estimator):
    """What `LanguageModel` does inside; options and public methods are there."""

    _encoder: data.TextEncoder
    _ngrams: Ngrams

    def _option(self, name: str) -> Any:
        return getattr(self, name)

    def _check(self) -> training.TrainingOptions:
        where = "LanguageModel"
        check_choice(where, "level", self._option("level"), tuple(ORDERS))
        check_choice(where, "cell", self._option("cell"), tuple(CELLS))
        check_choice(where, "init", self._option("init"), INITS)
        for name in ("embedding_size", "hidden_size", "num_layers", "chunk", "min_count"):
            check_number(where, name, getattr(self, name), low=1, whole=True)
        check_choice(where, "softmax", self._option("softmax"), SOFTMAXES)
        for name in ("dropout", "embedding_dropout", "recurrent_dropout", *DROPS):
            check_number(where, name, getattr(self, name), low=0, below=1)
        for name in ("activation_penalty", "change_penalty"):
            check_number(where, name, getattr(self, name), low=0)
        check_number(where, "samples", self._option("samples"), low=1, whole=True)
        if self._option("layer_dropout") is not None:
            check_number(where, "layer_dropout", self._option("layer_dropout"), low=0, below=1)
        if self._option("final_size") is not None:
            check_number(where, "final_size", self._option("final_size"), low=1, whole=True)
        return self._training_options()

    def _check_cutoffs(self) -> None:
        cutoffs, size = self._option("cutoffs"), len(self.vocabulary_)
        if cutoffs is None or self._option("softmax") != "adaptive":
            return
        numbers = list(cutoffs)
        whole = bool(numbers) and all(isinstance(each, int) for each in numbers)
        if not whole or numbers != sorted(set(numbers)) or not all(0 < k < size for k in numbers):
            raise OptionError(
                f"LanguageModel: cutoffs must be whole numbers that rise, above 0 and below the "
                f"vocabulary's size, {size}, got {cutoffs!r}. None chooses them."
            )

    def _build(self) -> None:
        self._check_cutoffs()
        names = (name for name in inspect.signature(LanguageNet).parameters if name != "vocabulary")
        options = {name: self._option(name) for name in names}
        self.module_ = LanguageNet(vocabulary=len(self.vocabulary_), **options)

    def _train(
        self,
        tokens: np.ndarray,
        held_out: np.ndarray | None,
        options: training.TrainingOptions,
        directory: Any,
        resume: bool,
        progress: bool,
    ) -> None:
        states: dict[bool, Any] = {}

        def loss(module: Any, batch: dict[str, Any]) -> torch.Tensor:
            before = None if batch["start"] else states.get(torch.is_grad_enabled())
            found, state = module.loss(batch["inputs"], batch["targets"], before)
            parts = state if isinstance(state, tuple) else (state,)
            kept = tuple(part.detach() for part in parts)
            states[torch.is_grad_enabled()] = kept if isinstance(state, tuple) else kept[0]
            return found

        size, chunk, seed = options.batch_size, self._option("chunk"), options.seed
        size = max(1, min(size, len(tokens) // (2 * chunk)))
        judge = None
        if held_out is not None and len(held_out) > 1:
            few = max(1, min(16, len(held_out) // (4 * chunk)))
            judge = training.Streams(held_out, few, 2 * chunk)
        self.fit_result_ = training.fit(
            self.module_,
            training.Streams(tokens, size, chunk, vary=True, seed=seed),
            judge,
            loss=loss,
            options=options,
            directory=directory,
            resume=resume,
            progress=progress,
        )
        self.module_.eval()
        self.history_ = self.fit_result_.history

    @property
    def vocabulary_(self) -> list[str]:
        return self._encoder.vocabulary

    def _tokens(self, texts: Sequence[str]) -> np.ndarray:
        """All texts as one array, each after the sign of a beginning."""
        return Corpus(texts).tokens(self._encoder, None)

    @torch.no_grad()
    def _log_probabilities(self, tokens: np.ndarray, state: Any = None) -> tuple[np.ndarray, Any]:
        """Of each token but the first, given those before it, in nats: `(tokens - 1,)`; and the
        state before the last."""
        module: Any = self.module_
        found = []
        inputs = torch.from_numpy(tokens.astype(np.int64))
        steps = max(1, min(ANSWER_STEPS, ANSWER_SCORES // len(self.vocabulary_)))
        for first in range(0, len(tokens) - 1, steps):
            last = min(first + steps, len(tokens) - 1)
            logits, state = module(inputs[None, first:last], state)
            scores = torch.log_softmax(logits[0].double(), 1)
            found.append(scores.gather(1, inputs[first + 1 : last + 1, None])[:, 0].numpy())
        return (np.concatenate(found) if found else np.zeros(0)), state

    def _measure(self, corpus: Corpus) -> dict[str, float]:
        """The figures of `evaluate`."""
        count = characters = unknown = 0
        own = peer = 0.0
        state, before = None, np.zeros(0, dtype=np.int64)
        for begins, text in corpus.pieces():
            (row,) = self._encoder.encode([text])
            if begins:
                state, before = None, np.array([PADDING])
            if len(row):
                tokens = np.concatenate([before, row])
                found, state = self._log_probabilities(tokens[len(before) - 1 :], state)
                own -= float(found.sum())
                peer -= float(np.log(self._ngrams.probabilities(tokens))[-len(row) :].sum())
                before = tokens[-(self._ngrams.order - 1) :]
            count += len(row)
            characters += len(text)
            unknown += int((row == UNKNOWN).sum())
        if not count:
            raise DataError("LanguageModel.evaluate: X must have at least one token.")
        figures: dict[str, float] = {}
        for prefix, nats in (("", own), ("baseline_", peer)):
            figures[f"{prefix}nats"] = nats / count
            figures[f"{prefix}perplexity"] = math.exp(min(nats / count, 700.0))
            figures[f"{prefix}bits_per_character"] = nats / math.log(2) / characters
        return figures | {
            "unknown_share": unknown / count,
            "vocabulary": float(len(self.vocabulary_)),
        }

    def _example(self) -> tuple[Any, ...]:
        return (torch.zeros(1, self._option("chunk"), dtype=torch.int64),)

    def _document(self) -> dict[str, Any]:
        return {"encoder": self._encoder.to_dict(), "ngrams": self._ngrams.sizes()}

    def _restore_state(self, document: dict[str, Any]) -> None:
        self._encoder = data.TextEncoder.from_dict(document["encoder"])
        self._build()
        sizes = [tuple(each) for each in document["ngrams"]]
        self._ngrams = Ngrams(len(self.vocabulary_), ORDERS[self._option("level")], sizes)
        self.module_.ngrams = self._ngrams
