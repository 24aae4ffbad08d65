"""Music as a figure: notes as bars, time to the right and pitch upwards."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar

from ostinato.errors import DataError
from ostinato.figures.base import Axis, Data, Figure, part, parts, same_length
from ostinato.figures.kinds import Mark
from ostinato.figures.values import numbers, word


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Notes(Data):
    """The notes of one voice: where each begins and ends, and its MIDI pitch."""

    name: str
    start: Any
    end: Any
    pitch: Any

    def __post_init__(self) -> None:
        where = f"Notes {self.name!r}"
        found = {name: numbers(where, getattr(self, name)) for name in ("start", "end", "pitch")}
        self.put(name=word(self.name), **found)
        same_length(where, **{name: len(values) for name, values in found.items()})
        if not (self.end > self.start).all():
            raise DataError(f"{where}: every note must end after its start.")


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class PianoRoll(Figure):
    """Notes of voices over time, each voice in its colour, with vertical marks."""

    kind: ClassVar[str] = "piano-roll"
    voices: Sequence[Notes] = ()
    marks: Sequence[Mark] = ()
    x: Axis = dataclasses.field(default_factory=Axis)

    def __post_init__(self) -> None:
        self.put(voices=parts(Notes, self.voices), marks=parts(Mark, self.marks))
        self.put(x=part(Axis, self.x))

    @property
    def empty(self) -> bool:
        return not any(len(voice.start) for voice in self.voices)

    def table(self) -> dict[str, list[Any]]:
        """Columns voice, start, end and pitch: a row for each note."""
        table: dict[str, list[Any]] = {"voice": [], "start": [], "end": [], "pitch": []}
        for voice in self.voices:
            table["voice"] += [voice.name] * len(voice.start)
            for name in ("start", "end", "pitch"):
                table[name] += getattr(voice, name).tolist()
        return table
