"""The steps of a translator's fit and answer, between the user's texts and the module."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any
from zlib import crc32

import numpy as np
import torch

from ostinato import data, training
from ostinato.data.text import check_texts
from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.estimators.base import Estimator
from ostinato.estimators.translator_data import CUT_TARGETS, PairBatches, loss_of, with_end
from ostinato.estimators.translator_measures import MEASURES, check_installed, lead, measure_texts
from ostinato.estimators.translator_search import Answer, search
from ostinato.models.text_classifier import CELLS
from ostinato.models.translator import TranslatorModel
from ostinato.nn.attention import ATTENTIONS

JUDGED = 1000  # validation rows that the fit translates for `baseline_`

Texts = list[str]


class TranslatorCore(Estimator):
    """What `Translator` does inside; options and public methods are there."""

    longest_: int
    lead_words_: int
    _source: data.TextEncoder
    _target: data.TextEncoder

    def _option(self, name: str) -> Any:
        return getattr(self, name)

    def _check(self) -> training.TrainingOptions:
        where, option = "Translator", self._option
        for name, allowed in (
            ("level", ("bpe", "word", "char")),
            ("cell", tuple(CELLS)),
            ("attention", ("none", *ATTENTIONS)),
            ("measure", tuple(MEASURES)),
        ):
            check_choice(where, name, option(name), allowed)
        for name in (
            "dropout",
            "recurrent_dropout",
            "step_mask",
            "subword_dropout",
            "label_smoothing",
        ):
            check_number(where, name, option(name), low=0, below=1)
        check_number(where, "scheduled_sampling", option("scheduled_sampling"), low=0, high=1)
        for name in ("length_penalty", "word_prediction"):
            check_number(where, name, option(name), low=0)
        for name in ("embedding_size", "hidden_size", "num_layers", "beam", "segmentations"):
            check_number(where, name, option(name), low=1, whole=True)
        if option("max_length") is not None:
            check_number(where, "max_length", option("max_length"), low=1, whole=True)
        if option("bidirectional") and option("hidden_size") % 2:
            raise OptionError(
                f"{where}: hidden_size must be even with bidirectional=True, got "
                f"{option('hidden_size')!r}. Half of it reads in each direction."
            )
        if option("input_feeding") and option("attention") == "none":
            raise OptionError(
                f"{where}: input_feeding must be False with attention='none', got True. It feeds "
                "back what attention found; choose attention='multiplicative'."
            )
        if option("pointer") and (option("attention") == "none" or not option("shared_vocabulary")):
            raise OptionError(
                f"{where}: pointer needs attention and shared_vocabulary=True, got "
                f"attention={option('attention')!r} and "
                f"shared_vocabulary={option('shared_vocabulary')!r}. It copies the source's tokens "
                "to where attention looks."
            )
        return self._training_options()

    @staticmethod
    def _without_validation(options: training.TrainingOptions) -> training.TrainingOptions:
        """The best epoch by the training loss, the one quantity there is then."""
        return dataclasses.replace(options, monitor="train_loss", mode="min")

    def _pairs(self, where: str, X: Any, y: Any) -> tuple[Texts, Texts]:
        sources, targets = check_texts(where, X), check_texts(where, y)
        if len(sources) != len(targets):
            raise DataError(
                f"{where}: X and y must have the same number of rows, got {len(sources):,} and "
                f"{len(targets):,}; they part after row {min(len(sources), len(targets)) - 1:,}."
            )
        for name, texts in (("X", sources), ("y", targets)):
            row = next((k for k, text in enumerate(texts) if not text.strip()), None)
            if row is not None:
                raise DataError(f"{where}: {name} is empty in row {row}. Leave that pair out.")
        return sources, targets

    def _split(self, sources: Texts, targets: Texts, validation: Any) -> tuple[Any, ...]:
        where = "Translator.fit"
        if len(sources) < 2:
            raise DataError(f"{where}: X must have at least 2 rows, got {len(sources)}.")
        if validation is None:
            return sources, targets, None
        if not isinstance(validation, (int, float)):
            try:
                other = self._pairs(where, *validation)
            except TypeError:
                raise OptionError(
                    f"{where}: validation must be a fraction, a pair (texts, texts) or None."
                ) from None
            return sources, targets, other
        learn, judge = data.split_random(len(sources), float(validation), seed=self._option("seed"))

        def pick(rows: Any) -> tuple[Texts, Texts]:
            return [sources[k] for k in rows], [targets[k] for k in rows]

        return *pick(learn), pick(judge)

    def _learn_vocabulary(self, sources: Texts, targets: Texts) -> None:
        def encoder(texts: Texts) -> data.TextEncoder:
            return data.TextEncoder(
                level=self._option("level"),
                max_vocabulary=self._option("max_vocabulary"),
                min_count=self._option("min_count"),
                lowercase=self._option("lowercase"),
            ).fit(texts)

        if self._option("shared_vocabulary"):
            self._source = self._target = encoder([*sources, *targets])
        else:
            self._source, self._target = encoder(sources), encoder(targets)
        self.longest_ = max(map(len, self._target.encode(targets)))
        self.lead_words_ = max(1, round(sum(len(t.split()) for t in targets) / len(targets)))

    def _build(self) -> None:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._option("seed"))
            self.module_ = TranslatorModel(
                source=len(self._source) + 1,
                target=len(self._target) + 1,
                shared=self._option("shared_vocabulary"),
                embedding_size=self._option("embedding_size"),
                cell=self._option("cell"),
                hidden_size=self._option("hidden_size"),
                num_layers=self._option("num_layers"),
                bidirectional=self._option("bidirectional"),
                attention=self._option("attention"),
                input_feeding=self._option("input_feeding"),
                pointer=self._option("pointer"),
                dropout=self._option("dropout"),
                recurrent_dropout=self._option("recurrent_dropout"),
                step_mask=self._option("step_mask"),
                word_prediction=self._option("word_prediction") > 0,
            )

    def _train(
        self,
        pairs: tuple[Texts, Texts],
        held_out: tuple[Texts, Texts] | None,
        options: training.TrainingOptions,
        directory: Any,
        resume: bool,
        progress: bool,
        cut_targets: float = CUT_TARGETS,
    ) -> None:
        encoders, limit = (self._source, self._target), self._option("max_length")
        bpe = self._option("level") == "bpe"
        learn = PairBatches(
            encoders,
            pairs,
            options,
            limit=limit,
            shuffle=True,
            subword_dropout=self._option("subword_dropout") if bpe else 0.0,
            cut_targets=cut_targets,
            scheduled_sampling=self._option("scheduled_sampling"),
        )
        judge = None
        if held_out is not None:
            judge = PairBatches(encoders, held_out, options, limit=limit, shuffle=False)
        self.fit_result_ = training.fit(
            self.module_,
            learn,
            judge,
            loss=loss_of(self._option("label_smoothing"), self._option("word_prediction")),
            options=options,
            directory=directory,
            resume=resume,
            progress=progress,
        )
        self.module_.eval()
        self.history_ = self.fit_result_.history

    # Answering.

    def _models(self, others: Sequence[Any]) -> list[TranslatorModel]:
        """The modules that answer together.

        Raises:
            OptionError: another estimator has other vocabularies.
        """
        for each in others:
            each._check_fitted()
            for name in ("_source", "_target"):
                if getattr(each, name).to_dict() != getattr(self, name).to_dict():
                    raise OptionError(
                        f"Translator.predict: others must have this model's vocabularies; one has "
                        f"another for its {name[1:]}s. Fit them on the same rows: give fit the "
                        "same validation pair, or None."
                    )
        return [self.module_, *(each.module_ for each in others)]  # pyright: ignore

    def _search(
        self,
        texts: Texts,
        beam: int | None,
        length_penalty: float | None,
        max_tokens: int | None,
        others: Sequence[Any],
        attention: bool,
    ) -> list[list[Answer]]:
        where = "Translator.predict"
        width = self._option("beam") if beam is None else beam
        penalty = self._option("length_penalty") if length_penalty is None else length_penalty
        check_number(where, "length_penalty", penalty, low=0)
        if max_tokens is not None:
            check_number(where, "max_tokens", max_tokens, low=1, whole=True)
        limit = self._option("max_length")
        end = len(self._source)
        plain = with_end(self._source.encode(texts), end, limit)
        limits = [max_tokens or max(self.longest_, 2 * len(each)) + 1 for each in plain]
        models = self._models(others)
        read = [plain] + [with_end(each, end, limit) for each in self._other_cuts(texts)]
        # Every model reads every cut.
        sources = [[each[row] for each in read for _ in models] for row in range(len(texts))]
        return search(
            models * len(read),
            sources,
            limits,
            beam=width,
            length_penalty=penalty,
            attention=attention,
        )

    def _other_cuts(self, texts: Texts) -> list[list[np.ndarray]]:
        """The texts cut at random, once for each of `segmentations` but the first; the cuts of a
        text depend on nothing but the text."""
        more = self._option("segmentations") - 1
        if more < 1 or self._option("level") != "bpe" or not self._option("subword_dropout"):
            return []
        sampler = data.SubwordSampler(self._source, (), self._option("subword_dropout"))
        seeds = [crc32(text.encode(errors="replace")) for text in texts]
        return [
            [sampler.cut(text, seed + k) for text, seed in zip(texts, seeds, strict=True)]
            for k in range(more)
        ]

    @property
    def _copies(self) -> bool:
        return (
            self._option("copy_unknown")
            and self._option("attention") != "none"
            and self._option("level") == "word"
        )

    def _text(self, source: str, answer: Answer) -> str:
        """The answer's text; an unknown word is the source's word that it attended to most."""
        if not self._copies or data.UNKNOWN not in answer.tokens or answer.weights is None:
            return self._target.decode(answer.tokens)
        words = self._source.split(source)[: answer.weights.shape[1] - 1]
        written = []
        for token, weights in zip(answer.tokens, answer.weights, strict=True):
            if token == data.UNKNOWN and words:
                written.append(words[int(weights[: len(words)].argmax())])
            else:
                written.append(self._target.vocabulary[token])
        return " ".join(written)

    def _naive(self, texts: Texts) -> Texts:
        return texts if self._option("measure") == "bleu" else lead(texts, self.lead_words_)

    def _measures(self, answers: Texts, truth: Texts) -> dict[str, float]:
        return measure_texts(self._option("measure"), answers, truth, self._option("lowercase"))

    def _check_measure(self) -> None:
        check_installed(self._option("measure"))

    def _example(self) -> tuple[Any, ...]:
        one = torch.zeros(1, 10, dtype=torch.int64)
        return one, torch.tensor([10]), one, torch.tensor([10])

    def _document(self) -> dict[str, Any]:
        shared = self._option("shared_vocabulary")
        return {
            "source": self._source.to_dict(),
            "target": None if shared else self._target.to_dict(),
            "longest": self.longest_,
            "lead_words": self.lead_words_,
        }

    def _restore_state(self, document: dict[str, Any]) -> None:
        self._source = self._target = data.TextEncoder.from_dict(document["source"])
        if document["target"] is not None:
            self._target = data.TextEncoder.from_dict(document["target"])
        self.longest_, self.lead_words_ = document["longest"], document["lead_words"]
        self._build()


def pieces(encoder: data.TextEncoder, tokens: np.ndarray) -> list[str]:
    """The text of each token alone."""
    return [encoder.decode([int(token)]) for token in tokens]
