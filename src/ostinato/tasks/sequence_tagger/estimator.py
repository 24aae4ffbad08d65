"""A tag for each token: named entities, parts of speech."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
import torch

from ostinato import data, nn
from ostinato.data.inputs import column_of
from ostinato.data.tags import spans_of
from ostinato.errors import DataError
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.sequence_tagger import learning
from ostinato.tasks.sequence_tagger.measures import MostFrequent, measure, measure_all
from ostinato.tasks.sequence_tagger.module import SequenceTaggerModule
from ostinato.tasks.sequence_tagger.options import SequenceTaggerOptions
from ostinato.tasks.sequence_tagger.rows import (
    OUTSIDE,
    Rows,
    TaggerRows,
    read_pairs,
    read_sentences,
    split,
)

NO_TAGS = np.zeros(0, dtype=np.int64)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entity:
    """A span of a text: `text[start:end]`, its type, and how sure the model is, 0 to 1."""

    text: str
    type: str
    start: int
    end: int
    confidence: float


class SequenceTagger(Estimator[TaggerRows, SequenceTaggerModule], SequenceTaggerOptions):
    """Gives each token of a sentence a tag.

    Where tags mark spans ("B-person", "I-person", "O"), a conditional random field answers, legal
    sequences only; other tags (parts of speech) get a softmax each. A word is read as itself, its
    shape, its first and last letters, and by a recurrent network over its characters.

    Attributes:
        scheme_: the scheme of the tags learned.
        tags_: the tags inside the network, sorted; `predict_proba`'s columns.
        shift_: what `balance` lowered the score of "O" by, in nats.
        vectors_found_: words that the file `vectors` has.
    """

    kind = "sequence-tagger"

    @property
    def scheme_(self) -> str:
        self._check_fitted()
        return self.rows_.scheme

    @property
    def tags_(self) -> list[str]:
        self._check_fitted()
        return self.rows_.tags

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
        """Learn from sentences `X`, lists of tokens, and `y`, lists of as many tags.

        Args:
            validation: a fraction of the sentences, drawn at random; a pair (X, y); or None. The
                best epoch is chosen by it. A tag that only these sentences have counts as missed.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: sentences or tags cannot be used; tags break their scheme.
        """
        where, options = "SequenceTagger.fit", self._training()
        words, tags = read_pairs(where, X, y)
        every = tags
        (words, tags), self.held_out_ = split(where, words, tags, validation, self.seed)
        self.rows_ = TaggerRows.learn(where, self, words, every)
        tags = self.rows_.plain(where, tags)
        if self.held_out_ is not None:
            sentences, truth = self.held_out_
            self.held_out_ = sentences, self.rows_.plain(f"{where}: validation", truth)
        self._baseline = MostFrequent.fit(words, tags)
        self._read_vectors()
        self.shift_ = 0.0
        self._build()
        run = Run(directory=directory, resume=resume, progress=progress)
        self._train(where, words, tags, self.held_out_, options, run)
        if self.held_out_ is not None and self.rows_.spans and self.balance:
            self.shift_ = learning.best_shift(self.module_, self.rows_, self.held_out_)
            self._lower_outside(self.shift_)
        self.baseline_ = {} if self.held_out_ is None else self.evaluate(*self.held_out_)
        return self

    def partial_fit(self, X: Any, y: Any, *, progress: bool | None = False) -> Self:
        """Go on learning: one epoch over new rows at a constant rate, a tenth of the first.

        Vocabularies and tags stay, and so does what `balance` took from "O"; how often each word
        was seen is counted on. The first call is a `fit` without validation.

        Raises:
            DataError: a tag is not among those of the first call.
        """
        if not self._fitted:
            return self.fit(X, y, validation=None, progress=progress)
        where = "SequenceTagger.partial_fit"
        words, tags = read_pairs(where, X, y)
        tags = self.rows_.plain(where, tags)
        self.rows_.targets(where, tags)
        before = self.history_
        self.rows_.reader.count(words)
        self.module_.set_counts(self.rows_.counts, self.word_dropout)
        self._lower_outside(-self.shift_)  # the loss knows nothing of it
        try:
            self._train(where, words, tags, None, self._further(), Run(progress=progress))
        finally:
            self._lower_outside(self.shift_)
        self._append(before)
        return self

    @property
    def _crf(self) -> bool:
        return self.rows_.spans if self.output == "auto" else self.output == "crf"

    def _train(
        self,
        where: str,
        words: Rows,
        tags: Rows,
        held_out: tuple[Rows, Rows] | None,
        options: TrainingOptions,
        run: Run,
    ) -> None:
        judge = learning.judged(self.rows_, held_out, options)
        learn = learning.batches_of(self.rows_, (words, tags), options, where=where, shuffle=True)
        self._learn(
            learn,
            judge,
            loss=learning.loss_of(self._crf),
            options=learning.monitored(options, self.rows_.spans, judge),
            run=run,
            judge=lambda: self._judge(held_out),
        )

    def _judge(self, held_out: tuple[Rows, Rows] | None) -> dict[str, float]:
        """Measures of all held-out sentences, of which the loss may have left some out."""
        words, tags = held_out or ([], [])
        return measure(tags, self._decode(words), self.rows_.spans)

    @torch.no_grad()
    def _lower_outside(self, shift: float) -> None:
        if shift:
            bias: Any = self.module_.head.bias
            bias[self.rows_.tags.index(OUTSIDE)] -= shift

    def _read_vectors(self) -> None:
        self._vectors, self._vector_size = None, None
        if self.vectors is not None:
            words = [*"\0\0", *self.rows_.reader.lists["words"]]
            self._vectors, self.vectors_found_ = nn.read_vectors(self.vectors, words)
            self._vector_size = self._vectors.shape[1]

    # Answering.

    def predict(self, X: Any) -> list[list[str]]:
        """The tags of each sentence, in the scheme of `y` and written as there."""
        self._check_fitted()
        return self.rows_.written(self._decode(read_sentences("SequenceTagger.predict", X)))

    def predict_proba(self, X: Any) -> list[np.ndarray]:
        """For each sentence the probability of each of `tags_` at each token, `(tokens, tags)`:
        of a conditional random field the marginals. The bits of a sentence do not depend on the
        other sentences."""
        self._check_fitted()
        sentences = read_sentences("SequenceTagger.predict_proba", X)
        return self._answer(sentences, (self.module_.shares, np.zeros((0, len(self.tags_)))))[0]

    def entities(self, X: Any) -> list[list[Entity]]:
        """The entities of each text, in its order.

        Args:
            X: texts, which are cut into words here, or lists of tokens, whose text is the tokens
                with spaces between.

        Where tags mark no spans, every token is an entity of its own. An entity's confidence is
        the lowest probability among its tokens' tags; positions count characters.
        """
        self._check_fitted()
        where = "SequenceTagger.entities"
        texts, places = [], []
        if isinstance(X, (str, bytes)):
            raise DataError(f"{where}: X must be a list of texts, got one. Write [text].")
        for row in column_of(where, "X", X):
            if isinstance(row, str):
                texts.append(row)
                places.append(data.word_places(row))
                continue
            (tokens,) = read_sentences(where, [row])
            ends = np.cumsum([len(each) + 1 for each in tokens]) - 1
            texts.append(" ".join(tokens))
            places.append([(int(b) - len(t), int(b)) for t, b in zip(tokens, ends, strict=True)])
        words = [[text[a:b] for a, b in each] for text, each in zip(texts, places, strict=True)]
        return [
            [
                Entity(
                    text=text[spots[first][0] : spots[last - 1][1]],
                    type=kind,
                    start=spots[first][0],
                    end=spots[last - 1][1],
                    confidence=float(confidence[first:last].min()),
                )
                for kind, first, last in self._found(tags)
            ]
            for text, spots, (tags, confidence) in zip(
                texts, places, self._confident(words), strict=True
            )
        ]

    def confident(self, X: Any) -> Iterator[tuple[list[str], np.ndarray]]:
        """The tags of each sentence, as `predict`, and each tag's probability `(tokens,)`."""
        self._check_fitted()
        sentences = read_sentences("SequenceTagger.confident", X)
        for tags, share in self._confident(sentences):
            yield self.rows_.written([tags])[0], share

    def _confident(self, sentences: Rows) -> Iterator[tuple[list[str], np.ndarray]]:
        module, none = self.module_, np.zeros((0, len(self.tags_)))
        best, shares = self._answer(sentences, (module.best, NO_TAGS), (module.shares, none))
        for tags, numbers, share in zip(self.rows_.names(best), best, shares, strict=True):
            yield tags, share[np.arange(len(numbers)), numbers]

    def _found(self, tags: list[str]) -> list[tuple[str, int, int]]:
        if self.rows_.spans:
            return list(spans_of(tags))
        return [(tag, k, k + 1) for k, tag in enumerate(tags)]

    def _decode(self, sentences: Rows) -> Rows:
        (answers,) = self._answer(sentences, (self.module_.best, NO_TAGS))
        return self.rows_.names(answers)

    def _answer(
        self, sentences: Rows, *wanted: tuple[Callable[..., np.ndarray], np.ndarray]
    ) -> list[list[np.ndarray]]:
        """For each of `wanted`, a function of emissions and lengths and its answer to an empty
        sentence, what it says of every sentence."""
        answers = [[empty] * len(sentences) for _, empty in wanted]
        for places, emissions, lengths in self.module_.read(self.rows_.reader, sentences):
            for found, (function, _) in zip(answers, wanted, strict=True):
                values = function(emissions, lengths)
                for place, row, length in zip(places, values, lengths.tolist(), strict=True):
                    found[place] = row[:length]
        return answers

    def score(self, X: Any, y: Any) -> float:
        """Entity F1, or without spans the accuracy, 0 to 1. Higher is better."""
        found = self.evaluate(X, y)
        return found["f1" if self.rows_.spans else "accuracy"]

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """Every customary measure, 0 to 1, with the prefix `baseline_` those of giving each word
        its most frequent tag.

        Where tags mark spans F1, precision and recall of whole entities, and F1 of each type (as
        conlleval and seqeval count); always the accuracy of tokens, and among words that training
        has not. A tag that training lacks can only be missed.

        Raises:
            DataError: there is no sentence, or the tags break the scheme of the model.
        """
        self._check_fitted()
        where = "SequenceTagger.evaluate"
        words, tags = read_pairs(where, X, y)
        if not words:
            raise DataError(f"{where}: X must have at least 1 sentence.")
        tags = self.rows_.plain(where, tags)
        answers = {"": self._decode(words), "baseline_": self._baseline.predict(words)}
        return {
            prefix + name: value
            for prefix, rows in answers.items()
            for name, value in measure_all(self.rows_, words, tags, rows).items()
        }

    # Files.

    def _make(self) -> SequenceTaggerModule:
        return SequenceTaggerModule(
            self,
            sizes=self.rows_.sizes,
            counts=self.rows_.counts,
            crf=self._crf,
            limits=self.rows_.limits,
            embedding_size=self._vector_size or self.embedding_size,
            vectors=self._vectors,
        )

    def _example(self) -> tuple[Any, ...]:
        forms = self.rows_.reader.read([["an", "example"]])
        places, lengths = torch.tensor([[1, 2]]), torch.tensor([2])
        return forms.features, forms.chars, forms.spelled, places, lengths

    def _document(self) -> dict[str, Any]:
        return self.rows_.to_dict() | {
            "shift": self.shift_,
            "baseline": self._baseline.to_dict(),
            "vector_size": self._vector_size,
        }

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = TaggerRows.from_dict(self, document)
        self.shift_ = document["shift"]
        self._vectors, self._vector_size = None, document["vector_size"]
        self._baseline = MostFrequent.from_dict(document["baseline"])
