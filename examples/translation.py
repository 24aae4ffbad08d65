"""Dates in words to dates in numbers; or your own pairs of sentences.

python examples/translation.py
python examples/translation.py train.de train.en
python examples/translation.py pairs.tsv --source question --target answer
"""

from __future__ import annotations

import argparse
import datetime
import random
import tempfile
from pathlib import Path

import ostinato
from ostinato import data

FORMS = ("%d %B %Y", "%B %d, %Y", "%A, the %d of %B %Y", "%d.%m.%Y", "%a %d %b %y")


def dates(count: int) -> tuple[list[str], list[str]]:
    """Dates as people write them, and as computers do."""
    draw = random.Random(0)
    days = [
        datetime.date(1950, 1, 1) + datetime.timedelta(draw.randrange(36500)) for _ in range(count)
    ]
    return [day.strftime(draw.choice(FORMS)) for day in days], [day.isoformat() for day in days]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="two files line by line, or a table")
    parser.add_argument("--source", default="source")
    parser.add_argument("--target", default="target")
    parser.add_argument("--epochs", type=int)
    words = parser.parse_args()
    if words.files:
        sources, targets = data.read_pairs(words.files, source=words.source, target=words.target)
        model = ostinato.Translator(epochs=words.epochs or 25)
    else:
        sources, targets = dates(4000)
        model = ostinato.Translator(
            level="char",
            embedding_size=32,
            hidden_size=96,
            num_layers=1,
            dropout=0.1,
            batch_size=32,
            learning_rate=5e-3,
            epochs=words.epochs or 12,
            label_smoothing=0.0,
        )
    learn, test = data.split_random(len(sources), 0.05, seed=1)
    model.fit([sources[k] for k in learn], [targets[k] for k in learn], validation=0.05)

    # The test rows were not seen in any way; the baseline copies the source.
    asked, truth = [sources[k] for k in test], [targets[k] for k in test]
    for name, value in model.evaluate(asked, truth).items():
        print(f"{name:16} {value:.1f}")
    answers = model.predict(asked)
    right = sum(one == other for one, other in zip(answers, truth, strict=True))
    print(f"right as a whole {100 * right / len(truth):.1f} %")

    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory) / "translator.safetensors")
        again = ostinato.load(Path(directory) / "translator.safetensors")
    for text, best in zip(asked[:3], again.predict_best(asked[:3], 2), strict=True):
        print(text)
        for answer, score in best:
            print(f"  {score:7.3f}  {answer}")

    # Where the model looked when it wrote each token.
    found = again.align(asked[:1])[0]
    for token, weights in zip(found.target, found.weights, strict=True):
        best = sorted(zip(weights, [*found.source, "(end)"], strict=True), reverse=True)[:3]
        print(f"{token!r:6}", ", ".join(f"{source!r} {weight:.2f}" for weight, source in best))


if __name__ == "__main__":
    main()
