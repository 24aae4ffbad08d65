"""Which chapter of Python's language reference does a line come from?

python examples/text_classification.py
python examples/text_classification.py reviews.csv --text text --label label
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import ostinato
from ostinato import data

CHAPTERS = ("formatstrings", "specialnames", "assignment", "typesmapping", "import", "compound")


def reference_lines() -> tuple[list[str], list[str]]:
    """Lines of six chapters of the reference that every Python carries, and their chapters."""
    from pydoc_data.topics import topics

    pairs = [
        (line.strip(), name)
        for name in CHAPTERS
        for line in topics[name].splitlines()
        if len(line.split()) > 5
    ]
    return [text for text, _ in pairs], [name for _, name in pairs]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?")
    parser.add_argument("--text", default="text")
    parser.add_argument("--label", default="label")
    parser.add_argument("--epochs", type=int, default=8)
    options = parser.parse_args()
    if options.csv:
        table = data.read_table(options.csv, required=[options.text, options.label])
        texts, labels = table[options.text].tolist(), table[options.label].tolist()
    else:
        texts, labels = reference_lines()

    train, test = data.split_random(len(texts), 0.2, seed=1, stratify=labels)
    model = ostinato.TextClassifier(epochs=options.epochs, seed=0)
    model.fit([texts[k] for k in train], [labels[k] for k in train])
    print(model.summary())

    # The test rows were not seen in any way; the baseline stands beside each measure.
    for name, value in model.evaluate([texts[k] for k in test], [labels[k] for k in test]).items():
        print(f"{name:24} {value:.3f}")

    with tempfile.TemporaryDirectory() as directory:
        model.save(Path(directory) / "chapters.safetensors")
        again = ostinato.load(Path(directory) / "chapters.safetensors")
    some = [texts[k] for k in test[:3]]
    for text, answer, row in zip(some, again.predict(some), again.predict_proba(some), strict=True):
        print(f"{answer} ({max(row):.2f}): {text}")


if __name__ == "__main__":
    main()
