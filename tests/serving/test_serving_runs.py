"""Runs, panels and uploads as the page asks for them; wrong ones get a sentence."""

from __future__ import annotations

import base64
import json
import shutil
import sys
import time

import numpy as np
import pytest

import ostinato
from ostinato.serving.app import _Studio
from ostinato.serving.runs import Runs


def test_the_list_has_what_the_page_shows(client):
    found = client.get("/api/runs").json()
    (run,) = found["runs"]
    assert run["name"] == "films"
    assert run["kind"] == "text-classifier"
    assert len(run["history"]["train_loss"]) == 2
    assert run["options"]["hidden_size"] == 8
    assert "accuracy" in run["scores"]
    assert {"texts", "gestures"} <= {panel["name"] for panel in found["panels"]}


def test_the_doctor_and_the_weights(client, runs):
    found = client.get("/api/runs/films/doctor").json()
    assert {"findings", "healthy", "skipped"} == set(found)
    names = client.get("/api/runs/films/weights").json()["matrices"]
    key, rows, columns = next(each for each in names if each[0].endswith("weight_hh_l0"))
    one = client.get("/api/runs/films/weights", params={"name": key}).json()
    model = ostinato.load(runs / "films" / "model.safetensors")
    assert (one["rows"], one["columns"]) == (rows, columns)
    sent = np.frombuffer(base64.b64decode(one["values"]), dtype="<f4").reshape(rows, columns)
    assert np.array_equal(sent, model.module_.state_dict()[key].numpy())
    assert "must be one of" in client.get("/api/runs/films/weights?name=none").json()["error"]


@pytest.mark.parametrize("name", ["none", "..", "%2e%2e", "films%2f..", "..%2fstudio", "%00"])
def test_nothing_outside_the_folder_is_read(client, name):
    for end in ("", "/report", "/doctor", "/weights"):
        found = client.get(f"/api/runs/{name}{end}")
        assert found.status_code in (400, 404), name
        assert "Traceback" not in found.text


def test_links_out_of_the_folder_are_not_followed(client, runs, tmp_path):
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "model.safetensors").write_bytes(b"secret")
    (secret / "report.html").write_text("secret")
    link = runs / "linked"
    link.symlink_to(secret)
    inner = runs / "inner"
    inner.mkdir()
    shutil.copy(runs / "films" / "history.csv", inner)
    (inner / "report.html").symlink_to(secret / "report.html")
    try:
        listed = {run["name"]: run for run in client.get("/api/runs").json()["runs"]}
        assert set(listed) == {"films", "inner"}
        assert "is a link to another place" in listed["inner"]["error"]
        for name in ("linked", "inner"):
            found = client.get(f"/api/runs/{name}/report")
            assert found.status_code == 400
            assert "secret" not in found.text
    finally:
        link.unlink()
        shutil.rmtree(inner)


def test_a_broken_model_is_a_sentence(client, runs):
    place = runs / "broken"
    place.mkdir()
    try:
        (place / "model.safetensors").write_bytes(b"nothing of ours")
        about = next(r for r in client.get("/api/runs").json()["runs"] if r["name"] == "broken")
        assert "model.safetensors" in about["error"]
        found = client.get("/api/runs/broken/doctor")
        assert found.status_code == 400
        assert "model.safetensors" in found.json()["error"]
    finally:
        shutil.rmtree(place)


def test_a_model_is_loaded_once_and_again_when_it_was_written_anew(runs, tmp_path):
    shutil.copytree(runs / "films", tmp_path / "films")
    known = Runs(tmp_path)
    first, lock = known.model("films")
    assert known.model("films") == (first, lock)
    path = tmp_path / "films" / "model.safetensors"
    time.sleep(0.01)
    ostinato.load(path).save(path)
    assert known.model("films")[0] is not first


def test_a_panel_says_what_the_model_says(client, runs, monkeypatch):
    model = ostinato.load(runs / "films" / "model.safetensors")
    question = {"text": "a good film"}
    found = client.post("/api/panels/texts?run=films", json=question).json()
    shares = dict(found["classes"])
    (wanted,) = model.predict_proba(["a good film"])
    assert [shares[str(name)] for name in model.classes_] == wanted.tolist()
    with client.websocket_connect("/ws", headers={"origin": "http://testserver"}) as socket:
        socket.send_text(
            json.dumps({"id": 7, "panel": "texts", "run": "films", "question": question})
        )
        assert socket.receive_json() == {"id": 7, "answer": found}
        socket.send_text(json.dumps({"id": 8, "panel": "texts", "run": "none", "question": {}}))
        assert "There is no run 'none'" in socket.receive_json()["error"]
        monkeypatch.setattr(_Studio, "_ask", lambda *_: iter([{"piece": "a"}]))
        socket.send_text(json.dumps({"id": 9, "panel": "texts", "run": "films"}))
        assert "asked by POST" in socket.receive_json()["error"]
        socket.send_text(json.dumps({"id": 10, "panel": "texts", "run": "films"}))
        assert socket.receive_json()["id"] == 10


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/api/panels/none", b"{}", "There is no panel 'none'"),
        ("/api/panels/texts?run=films", b"not json", "not JSON"),
        ("/api/panels/texts?run=films", b"[]", "something else than an object"),
        ("/api/panels/generation?run=films", b"{}", "is a text-classifier, which this panel"),
        ("/api/upload?name=a.csv", b"", "empty or has no name"),
        ("/api/upload?name=..", b"x", "empty or has no name"),
        ("/api/train", b'{"kind": "text-classifer"}', "Did you mean 'text-classifier'?"),
        ("/api/train", b'{"kind": "text-classifier"}', "Choose a file to learn from"),
        ("/api/train", b'{"kind": "text-classifier", "files": ["a"]}', "was not uploaded"),
        ("/api/train", b'{"kind": "text-classifier", "options": {"x": "1"}}', "no option 'x'"),
        ("/api/runs/films/stop", b"", "is not being trained by this page"),
        ("/api/runs/films/resume", b"", "was not begun on this page"),
    ],
)
def test_wrong_questions_get_a_sentence(client, path, body, message):
    found = client.post(path, content=body)
    assert found.status_code == 400
    assert message in found.json()["error"]


def test_an_upload_may_not_be_too_large(client, runs):
    found = client.post("/api/upload?name=big.csv", content=b"x" * 60_000)
    assert found.status_code == 413
    assert "larger than" in found.json()["error"]
    assert not (runs / "uploads" / "big.csv").exists()


def test_uploads_neither_replace_nor_follow(client, runs, tmp_path):
    def send(content: bytes) -> str:
        return client.post("/api/upload?name=same.csv", content=content).json()["name"]

    assert [send(b"one"), send(b"two"), send(b"one")] == ["same.csv", "2-same.csv", "same.csv"]
    target = tmp_path / "target.csv"
    target.write_bytes(b"mine")
    (runs / "uploads" / "link.csv").symlink_to(target)
    name = client.post("/api/upload?name=link.csv", content=b"theirs").json()["name"]
    assert name == "2-link.csv"
    assert target.read_bytes() == b"mine"
    asked = {"kind": "text-classifier", "files": ["link.csv"]}
    assert "was not uploaded" in client.post("/api/train", json=asked).json()["error"]


def test_what_should_not_go_wrong_says_so_without_a_trace(client, monkeypatch, caplog):
    def wrong(_: object) -> None:
        raise RuntimeError("a secret of the program")

    monkeypatch.setattr(Runs, "listed", wrong)
    found = client.get("/api/runs")
    assert found.status_code == 500
    assert "secret" not in found.text
    assert "a secret of the program" in caplog.text


def test_every_task_has_a_form(client):
    for task in client.get("/api/tasks").json()["tasks"]:
        form = client.get(f"/api/tasks/{task['kind']}").json()
        fields = {each["name"]: each for each in form["options"]}
        assert fields["epochs"]["kind"] == "number"
        assert fields["cell"]["choices"] == ["lstm", "gru", "rnn"]
        assert all(each["sentence"] for each in [*form["data"], *form["options"]])


def test_a_training_begins_and_is_watched(client, runs):
    rows = "".join(f"{text},{text.split()[-1]}\n" for text in ["good film", "bad actors"] * 20)
    body = f"text,label\n{rows}".encode()
    sent = client.post("/api/upload?name=..%2Fnew%20rows.csv", content=body)
    name = sent.json()["name"]
    assert name == "new_rows.csv"
    options = {"epochs": "2", "hidden_size": "4"}
    asked = {"kind": "text-classifier", "files": [name], "options": options, "name": "fresh"}
    assert client.post("/api/train", json=asked).json() == {"run": "fresh"}
    again = client.post("/api/train", json=asked).json()
    assert "is being trained already" in again["error"]
    with client.websocket_connect("/ws", headers={"origin": "http://testserver"}) as socket:
        socket.send_text(json.dumps({"watch": "fresh"}))
        state = socket.receive_json()["training"]
        while state["running"]:
            state = socket.receive_json()["training"]
    assert state["status"] == 0, state["said"]
    assert len(state["history"]["train_loss"]) == 2
    assert ostinato.load(runs / "fresh" / "model.safetensors").hidden_size == 4
    shutil.rmtree(runs / "fresh")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are Unix's")
def test_a_training_is_stopped_and_goes_on(client, runs):
    rows = "".join(f"{text},{text.split()[-1]}\n" for text in ["good film", "bad actors"] * 400)
    client.post("/api/upload?name=many.csv", content=f"text,label\n{rows}".encode())
    options = {"epochs": "400", "hidden_size": "64", "batch_size": "8"}
    asked = {"kind": "text-classifier", "files": ["many.csv"], "options": options, "name": "long"}
    client.post("/api/train", json=asked)

    def until(ready):
        for _ in range(600):
            state = client.get("/api/runs/long/training").json()
            if ready(state):
                return state
            time.sleep(0.1)
        raise AssertionError(state["said"])

    until(lambda state: state["history"])
    assert client.post("/api/runs/long/stop").json() == {"stopped": True}
    state = until(lambda state: not state["running"])
    assert state["status"] == 130, state["said"]
    assert ostinato.load(runs / "long" / "model.safetensors").fit_result_.status == "interrupted"
    done = len(state["history"]["train_loss"])
    assert client.post("/api/runs/long/resume").json() == {"resumed": True}
    until(lambda state: len(state["history"].get("train_loss", [])) > done)
    client.post("/api/runs/long/stop")
    until(lambda state: not state["running"])
    shutil.rmtree(runs / "long")
