"""The steps of a language model's fit and answer, between the user's texts and the module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato import data, training
from ostinato.data.text import PADDING
from ostinato.errors import OptionError, check_choice, check_number
from ostinato.estimators.base import Estimator
from ostinato.models.language import LanguageNet
from ostinato.models.ngrams import Ngrams
from ostinato.models.text_classifier import CELLS
from ostinato.nn.initial import INITS

ORDERS = {"char": 5, "bpe": 4, "word": 3}  # of the n-gram baseline
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
        for name in ("dropout", "embedding_dropout", "recurrent_dropout"):
            check_number(where, name, getattr(self, name), low=0, below=1)
        return self._training_options()

    def _build(self) -> None:
        self.module_ = LanguageNet(
            vocabulary=len(self.vocabulary_),
            embedding_size=self._option("embedding_size"),
            cell=self._option("cell"),
            hidden_size=self._option("hidden_size"),
            num_layers=self._option("num_layers"),
            tied=self._option("tied"),
            dropout=self._option("dropout"),
            embedding_dropout=self._option("embedding_dropout"),
            recurrent_dropout=self._option("recurrent_dropout"),
            init=self._option("init"),
        )

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
            before = None if batch["start"] else states.get(module.training)
            logits, state = module(batch["inputs"], before)
            parts = state if isinstance(state, tuple) else (state,)
            kept = tuple(part.detach() for part in parts)
            states[module.training] = kept if isinstance(state, tuple) else kept[0]
            return torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch["targets"])

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
        start = np.array([PADDING], dtype=np.int64)
        return np.concatenate(
            [part for row in self._encoder.encode(texts) for part in (start, row)]
        )

    @torch.no_grad()
    def _log_probabilities(self, tokens: np.ndarray) -> np.ndarray:
        """Of each token but the first, given those before it, in nats: `(tokens - 1,)`."""
        module: Any = self.module_
        found, state = [], None
        inputs = torch.from_numpy(tokens)
        for first in range(0, len(tokens) - 1, ANSWER_STEPS):
            last = min(first + ANSWER_STEPS, len(tokens) - 1)
            logits, state = module(inputs[None, first:last], state)
            scores = torch.log_softmax(logits[0].double(), 1)
            found.append(scores.gather(1, inputs[first + 1 : last + 1, None])[:, 0].numpy())
        return np.concatenate(found) if found else np.zeros(0)

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


def cut(texts: list[str], share: float) -> tuple[list[str], list[str]]:
    """The texts without their last characters, and those: `share` of all."""
    left = round(sum(map(len, texts)) * (1 - share))
    for k, text in enumerate(texts):
        if len(text) > left:
            return [*texts[:k], text[:left]], [text[left:], *texts[k + 1 :]]
        left -= len(text)
    raise OptionError("LanguageModel.fit: validation must leave some text to hold out.")
