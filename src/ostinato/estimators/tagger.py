"""A tag for each token: named entities, parts of speech."""

from __future__ import annotations

import dataclasses
from typing import Any, Literal, Self

import numpy as np

from ostinato import data
from ostinato.data.tags import check_tags, spans_of
from ostinato.errors import DataError
from ostinato.estimators.tagger_core import TaggerCore
from ostinato.estimators.tagger_measures import MostFrequent
from ostinato.estimators.tagger_words import WordReader


@dataclasses.dataclass(frozen=True, kw_only=True)
class Entity:
    """A span of a text: `text[start:end]`, its type, and how sure the model is, 0 to 1."""

    text: str
    type: str
    start: int
    end: int
    confidence: float


class SequenceTagger(TaggerCore):
    """Gives each token of a sentence a tag.

    Where tags mark spans ("B-person", "I-person", "O"), a conditional random field answers, legal
    sequences only; other tags (parts of speech) get a softmax each. A word is read as itself, its
    shape, its first and last letters, and by a recurrent network over its characters.

    Args:
        scheme: how tags mark spans: "bio", "iob1", "iobes", "bilou"; "none" for tags without
            spans; "auto" guesses. Answers come in the same scheme.
        tagging: the scheme inside the network, "bio" or "iobes".
        output: "crf", "softmax" (which keeps to legal sequences too), or "auto" as above.
        max_vocabulary: most words kept, the most frequent; None keeps all.
        min_count: rarer words are unknown.
        max_chars: characters read of a word; the middle of a longer one is left out.
        embedding_size: numbers for a word.
        vectors: a GloVe or word2vec text file to start the embedding of words from (small
            letters, digits as 0); its size then rules.
        freeze: those vectors are not trained.
        affix_size: numbers for each affix of 1 to 4 letters, and for the shape.
        char_size: numbers for a character.
        char_hidden: units of the network over characters, in each direction; 0 goes without.
        word_dropout: in training a word that stands n times in the data is taken for the unknown
            word with probability word_dropout / (word_dropout + n) (Kiperwasser & Goldberg,
            arXiv:1603.04351, section 4.2).
        affix_dropout: probability that an affix is taken for an unknown one in training.
        cell: "gru", "lstm" or "rnn".
        hidden_size: units of each layer, in each direction.
        num_layers: bidirectional layers over the sentence.
        dropout: probability, on words' vectors and on each layer's output.
        char_dropout: probability, on characters.
        balance: after training the score of "O" is lowered by what gives the best F1 of entities
            on the validation rows, 0 to 2 nats: likelihood alone finds rare entities too seldom.

    The other arguments are those of `training.TrainingOptions`; `monitor="auto"` keeps the epoch
    with the best entity F1, or without spans the best accuracy.

    Attributes:
        scheme_: the scheme of the tags learned.
        tags_: the tags inside the network, sorted; `predict_proba`'s columns.
        shift_: what `balance` lowered the score of "O" by, in nats.
    """

    kind = "sequence-tagger"

    def __init__(
        self,
        *,
        scheme: Literal["auto", "bio", "iob1", "iobes", "bilou", "none"] = "auto",
        tagging: Literal["bio", "iobes"] = "bio",
        output: Literal["auto", "softmax", "crf"] = "auto",
        max_vocabulary: int | None = None,
        min_count: int = 1,
        max_chars: int = 24,
        embedding_size: int = 100,
        vectors: str | None = None,
        freeze: bool = False,
        affix_size: int = 24,
        char_size: int = 32,
        char_hidden: int = 75,
        word_dropout: float = 0.5,
        affix_dropout: float = 0.0,
        cell: Literal["gru", "lstm", "rnn"] = "gru",
        hidden_size: int = 200,
        num_layers: int = 2,
        dropout: float = 0.4,
        char_dropout: float = 0.0,
        balance: bool = True,
        epochs: int = 10,
        batch_size: int = 32,
        optimizer: str = "adam",
        learning_rate: float = 3e-3,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clip_norm: float | None = 1.0,
        clip_value: float | None = None,
        schedule: str = "one_cycle",
        warmup: float = 0.0,
        decay: float = 0.5,
        decay_every: int = 1,
        patience: int | None = None,
        monitor: str = "auto",
        mode: str = "max",
        seed: int = 0,
        precision: str = "32",
        accumulate: int = 1,
        average: float = 0.99,
    ) -> None:
        self.scheme = scheme
        self.tagging = tagging
        self.output = output
        self.max_vocabulary = max_vocabulary
        self.min_count = min_count
        self.max_chars = max_chars
        self.embedding_size = embedding_size
        self.vectors = vectors
        self.freeze = freeze
        self.affix_size = affix_size
        self.char_size = char_size
        self.char_hidden = char_hidden
        self.word_dropout = word_dropout
        self.affix_dropout = affix_dropout
        self.cell = cell
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.dropout = dropout
        self.char_dropout = char_dropout
        self.balance = balance
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
        """Learn from sentences `X`, lists of tokens, and `y`, lists of as many tags.

        Args:
            validation: a fraction of the sentences, drawn at random; a pair (X, y); or None.
            directory, resume, progress: as in `training.fit`.

        Raises:
            OptionError: an option is not allowed.
            DataError: sentences or tags cannot be used; tags break their scheme.
        """
        options = self._check()
        words, tags = self._rows("SequenceTagger.fit", X, y)
        if words:
            self._learn_tags(tags)
        words, tags, held_out = self._split(words, tags, validation)
        if held_out is not None:
            self._known("SequenceTagger.fit: validation", held_out[1])
        self._reader = WordReader.fit(
            words,
            max_vocabulary=self.max_vocabulary,
            min_count=self.min_count,
            max_chars=self.max_chars,
        )
        self._baseline = MostFrequent.fit(words, tags)
        self._build(load_vectors=True)
        self._train(words, tags, held_out, options, directory, resume, progress)
        if held_out is not None and self._spans and self.balance:
            self._balance(*held_out)
        self.baseline_ = {} if held_out is None else self.evaluate(*held_out)
        return self

    def partial_fit(self, X: Any, y: Any, *, progress: bool = False) -> Self:
        """Go on learning: one epoch over new rows at a constant rate, a tenth of the first.

        Vocabularies and tags stay; the first call is a `fit` without validation.
        """
        if not hasattr(self, "module_"):
            return self.fit(X, y, validation=None, progress=progress)
        options = dataclasses.replace(
            self._check(),
            epochs=1,
            schedule="constant",
            warmup=0.0,
            average=0.0,
            learning_rate=self.learning_rate / 10,
        )
        words, tags = self._rows("SequenceTagger.partial_fit", X, y)
        self._known("SequenceTagger.partial_fit", tags)
        before = self.history_
        self._train(words, tags, None, options, None, False, progress)
        for name, values in before.items():
            self.history_[name] = [*values, *self.history_.get(name, [])]
        return self

    # Answering.

    def predict(self, X: Any) -> list[list[str]]:
        """The tags of each sentence, in the scheme of `y`."""
        self._check_fitted()
        return self._decode(self._sentences("SequenceTagger.predict", X))

    def predict_proba(self, X: Any) -> list[np.ndarray]:
        """For each sentence the probability of each of `tags_` at each token, `(tokens, tags)`:
        of a conditional random field the marginals."""
        self._check_fitted()
        return self._probabilities(self._sentences("SequenceTagger.predict_proba", X))

    def entities(self, X: Any) -> list[list[Entity]]:
        """The entities of each text, in its order.

        Args:
            X: texts, which are cut into words here, or lists of tokens, whose text is the tokens
                with spaces between.

        Where tags mark no spans, every token is an entity of its own. An entity's confidence is
        the lowest probability among its tokens' tags; positions count characters.
        """
        self._check_fitted()
        texts, places = [], []
        if isinstance(X, (str, bytes)):
            raise DataError(
                "SequenceTagger.entities: X must be a list of texts, got one. Write [text]."
            )
        for row in X:
            if isinstance(row, str):
                texts.append(row)
                places.append(data.word_places(row))
                continue
            (tokens,) = self._sentences("SequenceTagger.entities", [row])
            ends = np.cumsum([len(each) + 1 for each in tokens]) - 1
            texts.append(" ".join(tokens))
            places.append([(int(b) - len(t), int(b)) for t, b in zip(tokens, ends, strict=True)])
        words = [[text[a:b] for a, b in each] for text, each in zip(texts, places, strict=True)]
        answers = self._confident(words)
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
            for text, spots, (tags, confidence) in zip(texts, places, answers, strict=True)
        ]

    def _found(self, tags: list[str]) -> list[tuple[str, int, int]]:
        if self._spans:
            return list(spans_of(tags))
        return [(tag, k, k + 1) for k, tag in enumerate(tags)]

    def score(self, X: Any, y: Any) -> float:
        """Entity F1, or without spans the accuracy, 0 to 1. Higher is better."""
        found = self.evaluate(X, y)
        return found["f1" if self._spans else "accuracy"]

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """Every customary measure, 0 to 1, with the prefix `baseline_` those of giving each word
        its most frequent tag.

        Where tags mark spans F1, precision and recall of whole entities, and F1 of each type (as
        conlleval and seqeval count); always the accuracy of tokens, and among words that training
        has not.
        """
        self._check_fitted()
        words, tags = self._rows("SequenceTagger.evaluate", X, y)
        if not words:
            raise DataError("SequenceTagger.evaluate: X must have at least 1 sentence.")
        check_tags("SequenceTagger.evaluate", tags, self.scheme_)
        answers = {"": self._decode(words), "baseline_": self._baseline.predict(words)}
        return {
            prefix + name: value
            for prefix, rows in answers.items()
            for name, value in self._measures(words, tags, rows).items()
        }
