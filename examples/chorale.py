"""Learn four-part hymns, go on with one, harmonise a melody, and hear both.

python examples/chorale.py
python examples/chorale.py MIDI...

Without files it makes its own: chords that follow each other as in a hymn, in every key, each voice
moving as little as it can. Needs `pip install 'ostinato[music]'`.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import ostinato
from ostinato import data
from ostinato.figures import draw
from ostinato.tasks.music_composer.evidence import roll_figure

# What may follow each chord of a major key, by its degree, and the notes above its root.
NEXT = {0: (3, 4, 5, 1, 0), 1: (4,), 3: (4, 0, 1), 4: (0, 0, 5, 4), 5: (3, 1, 4)}
SCALE = (0, 2, 4, 5, 7, 9, 11)
RANGES = ((60, 79), (55, 74), (48, 67), (40, 60))  # soprano, alto, tenor, bass


def hymn(chance: np.random.Generator, beats: int = 32) -> np.ndarray:
    """Voices `(beats, 4)`: a phrase of eight beats ends on the tonic, held for two."""
    key, degree = int(chance.integers(12)), 0
    voices = [72, 65, 58, 48]
    steps = []
    for beat in range(beats):
        if beat % 8 != 7:
            degree = 4 if beat % 8 == 5 else int(chance.choice(NEXT[degree]))
            degree = 0 if beat % 8 == 6 else degree
            tones = [(key + SCALE[(degree + third) % 7]) % 12 for third in (0, 2, 4)]
            voices = led(voices, tones, chance)
        steps.append(voices)
    return np.array(steps)


def led(before: list[int], tones: list[int], chance: np.random.Generator) -> list[int]:
    """Every voice to a near note of the chord, below the one above it; the bass to the root."""
    after: list[int] = []
    for voice, (low, high) in enumerate(RANGES):
        top = min(high, after[-1] if after else high)
        allowed = tones[:1] if voice == 3 else tones
        near = [note for note in range(low - 12, top + 1) if note % 12 in allowed]
        near = sorted(near, key=lambda note: (note < low, abs(note - before[voice])))
        second = voice == 0 and chance.random() < 0.4
        after.append(near[1 if second and len(near) > 1 else 0])
    return after


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="MIDI files or folders of your own")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=20)
    options = parser.parse_args()
    chance = np.random.default_rng(0)
    if options.files:
        grid, pieces = 4, data.read_pieces(options.files, steps_per_beat=4, skip_bad=True)
    else:
        grid, pieces = 1, [hymn(chance) for _ in range(120)]

    model = ostinato.MusicComposer(
        steps_per_beat=grid, hidden_size=96, chain_size=64, epochs=options.epochs, dropout=0.1
    )
    model.fit(pieces)
    print({name: round(value, 3) for name, value in model.baseline_.items()})

    # The beginning of a piece that was held out, and how it goes on.
    assert model.held_out_ is not None
    held_out = model.held_out_[0]
    begun = data.Piece(voices=held_out.voices[: 8 * grid], steps_per_beat=grid, tempo=90.0)
    further = model.continue_piece(begun, options.seconds, temperature=0.8, seed=0)

    # Its melody, with other voices.
    melody = data.Piece(voices=held_out.voices[:, :1], steps_per_beat=grid, tempo=90.0)
    harmony = model.harmonise(melody)
    same = (harmony.voices == held_out.voices[:, : harmony.voices.shape[1]]).mean()
    print(f"Of the harmony, {same:.0%} of the notes are those of the piece itself.")
    names = [data.pitch_name(pitch) for pitch in harmony.voices[0]]
    print(f"It begins with {', '.join(names)}.")

    for name, piece in (("further", further), ("harmony", harmony)):
        data.write_midi(piece, f"{name}.mid")
        data.write_sound(piece, f"{name}.wav")
        Path(f"{name}.png").write_bytes(draw.png(roll_figure(piece, name)))
        print(f"{piece.seconds:.0f} s of music: {name}.mid, {name}.wav; its picture: {name}.png")


if __name__ == "__main__":
    main()
