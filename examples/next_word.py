"""Which word comes next? Learn it from a text and ask.

python examples/next_word.py [TEXT FILE] [--ask "the value of"]
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
    parser.add_argument("--ask", action="append", default=[])
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    texts = data.read_texts(options.file) if options.file else [reference()[:300_000]]
    model = LanguageModel(
        level="word",
        lowercase=True,
        max_vocabulary=4_000,
        embedding_size=128,
        hidden_size=128,
        num_layers=1,
        tied=True,
        chunk=32,
        batch_size=16,
        epochs=options.epochs,
    )
    model.fit(texts)
    figures = model.baseline_
    print(f"perplexity {figures['perplexity']:.0f}, 3-grams {figures['baseline_perplexity']:.0f}")
    for prompt in options.ask or ["the value of the", "is raised if the", "a list of"]:
        words = ", ".join(f"{word} {share:.0%}" for word, share in model.predict_next(prompt))
        print(f"{prompt} ... {words}")


if __name__ == "__main__":
    main()
