"""A caption for each image."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch

from ostinato.decoding import Answer, write_answers
from ostinato.errors import DataError, OptionError, check_number
from ostinato.measures.captions import caption_signatures, check_installed
from ostinato.nn import Memory
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.image_captioner import learning
from ostinato.tasks.image_captioner.backbone import Backbone
from ostinato.tasks.image_captioner.measures import measure
from ostinato.tasks.image_captioner.module import CaptionModule
from ostinato.tasks.image_captioner.options import MOST_BEAM, ImageCaptionerOptions
from ostinato.tasks.image_captioner.rows import (
    CaptionRows,
    Captions,
    load_looks,
    read_images,
    read_pairs,
    split,
    words_of,
)

JUDGED = 1000  # validation images that the fit captions for `baseline_`
SPARE = 5  # words that a caption may have beyond the longest of training


@dataclasses.dataclass(frozen=True)
class Seen:
    """A caption and where each of its words looked.

    Attributes:
        caption: the whole.
        words: its tokens.
        weights: `(tokens, rows, columns)`, of the image's regions from the top left; each token's
            sum is 1. Of features, whose places are not known, `(tokens, 1, regions)`.
    """

    caption: str
    words: list[str]
    weights: np.ndarray


class ImageCaptioner(Estimator[CaptionRows, CaptionModule], ImageCaptionerOptions):
    """Learns from images and their captions to say what is in an image.

    Captions are learned, written and measured as words without signs, in small letters unless
    `lowercase=False`. Words that `min_count` leaves out are never written.

    Attributes:
        longest_: tokens of the longest caption in training.
    """

    kind = "image-captioner"

    @property
    def longest_(self) -> int:
        self._check_fitted()
        return self.rows_.longest

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
        """Learn to say `y` of `X`.

        Args:
            X: images: paths, arrays `(height, width, 3)` or PIL images; with encoder="features"
                arrays `(regions, size)` of numbers computed elsewhere.
            y: of each image a caption, or a list of several.
            validation: a fraction of the images, drawn at random; a pair (images, captions); or
                None. The best epoch is chosen by it, and `baseline_` measured on its first 1,000.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: images or captions cannot be used; a damaged file is named.
            MissingDependencyError: there is validation data, and no package to measure with; or
                `encoder` names a model, and no library has it.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, y, validation, run)

    def _fit(self, X: Any, y: Any, validation: Any, run: Run) -> Self:
        where, options = "ImageCaptioner.fit", self._training()
        pairs = read_pairs(where, X, y, least=2)
        if validation is not None:
            check_installed("ImageCaptioner")
        pairs, held_out = split(where, pairs, validation, self.seed)
        looks, captions = load_looks(where, self, pairs[0]), self.said(pairs[1])
        self.held_out_, judge = held_out, None
        if held_out is not None:
            judge = load_looks(f"{where}: validation", self, held_out[0]), self.said(held_out[1])
        self.rows_ = CaptionRows.learn(self, looks, captions)
        if judge is not None:
            self._check_size(f"{where}: validation", judge[0])
        self._build()
        if isinstance(self.module_.encoder, Backbone):
            self.module_.encoder.load(self.weights)
        self._train((looks, captions), judge, options, run)
        self.baseline_ = {}
        if held_out is not None and judge is not None:
            answers = self.predict(held_out[0][:JUDGED])
            self.baseline_ = self._measure(answers, judge[0][:JUDGED], judge[1][:JUDGED])
        return self

    def partial_fit(
        self,
        X: Any,
        y: Any,
        *,
        epochs: int = 1,
        learning_rate: float | None = None,
        progress: bool | None = False,
    ) -> Self:
        """Go on learning from new images, or from the same.

        Args:
            epochs: passes over the images. One is at a constant rate; over several it falls to 0.
            learning_rate: a tenth of the constructor's where it is not given.

        The vocabulary stays. The first call is a `fit` without validation.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, y, None, run)
        where = "ImageCaptioner.partial_fit"
        options = self._further(epochs=epochs, learning_rate=learning_rate).check(where)
        images, captions = read_pairs(where, X, y)
        looks = load_looks(where, self, images)
        self._check_size(where, looks)
        before = self.history_
        self._train((looks, self.said(captions)), None, options, run)
        self._append(before)
        return self

    def _train(self, learn: Any, judge: Any, options: TrainingOptions, run: Run) -> None:
        batches = [
            None
            if each is None
            else learning.CaptionBatches(
                self.rows_.text,
                self._given(each[0]),
                each[1],
                options,
                shuffle=each is learn,
                augment=self.augment if each is learn and self.encoder == "small" else 0.0,
            )
            for each in (learn, judge)
        ]
        loss = learning.loss_of(self.label_smoothing, self.word_prediction)
        self._learn(*batches, loss=loss, options=options, run=run)

    def said(self, captions: Captions) -> Captions:
        """Captions as they are learned and measured: words without signs."""
        return [[words_of(text, lowercase=self.lowercase) for text in row] for row in captions]

    def _given(self, looks: Any) -> Any:
        """What the module is given: pixels, or regions where its encoder does not learn."""
        if self.encoder == "small":
            return looks
        if self.encoder == "features":
            return [self.rows_.scaled(each) for each in looks]
        return [each.numpy() for each in self._regions(looks)]

    def _regions(self, looks: Any) -> list[torch.Tensor]:
        """The regions of each image, `(regions, size)`, each image looked at by itself so that it
        has the same bits in any company."""
        with torch.no_grad():
            if self.encoder == "features":
                return [torch.from_numpy(self.rows_.scaled(each)) for each in looks]
            pixels = torch.from_numpy(looks)
            self.module_.eval()
            return [self.module_.see(learning.as_images(each[None]))[0].clone() for each in pixels]

    def _check_size(self, where: str, looks: Any) -> None:
        if self.encoder == "features" and len(looks) and looks[0].shape[1] != self.rows_.size:
            raise DataError(
                f"{where}: features must have {self.rows_.size} numbers for each region, as in "
                f"training, got {looks[0].shape[1]}."
            )

    # Answering.

    def predict(
        self, X: Any, *, beam: int | None = None, length_penalty: float | None = None
    ) -> list[str]:
        """The best caption of each image, in their order.

        Args:
            beam, length_penalty: instead of the constructor's.

        Raises:
            DataError: an image cannot be used; a damaged file is named.
        """
        found = self.predict_best(X, 1, beam=beam, length_penalty=length_penalty)
        return [each[0][0] for each in found]

    def predict_best(
        self,
        X: Any,
        n: int | None = None,
        *,
        beam: int | None = None,
        length_penalty: float | None = None,
    ) -> list[list[tuple[str, float]]]:
        """At most `n` captions of each image, the best first, each with its score: the logarithm
        of its probability in nats over its length's penalty. `n` is at most `beam`, and that
        without it.
        """
        self._check_fitted()
        where = "ImageCaptioner.predict"
        width = self.beam if beam is None else beam
        check_number(where, "beam", width, low=1, high=MOST_BEAM, whole=True)
        if n is not None and not 1 <= n <= width:
            raise OptionError(f"{where}_best: n must be from 1 to beam, {width}, got {n!r}.")
        found = self._search(where, X, width, length_penalty)
        decode = self.rows_.text.decode
        return [[(decode(a.tokens), a.score) for a in each[:n]] for each in found]

    def look(self, X: Any, *, beam: int | None = None) -> list[Seen]:
        """The best caption of each image with where its words looked: see `Seen`."""
        self._check_fitted()
        found = self._search("ImageCaptioner.look", X, beam or self.beam, None)
        decode, seen = self.rows_.text.decode, []
        for best, *_ in found:
            assert best.weights is not None
            words = [decode([int(each)]) for each in best.tokens]
            rows = round(best.weights.shape[1] ** 0.5)
            square = self.encoder != "features" and rows * rows == best.weights.shape[1]
            shape = (len(words), rows if square else 1, -1)
            seen.append(Seen(decode(best.tokens), words, best.weights.reshape(shape)))
        return seen

    def score(self, X: Any, y: Any) -> float:
        """CIDEr-D, 0 to 10. Higher is better."""
        return self.evaluate(X, y)["cider"]

    def evaluate(self, X: Any, y: Any) -> dict[str, float]:
        """CIDEr-D (0 to 10), BLEU-1 to -4 and chrF (0 to 100); with `baseline_` before the name,
        those of the commonest caption in training, with `nearest_` those of the nearest training
        image's. Higher is better; `signatures` tells how they are computed.
        """
        self._check_fitted()
        where = "ImageCaptioner.evaluate"
        images, captions = read_pairs(where, X, y)
        looks = load_looks(where, self, images)
        self._check_size(where, looks)
        return self._measure(self.predict(images), looks, self.said(captions))

    def signatures(self) -> dict[str, str]:
        """Each measure's signature: tokens, smoothing, case and version, as sacrebleu writes it."""
        return caption_signatures()

    def _measure(self, answers: list[str], looks: Any, references: Captions) -> dict[str, float]:
        return measure(answers, self.rows_.common, self.rows_.nearest(looks), references)

    def _search(
        self, where: str, X: Any, beam: int, length_penalty: float | None
    ) -> list[list[Answer]]:
        check_number(where, "beam", beam, low=1, high=MOST_BEAM, whole=True)
        penalty = self.length_penalty if length_penalty is None else length_penalty
        check_number(where, "length_penalty", penalty, low=0, high=100)
        images = read_images(where, X)
        looks = load_looks(where, self, images)
        self._check_size(where, looks)
        regions = self._regions(looks)
        groups: dict[int, list[int]] = {}
        for row, each in enumerate(regions):
            groups.setdefault(len(each), []).append(row)

        def read(rows: Sequence[int]) -> list[Memory]:
            seen = torch.stack([regions[k] for k in rows])
            return [self.module_.encode(seen, torch.full((len(rows),), seen.shape[1]))]

        return write_answers(
            [self.module_],
            [rows for _, rows in sorted(groups.items())],
            read,
            [max(self.longest_ + SPARE, self.min_length) + 1] * len(regions),
            beam=beam,
            length_penalty=penalty,
            least=self.min_length,
            attention=True,
        )

    # Files.

    def _make(self) -> CaptionModule:
        return CaptionModule(self, size=self.rows_.size, target=len(self.rows_.text) + 1)

    def _example(self) -> tuple[Any, ...]:
        width = self.module_.region.in_features
        one = torch.zeros(1, 10, dtype=torch.int64)
        regions = torch.zeros(1, self.grid * self.grid, width)
        lengths = torch.tensor([regions.shape[1]])
        return regions, lengths, torch.tensor([0]), one, torch.tensor([10])

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = CaptionRows.from_dict(document)
