"""From a network's log probabilities to texts, their words' times, and how sure they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ostinato.decoding.ctc import Guide, align, greedy, prefix_beam_search
from ostinato.decoding.guides import LabelGuide, TextModel, WordGuide
from ostinato.errors import OptionError
from ostinato.tasks.speech_recognizer.options import SpeechRecognizerOptions
from ostinato.tasks.speech_recognizer.rows import SpeechRows

RAREST = 1e-30  # probability below which a language model's word counts as this


@dataclass(frozen=True, kw_only=True)
class HeardWord:
    """One word of a transcript.

    Attributes:
        text: the word.
        start, end: seconds from the recording's beginning. The network says a label in few of the
            steps that it hears it in, so that these are its surest moments rather than its bounds.
        confidence: 0 to 1: the least, over its labels, of a label's probability at its surest step.
    """

    text: str
    start: float
    end: float
    confidence: float


@dataclass(frozen=True, kw_only=True)
class Transcript:
    """What was heard in a recording.

    Attributes:
        text: all of it.
        words: each word with its time.
        confidence: 0 to 1: the geometric mean, over all labels, of a label's probability at its
            surest step; of an empty text the blank's mean probability.
    """

    text: str
    words: list[HeardWord]
    confidence: float


def labels_said(scores: np.ndarray, guide: Guide | None, beam: int) -> np.ndarray:
    """The labels of one recording: of each step the likeliest, or those of the best hypothesis;
    none where the guide allows nothing that the beam kept."""
    if guide is None:
        return greedy(scores)
    found = prefix_beam_search(scores, beam=beam, guide=guide)
    return found[0].labels if found else np.zeros(0, dtype=np.int64)


def transcript(rows: SpeechRows, scores: np.ndarray, labels: np.ndarray, step: float) -> Transcript:
    """The labels of one recording as words with times; `step` is the seconds of a step."""
    if not len(labels):
        sure = float(np.exp(scores[:, 0].mean())) if len(scores) else 0.0
        return Transcript(text="", words=[], confidence=sure)
    places = align(scores, labels)
    best = np.array(
        [scores[a:b, k].max() for (a, b), k in zip(places, labels, strict=True)], dtype=float
    )
    units = [rows.units[k - 1] for k in labels]
    groups: list[list[int]] = [[]]
    for k, unit in enumerate(units):
        if rows.level == "word":
            groups.append([k])
        elif unit == " ":
            groups.append([])
        else:
            groups[-1].append(k)
    words = [
        HeardWord(
            text="".join(units[k] for k in group),
            start=float(places[group[0], 0] * step),
            end=float(places[group[-1], 1] * step),
            confidence=float(math.exp(best[group].min())),
        )
        for group in groups
        if group
    ]
    return Transcript(
        text=rows.text_of(labels), words=words, confidence=float(math.exp(best.mean()))
    )


class Streamed:
    """A fitted `LanguageModel` as a `TextModel`, by its stream: a state is what the network keeps,
    and the probabilities of what comes next.

    Args:
        model: of characters, or of words or pieces of them.
    """

    def __init__(self, model: Any) -> None:
        self.encoder, self.stream = model.rows_.encoder, model.stream()
        self.words = model.level != "char"

    def start(self) -> Any:
        self.stream.reset()
        return self.stream.step(""), self.stream.state, True

    def step(self, state: Any, piece: str) -> tuple[float, Any]:
        shares, self.stream.state, first = state
        nats = 0.0
        for token in self.encoder.encode([f" {piece}" if self.words and not first else piece])[0]:
            nats += math.log(max(float(shares[token]), RAREST))
            shares = self.stream.take(int(token))
        return nats, (shares, self.stream.state, False)

    def end(self, state: Any) -> float:
        return 0.0


def guide_of(
    options: SpeechRecognizerOptions,
    rows: SpeechRows,
    language_model: Any = None,
    words: Any = None,
) -> Guide | None:
    """What guides the search: what a caller gave, else what the options say; None for nothing.

    Args:
        language_model: a fitted `LanguageModel` or a `TextModel`.
        words: the only words that may be answered.

    Raises:
        OptionError: an argument is of no kind that can be used.
        DataError: no word can be written.
    """
    where = "SpeechRecognizer.predict"
    if isinstance(words, str):
        raise OptionError(f"{where}: words must be a list of words, got one text. Write [word].")
    model, by_words = rows.ngrams, options.needs_words
    if language_model is not None:
        model = _text_model(where, language_model)
        by_words = bool(getattr(model, "words", rows.level == "word"))
    allowed = None if words is None else [rows.plain(str(each)) for each in words]
    if allowed is None and (options.guide == "words" or (model is not None and by_words)):
        allowed = rows.words or None
    if model is None and allowed is None:
        return None
    told: dict[str, Any] = {"weight": options.guide_weight, "bonus": options.guide_bonus}
    if rows.level == "word" or allowed is None:
        if by_words and rows.level == "char":
            raise OptionError(
                f"{where}: a language_model of words needs words=, the list of those that may be "
                "answered."
            )
        return LabelGuide(rows.units, model=model, allowed=allowed, **told)
    return WordGuide(allowed, rows.units, model=model if by_words else None, **told)


def _text_model(where: str, given: Any) -> TextModel:
    if all(hasattr(given, each) for each in ("start", "step", "end")):
        return given
    if getattr(given, "kind", "") == "language-model":
        given._check_fitted()
        return Streamed(given)
    raise OptionError(
        f"{where}: language_model must be a fitted LanguageModel or have start, step and end, got "
        f"{type(given).__name__}."
    )
