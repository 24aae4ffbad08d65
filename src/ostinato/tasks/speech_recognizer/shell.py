"""Speech in the shell: folders or tables of recordings with texts, and recordings alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ostinato.errors import DataError, OptionError
from ostinato.options import Options, option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.sources import remembered

ANSWER = ("column", "beam")
MEASURE = ("text",)


class Words(Options):
    """What `train speech-recognizer` is told of the files."""

    path: str = option("Column of a table with the recordings' paths.", default="path")
    text: str = option("Column of a table with what is said in them.", default="text")
    skip_bad: bool = option(
        "Leave out recordings that cannot be read, and name them, instead of stopping.",
        default=False,
    )


def _rows(sources: Sequence[str], words: Words) -> tuple[list[Any], list[str]]:
    from ostinato import data

    found = data.read_transcripts(list(sources), path=words.path, text=words.text)
    return data.read_recordings(found, skip_bad=words.skip_bad)


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    recordings, texts = _rows(sources, words)
    held_out = validation
    if isinstance(validation, str):
        held_out = _rows([validation], words)
    rates = sorted({each.rate for each in recordings})
    return Loaded(
        arguments=(recordings, texts),
        validation=held_out,
        source=words.options(),
        facts={
            "files": ", ".join(sources),
            "recordings": f"{len(recordings):,}",
            "sound": f"{sum(each.seconds for each in recordings) / 60:.1f} minutes",
            "sampling rates": ", ".join(f"{rate:,} Hz" for rate in rates),
            "an example": texts[0][:80],
        },
        example=["recording.wav"],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """What is said in each recording, how sure that is, and when each word begins, in seconds."""
    from ostinato import data

    if not sources or list(sources) == ["-"]:
        raise OptionError("predict: nothing to answer. Give recordings, or a folder of them.")
    words = remembered(Words, estimator, path=typed.get("column"))
    files = data.listed_recordings(sources, path=words.path)
    return [
        {
            "file": str(file),
            "text": heard.text,
            "confidence": round(heard.confidence, 4),
            "words": " ".join(f"{word.text}@{word.start:.2f}" for word in heard.words),
        }
        for file, heard in zip(
            files, estimator.transcribe(files, beam=typed.get("beam")), strict=True
        )
    ]


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    recordings, texts = _rows(sources, remembered(Words, estimator, **typed))
    return estimator.evaluate(recordings, texts), len(texts)


class Feed:
    """The stream behind `ostinato stream`: a line has "samples", the next piece of one recording
    at the model's sampling rate, full scale 1."""

    alarms: Sequence[int] = ()

    def __init__(self, estimator: Any) -> None:
        self.stream, self.count = estimator.stream(), 0

    def take(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What was heard so far.

        Raises:
            DataError: the line has no samples, or no numbers.
        """
        if "samples" not in row:
            raise DataError('stream: a line must be {"samples": [numbers]}.')
        try:
            heard = self.stream.step([float(each) for each in row["samples"]])
        except (TypeError, ValueError) as error:
            raise DataError(f"stream: samples must be numbers, {error}.") from error
        self.count += 1
        return {"text": heard.text, "seconds": round(heard.seconds, 3)}

    def scores(self) -> Mapping[str, float]:
        return {}

    def save(self, path: Any) -> None:
        raise NotImplementedError


def feed(estimator: Any, *, learn: bool, snapshot: Any = None, **online: Any) -> Feed:
    """The stream of `ostinato stream`.

    Raises:
        OptionError: it is to learn, which this task's does not.
    """
    if learn:
        raise OptionError("stream: a speech-recognizer does not learn from a stream.")
    return Feed(estimator)
