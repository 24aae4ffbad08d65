"""Figures of every kind, plain and awkward, that several tests draw."""

from __future__ import annotations

import numpy as np

from ostinato.figures import (
    Axis,
    Band,
    Bars,
    Column,
    Figure,
    Group,
    Line,
    Lines,
    Looks,
    Mark,
    Matrix,
    Notes,
    PianoRoll,
    Points,
    Scatter,
    Table,
    TintedText,
)

LONG = "a name that goes on and on until no page of any width could hold all of it, number"
AWKWARD = "<script>alert('x')</script> & \"日本語\" שלום 🎵 \x00\x0b\ud800"
DAYS = np.datetime64("2025-10-03") + np.arange(40).astype("timedelta64[D]")
HOURS = np.datetime64("2025-10-03T05") + np.arange(70).astype("timedelta64[h]")


def _wave(count: int, seed: int = 0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(size=count))


def _lines(title: str, heights: object, **more: object) -> Lines:
    values = np.asarray(heights, dtype=float)
    line = Line(name="one", x=np.arange(len(values)), y=values)
    return Lines(title=title, lines=[line], **more)  # type: ignore[arg-type]


CASES: dict[str, Figure] = {
    "looks": Looks(
        title="Where each word looked",
        image=np.random.default_rng(0).integers(0, 255, (30, 40, 3)).astype(np.uint8),
        names=["a", AWKWARD, LONG, *"bcdefgh"],
        maps=np.random.default_rng(1).random((10, 3, 4)),
    ),
    "looks at nothing": Looks(title="Empty", image=np.zeros((0, 3, 3), dtype=np.uint8)),
    "looks up": Looks(title="Tall", image=np.zeros((90, 9, 3), dtype=np.uint8)),
    "forecast": Lines(
        title="Forecast and truth",
        caption="The forecast follows the truth.",
        x=Axis(label="day"),
        y=Axis(label="demand", unit="MW"),
        lines=[
            Line(name="truth", x=DAYS, y=_wave(40), role="truth"),
            Line(name="forecast", x=DAYS[20:], y=_wave(20), role="model"),
            Line(name="last value", x=DAYS[20:], y=np.zeros(20), role="baseline"),
            Line(name="last week", x=DAYS[20:], y=np.ones(20), role="baseline"),
        ],
        bands=[Band(name="interval", x=DAYS[20:], low=_wave(20) - 1, high=_wave(20) + 1)],
        marks=[Mark(x=DAYS[19], label="known until here", known=True)],
    ),
    "hours": Lines(title="Hours", lines=[Line(name=AWKWARD, x=HOURS, y=_wave(70))]),
    "many series": Lines(
        title=LONG,
        caption=LONG,
        lines=[Line(name=f"{LONG} {k}", x=np.arange(9), y=_wave(9, k)) for k in range(20)],
        marks=[Mark(x=k / 2, label=f"{LONG} {k}") for k in range(9)],
    ),
    "marks": _lines(
        "Marks", _wave(50), marks=[Mark(x=k, label=f"event {k}") for k in (3, 5, 7, 9, 40, 49)]
    ),
    "gaps": _lines("Gaps", [1, 2, np.nan, 4, 5]),
    "one point": _lines("One point", [3.0]),
    "constant": _lines("Constant", [5.0, 5.0, 5.0]),
    "tiny": _lines("Tiny", np.arange(9) * 1e-9),
    "huge": _lines("Huge", np.arange(9) * 1e12),
    "huge and a bit": _lines("Huge and a bit", 1e12 + np.arange(9)),
    "log": _lines("Logarithmic", 10.0 ** -np.arange(30.0), y=Axis(label="norm", scale="log")),
    "clipped": _lines("Clipped", _wave(30), y=Axis(low=-1, high=1)),
    "tokens": _lines("Tokens", _wave(30), x=Axis(names=[f"token{k}" for k in range(30)])),
    "empty": Lines(title="Empty", caption="Nothing came."),
    "all gaps": _lines("All gaps", [np.nan, np.nan]),
    "long": _lines("Long", _wave(20_000)),
    "bars": Bars(
        title="Scores",
        names=["accuracy", LONG, LONG + "2"],
        groups=[
            Group(name="model", values=[0.9, -0.2, 0], low=[0.8, -0.3, 0], high=[0.95, 0, 1]),
            Group(name="naive", values=[0.5, np.nan, 0.1], role="baseline"),
        ],
    ),
    "many groups": Bars(
        title="Groups",
        names=["x", "y"],
        groups=[Group(name=f"{LONG} {k}", values=[k, 2 * k]) for k in range(9)],
    ),
    "no bars": Bars(title="No bars"),
    "confusion": Matrix(
        title="Confusion",
        values=[[50, 3], [7, 1200]],
        tint=[[0.94, 0.06], [0.01, 0.99]],
        low=0,
        high=1,
        rows=["no", AWKWARD],
        columns=["no", AWKWARD],
        x=Axis(label="answer"),
        y=Axis(label="truth"),
    ),
    "many classes": Matrix(
        title="Classes",
        values=np.eye(24),
        rows=[f"{LONG} {k}" for k in range(24)],
        columns=[f"{LONG} {k}" for k in range(24)],
    ),
    "gates": Matrix(
        title="Gates",
        values=np.tanh(_wave(256 * 500).reshape(256, 500)),
        scale="diverging",
        x=Axis(label="step"),
        y=Axis(label="unit"),
    ),
    "spectrogram": Matrix(
        title="Spectrogram",
        values=np.abs(_wave(80 * 200).reshape(80, 200)),
        columns=np.arange(200) * 0.01,
        rows=np.linspace(8000, 0, 80),
        value=Axis(label="power", unit="dB"),
    ),
    "holes": Matrix(title="Holes", values=[[1, np.nan], [np.nan, -1]], scale="diverging"),
    "no matrix": Matrix(title="No matrix", values=np.zeros((0, 0))),
    "flat matrix": Matrix(title="Flat", values=np.zeros((2, 3))),
    "influence": TintedText(
        title="Influence",
        tokens=["not", "bad", "at", "all", LONG.replace(" ", ""), AWKWARD],
        values=[-1, 0.5, np.nan, 0.1, 0.2, -0.3],
        scale="diverging",
    ),
    "entities": TintedText(
        title="Entities", tokens=["Ada", "lived", "here"], classes=["person", "", LONG]
    ),
    "characters": TintedText(title="Code", tokens=list("if x:\n\ty"), separator=""),
    "arabic": TintedText(title="عربي", tokens=["هذا", "نص"], values=[0.1, 0.9]),
    "no text": TintedText(title="No text", tokens=[]),
    "points": Scatter(
        title="States",
        groups=[Points(name=f"g{k}", x=_wave(30, k), y=_wave(30, k + 9)) for k in range(3)],
    ),
    "table": Table(
        title="Classes",
        columns=["class", Column(name="F1", form=".3f"), Column(name="time", unit="ms")],
        rows=[("a", 0.91, 12), (AWKWARD, None, 3.5), (LONG, 0.5, 1e12)],
    ),
    "music": PianoRoll(
        title="A piece",
        caption="Two voices.",
        voices=[
            Notes(name="soprano", start=[0, 1, 2.5], end=[1, 2, 4], pitch=[72, 74, 71]),
            Notes(name=AWKWARD, start=[0, 2], end=[2, 4], pitch=[48, 43]),
        ],
        marks=[Mark(x=1, label="given until here", known=True)],
        x=Axis(label="time", unit="beats"),
    ),
    "one note": PianoRoll(title="One", voices=[Notes(name="", start=[3], end=[4], pitch=[60])]),
    "no notes": PianoRoll(title="None", voices=[Notes(name="a", start=[], end=[], pitch=[])]),
    "no rows": Table(title="No rows", columns=["a"]),
}
