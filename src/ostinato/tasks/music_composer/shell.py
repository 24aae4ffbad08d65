"""Music in the shell: MIDI files, folders of them, and chorales in JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ostinato.options import Options, option
from ostinato.tasks.contracts import Loaded
from ostinato.tasks.music_composer.options import MusicComposerOptions
from ostinato.tasks.sources import remembered

if TYPE_CHECKING:
    from ostinato.data import Piece

VERB = "generate"  # what follows training
ANSWER = ("skip_bad", "part")
MEASURE = ("skip_bad", "part")


class Words(Options):
    """What `train music-composer` is told of the files."""

    part: str = option("Part of a JSON file that has several.", default="train")
    validation_part: str = option(
        "Part of the JSON file that --validation names, where it has several.", default="valid"
    )
    skip_bad: bool = option(
        "Go on without files that cannot be used; each is named.", default=False
    )


def _pieces(sources: Sequence[str], words: Words, steps_per_beat: int) -> list[Piece]:
    from ostinato import data

    return data.read_pieces(
        sources, steps_per_beat=steps_per_beat, part=words.part, skip_bad=words.skip_bad
    )


def read(sources: Sequence[str], words: Words, validation: Any, options: dict[str, Any]) -> Loaded:
    grid = options.get("steps_per_beat", MusicComposerOptions.declared()["steps_per_beat"].default)
    pieces, held_out = _pieces(sources, words, grid), validation
    if isinstance(validation, str):
        other = Words(part=words.validation_part, skip_bad=words.skip_bad)
        held_out = _pieces([validation], other, grid)
    return Loaded(
        arguments=(pieces,),
        validation=held_out,
        source=words.options(),
        facts={
            "files": ", ".join(sources),
            "pieces": f"{len(pieces):,}",
            "steps": f"{sum(map(len, pieces)):,}, {grid} in a quarter note",
            "voices": max(piece.voices.shape[1] for piece in pieces),
        },
        example=["--seconds", "20", "--out", "piece.mid"],
    )


def answer(estimator: Any, sources: Sequence[str], typed: dict[str, Any]) -> list[dict[str, Any]]:
    """Of each piece how likely it is and the notes expected after it."""
    from ostinato.data import pitch_name

    pieces = _pieces(sources, remembered(Words, estimator, **typed), estimator.steps_per_beat)
    expected = estimator.predict(pieces)
    rows = []
    for number, (piece, notes) in enumerate(zip(pieces, expected, strict=True), 1):
        nats = -estimator.log_likelihood(piece)
        rows.append(
            {
                "piece": piece.name or f"number {number}",
                "steps": len(piece),
                "seconds": round(piece.seconds, 3),
                "nats a step": round(float(nats.mean()), 4),
                "next": " ".join(pitch_name(each) for each in notes) or "rest",
            }
        )
    return rows


def measure(
    estimator: Any, sources: Sequence[str], typed: dict[str, Any]
) -> tuple[Mapping[str, float], int]:
    pieces = _pieces(sources, remembered(Words, estimator, **typed), estimator.steps_per_beat)
    return estimator.evaluate(pieces), len(pieces)
