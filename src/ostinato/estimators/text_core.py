"""The steps of a text classifier's fit, between the user's rows and the trained module."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from ostinato import data, nn, training
from ostinato.data.text import check_texts
from ostinato.errors import DataError, OptionError, check_choice, check_number
from ostinato.estimators.base import Estimator
from ostinato.estimators.text_baseline import TextBaseline
from ostinato.models.text_classifier import CELLS, TextClassifierModel
from ostinato.models.text_wide import WideNgrams
from ostinato.nn.initial import INITS
from ostinato.nn.pooling import POOLINGS

ANSWER_ROWS = 256  # texts at once when answering
FACTORS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0)  # tried for each of the two paths


class TextClassifierCore(Estimator):
    """What `TextClassifier` does inside; options and public methods are there."""

    multilabel_: bool
    vectors_found_: int
    _labels: data.LabelEncoder
    _encoder: data.TextEncoder
    _baseline: TextBaseline
    _vector_size: int | None

    def _option(self, name: str) -> Any:
        return getattr(self, name)

    @property
    def classes_(self) -> list[Any]:
        return self._labels.classes

    def _check(self) -> training.TrainingOptions:
        where = "TextClassifier"
        for name, allowed in (
            ("level", ("word", "char", "bpe")),
            ("truncation", ("right", "left", "middle")),
            ("cell", tuple(CELLS)),
            ("pooling", POOLINGS),
            ("init", INITS),
        ):
            check_choice(where, name, getattr(self, name), allowed)
        for name in ("dropout", "recurrent_dropout", "step_mask"):
            check_number(where, name, getattr(self, name), low=0, below=1)
        check_number(where, "embedding_size", self._option("embedding_size"), low=1, whole=True)
        if self._option("max_length") is not None:
            check_number(where, "max_length", self._option("max_length"), low=1, whole=True)
        for width in self._widths:
            check_number(where, "hidden_size", width, low=1, whole=True)
        if self._option("neutral") is not None:
            low, high = self._option("neutral")
            if not 0 <= low <= high <= 1:
                raise OptionError(
                    f"{where}: neutral must be (low, high) with 0 <= low <= high <= 1, got "
                    f"{self._option('neutral')!r}."
                )
        return self._training_options()

    @property
    def _widths(self) -> tuple[int, ...]:
        size = self._option("hidden_size")
        return tuple(size) if isinstance(size, (tuple, list)) else (size,)

    @property
    def _size(self) -> int:
        return len(self._encoder.vocabulary)

    def _rows(self, where: str, X: Any, y: Any) -> tuple[list[str], list[Any]]:
        texts = check_texts(where, X)
        labels = list(y)
        if len(texts) != len(labels):
            raise DataError(
                f"{where}: X and y must have the same number of rows, got {len(texts)} and "
                f"{len(labels)}."
            )
        if len(texts) < 2:
            raise DataError(f"{where}: X must have at least 2 rows, got {len(texts)}.")
        return texts, labels

    def _split(self, texts: list[str], labels: list[Any], validation: Any) -> tuple[Any, ...]:
        where = "TextClassifier.fit"
        if validation is None:
            return texts, labels, None
        if not isinstance(validation, (int, float)):
            try:
                other_texts, other_labels = validation
            except (TypeError, ValueError):
                raise OptionError(
                    f"{where}: validation must be a fraction, a pair (texts, labels) or None."
                ) from None
            return texts, labels, (check_texts(where, other_texts), list(other_labels))
        check_number(where, "validation", validation, above=0, below=1)
        classes = None if self.multilabel_ else labels
        learn, judge = data.split_random(
            len(texts), float(validation), seed=self._option("seed"), stratify=classes
        )

        def pick(rows: Any) -> tuple[list[str], list[Any]]:
            return [texts[k] for k in rows], [labels[k] for k in rows]

        return *pick(learn), pick(judge)

    def _build(self, *, load_vectors: bool) -> None:
        vectors, size = None, self._option("embedding_size")
        if self._option("vectors") is not None:
            size = self._vector_size if not load_vectors else None
            if load_vectors:
                vectors, found = nn.read_vectors(self._option("vectors"), self._encoder.vocabulary)
                size, self.vectors_found_ = vectors.shape[1], found
            self._vector_size = size
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self._option("seed"))
            self.module_ = TextClassifierModel(
                vocabulary=self._size,
                outputs=self._outputs,
                embedding_size=int(size or 0),
                cell=self._option("cell"),
                hidden_size=self._widths,
                bidirectional=self._option("bidirectional"),
                pooling=self._option("pooling"),
                dropout=self._option("dropout"),
                recurrent_dropout=self._option("recurrent_dropout"),
                step_mask=self._option("step_mask"),
                init=self._option("init"),
                vectors=vectors,
                freeze=self._option("freeze"),
            )

    @property
    def _outputs(self) -> int:
        return 1 if self._binary else len(self.classes_)

    @property
    def _binary(self) -> bool:
        return not self.multilabel_ and len(self.classes_) == 2

    def _sequences(self, texts: Sequence[str]) -> list[np.ndarray]:
        found = self._encoder.encode(texts)
        return (
            found
            if self._option("max_length") is None
            else data.truncate(found, self._option("max_length"), self._option("truncation"))  # pyright: ignore[reportArgumentType]
        )

    def _targets(self, labels: Any) -> np.ndarray:
        return self._labels.encode(labels)

    def _train(
        self,
        texts: list[str],
        labels: list[Any],
        held_out: Any,
        options: training.TrainingOptions,
        directory: Any,
        resume: bool,
        progress: bool,
    ) -> None:
        classes = not self._binary and not self.multilabel_

        def loss(module: torch.nn.Module, batch: dict[str, torch.Tensor]) -> dict[str, Any]:
            logits, truth = module(batch["tokens"], batch["tokens_lengths"]), batch["y"]
            if classes:
                value = torch.nn.functional.cross_entropy(logits, truth)
                right = logits.argmax(1) == truth
            else:
                truth = truth.to(logits.dtype).view(logits.shape)
                value = torch.nn.functional.binary_cross_entropy_with_logits(logits, truth)
                right = (logits > 0) == (truth > 0.5)
            return {"loss": value, "accuracy": right.to(torch.float32).mean()}

        def batches(rows: Any, shuffle: bool) -> training.Batches:
            arrays = {
                "tokens": self._sequences(rows[0]),
                "y": torch.from_numpy(self._targets(rows[1])),
            }
            return training.Batches(
                arrays, options.batch_size, shuffle=shuffle, seed=options.seed, bucket=True
            )

        self.fit_result_ = training.fit(
            self.module_,
            batches((texts, labels), True),
            None if held_out is None else batches(held_out, False),
            loss=loss,
            options=options,
            directory=directory,
            resume=resume,
            progress=progress,
        )
        self.module_.eval()
        self.history_ = self.fit_result_.history

    def _widen(self, texts: list[str], labels: list[Any], held_out: Any) -> None:
        """Fit the wide path, and choose both paths' factors by the held-out rows' log loss."""

        def columns(rows: Any) -> np.ndarray:
            truth = self._targets(rows)
            if truth.ndim == 2:
                return truth
            return truth[:, None] if self._binary else np.eye(len(self.classes_))[truth]

        encode = self._encoder.encode
        wide = WideNgrams.fit(encode(texts), columns(labels), self._option("seed"))
        if held_out is not None:
            truth = torch.from_numpy(columns(held_out[1])).float()
            deep, other = self._deep_logits(held_out[0]), wide.logits(encode(held_out[0]))

            def loss(factors: tuple[float, float]) -> float:
                logits = factors[0] * deep + factors[1] * other
                if logits.shape[1] == 1 or self.multilabel_:
                    measure = torch.nn.functional.binary_cross_entropy_with_logits
                else:
                    measure = torch.nn.functional.cross_entropy
                return float(measure(logits, truth))

            best = min(((a, b) for a in FACTORS for b in FACTORS), key=loss)
            wide.mix.copy_(torch.tensor(best))
        self.module_.wide = wide

    def _logits(self, texts: list[str]) -> torch.Tensor:
        """`(rows, outputs)` of both paths together."""
        deep = self._deep_logits(texts)
        wide = self.module_.wide
        if wide is None:
            return deep
        return self._join(deep, wide.logits(self._encoder.encode(texts)))  # pyright: ignore

    def _join(self, deep: torch.Tensor, wide: torch.Tensor) -> torch.Tensor:
        one, other = self.module_.wide.mix.tolist()  # pyright: ignore
        return one * deep + other * wide

    def _deep_logits(self, texts: list[str]) -> torch.Tensor:
        """The network's logits, texts of like length together, in the order given."""
        sequences = self._sequences(texts)
        order = np.argsort([len(each) for each in sequences], kind="stable")
        logits = torch.zeros(len(sequences), self._outputs)
        with torch.inference_mode():
            for start in range(0, len(order), ANSWER_ROWS):
                rows = order[start : start + ANSWER_ROWS]
                tokens, lengths = data.pad([sequences[k] for k in rows])
                answer = self.module_(torch.from_numpy(tokens).long(), torch.from_numpy(lengths))
                logits[torch.from_numpy(rows)] = answer
        return logits

    def _example(self) -> tuple[Any, ...]:
        steps = self._option("max_length") or 20
        return torch.zeros(1, steps, dtype=torch.int64), torch.tensor([steps])

    def _document(self) -> dict[str, Any]:
        return {
            "encoder": self._encoder.to_dict(),
            "labels": self._labels.to_dict(),
            "multilabel": self.multilabel_,
            "vector_size": getattr(self, "_vector_size", None),
            "wide": None if self.module_.wide is None else len(self.module_.wide.features),  # pyright: ignore
            "baseline": self._baseline.to_dict(),
        }

    def _restore_state(self, document: dict[str, Any]) -> None:
        self.multilabel_ = document["multilabel"]
        labels = data.MultiLabelEncoder if self.multilabel_ else data.LabelEncoder
        self._labels = labels.from_dict(document["labels"])
        self._encoder = data.TextEncoder.from_dict(document["encoder"])
        self._vector_size = document["vector_size"]
        self._baseline = TextBaseline.from_dict(document["baseline"])
        self._build(load_vectors=False)
        if document["wide"] is not None:
            self.module_.wide = WideNgrams(document["wide"], self._outputs)
