"""A title for a patent, from its abstract: a small summariser.

python examples/patents.py neural_network_patent_query.csv.xz
python examples/patents.py articles.csv --source body --target headline

The patents that mention neural networks are in the repository
github.com/WillKoehrsen/recurrent-neural-networks, in data/. Without a file, the documentation in
Python's standard library stands in: the words of a function's name from its first paragraph.
"""

from __future__ import annotations

import argparse
import ast
import sysconfig
from pathlib import Path

import ostinato
from ostinato import data


def functions() -> tuple[list[str], list[str]]:
    """First paragraphs of the documentation of functions, and the words of their names."""
    pairs: dict[str, str] = {}
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" in path.parts or "test" in path.parts:
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                first = " ".join((ast.get_docstring(node) or "").partition("\n\n")[0].split())
                name = node.name.strip("_").replace("_", " ")
                if len(first) > 20 and " " in name:
                    pairs[first] = name
    return list(pairs), list(pairs.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("csv", nargs="?")
    parser.add_argument("--source", default="patent_abstract")
    parser.add_argument("--target", default="patent_title")
    parser.add_argument("--epochs", type=int)
    words = parser.parse_args()
    if words.csv:
        sources, targets = data.read_pairs(
            words.csv, source=words.source, target=words.target, empty="drop"
        )
        # The same abstract must not be learned from and asked about.
        sources, targets = map(
            list, zip(*dict(zip(sources, targets, strict=True)).items(), strict=True)
        )
    else:
        sources, targets = functions()
    learn, test = data.split_random(len(sources), 0.1, seed=1)
    model = ostinato.Translator(
        lowercase=True,
        shared_vocabulary=True,
        pointer=True,
        measure="rouge",
        max_length=120 if words.csv else 60,
        embedding_size=128,
        hidden_size=256 if words.csv else 128,
        num_layers=1,
        batch_size=32,
        epochs=words.epochs or (40 if words.csv else 15),
    )
    model.fit([sources[k] for k in learn], [targets[k] for k in learn])

    # The baseline is the abstract's first words, as many as a title has.
    asked, truth = [sources[k] for k in test], [targets[k] for k in test]
    for name, value in model.evaluate(asked, truth).items():
        print(f"{name:18} {value:.1f}")
    for text, title, answer in zip(asked[:5], truth, model.predict(asked[:5]), strict=False):
        print(f"\n{text[:150]}...\n  title: {title}\n  model: {answer}")


if __name__ == "__main__":
    main()
