"""A small fit of every task, for the tests that hold for all of them.

A new task needs one row here; a test says so when it is missing.
"""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from ostinato.ops import native_info
from ostinato.tasks import task_of


@dataclasses.dataclass(frozen=True, kw_only=True)
class Example:
    """One task on made-up rows.

    Attributes:
        options: of a fit that takes a second.
        X, y: the rows; y is None where X has everything.
        more: other rows of the same kind, for `partial_fit`.
        probe: single inputs, of which any list may be asked.
        ask: answers of a fitted model to a list of inputs, one for each, comparable by `same`.
        other: one option with another value that gives another model.
        causal: options with which `stream` works, or None.
        stream: the stream's answer to one input, comparable with `ask`'s.
        junk: arguments of `fit` that are no rows.
    """

    kind: str
    options: dict[str, Any]
    X: Any
    y: Any = None
    more: tuple[Any, ...]
    probe: list[Any]
    ask: Callable[[Any, list[Any]], list[Any]]
    other: dict[str, Any]
    causal: dict[str, Any] | None = None
    stream: Callable[[Any, Any], Any] | None = None
    junk: list[tuple[Any, ...]] = dataclasses.field(default_factory=list)

    @property
    def rows(self) -> tuple[Any, ...]:
        return (self.X,) if self.y is None else (self.X, self.y)

    def ask_one(self, model: Any, each: Any) -> Any:
        return self.ask(model, [each])[0]

    def make(self, **changes: Any) -> Any:
        return task_of(self.kind).estimator(**self.options | changes)

    def fit(self, **changes: Any) -> Any:
        return self.make(**changes).fit(*self.rows, progress=False)


def same(one: Any, other: Any) -> bool:
    """Whether two answers have the same bits."""
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, (pd.DataFrame, pd.Series)):
        return one.equals(other)
    if isinstance(one, np.ndarray):
        return np.array_equal(one, other)
    return bool(one == other)


def same_row(one: Any, other: Any) -> bool:
    """Whether an answer alone is that in company: the same bits. Without the kernels it has about
    the same values, for torch's products have other bits for another number of rows."""
    if native_info():
        return same(one, other)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same_row, one, other))
    if isinstance(one, str):
        return one == other
    return bool(np.allclose(one, other, rtol=1e-4, atol=1e-6))


SMALL: dict[str, Any] = {"epochs": 2, "hidden_size": 8}


def _reviews(count: int, seed: int) -> tuple[list[str], list[str]]:
    chance = random.Random(seed)
    good, bad = ["great", "fine", "lovely", "superb"], ["dull", "poor", "awful", "weak"]
    texts, labels = [], []
    for _ in range(count):
        label = chance.choice(["positive", "negative"])
        words = chance.choices(good if label == "positive" else bad, k=3)
        more = " and more" * chance.randrange(6)
        texts.append(f"a {words[0]} film with a {words[1]} plot{more} and {words[2]} actors")
        labels.append(label)
    return texts, labels


def _sentences(count: int, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    chance = random.Random(seed)
    names, verbs = ["Ada", "Bela", "Cora", "Dan"], ["sees", "meets", "likes"]
    X, y = [], []
    for _ in range(count):
        words = [chance.choice(names), chance.choice(verbs), chance.choice(names), "in", "Rome"]
        tags = ["B-PER", "O", "B-PER", "O", "B-LOC"]
        more = chance.randrange(4)
        X.append(words + ["again"] * more)
        y.append(tags + ["O"] * more)
    return X, y


def _pairs(count: int, seed: int) -> tuple[list[str], list[str]]:
    texts, _ = _reviews(count, seed)
    return texts, [" ".join(reversed(text.split()[:5])) for text in texts]


def _hours(count: int, shop: str = "x", level: float = 100.0) -> pd.DataFrame:
    hours = pd.date_range("2026-01-01", periods=count, freq="h")
    values = [level + 30 * math.sin(k * math.pi / 12) + (k * 7 % 5) for k in range(count)]
    return pd.DataFrame({"time": hours, "visits": values, "shop": shop})


def _shops(count: int) -> pd.DataFrame:
    return pd.concat([_hours(count, "x"), _hours(count, "y", 50.0), _hours(count, "z", 500.0)])


def _forecasts(model: Any, shops: list[Any]) -> list[Any]:
    table = pd.concat(shops, ignore_index=True)
    found = model.predict(table)
    return [found.loc[each["shop"].iloc[0]] for each in shops]


def _text_stream(model: Any, text: str) -> Any:
    return model.stream().step(text)


def _language_stream(model: Any, text: str) -> Any:
    """The probability of each token, read one after the other."""
    stream, found = model.stream(), []
    answer = stream.step("")
    for letter, token in zip(text, model.rows_.encoder.encode([text])[0], strict=True):
        found.append(answer[token])
        answer = stream.step(letter)
    return np.array(found)


def _stream(count: int, seed: int) -> tuple[np.ndarray, list[str]]:
    """Rows that rise and fall, and whether the second column lies above its recent mean."""
    chance = np.random.default_rng(seed)
    X = np.cumsum(chance.normal(size=(count, 3)), 0)
    return X, ["up" if up else "down" for up in X[:, 1] > np.roll(X[:, 1], 3)]


def _machine(count: int, seed: int) -> tuple[np.ndarray, list[int]]:
    chance = np.random.default_rng(seed)
    rows = np.stack([np.sin(np.arange(count) / 5), np.zeros(count)], axis=1)
    rows += 0.1 * chance.normal(size=rows.shape)
    labels = [0] * count
    rows[count // 2] += 3
    labels[count // 2] = 1
    return rows, labels


def _verdicts(model: Any, rows: np.ndarray) -> Any:
    stream, found = model.stream(), []
    for row in rows:
        each = stream.step(row)
        expected, blame = each.pop("expected"), each.pop("blame")
        found.append([*each.values(), *expected.values(), *blame.values()])
    return np.array(found, dtype=object)


def _gestures(count: int, seed: int) -> tuple[list[np.ndarray], list[str]]:
    """Waves of three speeds in two channels, of different lengths, now and then with a gap."""
    chance = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        kind, steps = int(chance.integers(3)), int(chance.integers(4, 30))
        wave = np.sin(np.arange(steps) * (kind + 1) / 3 + chance.normal())
        each = np.stack([wave, chance.normal(size=steps)], axis=1)
        each[chance.random(each.shape) < 0.02] = math.nan
        X.append(each)
        y.append(("slow", "usual", "fast")[kind])
    return X, y


def _gesture_stream(model: Any, steps: np.ndarray) -> Any:
    stream = model.stream()
    answers = [stream.step(step) for step in steps]
    return np.array([*answers[-1].probabilities.values()])


def _heights(recordings: list[np.ndarray]) -> list[float]:
    """The largest value of each recording's first channel."""
    return [float(np.nanmax(each[:, 0])) for each in recordings]


def _height_stream(model: Any, steps: np.ndarray) -> Any:
    stream = model.stream()
    return [stream.step(step) for step in steps][-1]


def _row_stream(model: Any, rows: np.ndarray) -> Any:
    stream = model.stream()
    return np.array([[*stream.step(row).probabilities.values()] for row in rows])


def _tones(count: int, seed: int) -> tuple[list[np.ndarray], list[str]]:
    """Recordings of 8,000 Hz with one to three tones, and their names."""
    chance = np.random.default_rng(seed)
    X, y = [], []
    for _ in range(count):
        tones = chance.integers(3, size=chance.integers(1, 4))
        at = np.arange(1200) / 8000
        parts = [0.3 * np.sin(2 * np.pi * (300 + 500 * tone) * at) for tone in tones]
        X.append(np.concatenate(parts) + 0.01 * chance.normal(size=1200 * len(tones)))
        y.append(" ".join("abc"[tone] for tone in tones))
    return X, y


def _speech_stream(model: Any, samples: np.ndarray) -> Any:
    stream = model.stream()
    cuts = range(0, len(samples), 700)
    return np.concatenate([stream.step(samples[k : k + 700]).probabilities for k in cuts])


def _pieces(count: int, seed: int) -> list[np.ndarray]:
    """Pieces of three voices that climb and fall by thirds."""
    chance = np.random.default_rng(seed)
    pieces = []
    for _ in range(count):
        steps = np.arange(chance.integers(5, 30)) + chance.integers(4)
        top = 67 + 2 * np.abs(steps % 8 - 4)
        pieces.append(np.stack([top, top - 4 + steps % 2, np.where(steps % 3, 48, -1)], axis=1))
    return pieces


def _music_stream(model: Any, piece: np.ndarray) -> Any:
    stream = model.stream()
    return np.stack([stream.probabilities, *(stream.step(frame) for frame in piece)])


GESTURES = _gestures(48, 0)


def _drawings(count: int, seed: int) -> tuple[list[np.ndarray], list[Any]]:
    """Squares of three colours on the left or right, and one or two captions each."""
    chance = np.random.default_rng(seed)
    colours = {"red": (220, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 220)}
    images, captions = [], []
    for _ in range(count):
        image = chance.integers(180, 255, (20, 24, 3)).astype(np.uint8)
        name = str(chance.choice(list(colours)))
        left = bool(chance.integers(2))
        image[5:14, slice(2, 11) if left else slice(13, 22)] = colours[name]
        text = f"a {name} square on the {'left' if left else 'right'}"
        images.append(image)
        captions.append([text, f"{name} square"] if chance.integers(2) else text)
    return images, captions


REVIEWS, SENTENCES, PAIRS = _reviews(60, 0), _sentences(40, 0), _pairs(48, 0)
DRAWINGS = _drawings(24, 0)
TEXT_JUNK: list[tuple[Any, ...]] = [
    ([], []),
    (["one"], ["a"]),
    ("text", "label"),
    ([None, "a"], ["a", "b"]),
    ([1, 2], ["a", "b"]),
    (["a", "b"], ["a"]),
    (np.zeros((3, 2)), [1, 2, 3]),
    ([b"a", b"b"], [1, 2]),
    (3, 4),
    (None, None),
    ({"a": 1}, 3),
]

EXAMPLES: dict[str, Example] = {
    each.kind: each
    for each in (
        Example(
            kind="text-classifier",
            # Small steps would leave all to the n-grams, and the network would not be tested.
            options={**SMALL, "embedding_size": 8, "batch_size": 8, "learning_rate": 0.03},
            X=REVIEWS[0],
            y=REVIEWS[1],
            more=_reviews(20, 1),
            probe=[*_reviews(9, 2)[0], "unseen words here", "great", ""],
            ask=lambda model, texts: list(model.predict_proba(texts)),
            other={"dropout": 0.1},
            causal={"bidirectional": False, "pooling": "last"},
            stream=_text_stream,
            junk=[*TEXT_JUNK, (["a", "b"], ["x", "x"]), (["a", "b"], [None, "x"])],
        ),
        Example(
            kind="sequence-tagger",
            options={**SMALL, "embedding_size": 8, "char_hidden": 4, "char_size": 4},
            X=SENTENCES[0],
            y=SENTENCES[1],
            more=_sentences(20, 1),
            probe=[*_sentences(9, 2)[0], ["Zoe", "waits"], ["Ada"], []],
            ask=lambda model, rows: list(model.predict_proba(rows)),
            other={"dropout": 0.1},
            junk=[*TEXT_JUNK, ([["a"]], [["O", "O"]]), ([["a", 1]], [["O", "O"]])],
        ),
        Example(
            kind="language-model",
            options={**SMALL, "embedding_size": 8, "chunk": 16, "batch_size": 4},
            X=REVIEWS[0],
            more=(_reviews(20, 1)[0],),
            probe=["a great film", "dull", "x", "and more and"],
            ask=lambda model, texts: [model.probabilities(text) for text in texts],
            other={"dropout": 0.1},
            causal={},
            stream=_language_stream,
            junk=[([],), ("",), ([None],), ([1, 2],), (3,), (None,), ([["a"]],)],
        ),
        Example(
            kind="translator",
            options={**SMALL, "embedding_size": 8, "batch_size": 16, "beam": 2},
            X=PAIRS[0],
            y=PAIRS[1],
            more=_pairs(20, 1),
            probe=[*_pairs(5, 2)[0], "unseen words here", "great"],
            ask=lambda model, texts: model.predict_best(texts),
            other={"dropout": 0.1},
            junk=[*TEXT_JUNK, (["a", ""], ["b", "c"])],
        ),
        Example(
            kind="image-captioner",
            options={
                **SMALL,
                "embedding_size": 8,
                "batch_size": 8,
                "channels": 4,
                "image_size": 16,
                "grid": 2,
                "beam": 2,
                "min_count": 1,
            },
            X=DRAWINGS[0],
            y=DRAWINGS[1],
            more=_drawings(10, 1),
            probe=_drawings(6, 2)[0],
            ask=lambda model, images: model.predict_best(images),
            other={"dropout": 0.1},
            junk=[
                *TEXT_JUNK,
                (DRAWINGS[0], DRAWINGS[1][1:]),
                (DRAWINGS[0][:2], ["a", ""]),
                (DRAWINGS[0][:2], ["a", []]),
                (DRAWINGS[0][:2], ["a", "..."]),
                (DRAWINGS[0][:2], [["a"], [1]]),
                ([np.zeros((0, 4, 3)), DRAWINGS[0][0]], ["a", "b"]),
                ([np.full((4, 4, 3), math.nan), DRAWINGS[0][0]], ["a", "b"]),
                ([np.zeros((4, 4, 2)), DRAWINGS[0][0]], ["a", "b"]),
                (["no such file.jpg", DRAWINGS[0][0]], ["a", "b"]),
                (DRAWINGS[0][0], "a"),
            ],
        ),
        Example(
            kind="forecaster",
            options={**SMALL, "past": 24, "horizon": 6, "series": "shop", "target": "visits"},
            X=_shops(120),
            more=(_shops(80),),
            probe=[_hours(30, "x"), _hours(40, "y", 50.0), _hours(24, "z", 500.0)],
            ask=_forecasts,
            other={"dropout": 0.1},
            junk=[
                (pd.DataFrame(),),
                (pd.DataFrame({"visits": ["a", "b"]}),),
                (_shops(5),),
                (np.zeros((2, 2, 2)),),
                (3,),
                (None,),
                ("no such file.csv",),
                (_shops(120).assign(visits=math.nan),),
                (_shops(120).assign(visits=math.inf),),
            ],
        ),
        Example(
            kind="anomaly-detector",
            options={**SMALL, "past": 12, "horizon": 4},
            X=_machine(200, 0)[0],
            y=_machine(200, 0)[1],
            more=_machine(80, 1),
            probe=[_machine(count, count)[0] for count in (30, 1, 60)],
            ask=lambda model, tables: [model.predict(each).to_numpy() for each in tables],
            other={"dropout": 0.1},
            causal={},
            stream=_verdicts,
            junk=[
                (pd.DataFrame(),),
                (pd.DataFrame({"heat": ["a", "b"]}),),
                (np.zeros(5),),
                (np.zeros((2, 2, 2)),),
                (3,),
                (None,),
                ("no such file.csv",),
                (np.full(99, math.nan),),
                (np.full(99, math.inf),),
                (np.zeros(99), [0] * 98),
                (np.zeros(99), ["perhaps"] * 99),
                (np.zeros(99), [1] * 99),
            ],
        ),
        Example(
            kind="speech-recognizer",
            options={
                **SMALL,
                "sampling_rate": 8000,
                "bands": 12,
                "convolution": 8,
                "stride": 2,
                "num_layers": 1,
                "undisturbed": 1,
                "batch_size": 8,
                "learning_rate": 0.01,
            },
            X=_tones(24, 0)[0],
            y=_tones(24, 0)[1],
            more=_tones(10, 1),
            probe=_tones(6, 2)[0],
            ask=lambda model, sounds: model.predict_proba(sounds),
            other={"dropout": 0.1},
            causal={"bidirectional": False},
            stream=_speech_stream,
            junk=[
                *TEXT_JUNK,
                ([np.zeros(0)] * 3, ["a", "b", "c"]),
                ([np.zeros(4000)] * 3, ["a", "b", "c"]),
                ([np.full(4000, math.nan)] * 3, ["a", "b", "c"]),
                ([np.ones(4000)] * 3, ["a", None, "c"]),
                ([np.ones((9, 4, 2))] * 3, ["a", "b", "c"]),
                (_tones(3, 0)[0], ["", " ", ""]),
                (_tones(3, 0)[0], ["a" * 400, "b", "c"]),
            ],
        ),
        Example(
            kind="stream-classifier",
            options={**SMALL, "window": 12},
            X=_stream(150, 0)[0],
            y=_stream(150, 0)[1],
            more=_stream(60, 1),
            probe=[_stream(count, count)[0] for count in (1, 20, 5, 33)],
            ask=lambda model, parts: [model.predict_proba(part) for part in parts],
            other={"dropout": 0.1},
            causal={},
            stream=_row_stream,
            junk=[
                *(each for each in TEXT_JUNK if not isinstance(each[0], np.ndarray)),
                (np.zeros((3, 2)), [1, 2]),
                (np.zeros((3, 2)), [1, 1, 1]),
                (np.zeros((3, 2)), [1, None, 2]),
                (np.full((3, 2), math.nan), [1, 2, 1]),
                (np.zeros((3, 0)), [1, 2, 1]),
                ([[1.0, 2.0], [1.0]], ["a", "b"]),
                (pd.DataFrame({"a": ["x", "y"]}), [1, 2]),
            ],
        ),
        Example(
            kind="sequence-classifier",
            options={**SMALL, "filters": 8},
            X=GESTURES[0],
            y=GESTURES[1],
            more=_gestures(20, 1),
            probe=[*_gestures(9, 2)[0], np.zeros((1, 2)), np.full((3, 2), math.nan)],
            ask=lambda model, rows: list(model.predict_proba(rows)),
            other={"dropout": 0.1},
            causal={"bidirectional": False},
            stream=_gesture_stream,
            junk=[
                ([], []),
                ("text", "label"),
                (3, 4),
                (None, None),
                ({"a": 1}, 3),
                (["one", "two"], ["a", "b"]),
                ([np.zeros((3, 2)), None], ["a", "b"]),
                ([np.zeros((3, 2))] * 2, ["a"]),
                ([np.zeros((3, 2))] * 2, ["a", "a"]),
                ([np.zeros((3, 2))] * 2, ["a", None]),
                ([np.zeros((3, 2)), np.zeros((3, 1))], ["a", "b"]),
                ([np.zeros((3, 2)), np.zeros((0, 2))], ["a", "b"]),
                ([np.zeros((3, 2)), np.full((3, 2), math.inf)], ["a", "b"]),
                ([np.full((3, 2), math.nan)] * 2, ["a", "b"]),
                ([np.zeros((3, 2, 2))] * 2, ["a", "b"]),
                (np.zeros(5), [1, 2, 1, 2, 1]),
                (pd.DataFrame({"x": [1.0, 2.0]}), ["a", "b"]),
                (pd.DataFrame({"id": [1, 2], "x": ["a", "b"]}), ["a", "b"]),
                ([np.zeros((3, 2))] * 2, [["a", "b"], "a"]),
            ],
        ),
        Example(
            kind="sequence-regressor",
            options={**SMALL, "filters": 8},
            X=GESTURES[0],
            y=_heights(GESTURES[0]),
            more=(_gestures(20, 1)[0], _heights(_gestures(20, 1)[0])),
            probe=[*_gestures(9, 2)[0], np.zeros((1, 2)), np.full((3, 2), math.nan)],
            ask=lambda model, rows: list(model.predict(rows)),
            other={"dropout": 0.1},
            causal={"bidirectional": False},
            stream=_height_stream,
            junk=[
                ([], []),
                ("text", 1.0),
                (3, 4),
                (None, None),
                (["one", "two"], [1.0, 2.0]),
                ([np.zeros((3, 2)), None], [1.0, 2.0]),
                ([np.zeros((3, 2))] * 2, [1.0]),
                ([np.zeros((3, 2))] * 2, [1.0, 1.0]),
                ([np.zeros((3, 2))] * 2, [1.0, math.nan]),
                ([np.zeros((3, 2))] * 2, [1.0, math.inf]),
                ([np.zeros((3, 2))] * 2, [1.0, None]),
                ([np.zeros((3, 2))] * 2, ["a", "b"]),
                ([np.zeros((3, 2))] * 2, [[1.0, 2.0], [3.0]]),
                ([np.zeros((3, 2)), np.zeros((3, 1))], [1.0, 2.0]),
                ([np.zeros((3, 2)), np.zeros((0, 2))], [1.0, 2.0]),
                ([np.full((3, 2), math.nan)] * 2, [1.0, 2.0]),
                (pd.DataFrame({"x": [1.0, 2.0]}), [1.0, 2.0]),
            ],
        ),
        Example(
            kind="music-composer",
            options={
                **SMALL,
                "chain_size": 8,
                "batch_size": 8,
                "learning_rate": 0.01,
                "early_transpose": 0.5,
            },
            X=_pieces(20, 0),
            more=(_pieces(8, 1),),
            probe=[*_pieces(3, 2), np.array([[60, 57, -1]]), np.array([[80], [-1]])],
            ask=lambda model, pieces: [model.probabilities(piece) for piece in pieces],
            other={"dropout": 0.1},
            causal={},
            stream=_music_stream,
            junk=[
                ([],),
                (None,),
                (3,),
                ("no such file.mid",),
                (["no such file.mid"],),
                ([None],),
                ([[]],),
                ([[[-1]]],),
                ([np.zeros((2, 2, 2))],),
                ([np.full((3, 2), math.nan)],),
                ([np.full((3, 2), math.inf)],),
                ([np.full((3, 2), 12)],),
                ([["C4", "E4"]],),
                ({"a": 1},),
                ([np.full((1, 1), 60)],),
            ],
        ),
    )
}
