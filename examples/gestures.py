"""Tell gestures by the readings of a wrist, while they are still made.

python examples/gestures.py
python examples/gestures.py FOLDER   (a table a gesture, in folders named by their labels)
"""

from __future__ import annotations

import argparse

import matplotlib.pyplot as plt
import numpy as np

from ostinato import SequenceClassifier, data

KINDS = ("circle", "square", "wave", "shake")


def gesture(kind: str, chance: np.random.Generator) -> np.ndarray:
    """Acceleration in three directions, 25 readings a second, of a hand that draws slower or
    faster, larger or smaller, and begins with a short rest."""
    steps, size = int(chance.integers(30, 60)), chance.uniform(0.6, 1.4)
    t = np.linspace(0, 2 * np.pi, steps) + chance.uniform(-0.3, 0.3)
    shapes = {
        "circle": (np.cos(t), np.sin(t), 0 * t),
        "square": (np.sign(np.cos(t)), np.sign(np.sin(t)), 0 * t),
        "wave": (np.cos(3 * t), 0.2 * np.sin(t), 0.5 * np.sin(3 * t)),
        "shake": (np.sin(8 * t), 0.3 * np.cos(8 * t), 0.6 * np.sin(8 * t + 1)),
    }
    moved = size * np.stack(shapes[kind], axis=1)
    rest = np.zeros((int(chance.integers(3, 10)), 3))
    found = np.concatenate([rest, moved])
    found[:, 2] += 1  # gravity
    return found + 0.25 * chance.normal(size=found.shape)


def made_up(count: int, seed: int) -> tuple[list[np.ndarray], list[str]]:
    chance = np.random.default_rng(seed)
    labels = [KINDS[k % len(KINDS)] for k in range(count)]
    return [gesture(kind, chance) for kind in labels], labels


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--accuracy", type=float, default=0.9, help="asked of early decisions")
    parser.add_argument("--picture", default="gestures.png")
    options = parser.parse_args()
    if options.folder:
        found = data.read_sequences(options.folder)
        X, y = found.X, found.y
    else:
        X, y = made_up(240, seed=0)

    model = SequenceClassifier(
        epochs=options.epochs,
        hidden_size=32,
        filters=32,
        bidirectional=False,
        augmentation=("jitter", "scaling", "time_warp", "prefix"),
    )
    model.fit(X, y, validation=0.25)
    for name, value in model.baseline_.items():
        if "accuracy" in name:
            print(f"{name:24} {value:.3f}")
    decisions = model.decisions_
    assert decisions is not None
    asked = min(options.accuracy, decisions.accuracy[-1])

    test = X[:40] if options.folder else made_up(40, seed=1)[0]
    truth = y[:40] if options.folder else made_up(40, seed=1)[1]
    stream, right, seen = model.stream(accuracy=asked or None), [], []
    for recording, label in zip(test, truth, strict=True):
        stream.reset()
        answer = None
        for step in recording:
            answer = stream.step(step)
            if answer.decided:
                break
        assert answer is not None
        right.append(answer.label == label)
        seen.append((answer.step + 1) / len(recording))
    print(
        f"Decided after {np.mean(seen):.0%} of the steps on average, rightly {np.mean(right):.0%}"
    )

    stream.reset()
    shares = np.array([list(stream.step(step).probabilities.values()) for step in test[0]])
    figure, (above, below) = plt.subplots(2, sharex=True, figsize=(9, 5), layout="constrained")
    above.plot(test[0])
    above.set_ylabel("readings")
    for name, column in zip(model.classes_, shares.T, strict=True):
        below.plot(column, label=name)
    below.set_ylabel("probability so far")
    below.set_xlabel(f"step of a {truth[0]}")
    below.legend()
    figure.savefig(options.picture)
    print(f"Picture: {options.picture}")


if __name__ == "__main__":
    main()
