"""How well SequenceTagger finds parts of speech and named entities, and how fast it answers.

    python -m benchmarks.quality_tagging ud-ewt | wnut17 [--data DIR] [--model FILE] [--test]
        [--speed] [--set OPTION=VALUE]

UD English EWT: universal parts of speech, accuracy. WNUT-17: emerging entities, F1. Neither has
pretrained vectors. Choices are made on the customary development rows; `--test` measures the test
rows once. `--model` saves the model, or loads it where the file is there already. `--speed` counts
words a second.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import torch
from benchmarks._quality import chosen, parser, rounded, told

import ostinato
from ostinato import SequenceTagger, data

FILES = {
    "ud-ewt": ("ud_ewt/en_ewt-ud-{}.conllu.xz", ("train", "dev", "test")),
    "wnut17": ("wnut17/{}.conll.gz", ("train", "dev", "test")),
}
SETTINGS: dict[str, dict[str, Any]] = {
    "ud-ewt": {},
    "wnut17": {"epochs": 12, "dropout": 0.6, "char_hidden": 50, "char_dropout": 0.4},
}

Rows = tuple[list[list[str]], list[list[str]]]


def speed(model: SequenceTagger, sentences: list[list[str]]) -> dict[str, float]:
    """Words a second, the best of five."""
    times = []
    for _ in range(5):
        start = time.perf_counter()
        model.predict(sentences)
        times.append(time.perf_counter() - start)
    words = sum(map(len, sentences))
    return {"words a second": round(words / min(times)), "threads": torch.get_num_threads()}


def main() -> None:
    known = parser(__doc__, *SETTINGS)
    known.add_argument("--model", type=Path)
    known.add_argument("--speed", action="store_true")
    words = known.parse_args()
    options = chosen(SETTINGS[words.name], words.set)
    pattern, parts = FILES[words.name]
    train, judge, test = (data.read_tagged(words.data / pattern.format(each)) for each in parts)
    if words.model and words.model.exists():
        model = ostinato.load(words.model)
    else:
        model = SequenceTagger(**options).fit(*train, validation=judge)
        if words.model:
            model.save(words.model)
    figures = told(model, options)
    if words.test:
        figures["test"] = rounded(model.evaluate(*test))
    if words.speed:
        figures["speed"] = speed(model, test[0])
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
