"""`MusicComposer`: what sounds next, pieces written on, melodies harmonised."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import torch

from ostinato.data.music import MOST_STEPS, RESTING, Piece, keys_of, pitches_of
from ostinato.data.music_pieces import as_piece
from ostinato.decoding import Sampler
from ostinato.errors import DataError, OptionError, check_number
from ostinato.options import TrainingOptions
from ostinato.tasks.base import Estimator, Run
from ostinato.tasks.music_composer import learning
from ostinato.tasks.music_composer.harmony import harmonise
from ostinato.tasks.music_composer.measures import NaiveMusic, measure
from ostinato.tasks.music_composer.module import KeysHead, MusicModule
from ostinato.tasks.music_composer.options import MusicComposerOptions
from ostinato.tasks.music_composer.rows import MusicRows, read, split
from ostinato.tasks.music_composer.stream import MusicStream


class MusicComposer(Estimator[MusicRows, MusicModule], MusicComposerOptions):
    """Learns pieces of music, tells how likely others are, writes them on, harmonises melodies.

    `fit(X)` takes a list of pieces: paths of MIDI files, arrays `(steps, voices)` of MIDI pitches
    with -1 for a rest, or piano rolls `(steps, 88)`; see `data.music.as_pieces`.

    Attributes:
        voices_: how many notes may sound at once.
    """

    kind = "music-composer"

    @property
    def voices_(self) -> int:
        self._check_fitted()
        return self.rows_.voices

    # Learning.

    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        validation: Any = 0.1,
        directory: Any = None,
        resume: bool = False,
        progress: bool | None = None,
    ) -> Self:
        """Learn from the pieces `X`.

        Args:
            y: not used; there for scikit-learn.
            validation: the share of the pieces, drawn at random, that is held out (of a single
                piece its last steps); pieces as in `X`; or None. The best epoch is chosen by it.
            directory, resume: as in `training.fit`.
            progress: show a bar; None goes by the option of this name.

        Raises:
            OptionError: an option is not allowed.
            DataError: a piece cannot be used; the message says which.
            MissingDependencyError: a MIDI file is given, and symusic is not installed.
        """
        run = Run(directory=directory, resume=resume, progress=progress)
        return self._fit(X, validation, run)

    def _fit(self, X: Any, validation: Any, run: Run) -> Self:
        where, options = "MusicComposer.fit", self._training()
        pieces, self.held_out_ = split(where, read(where, X, self.steps_per_beat), validation, self)
        self.rows_ = MusicRows.learn(self, pieces)
        keys = self.rows_.all_keys(where, pieces)
        held_out = None
        if self.held_out_ is not None:
            held_out = self.rows_.all_keys(f"{where}: validation", self.held_out_)
        self._naive = NaiveMusic.fit(keys, self.representation == "roll")
        self._build()
        self.module_.head.expect(self._naive.shifted(self.transpose))
        self._train(keys, held_out, options, run, self._shifted)
        self.baseline_ = {} if held_out is None else measure(self.module_, self._naive, held_out)
        return self

    def partial_fit(self, X: Any, y: Any = None, *, progress: bool | None = False) -> Self:
        """Go on learning: one epoch over new pieces, where they stand, at a constant rate, a tenth
        of the first.

        Voices stay as many; the first call is a `fit` without validation.
        """
        run = Run(progress=progress)
        if not self._fitted:
            return self._fit(X, None, run)
        where, before = "MusicComposer.partial_fit", self.history_
        pieces = read(where, X, self.steps_per_beat)
        self._train(self.rows_.all_keys(where, pieces), None, self._further(), run, 0)
        self._append(before)
        return self

    def _train(
        self,
        keys: Sequence[np.ndarray],
        held_out: Sequence[np.ndarray] | None,
        options: TrainingOptions,
        run: Run,
        shifted: float,
    ) -> None:
        self._learn(
            learning.batches_of(keys, self.chunk, options, shuffle=True, shifted=shifted),
            learning.batches_of(held_out, self.chunk, options, shuffle=False),
            loss=learning.loss_of(self.transpose),
            options=options,
            run=run,
        )

    @property
    def _shifted(self) -> float:
        """Epochs that shift pieces."""
        return self.early_transpose * self.epochs

    def _fingerprint(self) -> dict[str, Any]:
        # With other epochs, others would have been shifted.
        return super()._fingerprint() | {"epochs that shift pieces": self._shifted}

    # Answering.

    def _keys(self, where: str, piece: Any) -> np.ndarray:
        return self.rows_.keys(where, as_piece(f"{where}: the piece", piece, self.steps_per_beat))

    def probabilities(self, piece: Any) -> np.ndarray:
        """What is expected of each step of a piece given those before it, and of the one after it.

        Returns:
            `(steps + 1, 88)`, how likely each key sounds; with representation="chain"
            `(steps + 1, voices, 89)`, of each voice how likely its keys and its rest are, where the
            voices above it have their likeliest.
        """
        self._check_fitted()
        outputs = self.module_.read(self._keys("MusicComposer.probabilities", piece))
        head = self.module_.head
        return head.shares(outputs) if isinstance(head, KeysHead) else head.likeliest(outputs)[1]

    def log_likelihood(self, piece: Any) -> np.ndarray:
        """The log probability of each step of a piece given those before it, `(steps,)`, in
        nats."""
        self._check_fitted()
        return -self.module_.told(self._keys("MusicComposer.log_likelihood", piece))[0]

    def predict_proba(self, X: Any) -> np.ndarray:
        """What is expected after each piece: `(pieces, 88)` or `(pieces, voices, 89)`, see
        `probabilities`. A piece's bits do not depend on the others."""
        self._check_fitted()
        pieces = read("MusicComposer.predict", X, self.steps_per_beat)
        return np.stack([self.probabilities(piece)[-1] for piece in pieces])

    def predict(self, X: Any) -> list[list[int]]:
        """The likeliest notes after each piece: MIDI pitches, voice by voice, -1 for a rest; with
        representation="roll" the keys that rather sound than not, the highest first."""
        found = self.predict_proba(X)
        if self.representation == "roll":
            return [pitches_of(np.flatnonzero(row >= 0.5)[::-1]).tolist() for row in found]
        return pitches_of(found.argmax(-1)).tolist()

    def score(self, X: Any, y: Any = None) -> float:
        """The mean log probability of a step after a piece's first, in nats. Higher is better."""
        return -self.evaluate(X)["nll"]

    def evaluate(self, X: Any, y: Any = None) -> dict[str, float]:
        """Nats a step without and with the first steps of the pieces, and the accuracy of the
        expected notes; with the prefixes `repeat_` and `frequency_` those of expecting the last
        step again and of expecting every pitch as often as training had it.

        With representation="roll" a step's probability is a product over 88 keys; with "chain"
        over voices, each given those above it. Both are of the same step: they compare.
        """
        self._check_fitted()
        where = "MusicComposer.evaluate"
        pieces = read(where, X, self.steps_per_beat)
        return measure(self.module_, self._naive, self.rows_.all_keys(where, pieces))

    def stream(self) -> MusicStream:
        """Step by step, with what is expected of the next."""
        self._check_fitted()
        return MusicStream(self.rows_, self.module_)

    # Composing.

    def continue_piece(
        self,
        piece: Any = None,
        seconds: float = 20.0,
        *,
        temperature: float = 1.0,
        top_p: float | None = None,
        seed: int | None = None,
        tempo: float | None = None,
    ) -> Piece:
        """Write a piece on, or compose one.

        Args:
            piece: how it begins: a path, a `Piece` or an array as in `fit`; None begins anew.
            seconds: how much is written.
            temperature: below 1 keeps to the likely, above 1 dares; 0 takes the likeliest.
            top_p: draw among the likeliest notes that together have this probability.
            seed: the same seed writes the same piece; None another one each time.
            tempo: in quarter notes a minute; None: the piece's own, or of a new one the mean of
                training.

        Returns:
            the whole piece, its `known` first steps those given.

        Raises:
            OptionError: an argument is not allowed.
            DataError: the piece cannot be used.
        """
        where = "MusicComposer.continue_piece"
        self._check_fitted()
        sampler = Sampler(where, 0, temperature, None, top_p, 1.0, seed)
        check_number(where, "seconds", seconds, above=0)
        if tempo is not None:
            check_number(where, "tempo", tempo, low=4, high=1000)
        stream, keys, pace = self.stream(), [], self.rows_.tempo
        if piece is not None:
            begun = as_piece(f"{where}: the piece", piece, self.steps_per_beat)
            keys, pace = list(self.rows_.keys(where, begun)), begun.tempo
        pace = pace if tempo is None else tempo
        steps = max(1, math.ceil(seconds * pace * self.steps_per_beat / 60 - 1e-9))
        check_number(where, "steps of all", steps + len(keys), high=MOST_STEPS)
        known = len(keys)
        for each in keys:
            stream.read(each)
        for _ in range(steps):
            keys.append(stream.draw(sampler))
            stream.read(keys[-1])
        return self.rows_.piece(np.stack(keys), tempo=pace, known=known)

    def harmonise(self, melody: Any, *, beam: int = 16) -> Piece:
        """A piece whose top voice is `melody`, the others the likeliest that a search finds.

        Args:
            melody: pitches `(steps,)`, or a piece as in `fit`, whose highest notes count.
            beam: beginnings that the search follows at once; more find likelier pieces.

        Raises:
            OptionError: the representation is not "chain".
            DataError: the melody cannot be used.
        """
        where = "MusicComposer.harmonise"
        self._check_fitted()
        if self.representation != "chain":
            raise OptionError(
                f"{where}: needs representation='chain', got {self.representation!r}: a roll's "
                "keys know nothing of each other. Train with representation='chain'."
            )
        check_number(where, "beam", beam, low=1, high=4096, whole=True)
        given = as_piece(f"{where}: the melody", melody, self.steps_per_beat)
        top = keys_of(given.voices.max(1))
        keys, found = harmonise(self.module_, top, beam)
        if not len(keys) or not math.isfinite(found):
            raise DataError(f"{where}: no harmony is possible for this melody.")
        return self.rows_.piece(keys, tempo=given.tempo)

    # Files.

    def _make(self) -> MusicModule:
        return MusicModule(self, voices=self.rows_.voices, ordered=self.rows_.ordered)

    def _example(self) -> tuple[Any, ...]:
        keys = torch.full((1, 16, self.rows_.voices), RESTING)
        return keys, torch.tensor([16])

    def _document(self) -> dict[str, Any]:
        return self.rows_.to_dict() | {"baseline": self._naive.to_dict()}

    def _restore(self, document: dict[str, Any]) -> None:
        self.rows_ = MusicRows.from_dict(document)
        self._naive = NaiveMusic.from_dict(document["baseline"], self.rows_.voices)
