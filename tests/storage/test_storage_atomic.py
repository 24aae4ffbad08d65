"""A write that fails leaves the old file whole and nothing beside it."""

from __future__ import annotations

import errno
import os
import stat
import sys

import pytest
import torch

from ostinato import storage
from ostinato.errors import StorageError


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.safetensors"
    storage.save(path, "k", {"w": torch.ones(3)}, {"edition": "old"})
    return path


def assert_old_file_whole(path):
    assert [each.name for each in path.parent.iterdir()] == [path.name]
    assert storage.load(path).document == {"edition": "old"}


def fail(error):
    def failing(*_args, **_kwargs):
        raise error

    return failing


@pytest.mark.parametrize("call", ["fsync", "replace", "chmod"])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        (errno.ENOSPC, "The disk is full. Free some space"),
        (errno.EACCES, "No permission to write there"),
        (errno.EROFS, "read-only"),
        (errno.EIO, "Choose another folder"),
    ],
)
def test_a_failing_system_call(path, monkeypatch, call, code, message):
    monkeypatch.setattr(os, call, fail(OSError(code, os.strerror(code))))
    with pytest.raises(StorageError, match=f"cannot be written.*{message}.*old file is unchanged"):
        storage.save(path, "k", {}, {"edition": "new"})
    monkeypatch.undo()
    assert_old_file_whole(path)


@pytest.mark.parametrize("error", [KeyboardInterrupt(), MemoryError(), SystemExit(1)])
def test_a_process_stopped_in_the_middle_of_a_write(path, monkeypatch, error):
    monkeypatch.setattr(os, "fsync", fail(error))
    with pytest.raises(type(error)):
        storage.save(path, "k", {}, {"edition": "new"})
    monkeypatch.undo()
    assert_old_file_whole(path)


@pytest.mark.skipif(sys.platform == "win32", reason="needs resource limits")
def test_a_write_that_the_system_really_cuts_short(path):
    import resource

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, limits[1]))
    try:
        with pytest.raises(StorageError, match="A file of this size is not allowed there"):
            storage.save(path, "k", {"w": torch.ones(100_000)}, {"edition": "new"})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert_old_file_whole(path)


def test_no_permission_says_so(tmp_path, monkeypatch):
    code = errno.EACCES
    monkeypatch.setattr("builtins.open", fail(PermissionError(code, os.strerror(code))))
    with pytest.raises(StorageError, match=r"Permission denied. No permission to write there"):
        storage.save(tmp_path / "x.safetensors", "k", {}, {})


def test_a_temporary_file_of_the_same_name_is_not_overwritten(path, monkeypatch):
    monkeypatch.setattr("secrets.token_hex", lambda _: "0123")
    other = path.with_name(".ostinato-0123.partial")
    other.write_bytes(b"another process writes here")
    with pytest.raises(StorageError, match=r"File exists.*The old file is unchanged"):
        storage.save(path, "k", {}, {"edition": "new"})
    assert other.read_bytes() == b"another process writes here"
    assert storage.read_document(path) == {"edition": "old"}


def test_the_longest_name_works(tmp_path):
    path = tmp_path / ("楽" * 80 + ".safetensors")
    storage.save(path, "k", {}, {})
    assert storage.load(path).kind == "k"
    with pytest.raises(StorageError, match="The name is too long. Choose a shorter one"):
        storage.save(tmp_path / ("a" * 300), "k", {}, {})


def test_leftovers_of_a_killed_process_are_no_obstacle(path):
    leftover = path.with_name(".ostinato-0011223344556677.partial")
    leftover.write_bytes(b"half")
    storage.save(path, "k", {}, {"edition": "new"})
    assert storage.read_document(path) == {"edition": "new"}
    assert leftover.read_bytes() == b"half"


def test_wrong_places(tmp_path):
    with pytest.raises(StorageError, match=r"is a folder. Give the name of a file in it"):
        storage.save(tmp_path, "k", {}, {})
    with pytest.raises(StorageError, match=r"the folder .*absent does not exist. Create it first"):
        storage.save(tmp_path / "absent" / "x.safetensors", "k", {}, {})


def test_permissions_are_the_usual_ones_and_then_stay(tmp_path):
    path = tmp_path / "x.safetensors"
    mask = os.umask(0o027)
    try:
        storage.save(path, "k", {}, {})
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o600)
    storage.save(path, "k", {}, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_link_stays_a_link(path):
    link = path.with_name("best.safetensors")
    link.symlink_to(path.name)
    storage.save(link, "k", {}, {"edition": "new"})
    assert link.is_symlink()
    assert storage.read_document(path) == {"edition": "new"}
