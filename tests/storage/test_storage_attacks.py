"""Files that mean harm: whoever signs a header can write anything into it. Each is refused by a
`StorageError`, in no time and no memory; nothing else escapes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random

import pytest
import torch

from ostinato import storage
from ostinato.errors import StorageError
from ostinato.storage.archive import _header_digest

TENSORS = {"w": torch.arange(6.0).reshape(2, 3), "steps": torch.tensor(7)}
DOCUMENT = {"hidden_size": 3, "words": ["a", "b"], "loss": 0.5, "shape": (1, 2)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.safetensors"
    storage.save(path, "text-classifier", TENSORS, DOCUMENT)
    return path


def split(path):
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    index = json.loads(content[8:start])
    return index.pop("__metadata__"), index, content[start:]


def forge(path, metadata, index, data):
    """Write the file with valid checksums."""
    metadata = {k: v for k, v in metadata.items() if not k.endswith("sha256")} | {
        k: v for k, v in metadata.items() if k == "tensors_sha256" and not isinstance(v, str)
    }
    metadata["header_sha256"] = _header_digest(metadata, index)
    metadata.setdefault("tensors_sha256", hashlib.sha256(data).hexdigest())
    header = json.dumps({"__metadata__": metadata, **index}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + data)


PLACES = [
    [0, float("inf")],
    [0, float("nan")],
    [0, 1e300],
    [-8, 24],
    [0, -1],
    [24],
    [0, 24, 24],
    [True, 24],
    [[0], 24],
    None,
    "0,24",
    {},
    [0, 2**70],
]
SHAPES = [
    [2, 3, 2**62],
    [2**62, 2**62],
    [-2, -3],
    [2.0, 3.0],
    [float("inf")],
    [True, 6],
    ["6"],
    "6",
    None,
    6,
    [7],
    [1] * 1000 + [6],
    [0],
]


@pytest.mark.parametrize("place", PLACES, ids=repr)
def test_a_tensor_at_an_impossible_place(path, place):
    metadata, index, data = split(path)
    index["w"]["data_offsets"] = place
    forge(path, metadata, index, data)
    for read in (storage.load, storage.read_header):
        with pytest.raises(StorageError):
            read(path)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: repr(shape)[:20])
def test_a_tensor_of_an_impossible_shape(path, shape):
    metadata, index, data = split(path)
    index["w"]["shape"] = shape
    forge(path, metadata, index, data)
    with pytest.raises(StorageError, match="'w' (has no shape|does not fill)|Infinity"):
        storage.read_header(path)


@pytest.mark.parametrize("kind", ["F128", "f32", 7, None, ["F32"], {}, ""], ids=repr)
def test_a_tensor_of_an_impossible_type(path, kind):
    metadata, index, data = split(path)
    index["w"]["dtype"] = kind
    forge(path, metadata, index, data)
    with pytest.raises(StorageError, match="unknown type"):
        storage.load(path)


def test_tensors_that_share_bytes_or_leave_some_out(path):
    metadata, index, data = split(path)
    original = json.dumps(index)
    index["again"] = dict(index["w"])
    forge(path, metadata, index, data)
    with pytest.raises(StorageError, match="does not fill its place"):
        storage.load(path)
    index = json.loads(original)
    first = min(index, key=lambda name: index[name]["data_offsets"])
    del index[first]
    forge(path, metadata, index, data)
    with pytest.raises(StorageError, match="does not fill its place"):
        storage.load(path)


@pytest.mark.parametrize("name", ["kind", "written_by", "document", "tensors_sha256"])
@pytest.mark.parametrize("value", [None, 7, [], {}, True], ids=repr)
def test_metadata_of_another_type(path, name, value):
    metadata, index, data = split(path)
    metadata[name] = value
    forge(path, metadata, index, data)
    with pytest.raises(StorageError, match=f"'{name}' is not a string"):
        storage.load(path)


@pytest.mark.parametrize(
    "text",
    [
        "[]",
        "7",
        '"text"',
        "null",
        "",
        "{",
        "[" * 100_000,
        '{"a": Infinity}',
        '{"a": NaN}',
        '{"a": ' + "9" * 5000 + "}",
        '{"$x": 1}',
        '{"a": 1, "a": 2}',
        '{"$tuple": [1]}',
        '{"$float": "inf"}',
    ],
    ids=lambda text: text[:12],
)
def test_a_document_that_is_none(path, text):
    metadata, index, data = split(path)
    metadata["document"] = text
    forge(path, metadata, index, data)
    with pytest.raises(StorageError, match="header cannot be read"):
        storage.load(path)


def test_whatever_is_put_anywhere_only_our_error_escapes(path):
    """Values of every type at every place of a signed header."""
    draw = random.Random(0)
    pool = [None, True, -1, 0, 1, 2**63, 2**70, 1e308, float("inf"), "", "x", "F32", [], {}, [[]]]
    original = split(path)
    for _ in range(400):
        metadata, index, data = [*json.loads(json.dumps(original[:2])), original[2]]
        holders = [metadata, index, *index.values(), *(e["shape"] for e in index.values())]
        holders += [entry["data_offsets"] for entry in index.values()]
        for holder in draw.sample(holders, draw.choice([1, 1, 2])):
            keys = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if keys and draw.random() < 0.9:
                holder[draw.choice(keys)] = draw.choice(pool)
            elif isinstance(holder, dict):
                holder["new"] = draw.choice(pool)
            else:
                holder.append(draw.choice(pool))
        try:
            forge(path, metadata, index, data)
        except (TypeError, ValueError, KeyError):
            continue
        with contextlib.suppress(StorageError):
            archive = storage.load(path)
            # A change without a meaning here: another writer, kind or unknown metadata.
            assert archive.document == DOCUMENT
            assert torch.equal(archive.tensors["w"].flatten(), TENSORS["w"].flatten())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StorageError, match="is not a file"):
        storage.load(tmp_path / "pipe")


@pytest.mark.parametrize("name", ["a\0b", "a\ud800b"])
def test_a_path_that_is_none(tmp_path, name):
    for act in (storage.load, lambda path: storage.save(path, "k", {}, {})):
        with pytest.raises(StorageError, match="is no path"):
            act(str(tmp_path / name))


def test_no_memory_for_the_file(path, monkeypatch):
    def none(_):
        raise MemoryError

    monkeypatch.setattr("safetensors.torch.load", none)
    with pytest.raises(StorageError, match="larger than the memory"):
        storage.load(path)
