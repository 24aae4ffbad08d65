"""How the files of each data set become a table."""

from __future__ import annotations

import gzip
import io
import json
import re
import tarfile
import wave
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ostinato.errors import MissingDependencyError

Paths = Mapping[str, Path]


def _co2(_: Paths) -> pd.DataFrame:
    co2 = _statsmodels("co2").load_pandas().data
    return co2.rename_axis("date").reset_index()


def _sunspots(_: Paths) -> pd.DataFrame:
    table = _statsmodels("sunspots").load_pandas().data
    years = pd.to_datetime(table["YEAR"].astype(int).astype(str), format="%Y")
    return pd.DataFrame({"date": years, "sunspots": table["SUNACTIVITY"]})


def _statsmodels(name: str) -> Any:
    import importlib

    try:
        return importlib.import_module(f"statsmodels.datasets.{name}")
    except ImportError:
        raise MissingDependencyError(
            f'{name}: comes with statsmodels. Install it with: pip install "ostinato[demo]"'
        ) from None


def _pydoc(_: Paths) -> pd.DataFrame:
    try:
        from pydoc_data.topics import topics
    except ImportError:
        raise MissingDependencyError(
            "pydoc: this Python has no pydoc_data. Install the complete standard library."
        ) from None
    rows = [
        (topic, paragraph)
        for topic, text in topics.items()
        for paragraph in re.split(r"\n\s*\n", text.strip())
        if paragraph.strip()
    ]
    return pd.DataFrame(rows, columns=["topic", "text"])


def _digits(_: Paths) -> pd.DataFrame:
    from sklearn.datasets import load_digits

    digits: Any = load_digits()
    return pd.DataFrame({"label": digits.target, "rows": list(digits.images)})


def _imdb(paths: Paths) -> pd.DataFrame:
    rows = []
    with tarfile.open(paths["aclImdb_v1.tar.gz"]) as archive:
        for member in archive:
            found = re.fullmatch(r"aclImdb/(train|test)/(neg|pos)/(\d+)_(\d+)\.txt", member.name)
            content = archive.extractfile(member) if found else None
            if found and content:
                part, label, number, rating = found.groups()
                text = content.read().decode("utf-8")
                rows.append((part, label, int(rating), text, int(number)))
    rows.sort(key=lambda row: (row[0] != "train", row[1], row[4]))
    return pd.DataFrame([row[:4] for row in rows], columns=["part", "label", "rating", "text"])


def _rt_polarity(paths: Paths) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"label": label, "text": [line.strip() for line in _lines(paths[name])]})
        for label, name in (("neg", "rt-polarity.neg"), ("pos", "rt-polarity.pos"))
    ]
    return pd.concat(parts, ignore_index=True)


def _tinyshakespeare(paths: Paths) -> pd.DataFrame:
    return pd.DataFrame({"text": _lines(paths["input.txt"])})


def _jena_climate(paths: Paths) -> pd.DataFrame:
    (path,) = paths.values()
    table = pd.read_csv(path)
    dates = pd.to_datetime(table.pop("Date Time"), format="%d.%m.%Y %H:%M:%S")
    table.insert(0, "date", dates)
    return table


def _ett(paths: Paths) -> pd.DataFrame:
    (path,) = paths.values()
    return pd.read_csv(path, parse_dates=["date"])


def _multi30k(paths: Paths) -> pd.DataFrame:
    parts = {"train": "train", "val": "validation", "test_2016_flickr": "test"}
    tables = []
    for stem, part in parts.items():
        texts = {
            language: [line.strip() for line in _lines(paths[f"{stem}.{language}.gz"])]
            for language in ("en", "de", "fr")
        }
        tables.append(pd.DataFrame({"part": part, **texts}))
    return pd.concat(tables, ignore_index=True)


def _fsdd(paths: Paths) -> pd.DataFrame:
    (path,) = paths.values()
    rows = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            found = re.search(r"recordings/(\d)_([a-z]+)_(\d+)\.wav$", name)
            if found:
                digit, speaker, index = found.groups()
                rate, samples = _wave(archive.read(name))
                part = "test" if int(index) < 5 else "train"
                rows.append((part, int(digit), speaker, int(index), rate, samples))
    columns = ["part", "digit", "speaker", "index", "rate", "samples"]
    return pd.DataFrame(rows, columns=columns)


def _flickr8k(paths: Paths) -> pd.DataFrame:
    """The photographs are unpacked beside their archive, once; column image has their paths."""
    archive = paths["Flickr8k_Dataset.zip"]
    folder = archive.parent / "images"
    folder.mkdir(exist_ok=True)
    with zipfile.ZipFile(archive) as packed:
        for member in packed.infolist():
            name = re.split(r"[/\\]", member.filename)[-1]
            hidden = member.filename.startswith("__MACOSX")
            path = folder / name
            if name.endswith(".jpg") and not hidden and not path.exists():
                partial = path.with_suffix(".partial")  # a killed run leaves no half of a file
                partial.write_bytes(packed.read(member))
                partial.replace(path)
    captions: dict[str, list[str]] = {}
    parts = {"train": "train", "dev": "validation", "test": "test"}
    with zipfile.ZipFile(paths["Flickr8k_text.zip"]) as packed:
        for line in packed.read("Flickr8k.token.txt").decode("utf-8").splitlines():
            name, text = line.split("\t", 1)
            captions.setdefault(name.split("#")[0], []).append(text)
        rows = [
            (part, str(folder / name), captions[name])
            for word, part in parts.items()
            for name in packed.read(f"Flickr_8k.{word}Images.txt").decode("utf-8").split()
            if name in captions and (folder / name).exists()
        ]
    return pd.DataFrame(rows, columns=["part", "image", "captions"])


def _yesno(paths: Paths) -> pd.DataFrame:
    (path,) = paths.values()
    with tarfile.open(path) as archive:
        members = [each for each in archive if re.search(r"/[01](_[01])+\.wav$", each.name)]
        contents = [(each.name, archive.extractfile(each)) for each in members]
        sounds = {name: _wave(file.read()) for name, file in contents if file}
    rows = []
    for place, name in enumerate(sorted(sounds)):
        signs = Path(name).stem.split("_")
        text = " ".join("yes" if sign == "1" else "no" for sign in signs)
        rows.append(("train" if place < 31 else "test", text, *sounds[name]))
    return pd.DataFrame(rows, columns=["part", "text", "rate", "samples"])


def _an4(paths: Paths) -> pd.DataFrame:
    (path,) = paths.values()
    rows = []
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        features = {Path(each).stem: each for each in names if each.endswith(".mfc")}
        for part in ("train", "test"):
            (file,) = (each for each in names if each.endswith(f"etc/an4_{part}.transcription"))
            for line in archive.read(file).decode().splitlines():
                found = re.fullmatch(r"(?:<s>)?(.*?)(?:</s>)?\s*\((.+)\)\s*", line)
                if found and found[2] in features:
                    text, name = " ".join(found[1].split()), found[2]
                    frames = _cepstra(archive.read(features[name]))
                    rows.append((part, name, name.split("-")[1], text, frames))
    return pd.DataFrame(rows, columns=["part", "name", "speaker", "text", "frames"])


def _cepstra(content: bytes) -> np.ndarray:
    """Frames `(frames, 13)` of a file of Sphinx: how many numbers there are, in the order of bytes
    of the machine that wrote it, then the numbers."""
    for order in (">", "<"):
        if int(np.frombuffer(content, f"{order}i4", 1)[0]) == len(content) // 4 - 1:
            numbers = np.frombuffer(content, f"{order}f4", offset=4)
            return numbers.astype(np.float32).reshape(-1, 13)
    raise ValueError("an .mfc file has another length than it says")


def _wave(content: bytes) -> tuple[int, np.ndarray]:
    """Rate and samples, full scale 1, of a wav of 16 bits."""
    with wave.open(io.BytesIO(content)) as sound:
        samples = np.frombuffer(sound.readframes(sound.getnframes()), dtype="<i2")
        return sound.getframerate(), samples.astype(np.float32) / 32768


def _ts(paths: Paths) -> pd.DataFrame:
    """A line a recording after @data: channels set apart by ":", values by ",", last the class."""
    rows = []
    for name, path in paths.items():
        lines = path.read_text("utf-8", errors="replace").splitlines()
        begin = next(k for k, line in enumerate(lines) if line.strip().lower() == "@data")
        part = "train" if name.endswith("_TRAIN.ts") else "test"
        for line in filter(None, map(str.strip, lines[begin + 1 :])):
            *channels, label = line.split(":")
            steps = np.array([[float(word) for word in each.split(",")] for each in channels]).T
            rows.append((part, label, steps.astype(np.float32)))
    return pd.DataFrame(rows, columns=["part", "label", "steps"])


_SIGNALS = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]


def _uci_har(paths: Paths) -> pd.DataFrame:
    """An archive in an archive; of each signal a file with a window a line."""
    (path,) = paths.values()
    tables = []
    with zipfile.ZipFile(path) as outer:
        inner = io.BytesIO(outer.read("UCI HAR Dataset.zip"))
    with zipfile.ZipFile(inner) as archive:

        def numbers(name: str) -> np.ndarray:
            return np.loadtxt(io.BytesIO(archive.read(f"UCI HAR Dataset/{name}")), ndmin=2)

        listed = archive.read("UCI HAR Dataset/activity_labels.txt").decode()
        names = dict(line.split() for line in listed.splitlines())
        for part in ("train", "test"):
            place = f"{part}/Inertial Signals"
            steps = np.stack([numbers(f"{place}/{each}_{part}.txt") for each in _SIGNALS], axis=2)
            labels = numbers(f"{part}/y_{part}.txt")[:, 0].astype(int)
            table: dict[str, Any] = {"part": part, "label": [names[str(each)] for each in labels]}
            table["subject"] = numbers(f"{part}/subject_{part}.txt")[:, 0].astype(int)
            table["steps"] = list(steps.astype(np.float32))
            tables.append(pd.DataFrame(table))
    return pd.concat(tables, ignore_index=True)


def _jsb_chorales(paths: Paths) -> pd.DataFrame:
    (path,) = paths.values()
    parts = {"train": "train", "valid": "validation", "test": "test"}
    content = json.loads(path.read_text("utf-8"))
    rows = [
        (part, np.array(steps, dtype=np.int64))
        for name, part in parts.items()
        for steps in content[name]
    ]
    return pd.DataFrame(rows, columns=["part", "steps"])


def _lines(path: Path) -> list[str]:
    """Lines that end in a line feed alone: a text may hold other separators, such as U+2028."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    return content.decode("utf-8").removesuffix("\n").split("\n")


READERS: dict[str, Callable[[Paths], pd.DataFrame]] = {
    "co2": _co2,
    "sunspots": _sunspots,
    "pydoc": _pydoc,
    "digits": _digits,
    "imdb": _imdb,
    "rt-polarity": _rt_polarity,
    "tinyshakespeare": _tinyshakespeare,
    "jena-climate": _jena_climate,
    "etth1": _ett,
    "etth2": _ett,
    "ettm1": _ett,
    "multi30k": _multi30k,
    "fsdd": _fsdd,
    "flickr8k": _flickr8k,
    "yesno": _yesno,
    "an4": _an4,
    "japanese-vowels": _ts,
    "basic-motions": _ts,
    "gunpoint": _ts,
    "uci-har": _uci_har,
    "jsb-chorales": _jsb_chorales,
}
