"""How well LanguageModel does on Shakespeare, by character, and on WikiText-2, by word.

    python -m benchmarks.quality_language [--corpus CORPUS] [--whole] [--test] [--save FILE]
        [--set OPTION=VALUE]

Shakespeare: the first nine tenths are for training, the last tenth of those for choices; `--test`
measures the last tenth of all, once. `--whole` trains on all nine tenths, as the published figures
do: the test part goes on with the play that the held-out part began.

WikiText-2 (`--corpus wikitext2`): its own three parts, and its own tokens, line ends among them
(33,278 kinds): perplexities compare with published ones. The settings are for an hour of 2 cores;
`--recipe awd-lstm` takes the published ones, for a GPU and a day.
"""

from __future__ import annotations

import argparse
import gzip
import json
import lzma
from pathlib import Path
from typing import Any

from benchmarks._quality import chosen, parser, rounded, told

from ostinato import LanguageModel, load
from ostinato.tasks.language_model.recipes import RECIPES

# For an hour of 2 cores: sizes by the time an epoch takes; batch and rate by trials on a fifth of
# the text, which 20 streams at 5e-3 learnt sooner than 40.
HOUR: dict[str, Any] = {
    "embedding_size": 256,
    "hidden_size": 512,
    "num_layers": 2,
    "final_size": 256,
    "tied": True,
    "softmax": "adaptive",
    "dropout": 0.4,
    "layer_dropout": 0.3,
    "locked": True,
    "embedding_dropout": 0.3,
    "word_dropout": 0.1,
    "weight_drop": 0.3,
    "chunk": 70,
    "batch_size": 20,
    "epochs": 16,
    "learning_rate": 5e-3,
    "weight_decay": 0.01,
    "clip_norm": 0.5,
    "average": 0.999,
}


def shakespeare(folder: Path) -> tuple[str, str]:
    """The first nine tenths, and the last."""
    with gzip.open(folder / "tinyshakespeare" / "input.txt.gz", "rt", encoding="utf-8") as file:
        text = file.read()
    cut = round(len(text) * 0.9)
    return text[:cut], text[cut:]


def wikitext2(folder: Path) -> tuple[str, str, str]:
    """The parts for training, for choices and for the figure."""
    with lzma.open(folder / "wikitext2" / "wiki.train.tokens.xz", "rt", encoding="utf-8") as file:
        texts = [file.read()]
    for part in ("valid", "test"):
        name = folder / "wikitext2" / f"wiki.{part}.tokens.gz"
        with gzip.open(name, "rt", encoding="utf-8") as file:
            texts.append(file.read())
    return texts[0], texts[1], texts[2]


def corpus(words: argparse.Namespace) -> tuple[str, str | float | None, str, dict[str, Any]]:
    """Text for training, what to choose by, text for the figure, and options."""
    if words.corpus == "wikitext2":
        train, judge, test = wikitext2(words.data)
        recipe = RECIPES[words.recipe] if words.recipe else HOUR
        return train, judge, test, recipe | {"level": "token", "max_vocabulary": None}
    train, test = shakespeare(words.data)
    return train, None if words.whole else 0.1, test, {}


def main() -> None:
    known = parser(__doc__)
    known.add_argument("--corpus", choices=("shakespeare", "wikitext2"), default="shakespeare")
    known.add_argument("--recipe", choices=tuple(RECIPES), help="published options")
    known.add_argument("--whole", action="store_true", help="hold nothing out in training")
    known.add_argument("--directory", type=Path, help="keep checkpoints here, and go on from them")
    known.add_argument("--save", type=Path, help="write the model there")
    known.add_argument("--load", type=Path, help="measure this model instead of training one")
    words = known.parse_args()
    train, judge, test, options = corpus(words)
    options = chosen(options, words.set)
    if words.load:
        model = load(words.load)
    else:
        resume = words.directory is not None and (words.directory / "checkpoints").exists()
        model = LanguageModel(**options).fit(
            [train],
            validation=[judge] if isinstance(judge, str) else judge,
            directory=words.directory,
            resume=resume,
        )
    if words.save:
        model.save(words.save)
    figures = told(model, options)
    if words.test:
        figures["test"] = rounded(model.evaluate([test]))
    prompt, length = ("ROMEO:", 300) if words.corpus == "shakespeare" else ("The first", 60)
    figures["a sample"] = model.generate(prompt, length, temperature=0.7, seed=0)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
