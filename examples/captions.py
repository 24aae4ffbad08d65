"""Captions of shapes that this program draws; or your own images with captions.

python examples/captions.py
python examples/captions.py captions.csv --folder images
python examples/captions.py FOLDER
"""

from __future__ import annotations

import argparse
import random
import tempfile
from pathlib import Path

from PIL import Image, ImageDraw

import ostinato
from ostinato import data
from ostinato.figures import draw
from ostinato.tasks.image_captioner.evidence import look_figure

COLOURS = {"red": "#d62728", "green": "#2ca02c", "blue": "#1f77b4", "yellow": "#e8c010"}
SHAPES = ("circle", "square", "triangle")
SIDE = 48


def drawing(chance: random.Random) -> tuple[Image.Image, list[str]]:
    """Two shapes, one on each side, and two captions of them."""
    image = Image.new("RGB", (SIDE, SIDE), random_grey(chance))
    pen, named = ImageDraw.Draw(image), []
    for side in range(2):
        colour, shape = chance.choice(list(COLOURS)), chance.choice(SHAPES)
        size = chance.randint(14, 20)
        left = side * SIDE // 2 + chance.randint(1, SIDE // 2 - size - 1)
        top = chance.randint(2, SIDE - size - 2)
        right, bottom = left + size, top + size
        if shape == "circle":
            pen.ellipse((left, top, right, bottom), fill=COLOURS[colour])
        elif shape == "square":
            pen.rectangle((left, top, right, bottom), fill=COLOURS[colour])
        else:
            corners = [(left, bottom), (right, bottom), ((left + right) / 2, top)]
            pen.polygon(corners, fill=COLOURS[colour])
        named.append(f"a {colour} {shape}")
    first, second = named
    return image, [f"{first} beside {second}", f"{first} on the left and {second} on the right"]


def random_grey(chance: random.Random) -> tuple[int, int, int]:
    level = chance.randint(215, 255)
    return level, level, level


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", help="a table of captions, or a folder with one")
    parser.add_argument("--folder", help="where the images are")
    parser.add_argument("--epochs", type=int)
    words = parser.parse_args()
    if words.files:
        images, captions = data.load_captions(words.files, folder=words.folder)
        model = ostinato.ImageCaptioner(epochs=words.epochs or 40)
    else:
        chance = random.Random(0)
        images, captions = map(list, zip(*(drawing(chance) for _ in range(500)), strict=True))
        model = ostinato.ImageCaptioner(
            image_size=48,
            grid=6,
            channels=12,
            embedding_size=32,
            hidden_size=64,
            min_count=1,
            dropout=0.1,
            augment=0.0,  # captions say left and right
            learning_rate=8e-3,
            batch_size=16,
            epochs=words.epochs or 15,
        )
    learn, test = data.split_random(len(images), 0.1, seed=1)
    model.fit([images[k] for k in learn], [captions[k] for k in learn], validation=0.1)

    # The test images were not seen in any way; two naive captions stand beside the model's.
    asked, truth = [images[k] for k in test], [captions[k] for k in test]
    for name, value in model.evaluate(asked, truth).items():
        print(f"{name:16} {value:.2f}")
    for found, references in zip(model.predict_best(asked[:3], 2), truth, strict=False):
        print(f"a person: {references[0]}")
        for text, score in found:
            print(f"{score:9.2f} {text}")

    path = Path(tempfile.mkdtemp(prefix="captions-"))
    model.save(path / "captions.safetensors")
    again = ostinato.load(path / "captions.safetensors")
    assert again.predict(asked) == model.predict(asked)
    draw.png(look_figure(model, asked[0]), path / "look.png")
    print(f"Model and a picture of where it looked: {path}")


if __name__ == "__main__":
    main()
