"""One file holds a fitted estimator, and every way of damaging it is told apart."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections import OrderedDict

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from ostinato import storage
from ostinato.errors import StorageError
from ostinato.storage.document import dump_document, parse_document

TENSORS = {
    "weight_ih_l0": torch.randn(12, 5, generator=torch.Generator().manual_seed(0)),
    "bias": torch.arange(6, dtype=torch.bfloat16),
    "steps": torch.tensor(7),
    "empty": torch.zeros(0, 3, dtype=torch.float64),
}
DOCUMENT = {
    "vocabulary": ["the", "naïve", "日本", "\ud800", "$float"],
    "hidden_size": (64, 32),
    "scale": [1e-320, 0.1, math.inf, -math.inf],
    "options": {"$tuple": 1, "$$": {"$float": "nan"}, "validation": None, "resume": True},
    "big": 2**70,
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.safetensors"
    storage.save(path, "text-classifier", TENSORS, DOCUMENT)
    return path


def test_storage_returns_what_was_saved(path):
    archive = storage.load(path)
    assert archive.kind == "text-classifier"
    assert archive.document == DOCUMENT
    assert archive.tensors.keys() == TENSORS.keys()
    for name, tensor in TENSORS.items():
        assert archive.tensors[name].dtype == tensor.dtype
        assert archive.tensors[name].shape == tensor.shape
        assert torch.equal(archive.tensors[name], tensor)


def test_a_header_says_what_is_in_the_file_without_tensors(path):
    header = storage.read_header(path)
    assert header.kind == "text-classifier"
    assert header.format_version == storage.FORMAT_VERSION
    assert header.tensors["weight_ih_l0"] == ("F32", (12, 5))
    assert storage.read_document(path) == DOCUMENT


def test_read_document_does_not_import_torch(path):
    code = (
        "import sys; from ostinato import storage; "
        f"storage.read_document({str(path)!r}); sys.exit('torch' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_file_is_plain_safetensors(path):
    assert torch.equal(safetensors.torch.load_file(path)["weight_ih_l0"], TENSORS["weight_ih_l0"])


def test_views_and_shared_memory_are_saved_whole(tmp_path):
    base = torch.arange(12.0).reshape(3, 4).requires_grad_()
    path = tmp_path / "shared.safetensors"
    storage.save(path, "k", {"a": base, "b": base.T, "c": base[1:]}, {})
    loaded = storage.load(path).tensors
    assert torch.equal(loaded["b"], base.T.detach())
    assert torch.equal(loaded["c"], base[1:].detach())
    assert not loaded["a"].requires_grad


def test_the_same_content_gives_the_same_bytes(path, tmp_path):
    again = tmp_path / "again.safetensors"
    storage.save(again, "text-classifier", TENSORS, DOCUMENT)
    assert again.read_bytes() == path.read_bytes()


scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["$float", "$tuple", "$", "nan"])
)
keys = st.text(max_size=5) | st.sampled_from(["$float", "$tuple", "$$float", "$"])
values = st.recursive(
    scalars,
    lambda each: (
        st.lists(each, max_size=3)
        | st.lists(each, max_size=3).map(tuple)
        | st.dictionaries(keys, each, max_size=3)
    ),
    max_leaves=12,
)


@given(st.dictionaries(keys, values, max_size=4))
def test_any_document_returns(document):
    text = dump_document(document)
    assert text.isascii()
    assert "Infinity" not in text or "Infinity" in repr(document)
    assert parse_document(text) == document


def test_nan_returns_and_the_text_stays_standard_json():
    text = dump_document({"loss": [math.nan, np.float32("nan"), -math.inf]})
    json.loads(text, parse_constant=lambda name: pytest.fail(name))
    loss = parse_document(text)["loss"]
    assert math.isnan(loss[0])
    assert math.isnan(loss[1])
    assert loss[2] == -math.inf


def test_numbers_of_numpy_become_plain():
    text = dump_document({"n": np.int64(3), "x": np.float32(0.5), "b": np.bool_(True)})
    loaded = parse_document(text)
    assert loaded == {"n": 3, "x": 0.5, "b": True}
    assert type(loaded["b"]) is bool
    assert parse_document(dump_document(OrderedDict(a=1))) == {"a": 1}


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"a": [0, {object: 2}]}, r"document\['a'\]\[1\]\[.*\] is of type type"),
        ({"a": {"b": np.zeros(2)}}, r"document\['a'\]\['b'\] is of type ndarray, which JSON"),
        ({"a": {1, 2}}, r"document\['a'\] is of type set"),
        ([1], "document must be a dict, got list"),
    ],
)
def test_a_document_that_json_cannot_hold_says_where(tmp_path, document, message):
    with pytest.raises(StorageError, match=message):
        storage.save(tmp_path / "x.safetensors", "k", {}, document)
    assert not list(tmp_path.iterdir())


def test_a_document_that_contains_itself():
    document: dict = {}
    document["self"] = document
    with pytest.raises(StorageError, match="nested too deeply, or contains itself"):
        dump_document(document)


# Damage


def test_truncation_at_every_offset_is_called_truncation(path, tmp_path):
    content = path.read_bytes()
    victim = tmp_path / "cut.safetensors"
    for size in range(len(content)):
        victim.write_bytes(content[:size])
        with pytest.raises(StorageError, match="truncated"):
            storage.load(victim)


def test_no_flipped_bit_goes_unnoticed(path, tmp_path):
    content = bytearray(path.read_bytes())
    length = int.from_bytes(content[:8], "little")
    victim = tmp_path / "flipped.safetensors"
    for place in range(len(content)):
        bit = 1 << (place * 5 % 8)
        content[place] ^= bit
        victim.write_bytes(content)
        content[place] ^= bit
        # Anything but an error of ours, or a silent load of something else, fails here.
        try:
            archive = storage.load(victim)
        except StorageError as error:
            missed = place >= 8 + length and "altered or damaged" not in str(error)
        else:
            # Only white space between JSON's words may change without a change of meaning.
            missed = not chr(content[place]).isspace() or archive.document != DOCUMENT
        assert not missed


def rewrite(path, change, index_change=None):
    """Write the file anew with other metadata, as an attacker without care would."""
    content = path.read_bytes()
    start = 8 + int.from_bytes(content[:8], "little")
    index = json.loads(content[8:start])
    change(index["__metadata__"])
    if index_change:
        index_change(index)
    header = json.dumps(index).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + content[start:])


def test_altered_metadata(path):
    rewrite(path, lambda metadata: metadata.update(kind="forecaster"))
    with pytest.raises(StorageError, match="header does not have the checksum written"):
        storage.read_header(path)


def test_altered_shape(path):
    rewrite(path, lambda _: None, lambda index: index["weight_ih_l0"].update(shape=[5, 12]))
    with pytest.raises(StorageError, match="header does not have the checksum written"):
        storage.load(path)


def test_altered_tensors_leave_the_header_readable(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert storage.read_document(path) == DOCUMENT
    with pytest.raises(StorageError, match=r"tensors do not have the checksum.*altered or damaged"):
        storage.load(path)


def test_bytes_appended(path):
    path.write_bytes(path.read_bytes() + b"xyz")
    with pytest.raises(StorageError, match="3 bytes too many after the tensors"):
        storage.load(path)


def test_a_newer_format_says_so(path):
    rewrite(path, lambda metadata: metadata.update(ostinato="2", written_by="9.1.0"))
    with pytest.raises(
        StorageError, match=r"version 2 is newer.*\(1\).*ostinato 9\.1\.0.*pip install --upgrade"
    ):
        storage.load(path)


@pytest.mark.parametrize("version", ["-1", "1.5", "²", ""])
def test_a_format_version_that_is_none(path, version):
    rewrite(path, lambda metadata: metadata.update(ostinato=version))
    with pytest.raises(StorageError, match="format version is"):
        storage.load(path)


def test_foreign_safetensors(tmp_path):
    path = tmp_path / "foreign.safetensors"
    safetensors.torch.save_file({"w": torch.ones(2)}, path, metadata={"format": "pt"})
    with pytest.raises(StorageError, match=r"another program\. It was not saved by Ostinato"):
        storage.load(path)
    safetensors.torch.save_file({"w": torch.ones(2)}, path)
    with pytest.raises(StorageError, match="another program"):
        storage.read_document(path)


def test_other_files(tmp_path):
    path = tmp_path / "model.pt"
    torch.save({"w": torch.ones(2)}, path)
    with pytest.raises(StorageError, match="not a safetensors file"):
        storage.load(path)
    path.write_text("label,text\n1,a good film\n")
    with pytest.raises(StorageError, match="not a safetensors file"):
        storage.load(path)
    path.write_bytes(b"")
    with pytest.raises(StorageError, match="the file is empty"):
        storage.load(path)


@pytest.mark.parametrize("length", [2**63, 2**64 - 1, 100_000_001, 1, 0])
def test_a_hostile_header_length_allocates_nothing(tmp_path, length):
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + b"{" + b" " * 100)
    with pytest.raises(StorageError, match="not a safetensors file"):
        storage.load(path)


@pytest.mark.parametrize(
    "header",
    [
        b"{" + b'"a":[' * 50_000,
        b'{"a":1,"a":2}',
        b'{"__metadata__":{"ostinato":"1"}}',
        b'{"__metadata__":{"ostinato":"1"},"w":7}',
        b'{"__metadata__":{"ostinato":"1"},"w":{"data_offsets":[0,"x"]}}',
        b"{\xff}",
    ],
)
def test_hostile_headers(tmp_path, header):
    path = tmp_path / "hostile.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(StorageError, match="altered or damaged"):
        storage.load(path)


def test_no_file_and_a_folder(tmp_path):
    with pytest.raises(StorageError, match="no such file"):
        storage.load(tmp_path / "absent.safetensors")
    with pytest.raises(StorageError, match=r"is a folder. Give the .safetensors file in it"):
        storage.load(tmp_path)


def test_only_dense_tensors(tmp_path):
    for value in ([1.0], torch.eye(2).to_sparse()):
        with pytest.raises(StorageError, match="'w' must be a dense tensor, got"):
            storage.save(tmp_path / "x.safetensors", "k", {"w": value}, {})  # pyright: ignore
    assert not list(tmp_path.iterdir())


def test_loaded_tensors_can_be_trained_on(path):
    weight = storage.load(path).tensors["weight_ih_l0"]
    weight.add_(1)
    assert torch.equal(weight, TENSORS["weight_ih_l0"] + 1)


def test_a_header_too_long_for_the_format(tmp_path, monkeypatch):
    monkeypatch.setattr("ostinato.storage.archive._LONGEST_HEADER", 1000)
    with pytest.raises(StorageError, match=r"the format allows 1,000\. Limit the vocabulary"):
        storage.save(tmp_path / "x.safetensors", "k", {}, {"v": "a" * 1000})
    assert not list(tmp_path.iterdir())
