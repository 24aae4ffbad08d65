"""How well ImageCaptioner describes photographs, from 753 of Flickr8k.

    python -m benchmarks.quality_captions [--data DIR] [--model FILE] [--test] [--set OPTION=VALUE]

Trains on the 753 images of the official training list among the 1,000 that are there, five captions
each, chooses on the 122 of the validation list, and with `--test` measures the 125 of the test list
once. `--model` saves the model, or loads it where the file is there already. Figures of so few
images are not to be compared with those of the whole Flickr8k.
"""

from __future__ import annotations

import json
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks._quality import chosen, parser, rounded, told

import ostinato
from ostinato import ImageCaptioner, data

LISTS = {"train": "trainImages", "validation": "valImages", "test": "testImages"}


def photographs(folder: Path, unpacked: Path) -> dict[str, tuple[list[str], list[list[str]]]]:
    """Images and captions of each part."""
    place = folder / "flickr8k_1000"
    with tarfile.open(place / "images.tar") as archive:
        archive.extractall(unpacked, filter="data")
    paths = {path.name: str(path) for path in data.image_files(unpacked)}
    table = data.read_table(place / "captions_1000.csv.gz", text=["image", "caption"])
    captions = table.groupby("image")["caption"].apply(list).to_dict()
    parts = {}
    for part, name in LISTS.items():
        listed = (place / f"Flickr_8k.{name}.txt").read_text().split()
        names = [each for each in listed if each in captions]
        parts[part] = ([paths[each] for each in names], [captions[each] for each in names])
    return parts


def main() -> None:
    words = parser(__doc__)
    words.add_argument("--model", type=Path)
    typed = words.parse_args()
    options: dict[str, Any] = chosen({}, typed.set)
    with tempfile.TemporaryDirectory() as unpacked:
        parts = photographs(typed.data, Path(unpacked))
        if typed.model is not None and typed.model.exists():
            model = ostinato.load(typed.model)
        else:
            started = time.process_time()
            model = ImageCaptioner(**options)
            model.fit(*parts["train"], validation=parts["validation"])
            found = {"processor_seconds": round(time.process_time() - started)}
            if typed.model is not None:
                model.save(typed.model)
            print(json.dumps(found | told(model, options)))
        answers = model.predict(parts["validation"][0])
        print(json.dumps({"captions": answers[:8], "different": len(set(answers))}))
        print(json.dumps({"validation": rounded(model.evaluate(*parts["validation"]), 3)}))
        if typed.test:
            print(json.dumps({"test": rounded(model.evaluate(*parts["test"]), 3)}))
            print(json.dumps(model.signatures()))


if __name__ == "__main__":
    main()
