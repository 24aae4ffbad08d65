"""Files that say something else than their weights do: refused with a sentence, in no time."""

from __future__ import annotations

import dataclasses
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest
from examples import Example, same

import ostinato
from ostinato import storage
from ostinato.errors import StorageError
from ostinato.tasks.registry import TASKS

JUNK: list[Any] = [None, -1, 10**9, "x", [], {}, [[1, 2], "y"], 1.5, True]


def places(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place of a document down to three levels."""
    if isinstance(document, dict) and len(path) < 3:
        for key, value in document.items():
            yield (*path, key)
            yield from places(value, (*path, key))


def changed(document: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    first, *rest = path
    return document | {first: changed(document[first], tuple(rest), value) if rest else value}


@pytest.fixture
def archive(fitted: Any, tmp_path: Any) -> storage.Archive:
    fitted.save(tmp_path / "model.safetensors")
    return storage.load(tmp_path / "model.safetensors")


def load(archive: storage.Archive, document: dict[str, Any], path: Any) -> Any:
    storage.save(path, archive.kind, archive.tensors, document)
    return ostinato.load(path)


def refusal(archive: storage.Archive, document: dict[str, Any], path: Any) -> str | None:
    """What a StorageError says of the document, or None where it loads."""
    try:
        load(archive, document, path)
    except StorageError as error:
        return str(error)
    return None


def test_options_that_ask_for_other_shapes_take_no_memory(example, archive, tmp_path):
    path = tmp_path / "bad.safetensors"
    refused = 0
    for name, value in archive.document["options"].items():
        if isinstance(value, bool) or not isinstance(value, int):
            continue
        for huge in (14_000, 10**9):
            document = changed(archive.document, ("options", name), huge)
            tracemalloc.start()
            message = refusal(archive, document, path)
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
            refused += message is not None
            assert message is None or str(path) in message
            assert peak < 100_000_000, name
    assert refused >= 2


@pytest.mark.parametrize("every", [3, pytest.param(1, marks=pytest.mark.slow)])
def test_junk_anywhere_in_the_document_gives_a_storage_error(
    example: Example, archive: storage.Archive, tmp_path: Any, every: int
) -> None:
    """At each place a third of the junk, another third at the next; all of it in the slow run."""
    path, kind = tmp_path / "bad.safetensors", TASKS[archive.kind].estimator
    for number, where in enumerate(places(archive.document)):
        for value in JUNK[number % every :: every]:
            document = changed(archive.document, where, value)
            message = ""
            try:
                kind.from_archive(path, dataclasses.replace(archive, document=document))
            except StorageError as error:
                message = str(error)
            assert not message or str(path) in message


def test_a_missing_weight_or_another_shape_is_named(archive, tmp_path):
    name = next(n for n, each in archive.tensors.items() if each.dim() == 2)
    for tensors in (
        {k: v for k, v in archive.tensors.items() if k != name},
        archive.tensors | {name: archive.tensors[name][:-1].clone()},
        archive.tensors | {"extra": archive.tensors[name]},
    ):
        path = tmp_path / "bad.safetensors"
        storage.save(path, archive.kind, tensors, archive.document)
        with pytest.raises(StorageError, match=r"weight .* shape|extra"):
            ostinato.load(path)


def test_loading_draws_nothing_and_keeps_the_bits(example, fitted, archive, tmp_path):
    model = load(archive, archive.document, tmp_path / "same.safetensors")
    assert same(example.ask(model, example.probe), example.ask(fitted, example.probe))
