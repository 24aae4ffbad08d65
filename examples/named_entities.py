"""Who, where and how much is in a text?

python examples/named_entities.py
python examples/named_entities.py train.conll --text "A sentence of yours."

A file has a token and its tag a line (CoNLL), or is CoNLL-U or JSON lines with spans.
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

import ostinato
from ostinato import data

FIRST = [
    "Ann",
    "Bob",
    "Cleo",
    "Dan",
    "Eve",
    "Finn",
    "Gus",
    "Hana",
    "Ivo",
    "Jane",
    "Kai",
    "Lena",
    "Max",
    "Nina",
    "Otto",
    "Pia",
]
LAST = [
    "Lee",
    "Meyer",
    "Novak",
    "Olsen",
    "Perez",
    "Quinn",
    "Rossi",
    "Sato",
    "Tanaka",
    "Urban",
    "Vogel",
    "Weber",
]
TOWNS = [
    "Rome",
    "Oslo",
    "Lima",
    "Paris",
    "Quito",
    "Bern",
    "Cairo",
    "Delhi",
    "Accra",
    "Hanoi",
    "Turin",
    "Lyon",
]
FRAMES = [
    "{person} moved to {place} last year .",
    "the flight from {place} to {place} cost {sum} .",
    "{person} , who lives in {place} , paid {person} {sum} .",
    "it rained in {place} when {person} arrived .",
    "a ticket is {sum} , said {person} .",
    "nothing happened in the end .",
]


def invented(count: int, seed: int) -> tuple[list[list[str]], list[list[str]]]:
    """Sentences with people, places and sums of money, in BIO."""
    draw = random.Random(seed)
    makers = {
        "person": lambda: [
            draw.choice(FIRST),
            *([draw.choice(LAST)] if draw.random() < 0.6 else []),
        ],
        "place": lambda: [*(["New"] if draw.random() < 0.2 else []), draw.choice(TOWNS)],
        "sum": lambda: [str(draw.randint(2, 9999)), draw.choice(["euros", "francs"])],
    }
    X, y = [], []
    for _ in range(count):
        words, tags = [], []
        for part in draw.choice(FRAMES).split():
            kind = part.strip("{}")
            found = makers[kind]() if part != kind else [part]
            words += found
            inside = len(found) - 1
            tags += [f"B-{kind}", *[f"I-{kind}"] * inside] if part != kind else ["O"]
        X.append(words)
        y.append(tags)
    return X, y


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?")
    parser.add_argument(
        "--text", default="Zoe Novak paid 75 euros in Turin, and left for New Lima."
    )
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    X, y = data.read_tagged(options.file) if options.file else invented(600, seed=0)

    train, test = data.split_random(len(X), 0.2, seed=1)
    model = ostinato.SequenceTagger(epochs=options.epochs, seed=0)
    model.fit([X[k] for k in train], [y[k] for k in train])
    print(model.summary())

    # The test rows were not seen in any way; the baseline stands beside each measure.
    for name, value in model.evaluate([X[k] for k in test], [y[k] for k in test]).items():
        print(f"{name:24} {value:.3f}")

    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory) / "entities.safetensors")
        again = ostinato.load(Path(directory) / "entities.safetensors")
    print(options.text)
    for each in again.entities([options.text])[0]:
        place = f"{each.start}-{each.end}"
        print(f"{place:>7} {each.type:8} {each.text} ({each.confidence:.2f})")


if __name__ == "__main__":
    main()
