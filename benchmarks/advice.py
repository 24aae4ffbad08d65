"""What cell, direction, depth, width and dropout change, by task and by number of rows.

    python -m benchmarks run advice -- texts-500
    python -m benchmarks run advice -- etth1-8000 --only cell hidden_size

One option at a time is changed from the estimator's defaults with 64 units; each is fitted on the
same two or three splits, seeds 0, 1 and 2. Told is the mean error on rows that the fit did not see,
as a share of that of the first line, the error of each split, and the seconds of a fit. These are
the figures behind `inspection.advise`. Test parts are not read: texts and words are judged on other
training rows, recordings by folds of the training part, the series on the weeks that follow.

texts: rt_polarity, so many reviews, 2,000 others judge. words: parts of speech of UD EWT, so many
sentences, 500 others judge. vowels: JapaneseVowels, 90 recordings of 7 to 29 steps learn and 180
judge; osu-leaf: OSULeaf, 133 of 427 steps learn and 67 judge. etth1: so many hours of 7 columns,
the 1,000 after them judge; past 96, horizon 24.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks._quality import parser
from benchmarks.quality_text import rt_polarity
from sklearn.model_selection import StratifiedKFold

from ostinato import Forecaster, SequenceClassifier, SequenceTagger, TextClassifier, data

UNITS = 64
SPLITS = 3
SETS = (
    "texts-500",
    "texts-4000",
    "words-200",
    "words-1500",
    "vowels",
    "osu-leaf",
    "etth1-1000",
    "etth1-8000",
)
CHANGES: dict[str, list[dict[str, Any]]] = {
    "cell": [{"cell": each} for each in ("gru", "lstm", "rnn")],
    "direction": [{"bidirectional": False}],
    "layers": [{"hidden_size": (UNITS, UNITS)}],
    "units": [{"hidden_size": each} for each in (16, 32, 128, 256)],
    "dropout": [{"dropout": each} for each in (0.0, 0.2, 0.4, 0.6)],
}


def splits(name: str, folder: Path) -> Iterator[tuple[Any, Any]]:
    """Rows to learn from and to judge by, each as `fit` takes them."""
    kind, _, count = name.partition("-")
    if kind == "texts":
        (texts, labels), _ = rt_polarity(folder)
        for seed in range(SPLITS):
            order = np.random.default_rng(seed).permutation(len(texts))
            parts = order[: int(count)], order[-2000:]
            yield tuple(([texts[k] for k in p], [labels[k] for k in p]) for p in parts)
    elif kind == "words":
        words, tags = data.read_tagged(folder / "ud_ewt" / "en_ewt-ud-train.conllu.xz")
        for seed in range(2):
            order = np.random.default_rng(seed).permutation(len(words))
            parts = order[: int(count)], order[-500:]
            yield tuple(([words[k] for k in p], [tags[k] for k in p]) for p in parts)
    elif kind == "etth1":
        frame = pd.read_csv(folder / "ett" / "ETTh1.csv.gz")
        for seed in range(2):
            first = seed * 1000
            end = first + int(count)
            yield (frame[first:end],), (frame[end - 96 : end + 1000],)
    else:
        file = {"vowels": "JapaneseVowels", "osu": "OSULeaf"}[kind]
        found = data.read_sequences(folder / "tsc" / f"{file}_TRAIN.ts.xz")
        X, y = list(found.X), list(found.y or [])
        for parts in StratifiedKFold(SPLITS, shuffle=True, random_state=0).split(X, y):
            parts = parts[::-1] if kind == "vowels" else parts
            yield tuple(([X[k] for k in p], [y[k] for k in p]) for p in parts)


def estimator(name: str, options: dict[str, Any], seed: int) -> Any:
    options = {"hidden_size": UNITS, "seed": seed} | options
    kind = name.partition("-")[0]
    if kind == "texts":
        return TextClassifier(**options)
    if kind == "words":
        return SequenceTagger(**options)
    if kind == "etth1":
        return Forecaster(time="date", past=96, horizon=24, **options)
    return SequenceClassifier(**options)


def changes(name: str, only: list[str]) -> list[dict[str, Any]]:
    """The defaults first; what a task does not have is left out, and what is its default."""
    declared = estimator(name, {}, 0).options()
    found: list[dict[str, Any]] = [{}]
    for what, each in CHANGES.items():
        if only and what not in only:
            continue
        for change in each:
            if "num_layers" in declared and what == "layers":
                change = {"num_layers": 1 if declared["num_layers"] == 2 else 2}
            if all(k in declared and declared[k] != v for k, v in change.items()):
                found.append(change)
    return found


def error(model: Any, rows: Any) -> float:
    scores = model.evaluate(*rows)
    return scores["mae"] if "mae" in scores else 1 - scores["accuracy"]


def main() -> None:
    known = parser(__doc__, *SETS)
    known.add_argument("--only", nargs="*", default=[], choices=CHANGES)
    words = known.parse_args()
    rows = list(splits(words.name, words.data))
    base: list[float] = []
    for change in changes(words.name, words.only):
        errors, seconds = [], []
        for seed, (learn, judge) in enumerate(rows):
            model = estimator(words.name, change, seed)
            validation = 0.2 if isinstance(model, Forecaster) else None
            model.fit(*learn, validation=validation, progress=False)
            errors.append(error(model, judge))
            seconds.append(model.fit_result_.seconds)
        base = base or errors
        told = {
            "set": words.name,
            "change": change,
            "error": round(statistics.mean(errors), 4),
            "share": round(sum(errors) / max(sum(base), 1e-9), 3),
            "errors": [round(each, 4) for each in errors],
            "seconds": round(statistics.mean(seconds), 1),
        }
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
