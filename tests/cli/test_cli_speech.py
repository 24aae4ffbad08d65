"""Speech from the shell: a folder of recordings with one bad file."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest

from ostinato.cli.app import run
from ostinato.data import write_wav

SMALL = [
    *("--sampling-rate", "8000", "--bands", "12", "--convolution", "8", "--hidden-size", "8"),
    *("--num-layers", "1", "--epochs", "1", "--no-bidirectional", "--quiet"),
]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "said").mkdir()
    random = np.random.default_rng(0)
    for k in range(8):
        write_wav(tmp_path / "said" / f"r{k}.wav", 0.1 * random.normal(size=4000), 8000)
        (tmp_path / "said" / f"r{k}.txt").write_text("yes no" if k % 2 else "no")
    return tmp_path / "said"


def shell(capsys, *words):
    status = run(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


@pytest.mark.filterwarnings("default::ostinato.errors.OstinatoWarning")
def test_one_bad_file_is_named_and_the_rest_read(folder, capsys, monkeypatch):
    (folder / "bad.wav").write_bytes(b"RIFF")
    (folder / "bad.txt").write_text("yes")
    words = ["train", "speech-recognizer", "said", "--name", "toy", *SMALL]
    status, _, err = shell(capsys, *words)
    assert status == 1
    assert "bad.wav: cannot be read as a recording" in err
    assert "--skip-bad" in err
    status, out, err = shell(capsys, *words, "--skip-bad", "--json")
    assert status == 0, err
    assert "1 of 9 recordings were left out" in err
    assert "bad.wav" in err
    assert {"wer", "cer", "baseline_wer"} <= set(json.loads(out)["scores"])
    status, out, err = shell(capsys, "evaluate", "runs/toy", "said", "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 8
    (folder / "bad.wav").unlink()
    for sources in (["said"], [str(folder / "r0.wav")]):
        status, out, err = shell(capsys, "predict", "runs/toy", *sources, "--json")
        assert status == 0, err
        answers = json.loads(out)["answers"]
        assert set(answers[0]) == {"file", "text", "confidence", "words"}
        assert len(answers) == (8 if sources == ["said"] else 1)
    status, _, err = shell(capsys, "predict", "runs/toy", "none.wav")
    assert status == 1
    assert "none.wav: there is no such file" in err
    pieces = [{"samples": [0.1] * 900}, {"samples": "loud"}, {}, {"samples": [0.0] * 900}]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(map(json.dumps, pieces))))
    status, out, err = shell(capsys, "stream", "runs/toy")
    assert status == 1
    found = [json.loads(line) for line in out.splitlines()]
    assert [each.get("seconds") for each in found] == [0.113, None, None, 0.225]
    assert "samples must be numbers" in found[1]["error"]
    assert "must be" in found[2]["error"]


def test_a_table_and_another_to_judge_by(folder, capsys):
    rows = "".join(f"said/r{k}.wav,no\n" for k in range(6))
    (folder.parent / "list.csv").write_text(f"path,text\n{rows}")
    (folder.parent / "other.csv").write_text("path,text\nsaid/r6.wav,no\nsaid/r7.wav,no\n")
    (folder.parent / "new.csv").write_text("file\nsaid/r6.wav\nsaid/r7.wav\n")
    words = ["train", "speech-recognizer", "list.csv", "--validation", "other.csv", *SMALL]
    status, _, err = shell(capsys, *words, "--name", "toy")
    assert status == 0, err
    assert (folder.parent / "runs" / "toy" / "report.html").exists()
    for words in (["other.csv"], ["new.csv", "--column", "file"]):
        status, out, err = shell(capsys, "predict", "runs/toy", *words, "--json")
        assert status == 0, err
        files = [Path(each["file"]).name for each in json.loads(out)["answers"]]
        assert files == ["r6.wav", "r7.wav"]
    status, _, err = shell(capsys, "predict", "runs/toy", "new.csv")
    assert status == 1
    assert "no column 'path'" in err
    assert "--column" in err
