"""How well TextClassifier does on real texts.

    python -m benchmarks.quality_text imdb | imdb-tutorial | rt-polarity [--data DIR] [--test]
    python -m benchmarks.quality_text rt-polarity --folds 10

Choices are made on validation rows; `--test` measures the test rows once. `--folds` answers every
row by a model that was trained on the other folds.
"""

from __future__ import annotations

import gzip
import json
import statistics
from pathlib import Path
from typing import Any

from benchmarks._quality import chosen, parser, rounded, told
from sklearn.model_selection import StratifiedKFold, train_test_split

from ostinato import TextClassifier, data

TUTORIAL = {
    "max_vocabulary": 10_000,
    "max_length": 200,
    "truncation": "right",
    "embedding_size": 64,
    "hidden_size": (64, 32),
    "bidirectional": False,
    "dropout": 0.2,
    "recurrent_dropout": 0.2,
    "step_mask": 0.35,
    "wide": False,
    "epochs": 10,
    "monitor": "val_accuracy",
    "mode": "max",
}
SETTINGS: dict[str, dict[str, Any]] = {"imdb": {}, "imdb-tutorial": TUTORIAL, "rt-polarity": {}}


def imdb(folder: Path) -> tuple[Any, Any]:
    """Training and test texts with labels."""
    parts = [data.read_table(folder / "imdb" / f"{each}.tsv.xz") for each in ("train", "test")]
    train, test = ((list(p["text"]), list(p["label"])) for p in parts)
    return train, test


def rt_polarity(folder: Path) -> tuple[Any, Any]:
    """A fixed stratified split, a tenth for test."""
    texts, labels = [], []
    for label in ("neg", "pos"):
        with gzip.open(folder / "rt_polarity" / f"rt-polarity.{label}.gz", "rt") as file:
            lines = file.read().splitlines()
        texts += lines
        labels += [label] * len(lines)
    a, b, c, d = train_test_split(texts, labels, test_size=0.1, random_state=0, stratify=labels)
    return (a, c), (b, d)


def _pick(rows: tuple[Any, Any], places: Any) -> tuple[list[Any], list[Any]]:
    texts, labels = rows
    return [texts[k] for k in places], [labels[k] for k in places]


def by_folds(rows: tuple[Any, Any], folds: int, options: dict[str, Any]) -> dict[str, Any]:
    """The accuracy of each stratified fold, ours and naive Bayes's."""
    texts, labels = rows
    found: dict[str, list[float]] = {"accuracy": [], "baseline_accuracy": []}
    for learn, judge in StratifiedKFold(folds, shuffle=True, random_state=0).split(texts, labels):
        model = TextClassifier(**options).fit(*_pick(rows, learn), progress=False)
        scores = model.evaluate(*_pick(rows, judge))
        for name, values in found.items():
            values.append(round(scores[name], 4))
    means = {f"mean_{name}": round(statistics.mean(v), 4) for name, v in found.items()}
    return {"options": options, **found, **means}


def main() -> None:
    known = parser(__doc__, *SETTINGS)
    known.add_argument("--folds", type=int, help="cross-validate over all rows")
    words = known.parse_args()
    options = chosen(SETTINGS[words.name], words.set)
    train, test = (rt_polarity if words.name == "rt-polarity" else imdb)(words.data)
    if words.folds:
        rows = (train[0] + test[0], train[1] + test[1])
        print(json.dumps(by_folds(rows, words.folds, options), indent=1))
        return
    model = TextClassifier(**options).fit(*train)
    figures = told(model, options)
    if words.test:
        figures["test"] = rounded(model.evaluate(*test))
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
