"""Tables as people write them, told once to `train` and read the same by what follows."""

from __future__ import annotations

import csv
import datetime
import io
import json
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ostinato.cli import output
from ostinato.cli.app import run

SMALL = ["--epochs", "1", "--quiet", "--hidden-size", "4", "--name", "run", "--json"]


@pytest.fixture(autouse=True)
def own_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def ran(capsys: Any, *words: str, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    code = run(list(words))
    said = capsys.readouterr()
    assert code == status, said.err
    return said.out, said.err


def write(name: str, rows: list[str]) -> str:
    Path(name).write_text("\n".join(rows) + "\n", encoding="utf-8")
    return name


def texts(sign: str, rows: int = 40) -> list[str]:
    return [
        f"a {'good' if k % 2 else 'bad'} film{sign}{'01' if k % 2 else '02'}" for k in range(rows)
    ]


@pytest.mark.parametrize(
    ("sign", "words"),
    [
        (";", []),
        ("\t", ["--delimiter", "tab"]),
        ("~", ["--delimiter", "~"]),
    ],
)
def test_text_and_label_by_place_without_a_header(capsys: Any, sign: str, words: list[str]) -> None:
    data = write("rows.csv", texts(sign))
    told = ["--no-header", "--text", "0", "--label", "1", *words]
    ran(capsys, "train", "text-classifier", data, *told, *SMALL)
    out, _ = ran(capsys, "predict", "runs/run", data, "--json")
    answers = json.loads(out)["answers"]
    assert len(answers) == 40
    assert {each["label"] for each in answers} <= {"01", "02"}
    assert answers[0]["text"] == "a bad film"
    out, _ = ran(capsys, "evaluate", "runs/run", data, "--json")
    assert json.loads(out)["rows"] == 40


def test_lines_of_comments_are_left_out_when_asked(capsys: Any) -> None:
    rows = ["text,label", *texts(","), "% the end"]
    data = write("rows.csv", [*rows[:5], "% a remark", *rows[5:]])
    ran(capsys, "train", "text-classifier", data, *SMALL, status=1)
    ran(capsys, "train", "text-classifier", data, "--comment", "%", *SMALL)
    out, _ = ran(capsys, "evaluate", "runs/run", data, "--json")
    assert json.loads(out)["rows"] == 40


def test_decimal_commas_are_remembered_where_a_file_cannot_tell(capsys: Any) -> None:
    """1.500 alone is 1500 or 1.5: the rows of training tell."""
    first = datetime.date(2026, 1, 1)
    days = [first + datetime.timedelta(days=k) for k in range(100)]
    rows = [f"{day};{1 + k % 7}.{k % 7}00,25" for k, day in enumerate(days)]
    write("load.csv", ["date;load", *rows])
    words = ["--past", "7", "--horizon", "2", "--target", "load"]
    ran(capsys, "train", "forecaster", "load.csv", *words, *SMALL)
    write("new.csv", ["date;load", *(f"2026-07-{1 + k:02d};1.500" for k in range(7))])
    out, _ = ran(capsys, "predict", "runs/run", "new.csv", "--json")
    assert all(500 < row["load"] < 9000 for row in json.loads(out)["answers"])


def test_another_sign_than_in_training_is_found(capsys: Any) -> None:
    ran(capsys, "train", "text-classifier", write("a.csv", ["text;label", *texts(";")]), *SMALL)
    data = write("b.csv", ["text,label", *texts(",")])
    out, _ = ran(capsys, "evaluate", "runs/run", data, "--json")
    assert json.loads(out)["rows"] == 40


def test_a_delimiter_is_one_sign(capsys: Any) -> None:
    data = write("rows.csv", ["text,label", *texts(",")])
    words = ["train", "text-classifier", data, "--delimiter", "||", *SMALL]
    _, err = ran(capsys, *words, status=2)
    assert "--delimiter must be one sign, or tab, got '||'" in err


@pytest.mark.parametrize("content", ["a good film\n\na bad one\n", "a good film\n  \na bad one\n"])
@pytest.mark.parametrize("way", ["standard input", "file"])
def test_an_empty_line_is_named_or_left_out(
    capsys: Any, monkeypatch: pytest.MonkeyPatch, content: str, way: str
) -> None:
    data = write("rows.csv", ["text,label", *texts(",")])
    ran(capsys, "train", "text-classifier", data, *SMALL)
    Path("new.txt").write_text(content)
    place = ["new.txt"] if way == "file" else []

    def again(*words: str, status: int = 0) -> tuple[str, str]:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content.encode())))
        return ran(capsys, "predict", "runs/run", *place, *words, status=status)

    _, err = again(status=1)
    assert "empty in 1 of 3 rows (row 1, counted from 0)" in err
    assert "--skip-empty" in err
    out, _ = again("--skip-empty")
    assert [row["text"] for row in csv.DictReader(io.StringIO(out))] == ["a good film", "a bad one"]


def test_answers_are_written_whole_or_not_at_all(
    capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = write("rows.csv", ["text,label", *texts(",")])
    ran(capsys, "train", "text-classifier", data, *SMALL)
    Path("answers.csv").write_text("old")

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    _, err = ran(capsys, "predict", "runs/run", data, "--out", "answers.csv", status=1)
    assert "answers.csv" in err
    assert Path("answers.csv").read_text() == "old"
    assert not list(Path().glob(".ostinato-*"))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes")
def test_a_pipe_stays_a_pipe(tmp_path: Path) -> None:
    from ostinato.storage import write_atomically

    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write_atomically(pipe, b"rows")
        assert os.read(reader, 10) == b"rows"
    finally:
        os.close(reader)
    assert pipe.is_fifo()


def test_texts_and_files_together_are_refused(capsys: Any) -> None:
    data = write("rows.csv", ["text,label", *texts(",")])
    ran(capsys, "train", "text-classifier", data, *SMALL)
    _, err = ran(capsys, "predict", "runs/run", data, "--text", "a film", status=2)
    assert "give either --text or files, not both" in err


def test_numbers_that_json_lacks_are_null() -> None:
    found = output.plain({"a": float("nan"), "b": [np.float32("inf"), np.int64(3), 1.5]})
    assert json.dumps(found, allow_nan=False) == '{"a": null, "b": [null, 3, 1.5]}'
