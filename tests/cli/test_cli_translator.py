"""Pairs of texts from the shell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ostinato.cli.app import run

SIZES = {"embedding_size": 8, "hidden_size": 16, "num_layers": 1, "batch_size": 8, "epochs": 2}
SMALL = ["--level", "word", "--learning-rate", "0.02", "--quiet"]
for _name, _size in SIZES.items():
    SMALL += [f"--{_name.replace('_', '-')}", str(_size)]
WORDS = ["ab", "cd", "ef", "gh"]
PAIRS = [(f"{a} {b}", f"{a[::-1]} {b[::-1]}") for a in WORDS for b in ("xy", "zw")]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.src").write_text("".join(f"{source}\n" for source, _ in PAIRS * 4))
    (tmp_path / "a.tgt").write_text("".join(f"{target}\n" for _, target in PAIRS * 4))
    (tmp_path / "p.tsv").write_text(
        "q\ta\n" + "".join(f"{source}\t{target}\n" for source, target in PAIRS)
    )


def shell(capsys, *words):
    status = run(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_train_predict_evaluate(files, capsys):
    words = ["train", "translator", "a.src", "a.tgt", "--name", "toy", *SMALL, "--json"]
    status, out, err = shell(capsys, *words)
    assert status == 0, err
    said = json.loads(out)
    assert {"bleu", "chrf", "baseline_bleu"} <= set(said["scores"])
    assert "toy" in err
    status, out, err = shell(capsys, "predict", "runs/toy", "--text", "ab xy", "--json")
    assert status == 0, err
    assert set(json.loads(out)["answers"][0]) == {"answer", "score", "text"}
    status, out, err = shell(capsys, "predict", "runs/toy", "a.src", "--json")
    assert status == 0, err
    assert [each["text"] for each in json.loads(out)["answers"]] == [a for a, _ in PAIRS * 4]
    words = ["predict", "runs/toy", "--text", "ab xy", "--text", "cd zw", "--json"]
    best = json.loads(shell(capsys, *words, "--beam", "6")[1])["answers"]
    several = json.loads(shell(capsys, *words, "--top", "6")[1])["answers"]
    assert len(several) > 6
    first = [each for each in several if each["text"] == "ab xy"]
    assert first[0] == best[0]
    scores = [each["score"] for each in first]
    assert scores == sorted(scores, reverse=True)
    assert shell(capsys, *words, "--beam", "1")[0] == 0
    status, _, err = shell(capsys, *words, "--beam", "2", "--top", "3")
    assert status == 2
    assert "n must be from 1 to beam, 2" in err
    status, out, err = shell(capsys, "evaluate", "runs/toy", "a.src", "a.tgt", "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 32
    named = ["evaluate", "runs/toy", "p.tsv", "--source", "q", "--target", "a", "--json"]
    assert json.loads(shell(capsys, *named)[1])["rows"] == 8


def test_tables_and_held_out_files(files, capsys):
    words = ["train", "translator", "p.tsv", "--source", "q", "--target", "a", *SMALL]
    status, _, err = shell(capsys, *words, "--validation", "a.src,a.tgt")
    assert status == 0, err


def test_what_cannot_be_used(files, tmp_path, capsys):
    (tmp_path / "short.tgt").write_text("one\ntwo\n")
    status, _, err = shell(capsys, "train", "translator", "a.src", "short.tgt", *SMALL)
    assert status == 1
    assert "a.src has 32 lines and short.tgt 2" in err
    (tmp_path / "bad.src").write_bytes(b"on\xffe\n" * 32)
    status, _, err = shell(capsys, "train", "translator", "bad.src", "a.tgt", *SMALL)
    assert status == 1
    assert "byte 0xff at offset 2" in err
    words = ["train", "translator", "bad.src", "a.tgt", *SMALL, "--errors", "replace"]
    assert shell(capsys, *words, "--name", "bad")[0] == 0
    for command in (
        ["predict", "runs/bad", "bad.src"],
        ["evaluate", "runs/bad", "bad.src", "a.tgt"],
    ):
        status, _, err = shell(capsys, *command, "--errors", "strict")
        assert status == 1
        assert "byte 0xff at offset 2" in err
        status, out, err = shell(capsys, *command, "--json")  # as train was told
        assert status == 0, err
        assert len(json.loads(out).get("answers", "x" * 32)) == 32
    status, _, err = shell(capsys, "train", "translator", "p.tsv", *SMALL)
    assert status == 1
    assert "no column 'source'" in err


TABBED = {
    "deu.txt": ("{0}\t{1}\tCC-BY\n", "", []),
    "named.txt": ("{1}\t{0}\n", "target\tsource\n", []),
    "bare.tsv": ("{0}\t{1}\n", "", ["--no-header"]),
    "third.txt": ("7\t{0}\t{1}\n", "", ["--source", "1", "--target", "2"]),
}


@pytest.mark.parametrize("name", TABBED)
def test_one_file_with_tabs_between_source_and_target(name, tmp_path, monkeypatch, capsys):
    """The model remembers how they stand: evaluate and predict are not told again."""
    monkeypatch.chdir(tmp_path)
    line, first, typed = TABBED[name]
    (tmp_path / name).write_text(first + "".join(line.format(*pair) for pair in PAIRS * 4))
    words = ["train", "translator", name, "--name", "tabs", *typed, *SMALL]
    status, _, err = shell(capsys, *words, "--validation", name)
    assert status == 0, err
    status, out, err = shell(capsys, "evaluate", "runs/tabs", name, "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 32
    status, out, err = shell(capsys, "predict", "runs/tabs", name, "--json")
    assert status == 0, err
    assert [each["text"] for each in json.loads(out)["answers"]] == [a for a, _ in PAIRS * 4]
    (tmp_path / "sources.txt").write_text("ab xy\ncd zw\n")
    status, out, err = shell(capsys, "predict", "runs/tabs", "sources.txt", "--json")
    assert status == 0, err
    assert [each["text"] for each in json.loads(out)["answers"]] == ["ab xy", "cd zw"]


def test_tabs_in_lines_of_two_files_are_text(files, tmp_path, capsys):
    words = ["train", "translator", "a.src", "a.tgt", "--name", "toy", *SMALL]
    assert shell(capsys, *words)[0] == 0
    (tmp_path / "tabs.txt").write_text("ab\txy\n")
    status, out, err = shell(capsys, "predict", "runs/toy", "tabs.txt", "--json")
    assert status == 0, err
    assert json.loads(out)["answers"][0]["text"] == "ab\txy"


def test_the_report_explains_a_bleu_near_nothing(files, capsys):
    words = ["train", "translator", "a.src", "a.tgt", "--name", "toy", *SMALL]
    status, _, err = shell(capsys, *words, "--validation", "0.2")
    assert status == 0, err
    report = Path("runs/toy/report.html").read_text(encoding="utf-8")
    assert "BLEU of 6 rows says little" in report
