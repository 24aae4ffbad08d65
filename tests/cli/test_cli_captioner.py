"""Images and captions from the shell."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from ostinato.cli.app import run

SIZES = {
    "image_size": 16,
    "grid": 2,
    "channels": 4,
    "embedding_size": 6,
    "hidden_size": 8,
    "min_count": 1,
    "batch_size": 8,
    "epochs": 1,
}
SMALL = ["--quiet"]
for _name, _size in SIZES.items():
    SMALL += [f"--{_name.replace('_', '-')}", str(_size)]


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chance, rows = np.random.default_rng(0), ["image,caption"]
    (tmp_path / "images").mkdir()
    for number in range(12):
        image = chance.integers(0, 255, (20, 20, 3)).astype(np.uint8)
        Image.fromarray(image).save(tmp_path / "images" / f"{number}.png")
        rows += [f"{number}.png,a dog runs", f"{number}.png,dog {number % 3}"]
    (tmp_path / "captions.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "val.csv").write_text("\n".join(rows[:9]) + "\n")
    return tmp_path


def shell(capsys, *words):
    status = run(list(words))
    said = capsys.readouterr()
    return status, said.out, said.err


def test_train_predict_evaluate(files, capsys):
    words = ["train", "image-captioner", "captions.csv", "--name", "toy", *SMALL, "--json"]
    status, out, err = shell(capsys, *words, "--validation", "val.csv")
    assert status == 0, err
    said = json.loads(out)
    assert {"cider", "bleu_4", "baseline_cider", "nearest_cider"} <= set(said["scores"])
    assert "ostinato predict runs/toy images/0.png" in err
    status, out, err = shell(capsys, "predict", "runs/toy", "images/0.png", "--json")
    assert status == 0, err
    (answer,) = json.loads(out)["answers"]
    assert list(answer) == ["image", "caption", "score"]
    status, out, _ = shell(capsys, "predict", "runs/toy", "images", "--top", "6", "--json")
    assert status == 0
    found = json.loads(out)["answers"]
    assert len({each["image"] for each in found}) == 12
    assert len(found) == 72
    status, out, err = shell(capsys, "evaluate", "runs/toy", "captions.csv", "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 12
    status, out, err = shell(capsys, "evaluate", "runs/toy", ".", "--json")  # a folder with both
    assert status == 0, err
    folder = ["train", "image-captioner", "captions.csv", "--folder", "images", *SMALL]
    assert shell(capsys, *folder, "--name", "there")[0] == 0
    (files / "images").rename(files / "Images")
    status, out, err = shell(capsys, "evaluate", "runs/there", "captions.csv", "--json")
    assert status == 0, err
    (files / "Images").rename(files / "images")
    status, out, err = shell(capsys, "inspect", "runs/toy", "images/0.png", "--json")
    assert status == 0, err
    assert "name" in json.loads(out)["pictures"]["attention"]
    status, _, err = shell(capsys, "predict", "runs/toy")
    assert status == 2
    assert "nothing to answer. Give images" in err
    status, _, err = shell(capsys, "predict", "runs/toy", "--text", "a")
    assert status == 2
    assert "--text is not for a image-captioner; what it takes: --top, --beam, --skip-bad" in err


@pytest.mark.filterwarnings("default::ostinato.errors.OstinatoWarning")
def test_a_damaged_image_stops_or_is_left_out(files, capsys):
    (files / "images" / "3.png").write_bytes(b"not a picture")
    words = ["train", "image-captioner", "captions.csv", "--name", "bad", *SMALL]
    status, _, err = shell(capsys, *words)
    assert status == 1
    assert "images/3.png cannot be read as a picture" in err
    assert "--skip-bad" in err
    status, _, err = shell(capsys, *words, "--skip-bad")
    assert status == 0, err
    assert "Warning: left out: images/3.png cannot be read" in err
    for command in (["predict", "runs/bad", "images"], ["predict", "runs/bad", "images/3.png"]):
        status, _, err = shell(capsys, *command)
        assert status == 1
        assert "images/3.png cannot be read" in err
    status, out, _ = shell(capsys, "predict", "runs/bad", "images", "--skip-bad", "--json")
    assert status == 0
    assert len(json.loads(out)["answers"]) == 11
    status, _, err = shell(capsys, "predict", "runs/bad", "images/3.png", "--skip-bad")
    assert status == 1
    assert "none of the images can be read" in err
    # What training was told is remembered.
    status, out, err = shell(capsys, "evaluate", "runs/bad", "captions.csv", "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 11


def test_what_cannot_be_used(files, capsys):
    words = ["train", "image-captioner", "captions.csv", *SMALL]
    status, _, err = shell(capsys, *words, "--encoder", "features")
    assert status == 2
    assert "--encoder features is for Python" in err
    status, _, err = shell(capsys, *words, "--caption", "text")
    assert status == 1
    assert "no column 'text'" in err
    assert "--caption" in err
    (files / "images" / "5.png").unlink()
    status, _, err = shell(capsys, *words)
    assert status == 1
    assert "the image '5.png' is not there" in err
    status, _, err = shell(capsys, *words, "--folder", "elsewhere")
    assert status == 1
    assert "elsewhere: there is no such folder of images" in err
