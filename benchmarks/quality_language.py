"""How well LanguageModel does on Shakespeare, by character.

    python -m benchmarks.quality_language [--whole] [--test] [--save FILE] [--set OPTION=VALUE]

The first nine tenths are for training, the last tenth of those for choices; `--test` measures the
last tenth of all, once. `--whole` trains on all nine tenths, as the published figures do: the test
part goes on with the play that the held-out part began.
"""

from __future__ import annotations

import argparse
import ast
import gzip
import json
from pathlib import Path
from typing import Any

from ostinato.estimators import LanguageModel, load

HERE = Path(__file__).resolve().parents[1]


def shakespeare(folder: Path) -> tuple[str, str]:
    """The first nine tenths, and the last."""
    with gzip.open(folder / "tinyshakespeare" / "input.txt.gz", "rt", encoding="utf-8") as file:
        text = file.read()
    cut = round(len(text) * 0.9)
    return text[:cut], text[cut:]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE.parent / "shared" / "data")
    parser.add_argument("--test", action="store_true", help="measure the test part too")
    parser.add_argument("--whole", action="store_true", help="hold nothing out in training")
    parser.add_argument("--directory", type=Path, help="keep checkpoints here, and go on from them")
    parser.add_argument("--save", type=Path, help="write the model there")
    parser.add_argument("--load", type=Path, help="measure this model instead of training one")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=VALUE")
    words = parser.parse_args()
    options: dict[str, Any] = {}
    for each in words.set:
        name, _, value = each.partition("=")
        try:
            options[name] = ast.literal_eval(value)
        except ValueError:
            options[name] = value
    train, test = shakespeare(words.data)
    if words.load:
        model = load(words.load)
    else:
        resume = words.directory is not None and (words.directory / "checkpoints").exists()
        model = LanguageModel(**options).fit(
            [train],
            validation=None if words.whole else 0.1,
            directory=words.directory,
            resume=resume,
        )
    if words.save:
        model.save(words.save)
    figures: dict[str, Any] = {
        "options": options,
        "seconds": round(model.fit_result_.seconds, 1),
        "best_epoch": model.fit_result_.best_epoch,
        "history": {k: [round(v, 4) for v in values] for k, values in model.history_.items()},
        "validation": {k: round(v, 4) for k, v in model.baseline_.items()},
    }
    if words.test:
        figures["test"] = {k: round(v, 4) for k, v in model.evaluate([test]).items()}
    figures["a sample"] = model.generate("ROMEO:", 300, temperature=0.7, seed=0)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
