"""Tagged sentences from the shell."""

from __future__ import annotations

import json

import pytest

from ostinato.cli.app import run

SIZES = {"embedding_size": 8, "hidden_size": 8, "num_layers": 1, "batch_size": 8, "epochs": 8}
SMALL = ["--learning-rate", "0.03", "--dropout", "0.1", "--average", "0.5", "--quiet"]
for _name, _size in SIZES.items():
    SMALL += [f"--{_name.replace('_', '-')}", str(_size)]
SENTENCES = ["Ann B-p\nLee I-p\nsees O\nOslo B-q\n\n", "Rome B-q\nis O\nold O\n\n"]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.conll").write_text("".join(SENTENCES) * 30)
    (tmp_path / "bad.conll").write_text("Ann B-p\nLee I-q\n\nx O\n\ny B-q\n")


def shell(capsys, *words):
    status = run(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_train_predict_evaluate(files, capsys):
    words = ["train", "sequence-tagger", "a.conll", "--name", "toy", *SMALL, "--json"]
    status, out, err = shell(capsys, *words)
    assert status == 0, err
    said = json.loads(out)
    assert {"f1", "f1_p", "baseline_f1", "accuracy"} <= set(said["scores"])
    status, out, err = shell(capsys, "predict", "runs/toy", "--text", "Ann Lee sees Rome", "--json")
    assert status == 0, err
    answers = json.loads(out)["answers"]
    assert [(a["entity"], a["type"], a["start"]) for a in answers] == [
        ("Ann Lee", "p", 0),
        ("Rome", "q", 13),
    ]
    status, out, err = shell(capsys, "predict", "runs/toy", "a.conll")
    assert status == 0, err
    assert out.splitlines()[0] == "row,entity,type,start,end,confidence"
    assert len(out.splitlines()) > 60
    status, out, err = shell(capsys, "predict", "runs/toy", "--text", "old")
    assert (status, out) == (0, "")
    assert "No answers" in err
    status, out, err = shell(capsys, "evaluate", "runs/toy", "a.conll", "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 60


def test_what_cannot_be_used(files, capsys):
    status, _, err = shell(capsys, "train", "sequence-tagger", "bad.conll", *SMALL)
    assert status == 1
    assert "bad.conll: line 2 ('Lee'): 'I-q' cannot follow 'B-p' in bio" in err
    words = ["train", "sequence-tagger", "a.conll", "--column", "7", *SMALL]
    assert "there is no column 7; its lines have 2 fields" in shell(capsys, *words)[2]
