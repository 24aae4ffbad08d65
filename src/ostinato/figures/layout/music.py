"""Notes as bars over the lines of the octaves."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from ostinato.figures import ticks, words
from ostinato.figures.base import Axis
from ostinato.figures.colours import styles
from ostinato.figures.layout.frame import Scale, draw_frame, draw_legend, scale_of
from ostinato.figures.layout.lines import draw_mark, inside
from ostinato.figures.music import PianoRoll
from ostinato.figures.scene import Rect, Scene

_NAMES = ("C", "C#", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Pitches(Scale):
    """MIDI pitches, marked at every C; where there is one at most, at every pitch."""

    def ticks(self, count: int, whole: bool = False) -> ticks.Ticks:
        low, high = math.ceil(self.low), math.floor(self.high)
        shown = [pitch for pitch in range(low, high + 1) if pitch % 12 == 0]
        shown = shown if len(shown) > 1 else list(range(low, high + 1))
        named = [f"{_NAMES[pitch % 12]}{pitch // 12 - 1}" for pitch in shown]
        return ticks.Ticks([float(pitch) for pitch in shown], named)


def draw_roll(scene: Scene, figure: PianoRoll) -> None:
    """Marks below, then the notes, those of the first voice on top."""
    drawn = styles(["other"] * len(figure.voices))
    if len(figure.voices) > 1:
        names = [voice.name for voice in figure.voices]
        draw_legend(scene, [(n, s, "band") for n, s in zip(names, drawn, strict=True)])
    ends = [each for voice in figure.voices for each in (voice.start, voice.end)]
    across = scale_of(figure.x, ends, timed=False, zero=False)
    pitches = np.concatenate([voice.pitch for voice in figure.voices])
    up = _Pitches(low=float(pitches.min()) - 1, high=float(pitches.max()) + 1)
    marks = [mark for mark in figure.marks if inside(mark, across)]
    labels = [(float(mark.x[0]), mark.label) for mark in marks]
    frame = draw_frame(scene, figure.x, Axis(), across, up, labels)
    for mark in marks:
        draw_mark(scene, mark, frame)
    thick = (frame.bottom - frame.top) / (up.high - up.low)
    for voice, style in reversed(list(zip(figure.voices, drawn, strict=True))):
        begins = frame.points(voice.start, voice.pitch)
        rights = frame.points(voice.end, voice.pitch)[:, 0]
        for (x, y), right, pitch in zip(begins, rights, voice.pitch.tolist(), strict=True):
            left, right = max(x, frame.left), min(right, frame.right)
            if right > left:
                said = f"{words.clean(voice.name)} {_NAMES[int(pitch) % 12]}{int(pitch) // 12 - 1}"
                scene.add(
                    Rect(
                        x=left + 0.5,
                        y=y - thick / 2,
                        width=max(right - left - 1, 0.5),
                        height=max(thick - 0.5, 0.5),
                        fill=style.colour,
                        radius=min(1.5, thick / 3),
                        title=said.strip(),
                    )
                )
