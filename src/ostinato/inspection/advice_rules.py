"""What `benchmarks/advice.py` showed, as options to begin with: by task, of a number of rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any


@dataclasses.dataclass(frozen=True, kw_only=True)
class Choice:
    """One option to begin with.

    Attributes:
        option: its name, or "task".
        value: what to give it.
        why: the reason, with what was measured.
    """

    option: str
    value: Any
    why: str


def _texts(rows: int, steps: int) -> list[Choice]:
    few = rows <= FEW_TEXTS
    return [
        Choice(
            option="cell",
            value="gru" if few else "lstm",
            why="With 500 reviews a GRU had 97 % of an LSTM's error, with 4,000 102 %; a plain RNN "
            "98 % and 103 %.",
        ),
        Choice(
            option="bidirectional",
            value=True,
            why="Reading one way only had 101 % of the error with 500 reviews and 104 % with "
            "4,000, but a stream needs it.",
        ),
        Choice(
            option="hidden_size",
            value=16 if few else 64,
            why="16 units had 96 % of the error of 64 with 500 reviews and 103 % with 4,000; 256 "
            "units 100 % of it in five to eight times the time, a second layer 100 % and 103 %.",
        ),
        Choice(
            option="dropout",
            value=0.6 if few else 0.4,
            why="With 500 reviews 0.6 had 98 % of the error of 0.4, none at all 102 %.",
        ),
    ]


def _words(rows: int, steps: int) -> list[Choice]:
    few = rows <= FEW_SENTENCES
    return [
        Choice(
            option="cell",
            value="gru",
            why="With 200 sentences an LSTM had 178 % of a GRU's error; a plain RNN 86 %, but it "
            "forgets what is far.",
        ),
        Choice(
            option="hidden_size",
            value=256,
            why="With 200 sentences 256 units had 63 % of the error of 64, 16 units 207 %.",
        ),
        Choice(
            option="num_layers",
            value=1 if few else 2,
            why="With 200 sentences one layer had 92 % of the error of two.",
        ),
        Choice(
            option="dropout",
            value=0.0 if few else 0.4,
            why="With 200 sentences none had 76 % of the error of 0.4, and 0.6 141 %: there are "
            "too few steps to learn through it.",
        ),
    ]


def _recordings(rows: int, steps: int) -> list[Choice]:
    return [
        Choice(
            option="cell",
            value="gru",
            why="With 133 recordings of 427 steps an LSTM had 164 % of a GRU's error, a plain RNN "
            "140 %; with 90 of 7 to 29 steps 123 % and 127 %.",
        ),
        Choice(
            option="bidirectional",
            value=True,
            why="Reading one way only had 150 % and 114 % of the error, but a stream needs it.",
        ),
        Choice(
            option="hidden_size",
            value=16 if steps <= SHORT else 128,
            why="With 133 recordings of 427 steps 128 units had 65 % of the error of 64 and 16 "
            "units 165 %; with 90 of 7 to 29 steps 16 units had 73 % and 128 units 150 %. A second "
            "layer of 64 had 115 % and 104 %.",
        ),
        Choice(option="dropout", value=0.2, why="None at all had 170 % and 100 %."),
    ]


def _series(rows: int, steps: int) -> list[Choice]:
    return [
        Choice(
            option="cell",
            value="gru",
            why="With 1,000 hours the cells were within 2 % of each other; a GRU is the quicker of "
            "the two that remember.",
        ),
        Choice(
            option="hidden_size",
            value=128,
            why="128 units had 98.5 % of the error of 64, 256 units 98.4 % in more than twice the "
            "time; a second layer changed nothing.",
        ),
        Choice(
            option="dropout",
            value=0.2 if rows > FEW_HOURS else 0.6,
            why="With 1,000 hours 0.6 had 99 % of the error of 0.2, none 100 %.",
        ),
    ]


FEW_TEXTS, FEW_SENTENCES, FEW_HOURS = 1000, 500, 2000  # about twice what was measured

SHORT = 100  # steps of half of the recordings

RULES: dict[str, Callable[[int, int], list[Choice]]] = {
    "text-classifier": _texts,
    "sequence-tagger": _words,
    "sequence-classifier": _recordings,
    "forecaster": _series,
}
