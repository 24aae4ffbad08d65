"""How well Translator translates captions and writes titles, and how fast it answers.

    python -m benchmarks.quality_translation multi30k | multi30k-plain | patents
        [--data DIR] [--model FILE] [--directory DIR --resume] [--further EPOCHS RATE]
        [--test] [--speed]

Multi30k is German to English in small letters, BLEU on test_2016_flickr; "plain" is without
attention. Patents are titles from abstracts. Choices, the length penalty too, are made on
validation rows; `--test` measures the test rows once. `--model` saves the model, or loads it where
the file is there already; `--further` then goes on from it. `--speed` counts sentences a second.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from benchmarks._quality import chosen, parser, rounded, told

import ostinato
from ostinato import Translator, data

CAPTIONS: dict[str, Any] = {"lowercase": True}
SETTINGS: dict[str, dict[str, Any]] = {
    "multi30k": CAPTIONS,
    "multi30k-plain": CAPTIONS
    | {
        "attention": "none",
        "word_prediction": 0.5,
        "dropout": 0.25,
        "cell": "gru",
        "hidden_size": 512,
        "num_layers": 1,
    },
    "patents": {
        "lowercase": True,
        "shared_vocabulary": True,
        "pointer": True,
        "measure": "rouge",
        "max_length": 120,
        "hidden_size": 256,
        "embedding_size": 128,
        "num_layers": 1,
        "epochs": 40,
        "batch_size": 32,
    },
}
PENALTIES = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0)

Pairs = tuple[list[str], list[str]]


def multi30k(folder: Path) -> list[Pairs]:
    """Training, validation and test pairs."""
    names = ("train", "val", "test_2016_flickr")
    place = folder / "multi30k"
    return [data.read_pairs([place / f"{n}.de.gz", place / f"{n}.en.gz"]) for n in names]


def patents(folder: Path) -> list[Pairs]:
    """Abstracts and titles, each abstract once; a tenth for validation and a tenth for test."""
    place = folder / "patents" / "neural_network_patent_query.csv.xz"
    sources, targets = data.read_pairs(place, source="patent_abstract", target="patent_title")
    rows = list({a.strip(): b for a, b in zip(sources, targets, strict=True)}.items())
    learn, test = data.split_random(len(rows), 0.1, seed=0)
    train, judge = data.split_random(len(learn), 0.11, seed=0)
    parts = (learn[train], learn[judge], test)
    return [([rows[k][0] for k in part], [rows[k][1] for k in part]) for part in parts]


def choose_penalty(model: Translator, pairs: Pairs) -> dict[float, float]:
    """The score of each penalty on the validation rows; the best is set."""
    scores = {}
    for penalty in PENALTIES:
        model.set_params(length_penalty=penalty)
        scores[penalty] = round(model.score(*pairs), 2)
    model.set_params(length_penalty=max(scores, key=lambda each: scores[each]))
    return scores


def speed(model: Translator, texts: list[str]) -> dict[str, float]:
    """Sentences a second, the best of three, by the beam's width."""
    found = {}
    for beam in (1, 5):
        times = []
        for _ in range(3):
            start = time.perf_counter()
            model.predict(texts, beam=beam)
            times.append(time.perf_counter() - start)
        found[f"beam {beam}"] = round(len(texts) / min(times), 1)
    return found | {"threads": torch.get_num_threads()}


def main() -> None:
    known = parser(__doc__, *SETTINGS)
    known.add_argument("--model", type=Path)
    known.add_argument("--directory", type=Path)
    known.add_argument("--resume", action="store_true")
    known.add_argument("--further", nargs=2, type=float, metavar=("EPOCHS", "RATE"))
    known.add_argument("--speed", action="store_true")
    words = known.parse_args()
    options = chosen(SETTINGS[words.name], words.set)
    train, judge, test = (patents if words.name == "patents" else multi30k)(words.data)
    if words.model and words.model.exists():
        model = ostinato.load(words.model)
    else:
        model = Translator(**options)
        model.fit(*train, validation=judge, directory=words.directory, resume=words.resume)
        if words.model:
            model.save(words.model)
    if words.further:
        epochs, rate = int(words.further[0]), words.further[1]
        model.partial_fit(*train, epochs=epochs, learning_rate=rate)
        if words.model:
            model.save(words.model.with_suffix(".further.safetensors"))
    figures = told(model, options) | {
        "validation by length penalty": choose_penalty(model, judge),
        "validation": rounded(model.evaluate(*judge), 2),
        "signatures": model.signatures(),
    }
    if words.test:
        figures["test"] = rounded(model.evaluate(*test), 2)
        rows = list(zip(test[0][:5], test[1][:5], model.predict(test[0][:5]), strict=True))
        figures["examples"] = rows
    if words.speed:
        figures["sentences a second"] = speed(model, test[0])
    print(json.dumps(figures, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
