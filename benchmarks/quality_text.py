"""How well TextClassifier does on real texts.

    python -m benchmarks.quality_text imdb | imdb-tutorial | rt-polarity [--data DIR] [--test]
    python -m benchmarks.quality_text rt-polarity --folds 10

Choices are made on validation rows; `--test` measures the test rows once. `--folds` answers every
row by a model that was trained on the other folds.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
import statistics
from pathlib import Path
from typing import Any

from sklearn.model_selection import StratifiedKFold, train_test_split

from ostinato import TextClassifier, data

HERE = Path(__file__).resolve().parents[1]
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
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=SETTINGS)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--test", action="store_true", help="measure the test rows too")
    parser.add_argument("--folds", type=int, help="cross-validate over all rows")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE")
    words = parser.parse_args()
    options = dict(SETTINGS[words.name])
    for each in words.set:
        name, _, value = each.partition("=")
        try:
            options[name] = ast.literal_eval(value)
        except ValueError:
            options[name] = value
    train, test = (rt_polarity if words.name == "rt-polarity" else imdb)(words.data)
    if words.folds:
        rows = (train[0] + test[0], train[1] + test[1])
        print(json.dumps(by_folds(rows, words.folds, options), indent=1))
        return
    model = TextClassifier(**options).fit(*train)
    figures: dict[str, Any] = {
        "options": options,
        "seconds": round(model.fit_result_.seconds, 1),
        "best_epoch": model.fit_result_.best_epoch,
        "history": {k: [round(v, 4) for v in values] for k, values in model.history_.items()},
        "validation": {k: round(v, 4) for k, v in model.baseline_.items()},
    }
    if words.test:
        figures["test"] = {k: round(v, 4) for k, v in model.evaluate(*test).items()}
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
