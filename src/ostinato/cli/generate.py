"""`ostinato generate`: text from a language model, printed as it is drawn; music from a composer,
written to files."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ostinato.cli import output
from ostinato.cli.answer import load_model, typed_options
from ostinato.errors import OptionError

TEXT = ("prompt", "length", "temperature", "top_k", "top_p", "repetition_penalty", "seed", "stop")
MUSIC = ("prompt", "seconds", "melody", "tempo", "out", "temperature", "top_p", "seed")
TEMPERATURE = 0.8


def generate(model: Path, options: Mapping[str, Any], *, as_json: bool) -> None:
    """Write on, with what the model is for.

    Raises:
        OptionError: the model writes nothing, or an option is not allowed.
    """
    estimator = load_model(model)
    writers = {"language-model": (TEXT, _write), "music-composer": (MUSIC, _compose)}
    if estimator.kind not in writers:
        raise OptionError(
            f"generate: the model must be a {' or a '.join(writers)}, got a {estimator.kind}. "
            "Use ostinato predict."
        )
    known, write = writers[estimator.kind]
    write(model, estimator, typed_options("generate", options, known, estimator.kind), as_json)


def _write(model: Path, estimator: Any, typed: dict[str, Any], as_json: bool) -> None:
    """Text after `prompt`, on standard output."""
    prompt, length = typed.pop("prompt", ""), typed.pop("length", 500)
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise OptionError(
            f"generate: --prompt must be UTF-8, got a byte that is not at place {error.start}."
        ) from error
    how = {"temperature": TEMPERATURE} | typed
    pieces = estimator.write(prompt, length, **how)  # checks them before anything is printed
    if as_json:
        output.result({"model": str(model), "prompt": prompt, "text": "".join(pieces)})
        return
    sys.stdout.write(prompt)
    for piece in pieces:
        sys.stdout.write(piece)
        sys.stdout.flush()
    sys.stdout.write("\n")


def _compose(model: Path, estimator: Any, typed: dict[str, Any], as_json: bool) -> None:
    """A piece written on, or a melody harmonised, into MIDI and wav files."""
    from ostinato import data

    places = typed.pop("out", [])
    writers = {".mid": data.write_midi, ".midi": data.write_midi, ".wav": data.write_sound}
    _check_places(places, writers)
    if "melody" in typed:
        melody = typed.pop("melody")
        if typed:
            raise OptionError(
                f"generate: --melody takes no other words, got --{next(iter(typed))}."
            )
        piece = estimator.harmonise(melody)
    else:
        piece = estimator.continue_piece(
            typed.pop("prompt", None),
            typed.pop("seconds", 20.0),
            **{"temperature": TEMPERATURE} | typed,
        )
    for place in places:
        writers[place.suffix.lower()](piece, place)
        output.note(f"{piece.seconds:.1f} s of music written to {place}")
    if as_json:
        files = [str(place) for place in places]
        output.result(
            {
                "model": str(model),
                "out": files,
                "seconds": piece.seconds,
                "steps": len(piece),
                "known": piece.known,
                "notes": len(piece.notes()),
            }
        )


def _check_places(places: Sequence[Path], endings: Mapping[str, Any]) -> None:
    if not places:
        raise OptionError("generate: a composer needs --out, a file that ends in .mid or .wav.")
    for place in places:
        if place.suffix.lower() not in endings:
            raise OptionError(
                f"generate: --out must end in {', '.join(endings)}, got {str(place)!r}."
            )
