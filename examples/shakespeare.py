"""Learn a text by character and write on in its manner.

python examples/shakespeare.py [TEXT FILE]

Without a file it learns Python's own language reference; with a play of Shakespeare's it writes
plays.
"""

from __future__ import annotations

import argparse

from ostinato import LanguageModel, data


def reference() -> str:
    """The language reference that every Python carries."""
    from pydoc_data.topics import topics

    return "\n".join(topics[name] for name in sorted(topics))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?")
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--hidden-size", type=int, default=192)
    options = parser.parse_args()
    texts = data.read_texts(options.file) if options.file else [reference()[:300_000]]
    model = LanguageModel(epochs=options.epochs, hidden_size=options.hidden_size, batch_size=32)
    model.fit(texts)
    for name, figure in model.baseline_.items():
        print(f"{name:<28} {figure:.3f}")
    for piece in model.write(texts[0][:20], 400, temperature=0.7, seed=0):
        print(piece, end="", flush=True)
    print()


if __name__ == "__main__":
    main()
