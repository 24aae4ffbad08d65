"""The commands on small files made here: what they write, print, refuse and exit with."""

from __future__ import annotations

import csv
import datetime
import io
import json
import math
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ostinato.cli.app import run

SMALL = ["--epochs", "2", "--quiet"]


class Shell:
    """Runs `ostinato` in this process, in a folder of its own."""

    def __init__(self, capsys: Any) -> None:
        self.capsys = capsys

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self.capsys.readouterr()
        status = run(list(words))
        said = self.capsys.readouterr()
        return status, said.out, said.err


@pytest.fixture
def shell(capsys: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Shell:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    return Shell(capsys)


def write_reviews(path: Path, rows: int = 120) -> Path:
    chance = random.Random(0)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for _ in range(rows):
            label = chance.choice(["good", "bad"])
            writer.writerow([f"a {label} film, in a {chance.choice(['small', 'big'])} town", label])
    return path


def write_load(path: Path, rows: int = 300) -> Path:
    start = datetime.datetime(2026, 1, 1)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["time", "load"])
        for hour in range(rows):
            when = start + datetime.timedelta(hours=hour)
            writer.writerow([when.isoformat(), round(50 + 10 * math.sin(hour * math.pi / 12), 3)])
    return path


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One run of each task, trained once: runs `texts` and `series`, beside their files."""
    place = tmp_path_factory.mktemp("trained")
    reviews, load = write_reviews(place / "reviews.csv"), write_load(place / "load.csv")
    out = ["--out", str(place)]
    words = ["train", "text-classifier", str(reviews), "--name", "texts", *out, *SMALL]
    assert run([*words, "--hidden-size", "8"]) == 0
    words = ["train", "forecaster", str(load), "--name", "series", *out, *SMALL, "--time", "time"]
    words += [
        "--target",
        "load",
        "--past",
        "24",
        "--horizon",
        "6",
        "--hidden-size",
        "8",
        "--cell",
        "lstm",
    ]
    assert run(words) == 0
    return place


def columns(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.mark.parametrize("task", ["texts", "series"])
def test_a_run_folder_is_whole(trained: Path, task: str) -> None:
    names = {each.name for each in (trained / task).iterdir()}
    assert {"model.safetensors", "history.csv", "report.html", "checkpoints"} <= names
    history = columns((trained / task / "history.csv").read_text())
    assert [row["epoch"] for row in history] == ["1", "2"]
    page = (trained / task / "report.html").read_text(encoding="utf-8")
    for part in ("result", "learning", "answers", "data", "options", "model"):
        assert f'id="{part}"' in page
    assert "prefers-color-scheme: dark" in page


def test_predict_answers_a_text(shell: Shell, trained: Path) -> None:
    status, out, _ = shell("predict", str(trained / "texts"), "--text", "a good film", "--json")
    assert status == 0
    (answer,) = json.loads(out)["answers"]
    assert answer["label"] in ("good", "bad")
    assert 0.5 <= answer["confidence"] <= 1


def test_predict_reads_files_in_order_and_writes_lines(shell: Shell, trained: Path) -> None:
    Path("new.csv").write_text('text\n"a, good film"\na bad one\n')
    status, out, _ = shell("predict", str(trained / "texts" / "model.safetensors"), "new.csv")
    assert status == 0
    assert [row["text"] for row in columns(out)] == ["a, good film", "a bad one"]
    words = ["new.csv", "--format", "jsonl", "--out", "answers.jsonl"]
    status, out, _ = shell("predict", str(trained / "texts"), *words)
    assert (status, out) == (0, "")
    lines = [json.loads(line) for line in Path("answers.jsonl").read_text().splitlines()]
    assert [line["text"] for line in lines] == ["a, good film", "a bad one"]


def test_predict_reads_standard_input(
    shell: Shell, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a good film\na bad one\n")))
    status, out, _ = shell("predict", str(trained / "texts"))
    assert status == 0
    assert [row["text"] for row in columns(out)] == ["a good film", "a bad one"]


def test_bytes_that_are_not_utf8(
    shell: Shell, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a good film\na caf\xe9\n")))
    status, _, err = shell("predict", str(trained / "texts"))
    assert status == 1
    assert "standard input: not valid UTF-8: byte 0xe9 at offset 17 (line 2)" in err
    path = tmp_path / "latin.csv"
    path.write_bytes(b"text,label\na caf\xe9,good\n")
    words = [str(trained / "texts"), str(path), "--errors", "replace", "--json"]
    status, out, err = shell("predict", *words)
    assert status == 0, err
    assert json.loads(out)["answers"][0]["text"] == "a caf\ufffd"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a caf\xe9\n")))
    status, out, _ = shell("predict", str(trained / "texts"), "-", "--errors", "replace")
    assert status == 0
    assert "a caf\ufffd" in out


def test_a_neutral_band_answers_neutral(shell: Shell, trained: Path) -> None:
    words = ["--text", "town", "--neutral", "0.001", "0.999", "--json"]
    status, out, _ = shell("predict", str(trained / "texts"), *words)
    assert status == 0
    assert json.loads(out)["answers"][0]["label"] == "neutral"


def test_a_forecast_follows_the_last_row(shell: Shell, trained: Path) -> None:
    status, out, _ = shell("predict", str(trained / "series"))
    assert status == 0
    rows = columns(out)
    assert len(rows) == 6
    assert rows[0]["time"].startswith("2026-01-13")
    assert all(math.isfinite(float(row["load"])) for row in rows)
    load = str(trained / "load.csv")
    status, with_data, _ = shell("predict", str(trained / "series"), load)
    assert status == 0
    assert [row["time"] for row in columns(with_data)] == [row["time"] for row in rows]


@pytest.mark.parametrize(("task", "file"), [("texts", "reviews.csv"), ("series", "load.csv")])
def test_evaluate_puts_the_baseline_beside(
    shell: Shell, trained: Path, task: str, file: str
) -> None:
    status, out, _ = shell("evaluate", str(trained / task), str(trained / file), "--json")
    assert status == 0
    scores = json.loads(out)["scores"]
    measure = {"texts": "accuracy", "series": "mae"}[task]
    naive = {
        "texts": "naive Bayes,most frequent class",
        "series": "last value repeated,last season repeated,drift",
    }[task]
    assert {measure, f"baseline_{measure}"} <= set(scores)
    status, out, _ = shell("evaluate", str(trained / task), str(trained / file))
    assert status == 0
    assert out.startswith(f"measure,model,{naive}\n")


def test_train_says_one_json_object_and_resumes(shell: Shell) -> None:
    write_reviews(Path("reviews.csv"), 60)
    words = ["train", "text-classifier", "reviews.csv", *SMALL, "--hidden-size", "4", "--json"]
    status, out, err = shell(*words)
    assert status == 0
    said = json.loads(out)
    assert len(out.splitlines()) == 1
    assert said["status"] == "finished"
    assert Path(said["run"]) == Path("runs/text-classifier-reviews-1")
    assert "Next:" in err
    assert "most frequent class" in err
    status, out, _ = shell(*words, "--resume")
    assert status == 0
    assert json.loads(out)["run"] == said["run"]
    status, _, err = shell(*words, "--resume", "--hidden-size", "5")
    assert status == 2  # what was begun with other options cannot go on
    assert "hidden_size" in err
    status, out, _ = shell(*words)
    assert json.loads(out)["run"].endswith("reviews-2")
    status, _, err = shell(*words, "--name", "text-classifier-reviews-2")
    assert status == 2
    assert "is a finished run. --force replaces it" in err


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["trian"], 2, "Did you mean 'train'?"),
        (["train", "text-clasifier", "r.csv"], 2, "Did you mean 'text-classifier'"),
        (["train", "text-classifier", "r.csv", "--hiden-size", "8"], 2, "--hidden-size"),
        (["train", "text-classifier", "r.csv", "--cell", "gruu"], 2, "Did you mean 'gru'?"),
        (["train", "text-classifier", "r.csv", "--epochs", "many"], 2, "must be a whole number"),
        (["train", "text-classifier", "r.csv", "--epochs", "-1"], 2, "epochs must be"),
        (["train", "text-classifier", "r.csv", "--validation", "2"], 2, "--validation must be"),
        (["train", "text-classifier", "r.csv", "--label", "stars"], 1, "Name it with --label."),
        (["train", "text-classifier", "none.csv"], 1, "none.csv"),
        (["train", "text-classifier"], 2, "Missing argument"),
        (["predict", "nowhere"], 1, "nowhere: no such run folder or file."),
        (["predict", "r.csv", "--format", "xml", "--text", "a"], 2, "--format must be one of"),
        (["info", "r.csv"], 1, "r.csv"),
        (["datasets", "lst"], 2, "Did you mean 'list'?"),
    ],
)
def test_wrong_words_and_wrong_data(
    shell: Shell, words: list[str], status: int, message: str
) -> None:
    write_reviews(Path("r.csv"), 40)
    found, out, err = shell(*words)
    assert message in err
    assert "Traceback" not in err
    assert (found, out) == (status, "")
    assert not Path("runs").exists() or not list(Path("runs").glob("*/model.safetensors"))


def test_a_failure_is_one_json_object_too(shell: Shell) -> None:
    status, out, _ = shell("predict", "nowhere", "--text", "a", "--json")
    assert status == 1
    assert json.loads(out)["kind"] == "StorageError"


@pytest.mark.parametrize(
    "words", [["train", "text-classifier"], ["trian"], ["predict", "--lenght", "3"]]
)
def test_words_that_are_wrong_are_one_json_object_too(shell: Shell, words: list[str]) -> None:
    status, out, err = shell(*words, "--json")
    assert status == 2
    assert json.loads(out)["kind"] == "UsageError"
    assert json.loads(out)["error"] in err


def test_info_describes_the_machine_and_a_model(shell: Shell, trained: Path) -> None:
    status, out, _ = shell("info", "--json")
    assert status == 0
    assert {"versions", "native", "processor", "devices"} <= set(json.loads(out))
    status, out, _ = shell("info", str(trained / "texts"), "--json")
    said = json.loads(out)
    assert (status, said["kind"]) == (0, "text-classifier")
    assert said["parameters"] > 0
    status, out, _ = shell("info", str(trained / "series"))
    assert status == 0
    assert "kind: forecaster" in out


def test_datasets_are_listed(shell: Shell) -> None:
    status, out, _ = shell("datasets", "--json")
    assert status == 0
    assert "imdb" in json.loads(out)["datasets"]
    status, out, _ = shell("datasets", "info", "imdb")
    assert status == 0
    assert "licence" in out
    status, _, err = shell("datasets", "info", "imbd")
    assert status == 2
    assert "Did you mean 'imdb'?" in err


def test_help_and_model_headers_do_not_load_torch(trained: Path) -> None:
    code = (
        "import sys; from ostinato.cli.app import run\n"
        f"for words in (['--help'], ['train', '--help'], ['predict', '--help'], "
        f"['info', {str(trained / 'texts')!r}]):\n"
        "    assert run(words) == 0\n"
        "    assert 'torch' not in sys.modules, words\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_task_help_lists_the_constructors_options(shell: Shell) -> None:
    status, out, _ = shell("train", "text-classifier", "--help")
    assert status == 0
    for option in ("--hidden-size", "--bidirectional", "--no-bidirectional", "--cell", "--neutral"):
        assert option in out
    status, out, _ = shell("train", "forecaster", "--help")
    assert status == 0
    for option in ("--target", "--time", "--series", "--horizon", "--past"):
        assert option in out


def test_ctrl_c_keeps_the_best_weights(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    from ostinato import TextClassifier

    fit = TextClassifier.fit

    def interrupted(self: Any, *given: Any, **named: Any) -> Any:
        fit(self, *given, **named)
        # FitResult is what a Ctrl-C inside the training loop would leave.
        object.__setattr__(self.fit_result_, "status", "interrupted")
        return self

    monkeypatch.setattr(TextClassifier, "fit", interrupted)
    write_reviews(Path("r.csv"), 40)
    words = ["train", "text-classifier", "r.csv", "--name", "cut", "--hidden-size", "4", *SMALL]
    status, _, err = shell(*words)
    assert status == 130
    assert "the model is partial, the best weights so far are saved" in err
    assert Path("runs/cut/model.safetensors").exists()


def test_rows_with_several_labels(shell: Shell) -> None:
    rows = [("rain and wind", "wet|wild"), ("rain", "wet"), ("wind", "wild"), ("sun", "")] * 12
    Path("w.csv").write_text("text,label\n" + "".join(f"{t},{n}\n" for t, n in rows))
    words = ["train", "text-classifier", "w.csv", "--separator", "|", "--name", "weather", *SMALL]
    status, out, _ = shell(*words, "--hidden-size", "4", "--json")
    assert status == 0
    assert "f1_micro" in json.loads(out)["scores"]
    status, out, _ = shell("predict", "runs/weather", "--text", "rain", "--json")
    assert status == 0
    assert set(json.loads(out)["answers"][0]["label"].split("|")) <= {"wet", "wild", ""}
    status, out, _ = shell("evaluate", "runs/weather", "w.csv", "--separator", "|", "--json")
    assert status == 0
    assert "baseline_f1_micro" in json.loads(out)["scores"]


def test_options_of_another_kind_are_refused(shell: Shell, trained: Path) -> None:
    status, _, err = shell("predict", str(trained / "texts"), "--text", "a", "--horizon", "3")
    assert status == 2
    assert "--horizon is not for a text-classifier" in err
    status, _, err = shell("predict", str(trained / "series"), "--text", "a")
    assert status == 2
    assert "--text is not for a forecaster" in err
