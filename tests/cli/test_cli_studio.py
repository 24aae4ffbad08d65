"""`ostinato studio`: what it prints, where it listens, how it ends."""

from __future__ import annotations

import builtins
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import Any

import pytest

from ostinato.cli.app import run


def test_it_prints_its_address_answers_and_ends_quietly(tmp_path):
    code = "import sys; from ostinato.cli import main; main()"
    words = ["studio", str(tmp_path / "runs"), "--no-browser", "--json", "--token", "long-enough"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    said = json.loads(process.stdout.readline())
    assert said["address"].endswith("/?token=long-enough")
    with urllib.request.urlopen(said["address"].replace("/?", "/api/runs?")) as answer:
        assert json.loads(answer.read())["runs"] == []
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert out == ""
    assert "Traceback" not in err
    assert said["address"] in err


def test_words_that_cannot_be(tmp_path, capsys):
    file = tmp_path / "file"
    file.write_text("")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        for words, message in (
            (["--token", "short"], "--token must have 8 characters"),
            ([str(file)], "is no folder"),
            ([str(tmp_path), "--port", port], "cannot be used"),
        ):
            assert run(["studio", *words]) == 2
            assert message in capsys.readouterr().err


def test_a_missing_package_gives_the_install_line(monkeypatch, capsys):
    original = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name.split(".")[0] in ("starlette", "uvicorn") or name == "ostinato.serving.app":
            raise ImportError(name)
        return original(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "ostinato.serving.app", raising=False)
    assert run(["studio"]) == 1
    monkeypatch.undo()
    assert "pip install 'ostinato[studio]'" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--help"]])
def test_help_says_that_another_host_opens_it(words, capsys):
    assert run(["studio", *words]) == 0
    assert "opens it to a network" in " ".join(capsys.readouterr().out.split())
