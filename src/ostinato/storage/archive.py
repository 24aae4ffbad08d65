"""The file: the safetensors format, with our document in its header.

A safetensors file is 8 bytes (the header's length, little-endian), the header (JSON: name,
type, shape and place of each tensor, and `__metadata__`, a table of strings), and the bytes of
the tensors. Our metadata:

    ostinato         version of this layout, a whole number; its absence makes a file foreign
    written_by       the package's version that wrote the file
    kind             which class the file is for, such as "text-classifier"
    document         everything but the tensors, as JSON text
    header_sha256    of the other metadata and of every tensor's name, type, shape and place
    tensors_sha256   of the tensors' bytes

https://github.com/huggingface/safetensors#format
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, BinaryIO

from ostinato.errors import StorageError
from ostinato.storage.atomic import write_atomically
from ostinato.storage.document import dump_document, parse_document

if TYPE_CHECKING:
    from collections.abc import Mapping

    import torch

FORMAT_VERSION = 1
"""Version of the layout that this package writes; it reads this one and those before it."""

_LONGEST_HEADER = 100_000_000  # bytes; the safetensors library refuses longer ones
_SIZES = {  # bytes of a number of each type
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 8),
    **dict.fromkeys(("F32", "I32", "U32"), 4),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 2),
    **dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2"), 1),
}
_DIGESTS = ("header_sha256", "tensors_sha256")
_ALTERED = "The file was altered or damaged after it was written. Use a copy or train again."
_TRUNCATED = "The file is truncated. Copy or download it again."
_FOREIGN = "It was not saved by Ostinato."


@dataclass(frozen=True, kw_only=True)
class Header:
    """What a file says about itself, read without its tensors.

    `tensors` maps each name to its type, as safetensors writes it ("F32"), and shape.
    """

    kind: str
    document: dict[str, Any]
    written_by: str
    format_version: int
    tensors: dict[str, tuple[str, tuple[int, ...]]]


@dataclass(frozen=True, kw_only=True)
class Archive:
    """A file's whole content."""

    kind: str
    tensors: dict[str, torch.Tensor]
    document: dict[str, Any]


def save(
    path: str | os.PathLike[str],
    kind: str,
    tensors: Mapping[str, torch.Tensor],
    document: dict[str, Any],
) -> None:
    """Write tensors and a document to one file; the old file is whole until the new one is.

    The document may hold strings, numbers (NaN and infinities too), booleans, None, lists,
    tuples, and dicts with string keys; numpy's numbers become Python's. Tensors are copied
    to the CPU; each is written whole, even where two share memory.

    Raises:
        StorageError: the document has something JSON cannot hold, or the file cannot be written.
    """
    import safetensors.torch
    import torch

    copies = {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, torch.Tensor) or tensor.layout is not torch.strided:
            raise StorageError(
                f"{path}: {name!r} must be a dense tensor, got {type(tensor).__name__}."
            )
        copies[name] = tensor.detach().to("cpu").clone(memory_format=torch.contiguous_format)
    bare = safetensors.torch.save(copies)
    index, start = _split(bare)
    metadata = {
        "ostinato": str(FORMAT_VERSION),
        "written_by": _package_version(),
        "kind": kind,
        "document": dump_document(document),
    }
    metadata["header_sha256"] = _header_digest(metadata, index)
    metadata["tensors_sha256"] = hashlib.sha256(memoryview(bare)[start:]).hexdigest()
    # The library writes its table of metadata in random order; the same content is to have the
    # same bytes, so the header is written here, padded to 8 bytes as the format asks.
    header = json.dumps({"__metadata__": metadata, **index}, separators=(",", ":")).encode("utf-8")
    header += b" " * (-len(header) % 8)
    if len(header) > _LONGEST_HEADER:
        raise StorageError(
            f"{path}: the document takes {len(metadata['document']):,} bytes; the format allows "
            f"{_LONGEST_HEADER:,}. Limit the vocabulary."
        )
    content = b"".join((len(header).to_bytes(8, "little"), header, memoryview(bare)[start:]))
    write_atomically(path, content)


def load(path: str | os.PathLike[str]) -> Archive:
    """Read a file that `save` wrote, and check every byte of it.

    Raises:
        StorageError: there is no such file, or it is truncated, altered, foreign or newer.
    """
    import safetensors.torch

    try:
        with _open(path) as file:
            header, digest, start = _read_header(path, file)
            file.seek(0)
            content = file.read()
    except MemoryError:
        raise StorageError(f"{path}: is larger than the memory that is free.") from None
    if hashlib.sha256(memoryview(content)[start:]).hexdigest() != digest:
        raise StorageError(f"{path}: the tensors do not have the checksum written. {_ALTERED}")
    try:
        tensors = safetensors.torch.load(content)
    except MemoryError:
        raise StorageError(f"{path}: is larger than the memory that is free.") from None
    except Exception as error:  # whatever the library says of a file that it cannot read
        raise StorageError(f"{path}: {error}. {_ALTERED}") from error
    return Archive(kind=header.kind, tensors=tensors, document=header.document)


def read_header(path: str | os.PathLike[str]) -> Header:
    """Read and check everything but the tensors' bytes. Needs no torch.

    Each tensor named has all its bytes in the file, so that a module may be built of these shapes.

    Raises:
        StorageError: there is no such file, or it is truncated, foreign or newer, or its
            header was altered.
    """
    with _open(path) as file:
        return _read_header(path, file)[0]


def read_document(path: str | os.PathLike[str]) -> dict[str, Any]:
    """The document alone: `read_header(path).document`."""
    return read_header(path).document


def _open(path: str | os.PathLike[str]) -> BinaryIO:
    if os.path.isdir(path):
        raise StorageError(f"{path}: is a folder. Give the .safetensors file in it.")
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):  # a pipe would be waited for
            raise StorageError(f"{path}: is not a file.")
        return open(path, "rb")
    except StorageError:
        raise
    except ValueError as error:
        raise StorageError(f"{path!r}: is no path ({error}).") from None
    except FileNotFoundError:
        raise StorageError(f"{path}: no such file.") from None
    except OSError as error:
        raise StorageError(f"{path}: cannot be read: {error.strerror}.") from error


def _read_header(path: str | os.PathLike[str], file: BinaryIO) -> tuple[Header, str, int]:
    """The header, the checksum it has for the tensors, and the place where they start."""
    size = os.fstat(file.fileno()).st_size
    text = _header_text(path, file, size)
    index = _parse_index(path, text)
    metadata = index.pop("__metadata__", None)
    if not isinstance(metadata, dict) or "ostinato" not in metadata:
        raise StorageError(f"{path}: a safetensors file of another program. {_FOREIGN}")
    _check_version(path, metadata)
    if metadata.get("header_sha256") != _header_digest(metadata, index):
        raise StorageError(f"{path}: the header does not have the checksum written. {_ALTERED}")
    start = 8 + len(text)
    try:
        _check_size(path, size - start, index)
        _check_tensors(index)
        _check_strings(metadata)
        document = parse_document(metadata["document"])
        if not isinstance(document, dict):
            raise ValueError("the document is not an object")
        header = Header(
            kind=metadata["kind"],
            document=document,
            written_by=metadata["written_by"],
            format_version=int(metadata["ostinato"]),
            tensors={
                name: (entry["dtype"], tuple(entry["shape"])) for name, entry in index.items()
            },
        )
        return header, metadata["tensors_sha256"], start
    except StorageError:
        raise
    except (KeyError, TypeError, ValueError, RecursionError, MemoryError) as error:
        raise StorageError(f"{path}: the header cannot be read ({error!r}). {_ALTERED}") from error


def _header_text(path: str | os.PathLike[str], file: BinaryIO, size: int) -> bytes:
    if size == 0:
        raise StorageError(f"{path}: the file is empty. {_TRUNCATED}")
    start = file.read(9)
    length = int.from_bytes(start[:8], "little")
    if size > 8 and (start[8:] != b"{" or not 2 <= length <= _LONGEST_HEADER):
        raise StorageError(
            f"{path}: not a safetensors file, or its first bytes are damaged. {_FOREIGN}"
        )
    if size < 8 + length or size <= 8:
        raise StorageError(f"{path}: {size:,} bytes, which ends inside the header. {_TRUNCATED}")
    return start[8:] + file.read(length - 1)


def _parse_index(path: str | os.PathLike[str], text: bytes) -> dict[str, Any]:
    try:
        index = json.loads(text.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        raise StorageError(f"{path}: the header is not JSON ({error}). {_ALTERED}") from error
    if not isinstance(index, dict):
        raise StorageError(f"{path}: the header is not a JSON object. {_FOREIGN}")
    return index


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("an object has the same key twice")
    return result


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _check_version(path: str | os.PathLike[str], metadata: dict[str, Any]) -> None:
    version = metadata["ostinato"]
    if not isinstance(version, str) or not (version.isascii() and version.isdigit()):
        raise StorageError(f"{path}: the format version is {version!r}. {_ALTERED}")
    if len(version) > 9 or int(version) > FORMAT_VERSION:
        raise StorageError(
            f"{path}: format version {version} is newer than this package reads "
            f"({FORMAT_VERSION}). It was written by ostinato {metadata.get('written_by', '?')}. "
            "Update with: pip install --upgrade ostinato"
        )


def _check_size(path: str | os.PathLike[str], available: int, index: dict[str, Any]) -> None:
    needed = 0
    for entry in index.values():
        place = entry["data_offsets"]
        if not _is_sizes(place) or len(place) != 2:
            raise ValueError("a tensor has no place")
        needed = max(needed, place[1])
    if available < needed:
        raise StorageError(
            f"{path}: has {available:,} of {needed:,} bytes of tensors. {_TRUNCATED}"
        )
    if available > needed:
        raise StorageError(
            f"{path}: {available - needed:,} bytes too many after the tensors. {_ALTERED}"
        )


def _check_tensors(index: dict[str, Any]) -> None:
    """Raise ValueError unless types, shapes and places agree and leave neither gap nor overlap."""
    end = 0
    for name, entry in sorted(index.items(), key=lambda item: item[1]["data_offsets"]):
        kind, shape, (first, last) = entry["dtype"], entry["shape"], entry["data_offsets"]
        if len(entry) != 3 or not isinstance(kind, str) or kind not in _SIZES:
            raise ValueError(f"{name!r} is of the unknown type {kind!r}")
        if not _is_sizes(shape) or len(shape) > 64:
            raise ValueError(f"{name!r} has no shape")
        if first != end or last - first != math.prod(shape) * _SIZES[kind]:
            raise ValueError(f"{name!r} does not fill its place")
        end = last


def _check_strings(metadata: dict[str, Any]) -> None:
    for name in ("kind", "written_by", "document", "tensors_sha256"):
        if not isinstance(metadata[name], str):
            raise TypeError(f"{name!r} is not a string")


def _is_sizes(value: Any) -> bool:
    return isinstance(value, list) and all(type(each) is int and each >= 0 for each in value)


def _header_digest(metadata: Mapping[str, Any], index: Mapping[str, Any]) -> str:
    covered = {name: value for name, value in metadata.items() if name not in _DIGESTS}
    text = json.dumps([covered, index], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _split(content: bytes) -> tuple[dict[str, Any], int]:
    """The index of a file in memory, and the place where its tensors start."""
    start = 8 + int.from_bytes(content[:8], "little")
    return json.loads(content[8:start]), start


def _package_version() -> str:
    from importlib.metadata import version

    return version("ostinato")
