"""The steps of a tagger's fit and answer, between the user's sentences and the module."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch

from ostinato import data, nn, training
from ostinato.data.tags import SCHEMES, check_tags, convert_tags, guess_scheme, legal_moves
from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.estimators.base import Estimator
from ostinato.estimators.tagger_measures import Judge, MostFrequent, entity_measures, measure
from ostinato.estimators.tagger_words import AFFIXES, Forms, WordReader
from ostinato.models.tagger import TaggerModel
from ostinato.models.text_classifier import CELLS

ANSWER_ROWS = 128  # sentences at once when answering
ANSWER_FORMS = 2048  # distinct words at once
BLOCK = 4096  # sentences whose words' vectors are held together
OUTPUTS = ("auto", "softmax", "crf")
INNER = ("bio", "iobes")
SHIFTS = tuple(k / 4 for k in range(9))  # of the score of "O", tried on the held-out rows

Rows = list[list[str]]


class TaggerCore(Estimator):
    """What `SequenceTagger` does inside; options and public methods are there."""

    scheme_: str
    tags_: list[str]
    shift_: float
    vectors_found_: int
    _reader: WordReader
    _baseline: MostFrequent
    _vector_size: int | None

    def _option(self, name: str) -> Any:
        return getattr(self, name)

    def _check(self) -> training.TrainingOptions:
        where, option = "SequenceTagger", self._option
        for name, allowed in (
            ("scheme", ("auto", *SCHEMES)),
            ("tagging", INNER),
            ("output", OUTPUTS),
            ("cell", tuple(CELLS)),
        ):
            check_choice(where, name, option(name), allowed)
        for name in ("dropout", "char_dropout", "affix_dropout"):
            check_number(where, name, option(name), low=0, below=1)
        check_number(where, "word_dropout", option("word_dropout"), low=0)
        check_number(where, "char_hidden", option("char_hidden"), low=0, whole=True)
        for name in (
            "min_count",
            "max_chars",
            "embedding_size",
            "affix_size",
            "char_size",
            "hidden_size",
            "num_layers",
        ):
            check_number(where, name, option(name), low=1, whole=True)
        return self._training_options()

    # Sentences and tags.

    def _sentences(self, where: str, X: Any) -> Rows:
        """X as lists of tokens.

        Raises:
            DataError: a row is a text, or holds something that is no string.
        """
        if isinstance(X, (str, bytes)):
            raise DataError(f"{where}: X must be a list of lists of tokens, got one text.")
        rows = []
        for number, row in enumerate(X):
            if isinstance(row, (str, bytes)) or not hasattr(row, "__iter__"):
                raise DataError(
                    f"{where}: X must be lists of tokens; row {number} is {row!r:.60}. Cut texts "
                    "into words first; entities(texts) does it itself."
                )
            rows.append(list(row))
            wrong = next((each for each in rows[-1] if not isinstance(each, str)), None)
            if wrong is not None or None in rows[-1]:
                raise DataError(f"{where}: row {number} of X has {wrong!r}, which is no string.")
        return rows

    def _rows(self, where: str, X: Any, y: Any) -> tuple[Rows, Rows]:
        words, tags = self._sentences(where, X), self._sentences(f"{where}: y", y)
        if len(words) != len(tags):
            raise DataError(
                f"{where}: X and y must have the same number of rows, got {len(words):,} and "
                f"{len(tags):,}."
            )
        for number, (one, other) in enumerate(zip(words, tags, strict=True)):
            if len(one) != len(other):
                raise DataError(
                    f"{where}: row {number} has {len(one)} tokens and {len(other)} tags; it begins "
                    f"{' '.join(one[:8])!r}."
                )
        kept = [k for k, row in enumerate(words) if row]
        return [words[k] for k in kept], [tags[k] for k in kept]

    def _split(self, words: Rows, tags: Rows, validation: Any) -> tuple[Rows, Rows, Any]:
        where = "SequenceTagger.fit"
        if len(words) < 2:
            raise DataError(f"{where}: X must have at least 2 sentences, got {len(words)}.")
        if validation is None:
            return words, tags, None
        if not isinstance(validation, (int, float)):
            try:
                other, truth = validation
            except (TypeError, ValueError):
                raise OptionError(
                    f"{where}: validation must be a fraction, a pair (X, y) or None."
                ) from None
            return words, tags, self._rows(f"{where}: validation", other, truth)
        check_number(where, "validation", validation, above=0, below=1)
        learn, judge = data.split_random(len(words), float(validation), seed=self._option("seed"))

        def pick(rows: Any) -> tuple[Rows, Rows]:
            return [words[k] for k in rows], [tags[k] for k in rows]

        return *pick(learn), pick(judge)

    @property
    def _spans(self) -> bool:
        return self.scheme_ != "none"

    @property
    def _inner(self) -> str:
        return self._option("tagging") if self._spans else "none"

    @property
    def _crf(self) -> bool:
        output = self._option("output")
        return self._spans if output == "auto" else output == "crf"

    def _learn_tags(self, tags: Rows) -> None:
        """The scheme and the tags that the module knows."""
        scheme = self._option("scheme")
        self.scheme_ = guess_scheme(tags) if scheme == "auto" else scheme
        check_tags("SequenceTagger.fit", tags, self.scheme_)
        names = {tag for row in tags for tag in row}
        if self._spans:
            kinds = {tag[2:] for tag in names if tag != "O"}
            letters = "BIES" if self._inner == "iobes" else "BI"
            names = {"O"} | {f"{letter}-{kind}" for letter in letters for kind in kinds}
        if len(names) < 2:
            raise DataError(
                f"SequenceTagger.fit: y must have two tags or more, got only {sorted(names)}."
            )
        self.tags_ = sorted(names)
        self.shift_ = 0.0

    def _known(self, where: str, tags: Rows) -> None:
        """Raise DataError where rows break the scheme or have tags that training lacks."""
        check_tags(where, tags, self.scheme_)
        kinds = {tag[2:] for tag in self.tags_}
        for number, row in enumerate(tags):
            for tag in row:
                if (tag[2:] not in kinds) if self._spans else (tag not in self.tags_):
                    raise DataError(
                        f"{where}: row {number} has the tag {tag!r}, which training lacks. Its "
                        f"tags: {', '.join(self.tags_[:40])}."
                    )

    def _numbers(self, tags: Rows) -> list[np.ndarray]:
        places = {tag: k for k, tag in enumerate(self.tags_)}
        rows = convert_tags(tags, self._inner) if self._spans else tags
        return [np.array([places[tag] for tag in row], dtype=np.int64) for row in rows]

    def _names(self, numbers: Sequence[np.ndarray]) -> Rows:
        """Tags in the scheme that `fit` was given."""
        rows = [[self.tags_[k] for k in row] for row in numbers]
        return rows if self._inner == self.scheme_ else convert_tags(rows, self.scheme_)

    # Learning.

    def _build(self, *, load_vectors: bool) -> None:
        vectors, size = None, self._option("embedding_size")
        if self._option("vectors") is not None:
            size = self._vector_size if not load_vectors else None
            if load_vectors:
                words = [*"\0\0", *self._reader.lists["words"]]
                vectors, found = nn.read_vectors(self._option("vectors"), words)
                size, self.vectors_found_ = vectors.shape[1], found
            self._vector_size = size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._option("seed"))
            self.module_ = TaggerModel(
                sizes={**self._reader.sizes, "tags": len(self.tags_)},
                affixes=2 * len(AFFIXES),
                counts=[0, 0, *self._reader.counts],
                word_dropout=self._option("word_dropout"),
                affix_dropout=self._option("affix_dropout"),
                embedding_size=int(size or 0),
                affix_size=self._option("affix_size"),
                char_size=self._option("char_size"),
                char_hidden=self._option("char_hidden"),
                cell=self._option("cell"),
                hidden_size=self._option("hidden_size"),
                num_layers=self._option("num_layers"),
                dropout=self._option("dropout"),
                char_dropout=self._option("char_dropout"),
                crf=self._crf,
                limits=legal_moves(self.tags_, self._inner),
                vectors=vectors,
                freeze=self._option("freeze"),
            )

    def _train(
        self,
        words: Rows,
        tags: Rows,
        held_out: Any,
        options: training.TrainingOptions,
        directory: Any,
        resume: bool,
        progress: bool,
    ) -> None:
        crf = self._crf

        def loss(module: Any, batch: dict[str, Any]) -> dict[str, Any]:
            emissions, truth = module(*batch["inputs"]), batch["tags"]
            lengths = batch["forms_lengths"]
            live = torch.arange(truth.shape[1], device=truth.device) < lengths.unsqueeze(1)
            if crf:
                likelihood = module.crf.log_likelihood(emissions, truth, lengths)
                return {"loss": -likelihood.sum() / lengths.sum()}
            return {"loss": torch.nn.functional.cross_entropy(emissions[live], truth[live])}

        def batches(rows: Any, shuffle: bool) -> training.Batches:
            forms = self._reader.read(rows[0])
            return training.Batches(
                {"forms": forms.rows, "tags": self._numbers(rows[1])},
                options.batch_size,
                shuffle=shuffle,
                seed=options.seed,
                bucket=True,
                transform=forms.batch,
            )

        judge, callbacks = None, []
        if held_out is not None and held_out[0]:
            judge = batches(held_out, False)
            callbacks.append(Judge(self, held_out))
        if options.monitor == "auto":
            best = ("val_f1" if self._spans else "val_accuracy", "max")
            monitor, mode = best if judge is not None else ("train_loss", "min")
            options = dataclasses.replace(options, monitor=monitor, mode=mode)
        self.fit_result_ = training.fit(
            self.module_,
            batches((words, tags), True),
            judge,
            loss=loss,
            options=options,
            directory=directory,
            resume=resume,
            progress=progress,
            callbacks=callbacks,
        )
        self.module_.eval()
        self.history_ = self.fit_result_.history

    @torch.inference_mode()
    def _balance(self, words: Rows, tags: Rows) -> None:
        """Lower the score of "O" by what gives the best F1 of entities on these rows.

        Likelihood weighs every token alike, so that rare entities are found too seldom for F1.
        """
        outside = self.tags_.index("O")
        parts = list(self._emissions(words))

        def f1(shift: float) -> float:
            answers = [np.zeros(0, dtype=np.int64)] * len(words)
            lower = torch.zeros(len(self.tags_))
            lower[outside] = shift
            for places, emissions, lengths in parts:
                best = self._best(emissions - lower, lengths).numpy()
                for place, row, length in zip(places, best, lengths.tolist(), strict=True):
                    answers[place] = row[:length]
            return entity_measures(tags, self._names(answers))["f1"]

        self.shift_ = max(SHIFTS, key=f1)
        with torch.no_grad():
            self.module_.head.bias[outside] -= self.shift_  # pyright: ignore

    # Answering.

    def _emissions(self, words: Rows) -> Iterator[tuple[np.ndarray, torch.Tensor, torch.Tensor]]:
        """Places of some sentences, their emissions and their lengths; empty ones are left out.

        Sentences of like length come together; every number has the bits it would have alone.
        """
        model: TaggerModel = self.module_  # pyright: ignore[reportAssignmentType]
        filled = np.array([k for k, row in enumerate(words) if row], dtype=np.int64)
        order = filled[np.argsort([len(words[k]) for k in filled], kind="stable")]
        for start in range(0, len(order), BLOCK):
            block = order[start : start + BLOCK]
            forms = self._reader.read([words[k] for k in block])
            vectors = torch.cat(list(_vectors(model, forms)))
            for first in range(0, len(block), ANSWER_ROWS):
                rows = forms.rows[first : first + ANSWER_ROWS]
                places, lengths = (torch.from_numpy(each) for each in data.pad(rows))
                yield (
                    block[first : first + ANSWER_ROWS],
                    model.emissions(vectors[places.long()], lengths),
                    lengths,
                )

    @torch.inference_mode()
    def _answer(self, words: Rows, empty: np.ndarray, *measures: Any) -> list[list[np.ndarray]]:
        """For each of `measures`, functions of emissions and lengths, its answer to each row."""
        answers = [[empty] * len(words) for _ in measures]
        for places, emissions, lengths in self._emissions(words):
            for found, function in zip(answers, measures, strict=True):
                values = function(emissions, lengths).numpy()
                for place, row, length in zip(places, values, lengths.tolist(), strict=True):
                    found[place] = row[:length]
        return answers

    def _best(self, emissions: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        crf: Any = self.module_.crf
        return emissions.argmax(2) if crf is None else crf.viterbi(emissions, lengths)[0]

    def _marginals(self, emissions: torch.Tensor, lengths: torch.Tensor) -> torch.Tensor:
        crf: Any = self.module_.crf
        if crf is None:
            return torch.softmax(emissions.double(), 2)
        return crf.marginals(emissions, lengths)

    def _decode(self, words: Rows) -> Rows:
        (answers,) = self._answer(words, np.zeros(0, dtype=np.int64), self._best)
        return self._names(answers)

    def _probabilities(self, words: Rows) -> list[np.ndarray]:
        return self._answer(words, np.zeros((0, len(self.tags_))), self._marginals)[0]

    def _confident(self, words: Rows) -> Iterator[tuple[list[str], np.ndarray]]:
        """The tags of each sentence and each tag's probability."""
        empty = np.zeros(0, dtype=np.int64)
        best, shares = self._answer(words, empty, self._best, self._marginals)
        for tags, numbers, share in zip(self._names(best), best, shares, strict=True):
            yield tags, share[np.arange(len(numbers)), numbers] if len(numbers) else share

    def _measures(self, words: Rows, tags: Rows, answers: Rows) -> dict[str, float]:
        found = measure(tags, answers, self._spans)
        new = [[k for k, word in enumerate(row) if not self._reader.knows(word)] for row in words]
        if any(new):
            some = [
                [[row[k] for k in places] for row, places in zip(rows, new, strict=True)]
                for rows in (tags, answers)
            ]
            found["accuracy_unseen"] = measure(some[0], some[1], False)["accuracy"]
        return found

    def _example(self) -> tuple[Any, ...]:
        forms = self._reader.read([["an", "example"]])
        return (
            forms.features,
            forms.chars,
            forms.spelled,
            torch.tensor([[1, 2]]),
            torch.tensor([2]),
        )

    def _document(self) -> dict[str, Any]:
        return {
            "reader": self._reader.to_dict(),
            "scheme": self.scheme_,
            "tags": self.tags_,
            "shift": self.shift_,
            "baseline": self._baseline.to_dict(),
            "vector_size": getattr(self, "_vector_size", None),
        }

    def _restore_state(self, document: dict[str, Any]) -> None:
        self._reader = WordReader.from_dict(document["reader"])
        self.scheme_, self.tags_ = document["scheme"], document["tags"]
        self.shift_ = document["shift"]
        self._baseline = MostFrequent.from_dict(document["baseline"])
        self._vector_size = document["vector_size"]
        self._build(load_vectors=False)


def _vectors(model: TaggerModel, forms: Forms) -> Iterator[torch.Tensor]:
    """The vectors of all forms, words of like length together, in the order of their numbers."""
    order = torch.argsort(forms.spelled, stable=True)
    parts = [model.vectors(*forms.gather(each)) for each in order.split(ANSWER_FORMS)]
    yield torch.cat(parts)[torch.argsort(order)]
