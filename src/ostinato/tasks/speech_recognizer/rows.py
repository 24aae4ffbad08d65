"""What a speech recognizer learned of its rows: units, scales and texts."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from ostinato.data.audio import Recording
from ostinato.data.audio_features import AudioFeatures
from ostinato.decoding.ngrams import TextNgrams
from ostinato.errors import DataError, suggestion
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions
from ostinato.tasks.speech_recognizer.sounds import Sounds, Texts

SETTLED = 30.0  # frames that training's mean counts as, beside those of a stream


@dataclasses.dataclass(kw_only=True)
class SpeechRows:
    """What was learned of the rows: units, scales, and texts.

    Attributes:
        units: the text of each label but the blank, which has the number 0.
        level, lowercase: as in the options.
        causal: frames are compared with the mean of those before them, not of all.
        features: what is computed of samples; None where features were given.
        mean, spread: `(size,)` of a frame's numbers in training, the spread about each recording's
            own mean.
        ngrams: of training's texts; None without such a guide.
        words: of training's texts, where the guide needs them.
        commonest: the text that training has most often: the naive answer.
    """

    units: list[str]
    level: str
    lowercase: bool
    causal: bool
    features: AudioFeatures | None
    mean: np.ndarray
    spread: np.ndarray
    ngrams: TextNgrams | None
    words: list[str]
    commonest: str

    @classmethod
    def learn(
        cls, where: str, options: SpeechRecognizerOptions, sounds: Sounds, texts: Texts
    ) -> SpeechRows:
        """From training's rows.

        Raises:
            DataError: rows are of different kinds or sizes, or all texts are empty.
        """
        given = [not isinstance(each, Recording) for each in sounds]
        if any(given) and not all(given):
            raise DataError(
                f"{where}: X must be recordings or features, row {given.index(True)} is features "
                f"and row {given.index(False)} a recording."
            )
        features = None
        if not given[0]:
            features = AudioFeatures(
                kind=options.features,
                rate=options.sampling_rate,
                bands=options.bands,
                coefficients=options.coefficients,
                frame_shift=options.frame_shift,
            )
        size = features.size if features else sounds[0].shape[1]
        rows = cls(
            units=[],
            level=options.level,
            lowercase=options.lowercase,
            causal=not options.bidirectional,
            features=features,
            mean=np.zeros(size),
            spread=np.ones(size),
            ngrams=None,
            words=[],
            commonest="",
        )
        rows._learn_scales(rows.frames_of(where, sounds))
        rows._learn_texts(where, options, [rows.plain(each) for each in texts])
        return rows

    def _learn_scales(self, frames: list[np.ndarray]) -> None:
        total = sum(map(len, frames))
        sums = [each.sum(0, dtype=np.float64) for each in frames]
        self.mean = np.sum(sums, 0) / total
        about = np.sum(
            [((each - each.mean(0, dtype=np.float64)) ** 2).sum(0) for each in frames], 0
        )
        self.spread = np.maximum(np.sqrt(about / total), 1e-5)

    def _learn_texts(self, where: str, options: SpeechRecognizerOptions, texts: Texts) -> None:
        pieces = [self.pieces(each) for each in texts]
        self.units = sorted({each for row in pieces for each in row})
        if not self.units:
            raise DataError(f"{where}: all texts in y are empty. Is the right column named?")
        counted = {text: texts.count(text) for text in sorted(set(texts))}
        self.commonest = max(counted, key=lambda text: counted[text])
        if options.guide != "none":
            words = options.needs_words
            kept = [text.split() for text in texts] if words else pieces
            self.ngrams = TextNgrams.fit(kept, options.guide_order)
            self.words = sorted({word for text in texts for word in text.split()})

    # Sounds to what the network reads.

    @property
    def size(self) -> int:
        """Numbers of a frame."""
        return len(self.mean)

    def frames_of(self, where: str, sounds: Sounds) -> list[np.ndarray]:
        """The features `(frames, size)` of each.

        Raises:
            DataError: names the row that is of another kind or size, or too short.
        """
        return [self._frames(f"{where}: row {row}", each) for row, each in enumerate(sounds)]

    def _frames(self, where: str, sound: Any) -> np.ndarray:
        if isinstance(sound, Recording):
            if self.features is None:
                raise DataError(
                    f"{where} is a recording, and the model was trained on features (frames, "
                    f"{self.size}). Give those."
                )
            return self.features.of(where, sound)
        if self.features is not None:
            raise DataError(
                f"{where} is an array of features, shape {sound.shape}, and the model was trained "
                "on recordings. Give samples (samples,) of one channel, or paths."
            )
        if sound.shape[1] != self.size:
            raise DataError(
                f"{where} must have {self.size} numbers a frame, got shape {sound.shape}."
            )
        return sound

    def scaled(self, frames: np.ndarray) -> np.ndarray:
        """What the network reads of a whole recording's features: their distance from its mean, of
        a causal model the mean so far, in spreads."""
        if self.causal:
            return Centred(self).step(frames)
        return self.in_spreads(frames, frames.mean(0, dtype=np.float64))

    def in_spreads(self, frames: np.ndarray, mean: np.ndarray) -> np.ndarray:
        return ((frames - mean) / self.spread).astype(np.float32)

    # Texts to labels.

    def plain(self, text: str) -> str:
        """A text as it is learned: white space as single spaces, in lower case where asked."""
        words = " ".join(text.split())
        return words.lower() if self.lowercase else words

    def pieces(self, text: str) -> list[str]:
        """A plain text in characters or words."""
        return list(text) if self.level == "char" else text.split()

    def text_of(self, labels: Sequence[int] | np.ndarray) -> str:
        """The text that labels say."""
        join = "" if self.level == "char" else " "
        return " ".join(join.join(self.units[k - 1] for k in labels).split())

    def labels_of(self, texts: Texts) -> list[np.ndarray]:
        """The labels of each text.

        Raises:
            DataError: a text has a character or word that training lacks.
        """
        numbers = {unit: k for k, unit in enumerate(self.units, 1)}
        found = []
        for row, text in enumerate(texts):
            pieces = self.pieces(self.plain(text))
            new = next((each for each in pieces if each not in numbers), None)
            if new is not None:
                raise DataError(
                    f"SpeechRecognizer: row {row} has {new!r}, which training's texts lack."
                    f"{suggestion(new, self.units)}"
                )
            found.append(np.array([numbers[each] for each in pieces], dtype=np.int64))
        return found

    def known(self, texts: Texts) -> np.ndarray:
        """Whether training has all characters, or words, of each text."""
        units = set(self.units)
        return np.array([units.issuperset(self.pieces(self.plain(text))) for text in texts])

    # Files.

    def to_dict(self) -> dict[str, Any]:
        found = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        return found | {
            "features": None if self.features is None else self.features.to_dict(),
            "ngrams": None if self.ngrams is None else self.ngrams.to_dict(),
            "mean": self.mean.tolist(),
            "spread": self.spread.tolist(),
        }

    @classmethod
    def from_dict(cls, document: dict[str, Any]) -> SpeechRows:
        """The rows that `to_dict` described.

        Raises:
            DataError: the document has another form.
        """
        features, ngrams = document["features"], document["ngrams"]
        mean, spread = (np.array(document[name], dtype=np.float64) for name in ("mean", "spread"))
        units, words = document["units"], document["words"]
        whole = (
            mean.ndim == 1
            and len(mean)
            and mean.shape == spread.shape
            and bool((spread > 0).all())
            and all(isinstance(each, list) for each in (units, words))
            and all(isinstance(each, str) for each in [*units, *words])
            and document["level"] in ("char", "word")
            and isinstance(document["commonest"], str)
        )
        if not whole:
            raise DataError("SpeechRows: means, spreads, units or words are of another form")
        return cls(
            units=units,
            level=document["level"],
            lowercase=bool(document["lowercase"]),
            causal=bool(document["causal"]),
            features=None if features is None else AudioFeatures(**features),
            mean=mean,
            spread=spread,
            ngrams=None if ngrams is None else TextNgrams.from_dict(ngrams),
            words=words,
            commonest=document["commonest"],
        )


class Centred:
    """Frames of a recording that comes piece by piece, less their mean so far, in spreads.

    The mean of training counts as `SETTLED` frames before the first, so that the beginning is not
    compared with itself alone.
    """

    def __init__(self, rows: SpeechRows) -> None:
        self.rows = rows
        self.reset()

    def reset(self) -> None:
        """Begin a new recording."""
        self.total, self.count = SETTLED * self.rows.mean, SETTLED

    def step(self, frames: np.ndarray) -> np.ndarray:
        """The next frames `(frames, size)` as the network reads them."""
        if not len(frames):
            return frames.astype(np.float32)
        # A sum in order has the same bits in any pieces.
        sums = np.cumsum(np.concatenate([self.total[None], frames.astype(np.float64)]), axis=0)[1:]
        counts = self.count + np.arange(1, len(frames) + 1)
        self.total, self.count = sums[-1], counts[-1]
        return self.rows.in_spreads(frames, sums / counts[:, None])
