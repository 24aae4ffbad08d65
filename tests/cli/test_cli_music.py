"""Music from the shell."""

from __future__ import annotations

import json
import wave

import numpy as np
import pytest

from ostinato import data
from ostinato.cli.app import run

pytest.importorskip("symusic")
SMALL = ["--hidden-size", "8", "--chain-size", "6", "--epochs", "2", "--quiet"]


@pytest.fixture(scope="module")
def songs(tmp_path_factory):
    """A folder of songs, chorales in JSON, and a trained model."""
    place = tmp_path_factory.mktemp("songs")
    (place / "songs").mkdir()
    chance = np.random.default_rng(0)
    pieces = []
    for k in range(8):
        top = 60 + chance.integers(0, 8, 24)
        voices = np.stack([top, top - 5], axis=1)
        pieces.append(voices.tolist())
        data.write_midi(data.Piece(voices=voices), place / "songs" / f"{k}.mid")
    parts = {"train": pieces[:6], "valid": pieces[6:7], "test": pieces[7:]}
    (place / "chorales.json").write_text(json.dumps(parts))
    words = ["train", "music-composer", str(place / "songs"), "--name", "toy"]
    assert run([*words, "--out", str(place / "runs"), *SMALL]) == 0
    return place


@pytest.fixture
def shell(songs, capsys, monkeypatch):
    monkeypatch.chdir(songs)

    def call(*words):
        capsys.readouterr()
        status = run(list(words))
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_train_says_what_it_reached(shell, songs):
    words = ["train", "music-composer", "chorales.json", "--name", "json", "--json", *SMALL]
    status, out, err = shell(*words, "--validation", "chorales.json", "--steps-per-beat", "1")
    assert status == 0, err
    assert {"nll", "repeat_nll", "frequency_nll"} <= set(json.loads(out)["scores"])
    assert "--seconds 20 --out piece.mid" in err
    assert "piano-roll" not in err
    page = (songs / "runs" / "json" / "report.html").read_text()
    assert "A held-out piece written on" in page
    status, out, err = shell("evaluate", "runs/json", "chorales.json", "--part", "test", "--json")
    assert status == 0, err
    assert json.loads(out)["rows"] == 1
    status, _, err = shell("evaluate", "runs/json", "chorales.json", "--part", "tset")
    assert status == 1
    assert "has the parts train, valid, test, got part='tset'" in err


def test_predict_and_evaluate(shell):
    status, out, err = shell("predict", "runs/toy", "songs/0.mid", "songs/1.mid", "--json")
    assert status == 0, err
    first, second = json.loads(out)["answers"]
    assert set(first) == {"piece", "steps", "seconds", "nats a step", "next"}
    assert (first["piece"], first["steps"]) == ("songs/0.mid", 24)
    assert second["piece"] == "songs/1.mid"
    status, out, err = shell("evaluate", "runs/toy", "songs")
    assert status == 0, err
    assert out.startswith("measure,model,last step again,pitch frequencies\nnll,")


def test_a_piece_is_composed_into_files(shell, songs):
    words = ["generate", "runs/toy", "--seconds", "6", "--seed", "1", "--json"]
    status, out, err = shell(*words, "--out", "a.mid", "--out", "a.wav", "--tempo", "120")
    assert status == 0, err
    said = json.loads(out)
    assert said["out"] == ["a.mid", "a.wav"]
    assert (said["seconds"], said["steps"], said["known"]) == (6.0, 48, 0)
    assert "6.0 s of music written to a.mid" in err
    assert data.read_midi(songs / "a.mid", 4).tempo == pytest.approx(120, rel=1e-4)
    with wave.open(str(songs / "a.wav")) as file:
        assert file.getnframes() / file.getframerate() == pytest.approx(6.08, abs=0.01)
    status, out, err = shell(*words, "--out", "b.mid", "--prompt", "songs/2.mid")
    assert status == 0, err
    assert json.loads(out)["known"] == 24
    begun = data.read_midi(songs / "songs" / "2.mid", 4).voices
    assert data.read_midi(songs / "b.mid", 4).voices[:24].tolist() == begun.tolist()
    status, out, err = shell("generate", "runs/toy", "--melody", "songs/3.mid", "--out", "c.mid")
    assert status == 0, err
    melody = data.read_midi(songs / "songs" / "3.mid", 4).voices.max(1)
    assert data.read_midi(songs / "c.mid", 4).voices.max(1).tolist() == melody.tolist()


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "a composer needs --out"),
        (["--out", "a.mp3"], 2, r"--out must end in .mid, .midi, .wav, got 'a.mp3'"),
        (["--out", "a.mid", "--length", "3"], 2, "--length is not for a music-composer"),
        (["--out", "a.mid", "--seconds", "0"], 2, "seconds must be a number above 0"),
        (["--out", "a.mid", "--melody", "songs/0.mid", "--seed", "1"], 2, "takes no other words"),
        (["--out", "a.mid", "--prompt", "no.mid"], 1, "cannot be read as a MIDI file"),
    ],
)
def test_wrong_words_for_composing(shell, words, status, message):
    found, out, err = shell("generate", "runs/toy", *words)
    assert found == status
    assert message in err
    assert not out


def test_a_bad_file_is_named_or_left_out(shell, songs):
    (songs / "mixed").mkdir()
    (songs / "mixed" / "bad.mid").write_bytes(b"no music")
    (songs / "mixed" / "good.mid").write_bytes((songs / "songs" / "0.mid").read_bytes())
    for command in ("predict", "evaluate"):
        status, _, err = shell(command, "runs/toy", "mixed")
        assert status == 1
        assert "bad.mid: cannot be read as a MIDI file" in err
        assert "--skip-bad" in err
        status, out, err = shell(command, "runs/toy", "mixed", "--skip-bad")
        assert status == 0, err
        assert out
    words = ["train", "music-composer", "mixed", "--name", "mixed", *SMALL]
    assert shell(*words)[0] == 1
    status, _, err = shell(*words, "--skip-bad")
    assert status == 0, err
    assert "left out: mixed/bad.mid" in err
