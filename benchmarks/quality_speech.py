"""How well a SpeechRecognizer hears, on two small data sets.

an4: letters, numbers and dates (948 recordings to learn from, 130 to test, no speaker in both), as
    13 cepstral coefficients a frame. Seven of the 74 speakers are held out to choose by.
digits: single digits of the Free Spoken Digit Dataset (recordings 0 to 4 of each speaker and digit
    test, 5 to 9 are held out to choose by).
strings: the same recordings joined to strings of 3 to 7 digits with up to a fifth of a second of
    silence between.
stream: how long a causal model of default sizes takes for pieces of .1 and .2 seconds of noise.

    python -m benchmarks run quality_speech -- an4 --test
"""

from __future__ import annotations

import io
import json
import sys
import tarfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks import _quality

from ostinato import SpeechRecognizer, load
from ostinato.data import Recording

SMALL: dict[str, Any] = {
    "sampling_rate": 8000,
    "level": "word",
    "stride": 4,
    "hidden_size": 96,
    "num_layers": 1,
    "convolution": 64,
    "undisturbed": 2,
    "learning_rate": 5e-3,
}
OPTIONS: dict[str, dict[str, Any]] = {
    "an4": {"guide": "words", "epochs": 100, "time_mask": 0.05, "monitor": "val_wer"},
    # A mask of a tenth of a string would hide whole digits.
    "digits": {**SMALL, "epochs": 20},
    "strings": {
        **SMALL,
        "epochs": 30,
        "time_mask": 0.02,
        "hidden_size": 128,
        "num_layers": 2,
        "convolution": 96,
        "learning_rate": 4e-3,
        "monitor": "val_wer",
    },
}
HELD_OUT_SPEAKERS = 7
WEIGHTS, BONUSES = (0.3, 0.5, 0.8, 1.2), (-1.0, 0.0, 0.5, 1.0, 2.0)
WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
Rows = tuple[list[Any], list[str]]


def an4(data: Path, part: str) -> tuple[Rows, list[str]]:
    """Features and texts, and each recording's speaker."""
    with np.load(data / "an4_mfcc" / f"an4_{part}.npz") as file:
        ends = np.cumsum(file["lengths"])[:-1]
        frames = np.split(file["feats"].astype(np.float32), ends)
        speakers = [str(name).split("-")[1] for name in file["ids"]]
        return (frames, [str(text) for text in file["text"]]), speakers


def an4_parts(data: Path) -> dict[str, Rows]:
    """Rows to learn from, to choose by, and to test."""
    (frames, texts), speakers = an4(data, "train")
    names = sorted(set(speakers))
    held = set(np.random.default_rng(1).permutation(names)[:HELD_OUT_SPEAKERS].tolist())
    apart = [each in held for each in speakers]
    return {
        "learn": _those(frames, texts, [not each for each in apart]),
        "held out": _those(frames, texts, apart),
        "test": an4(data, "test")[0],
    }


def _those(X: Sequence[Any], y: Sequence[str], kept: Sequence[bool]) -> Rows:
    return (
        [each for each, here in zip(X, kept, strict=True) if here],
        [each for each, here in zip(y, kept, strict=True) if here],
    )


def digits(data: Path) -> dict[str, list[tuple[Recording, int, str]]]:
    """Recording, digit and speaker of every file, by part."""
    import soundfile

    found: dict[str, list[tuple[Recording, int, str]]] = {"learn": [], "held out": [], "test": []}
    with tarfile.open(data / "fsdd" / "recordings.tar.xz") as archive:
        files = [each for each in archive if each.name.endswith(".wav")]
        for file in sorted(files, key=lambda each: each.name):
            digit, speaker, index = Path(file.name).stem.split("_")
            content = archive.extractfile(file)
            assert content is not None
            samples, rate = soundfile.read(io.BytesIO(content.read()), dtype="float32")
            part = "test" if int(index) < 5 else "held out" if int(index) < 10 else "learn"
            found[part].append((Recording(samples=samples, rate=rate), int(digit), speaker))
    return found


def single(rows: list[tuple[Recording, int, str]]) -> Rows:
    return [each for each, _, _ in rows], [WORDS[digit] for _, digit, _ in rows]


def strings(rows: list[tuple[Recording, int, str]], count: int, seed: int) -> Rows:
    """Strings of 3 to 7 digits, each of one speaker."""
    random = np.random.default_rng(seed)
    speakers = sorted({speaker for _, _, speaker in rows})
    X, y = [], []
    for _ in range(count):
        speaker = speakers[random.integers(len(speakers))]
        own = [row for row in rows if row[2] == speaker]
        chosen = [own[k] for k in random.integers(len(own), size=random.integers(3, 8))]
        parts = []
        for recording, _, _ in chosen:
            gap = np.zeros(int(random.uniform(0, 0.2) * recording.rate), dtype=np.float32)
            parts += [recording.samples, gap]
        X.append(Recording(samples=np.concatenate(parts), rate=chosen[0][0].rate))
        y.append(" ".join(WORDS[digit] for _, digit, _ in chosen))
    return X, y


def parts_of(name: str, data: Path) -> dict[str, Rows]:
    if name == "an4":
        return an4_parts(data)
    found = digits(data)
    if name == "digits":
        return {part: single(rows) for part, rows in found.items()}
    counts = {"learn": 4000, "held out": 100, "test": 300}
    return {part: strings(rows, counts[part], k) for k, (part, rows) in enumerate(found.items())}


def choose_guide(model: SpeechRecognizer, rows: Rows) -> dict[str, float]:
    """Set the guide's weight and bonus to those with the fewest word errors on held-out rows."""
    found = {}
    for weight in WEIGHTS:
        for bonus in BONUSES:
            model.set_params(guide_weight=weight, guide_bonus=bonus)
            found[weight, bonus] = model.evaluate(*rows)["wer"]
    weight, bonus = min(found, key=lambda pair: found[pair])
    model.set_params(guide_weight=weight, guide_bonus=bonus)
    return {"weight": weight, "bonus": bonus, "wer": round(found[weight, bonus], 4)}


def real_time_factor(model: SpeechRecognizer, rows: Rows, seconds: float) -> dict[str, float]:
    """Processor seconds for a second of sound, one recording at a time."""
    found = {}
    for name, guide in (("greedy", "none"), ("guided", model.guide)):
        was, model.guide = model.guide, guide
        begin = time.process_time()
        for each in rows[0]:
            model.predict([each])
        found[name] = round((time.process_time() - begin) / seconds, 5)
        model.guide = was
    return found


def seconds_of(model: SpeechRecognizer, rows: Rows) -> float:
    return sum(
        each.seconds if isinstance(each, Recording) else len(each) * model.frame_shift
        for each in rows[0]
    )


def pieces_heard(seconds: float = 10.0, rate: int = 16_000) -> dict[str, float]:
    """Milliseconds of processor time for a piece of sound, the median, by the piece's seconds."""
    random = np.random.default_rng(0)
    noise = random.normal(scale=0.1, size=int(seconds * rate)).astype(np.float32)
    model = SpeechRecognizer(bidirectional=False, sampling_rate=rate, epochs=1, guide="none")
    model.fit([noise[:rate]] * 4, ["a b", "b a"] * 2, validation=None, progress=False)
    stream, found = model.stream(), {}
    for length in (0.1, 0.2):
        stream.reset()
        times = []
        for piece in np.split(noise, round(seconds / length)):
            begin = time.process_time()
            stream.step(piece)
            times.append(1000 * (time.process_time() - begin))
        found[f"{length} s"] = round(float(np.median(times)), 2)
    return found


def main() -> None:
    parser = _quality.parser(__doc__, "an4", "digits", "strings", "stream")
    parser.add_argument("--model", type=Path, help="file to write the model to, or to read")
    parser.add_argument("--more", type=int, default=0, help="epochs to go on from --model")
    parser.add_argument("--rate", type=float, default=2e-3, help="learning rate of --more")
    words = parser.parse_args()
    if words.name == "stream":
        print(json.dumps({"milliseconds a piece": pieces_heard()}))
        return
    options = _quality.chosen(OPTIONS[words.name], words.set)
    parts = parts_of(words.name, words.data)
    if words.model and words.model.exists():
        model = load(words.model)
        if words.more:
            begin = time.process_time()
            rates: dict[str, Any] = {"epochs": words.more, "learning_rate": words.rate}
            model.partial_fit(*parts["learn"], **rates, progress=True)
            print(f"processor seconds {time.process_time() - begin:.0f}", file=sys.stderr)
            model.save(words.model.with_suffix(".more.safetensors"))
    else:
        directory = words.model.with_suffix("") if words.model else None
        model = SpeechRecognizer(**options)
        begin = time.process_time()
        model.fit(*parts["learn"], validation=parts["held out"], directory=directory)
        print(f"processor seconds {time.process_time() - begin:.0f}", file=sys.stderr)
        if words.model:
            model.save(words.model)
    result = {"name": words.name, **_quality.told(model, options)}
    if model.guide != "none":
        result["chosen"] = choose_guide(model, parts["held out"])
    if words.test:
        result["test"] = _quality.rounded(model.evaluate(*parts["test"]))
        if model.guide != "none":
            tuned, model.guide = model.guide, "none"
            result["test, greedy"] = _quality.rounded(model.evaluate(*parts["test"]))
            model.guide = tuned
        seconds = seconds_of(model, parts["test"])
        result["real-time factor"] = real_time_factor(model, parts["test"], seconds)
    print(json.dumps(result))


if __name__ == "__main__":
    main()
