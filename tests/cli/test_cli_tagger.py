"""Tagged sentences from the shell."""

from __future__ import annotations

import json
from pathlib import Path

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


def test_tags_as_numbers_and_answers_as_conll(files, capsys):
    rows = [(["Ann", "Lee", "sees", "Rome"], [1, 2, 0, 3]), (["Lee", "left"], [1, 0])] * 20
    lines = [json.dumps({"tokens": words, "ner_tags": tags}) for words, tags in rows]
    Path("rows.jsonl").write_text("\n".join(lines) + "\n")
    words = ["train", "sequence-tagger", "rows.jsonl", "--name", "numbers", *SMALL]
    assert "--names O,B-PER,..." in shell(capsys, *words)[2]
    status, _, err = shell(capsys, *words, "--names", "O,B-p,I-p,B-q")
    assert status == 0, err
    assert shell(capsys, "evaluate", "runs/numbers", "rows.jsonl")[0] == 0
    ask = ["predict", "runs/numbers", "rows.jsonl", "--format", "conll"]
    status, out, err = shell(capsys, *ask)
    assert (status, out.splitlines()[:2]) == (0, ["Ann\tB-p", "Lee\tI-p"]), err
    status, _, err = shell(capsys, *ask, "--json")
    assert status == 2
    assert "--json prints one JSON object, which --format conll is not" in err
    status, said, err = shell(capsys, *ask, "--json", "--out", "answers.conll")
    assert (status, json.loads(said)["rows"]) == (0, 40), err
    assert Path("answers.conll").read_text() == out


def test_what_cannot_be_used(files, capsys):
    status, _, err = shell(capsys, "train", "sequence-tagger", "bad.conll", *SMALL)
    assert status == 1
    assert "bad.conll: line 2 ('Lee'): 'I-q' cannot follow 'B-p' in bio" in err
    words = ["train", "sequence-tagger", "a.conll", "--column", "7", *SMALL]
    assert "there is no column 7; its lines have 2 fields" in shell(capsys, *words)[2]
