"""How well MusicComposer knows Bach's chorales, in quarter notes.

    python -m benchmarks.quality_music roll|chain [--test] [--save FILE] [--load FILE]
        [--further EPOCHS] [--write FOLDER] [--set OPTION=VALUE]

The data set's own 229, 76 and 77 chorales: the best epoch is chosen by the 76; `--test` measures
the 77. `roll` tells each of 88 keys by itself, as published; `chain` note after note from the top.
The figure `nll` is counted as in the published ones (Chung et al., arXiv:1412.3555; Bai et al.,
arXiv:1803.01271): the network reads steps 0 to T - 2 of a chorale and tells steps 1 to T - 1, a
step's negative log probability in nats is summed over its 88 keys, and the mean is over all the
told steps of all chorales together. `nll_all` counts step 0 as well, told from nothing.

`--further` goes on with `partial_fit`; validation figures of each epoch go to standard error.
`--write` puts a composed piece and a harmonised test melody there, as MIDI, sound and pictures, and
says how the composed voices move beside Bach's.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._quality import chosen, parser, rounded, told

from ostinato import MusicComposer, data, load
from ostinato.figures import draw
from ostinato.tasks.music_composer.evidence import roll_figure

SETTINGS: dict[str, dict[str, Any]] = {
    "roll": {"representation": "roll", "steps_per_beat": 1},
    "chain": {"representation": "chain", "steps_per_beat": 1},
}


def movement(pieces: Sequence[data.Piece]) -> dict[str, float]:
    """How the voices of pieces move: shares of moves, and the range of pitches."""
    moves = np.concatenate([np.diff(piece.voices, axis=0).ravel() for piece in pieces])
    both = [(p.voices[:-1] >= 0) & (p.voices[1:] >= 0) for p in pieces]
    moves = np.abs(moves[np.concatenate([each.ravel() for each in both])])
    sounding = np.concatenate([piece.voices[piece.voices >= 0] for piece in pieces])
    notes = np.concatenate([piece.roll().sum(1) for piece in pieces])
    return {
        "stays": float((moves == 0).mean()),
        "by a second": float(((moves == 1) | (moves == 2)).mean()),
        "by more than an octave": float((moves > 12).mean()),
        "lowest": float(sounding.min()),
        "highest": float(sounding.max()),
        "notes a step": float(notes.mean()),
    }


def write(model: MusicComposer, pieces: Sequence[data.Piece], folder: Path) -> dict[str, Any]:
    """A composed piece, and the melody of one harmonised, as files; and figures of movement."""
    folder.mkdir(parents=True, exist_ok=True)
    begun = data.Piece(voices=pieces[0].voices[:16], steps_per_beat=1, tempo=80.0)
    made = {"composed": model.continue_piece(begun, 60, temperature=0.8, seed=0)}
    if model.representation == "chain":
        melody = data.Piece(voices=pieces[0].voices[:, :1], steps_per_beat=1, tempo=80.0)
        made["harmonised"] = model.harmonise(melody)
    for name, piece in made.items():
        data.write_midi(piece, folder / f"{name}.mid")
        data.write_sound(piece, folder / f"{name}.wav")
        (folder / f"{name}.png").write_bytes(draw.png(roll_figure(piece, name)))
    anew = [model.continue_piece(seconds=60, temperature=0.8, seed=k) for k in range(10)]
    return {"composed": rounded(movement(anew)), "Bach": rounded(movement(pieces))}


def step_time(model: MusicComposer, piece: data.Piece, rounds: int = 20) -> float:
    """Microseconds of processor time that a stream's step takes."""
    stream = model.stream()
    begin = time.process_time()
    for _ in range(rounds):
        for frame in piece.voices:
            stream.step(frame)
    return (time.process_time() - begin) / (rounds * len(piece)) * 1e6


def main() -> None:
    known = parser(__doc__, *SETTINGS)
    known.add_argument("--save", type=Path, help="write the model there")
    known.add_argument("--load", type=Path, help="measure this model instead of training one")
    known.add_argument("--further", type=int, default=0, help="epochs of partial_fit behind it")
    known.add_argument("--write", type=Path, help="put music there")
    words = known.parse_args()
    file = words.data / "jsb_chorales" / "jsb-chorales-quarter.json.xz"
    parts = {part: data.read_chorales(file, part, 1) for part in ("train", "valid", "test")}
    options = chosen(SETTINGS[words.name], words.set)
    if words.load:
        model = load(words.load)
    else:
        model = MusicComposer(**options).fit(parts["train"], validation=parts["valid"])
    for epoch in range(1, words.further + 1):
        model.partial_fit(parts["train"])
        print(f"{epoch} further: {rounded(model.evaluate(parts['valid']))}", file=sys.stderr)
    if words.save:
        model.save(words.save)
    figures = told(model, options)
    if words.test:
        figures["test"] = rounded(model.evaluate(parts["test"]))
    if words.write:
        figures["movement"] = write(model, parts["valid"], words.write)
    figures["microseconds a step"] = round(step_time(model, parts["valid"][0]))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
