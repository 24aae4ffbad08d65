"""Run folders: names, refusals, and where a model is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostinato.cli import runs
from ostinato.errors import OptionError, StorageError, TrainingError
from ostinato.training.checkpoints import held


def finished(place: Path) -> Path:
    (place / runs.CHECKPOINTS).mkdir(parents=True)
    (place / runs.MODEL).write_bytes(b"model")
    return place


def folder(
    out: Path, name: str | None = None, *, resume: bool = False, force: bool = False
) -> Path:
    return runs.folder(out, name, "task-file", resume=resume, force=force)


def test_the_default_name_counts_up(tmp_path: Path) -> None:
    assert folder(tmp_path).name == "task-file-1"
    finished(tmp_path / "task-file-1")
    finished(tmp_path / "task-file-9")
    finished(tmp_path / "task-filesystem-12")
    assert folder(tmp_path).name == "task-file-10"


def test_resume_without_a_name_takes_the_newest(tmp_path: Path) -> None:
    for number in (1, 2, 10):
        (tmp_path / f"task-file-{number}" / runs.CHECKPOINTS).mkdir(parents=True)
    assert folder(tmp_path, resume=True).name == "task-file-10"


def test_a_finished_run_is_not_overwritten(tmp_path: Path) -> None:
    finished(tmp_path / "mine")
    with pytest.raises(OptionError, match=r"mine is a finished run\. --force replaces it"):
        folder(tmp_path, "mine")
    assert (tmp_path / "mine" / runs.MODEL).read_bytes() == b"model"


def test_force_clears_only_the_runs_own_files(tmp_path: Path) -> None:
    place = finished(tmp_path / "mine")
    (place / "notes.txt").write_text("mine")
    folder(tmp_path, "mine", force=True)
    assert {each.name for each in place.iterdir()} - {".lock"} == {"notes.txt"}


def test_force_takes_nothing_from_a_fit_that_is_writing(tmp_path: Path) -> None:
    place = finished(tmp_path / "mine")
    with held(place), pytest.raises(TrainingError, match="mine"):
        folder(tmp_path, "mine", force=True)
    assert (place / runs.MODEL).read_bytes() == b"model"
    assert (place / runs.CHECKPOINTS).is_dir()


def test_an_unfinished_run_names_both_ways_on(tmp_path: Path) -> None:
    (tmp_path / "mine" / runs.CHECKPOINTS).mkdir(parents=True)
    with pytest.raises(OptionError, match=r"unfinished run\. --resume continues it, --force"):
        folder(tmp_path, "mine")


def test_resume_needs_something_to_continue(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"--resume: .*has no checkpoints"):
        folder(tmp_path, "mine", resume=True)
    with pytest.raises(OptionError, match="--resume: no run task-file-N"):
        folder(tmp_path, resume=True)
    with pytest.raises(OptionError, match="exclude each other"):
        folder(tmp_path, "mine", resume=True, force=True)


@pytest.mark.parametrize("name", ["../up", "a/b", "", ".."])
def test_a_name_is_one_plain_word(tmp_path: Path, name: str) -> None:
    with pytest.raises(OptionError, match="--name must be a plain folder name"):
        folder(tmp_path, name)


@pytest.mark.parametrize(
    ("source", "stem"),
    [
        ("data/my reviews.csv.gz", "t-my-reviews"),
        ("-", "t-stdin"),
        ("*.csv", "t-data"),
        ("été.csv", "t-été"),
    ],
)
def test_stems_are_safe(source: str, stem: str) -> None:
    assert runs.stem_of("t", [source]) == stem


def test_a_model_is_a_folder_or_a_file(tmp_path: Path) -> None:
    place = finished(tmp_path / "mine")
    assert runs.model_file(place) == place / runs.MODEL
    assert runs.model_file(place / runs.MODEL) == place / runs.MODEL
    (tmp_path / "empty").mkdir()
    with pytest.raises(StorageError, match=r"empty: no model\.safetensors .*Train first"):
        runs.model_file(tmp_path / "empty")
    with pytest.raises(StorageError, match=r"no such run folder or file\. Did you mean .*mine"):
        runs.model_file(tmp_path / "mina")
