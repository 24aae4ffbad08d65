"""How well `SequenceClassifier` tells classes of recordings.

    python -m benchmarks run quality_sequences -- gunpoint --folds 4
    python -m benchmarks run quality_sequences -- gunpoint --test --seeds 3
    python -m benchmarks run quality_sequences -- basic-motions --speed

japanese-vowels, basic-motions, italy-power, gunpoint, arrowhead, osu-leaf, acsf1: data sets of
timeseriesclassification.com in their customary parts. har: the test part of UCI HAR, subjects 2, 4,
9, 10, 12 and 13 to learn from and 18, 20 and 24 to test, which no published figure compares with.
digits: single digits of the Free Spoken Digit Dataset as 40 mel bands a hundredth of a second, as
`SpeechRecognizer` reads them; recordings 0 to 4 of each speaker and digit are the test ones.

Choices are made with `--folds`, on training rows alone (of har whole subjects); `--test` learns
from all training rows, none held out, as published figures do, and measures the test rows once.
Beside the model stand the nearest recording by dynamic time warping, the most frequent class and,
where aeon is installed, random convolutional kernels (MiniRocket) with a ridge classifier.
"""

from __future__ import annotations

import io
import json
import lzma
import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np
from benchmarks._quality import chosen, parser, rounded
from benchmarks.quality_speech import digits
from sklearn.model_selection import GroupKFold, StratifiedKFold

from ostinato import SequenceClassifier, data
from ostinato.data.audio_features import AudioFeatures

FILES = {
    "japanese-vowels": "JapaneseVowels",
    "basic-motions": "BasicMotions",
    "italy-power": "ItalyPowerDemand",
    "gunpoint": "GunPoint",
    "arrowhead": "ArrowHead",
    "osu-leaf": "OSULeaf",
    "acsf1": "ACSF1",
}
LEARN = (2, 4, 9, 10, 12, 13)


def parts(name: str, folder: Path) -> tuple[Any, Any, Any]:
    """Training recordings with labels, test ones, and groups of the training rows or None."""
    if name == "har":
        content = lzma.decompress((folder / "uci_har_testpart" / "har_test.npz.xz").read_bytes())
        arrays = np.load(io.BytesIO(content))
        learn = np.isin(arrays["subject"], LEARN)
        X, y = arrays["X"], arrays["y"]
        groups = arrays["subject"][learn]
        return (list(X[learn]), y[learn].tolist()), (list(X[~learn]), y[~learn].tolist()), groups
    if name == "digits":
        found = spoken_digits(folder)
        learn = tuple(found["learn"][k] + found["held out"][k] for k in range(2))
        return learn, found["test"], None
    found = [
        data.read_sequences(folder / "tsc" / f"{FILES[name]}_{part}.ts.xz")
        for part in ("TRAIN", "TEST")
    ]
    train, test = ((each.X, each.y) for each in found)
    return train, test, None


def spoken_digits(folder: Path) -> dict[str, Any]:
    """Mel bands and digits of each part."""
    features = AudioFeatures(kind="log_mel", rate=8000, bands=40, coefficients=13, frame_shift=0.01)
    return {
        part: (
            [features.of(f"{part} {k}", each) for k, (each, _, _) in enumerate(rows)],
            [digit for _, digit, _ in rows],
        )
        for part, rows in digits(folder).items()
    }


def pick(rows: Any, places: Any) -> Any:
    return [rows[0][k] for k in places], [rows[1][k] for k in places]


def scored(learn: Any, judge: Any, options: dict[str, Any]) -> dict[str, Any]:
    model = SequenceClassifier(**options).fit(*learn, validation=None, progress=False)
    return {"seconds": round(model.fit_result_.seconds, 1)} | rounded(model.evaluate(*judge))


def speed(learn: Any, options: dict[str, Any], rounds: int = 30) -> dict[str, float]:
    """Microseconds of processor time of a stream's step, the median of rounds and the least."""
    model = SequenceClassifier(**options | {"bidirectional": False, "epochs": 1})
    stream = model.fit(*learn, validation=None, progress=False).stream(confidence=0.9)
    found = []
    for _ in range(rounds):
        stream.reset()
        begin = time.process_time()
        for step in learn[0][0]:
            stream.step(step)
        found.append((time.process_time() - begin) / len(learn[0][0]) * 1e6)
    return {"median": round(statistics.median(found), 1), "least": round(min(found), 1)}


def kernels(learn: Any, judge: Any) -> float | None:
    """The accuracy of aeon's MiniRocket with ridge, or None without aeon."""
    try:
        from aeon.classification.convolution_based import MiniRocketClassifier
    except ImportError:
        return None
    steps = max(len(each) for each in (*learn[0], *judge[0]))
    if any(len(each) != steps for each in (*learn[0], *judge[0])):
        return None
    X, T = (np.stack([each.T for each in rows[0]]) for rows in (learn, judge))
    found = MiniRocketClassifier(random_state=0).fit(X, np.array(learn[1])).predict(T)
    return round(float(np.mean(found == np.array(judge[1]))), 4)


def main() -> None:
    words = parser(__doc__, *FILES, "har", "digits")
    words.add_argument("--seeds", type=int, default=1)
    words.add_argument("--folds", type=int, default=0)
    words.add_argument("--speed", action="store_true", help="of a causal model's stream")
    words.add_argument("--most", type=int, default=0, help="folds that are measured; 0: all")
    typed = words.parse_args()
    options = chosen({}, typed.set)
    train, test, groups = parts(typed.name, typed.data)
    if typed.speed:
        print(json.dumps({"microseconds a step": speed(train, options)}))
        return
    runs = []
    for seed in range(typed.seeds):
        seeded = options | {"seed": seed}
        if typed.test:
            runs.append(scored(train, test, seeded))
        if typed.folds:
            fold: Any = (
                StratifiedKFold(typed.folds, shuffle=True, random_state=seed)
                if groups is None
                else GroupKFold(typed.folds)
            )
            cut = list(fold.split(train[1], train[1], groups))
            for learn, judge in cut[: typed.most or None]:
                runs.append(scored(pick(train, learn), pick(train, judge), seeded))
    means = {
        name: round(statistics.mean(each[name] for each in runs), 4)
        for name in runs[0]
        if all(name in each for each in runs)
    }
    found = {"name": typed.name, "options": options, "test": typed.test, "mean": means}
    if typed.test:
        found["kernels_accuracy"] = kernels(train, test)
    print(json.dumps(found | {"accuracies": [each["accuracy"] for each in runs]}))


if __name__ == "__main__":
    main()
