"""Continue a piece of music, or begin one; it is drawn, played and taken away as MIDI or sound."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ostinato.data.music import Piece, check_voices
from ostinato.data.music_midi import read_midi, write_midi
from ostinato.data.music_sound import write_sound
from ostinato.errors import DataError, check_choice
from ostinato.serving.panels.request import PanelRequest, numbers, uploaded

KINDS = ("music-composer",)
SUFFIXES = (".mid", ".midi")
FORMS = {"midi": ".mid", "wav": ".wav"}
LONGEST = 120  # seconds that are composed at once


def answer(request: PanelRequest) -> dict[str, Any]:
    """ "do" is "compose": a piece, after the uploaded one where there is one; or "file": the piece
    of the question, in the form "midi" or "wav".

    Raises:
        DataError: the file is no MIDI, or the piece cannot be used.
        OptionError: the question's numbers are not allowed.
    """
    do = request.text("do", "compose")
    check_choice("The page", "do", do, ("compose", "file"))
    return _file(request) if do == "file" else _compose(request)


def _compose(request: PanelRequest) -> dict[str, Any]:
    model, begun = request.model, None
    if request.body:
        with uploaded(request, *SUFFIXES) as path:
            begun = read_midi(path, model.steps_per_beat)
    piece = model.continue_piece(
        begun,
        request.number("seconds", 20, above=0, high=LONGEST),
        temperature=request.number("temperature", 1.0, low=0, high=5),
        top_p=request.number("top_p", None, above=0, high=1),
        seed=request.number("seed", None, low=0, whole=True),
        tempo=request.number("tempo", None, low=4, high=1000),
    )
    return {
        "notes": [list(note) for note in piece.notes()],
        "voices": numbers(piece.voices),
        "steps": len(piece),
        "steps_per_beat": piece.steps_per_beat,
        "known": piece.known,
        "tempo": piece.tempo,
        "step_seconds": piece.step_seconds,
        "seconds": piece.seconds,
    }


def _file(request: PanelRequest) -> dict[str, Any]:
    form, question = request.text("form", "midi"), request.question
    check_choice("The page", "form", form, FORMS)
    try:
        voices = np.asarray(question.get("voices"), dtype=np.int64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"The piece must be steps of MIDI pitches: {error}.") from error
    piece = Piece(
        voices=check_voices("The piece", voices),
        steps_per_beat=request.number("steps_per_beat", 4, low=1, high=96, whole=True),
        tempo=request.number("tempo", 100.0, low=4, high=1000),
    )
    with tempfile.TemporaryDirectory(prefix="ostinato-studio-") as folder:
        path = Path(folder) / f"piece{FORMS[form]}"
        (write_midi if form == "midi" else write_sound)(piece, path)
        content = path.read_bytes()
    return {"name": path.name, "content": base64.b64encode(content).decode("ascii")}
