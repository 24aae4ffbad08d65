"""The report and the pictures of small fits."""

from __future__ import annotations

import html.parser
import re
from typing import Any

import pandas as pd
import pytest

from ostinato import Forecaster, TextClassifier, inspection
from ostinato.errors import StorageError
from ostinato.figures import classes
from ostinato.figures.choice import worth_seeing
from ostinato.tasks.contracts import Evidence

VOID = {"meta", "br"}


class Strict(html.parser.HTMLParser):
    """Tags must close in order; collects identities, attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.identities: list[str] = []
        self.links: list[str] = []
        self.tags: list[str] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        self.identities += [str(named["id"])] if "id" in named else []
        self.links += [str(v) for k, v in attrs if k in ("href", "src")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


HISTORY = {
    "train_loss": [0.9, 0.5, 0.3],
    "val_loss": [0.8, 0.6, 0.65],
    "val_accuracy": [0.5, 0.7, 0.68],
}


@pytest.fixture(scope="module")
def classifier() -> Any:
    texts = [f"{word} film <b> number {k}" for k in range(12) for word in ("good", "bad", "odd")]
    labels = ["b & c", "no", "so"] * 12
    model = TextClassifier(epochs=2, hidden_size=4, embedding_size=4, progress=False)
    return model.fit(texts, labels, validation=0.25)


@pytest.fixture(scope="module")
def forecaster() -> Any:
    days = pd.date_range("2025-10-01", periods=60, freq="D")
    rows = [7 * k % 13 for k in range(60)]
    table = pd.concat(
        pd.DataFrame({"day": days, "co2": rows, "shop": f"shop {k}"}) for k in range(9)
    )
    model = Forecaster(
        past=14, horizon=7, epochs=2, hidden_size=4, target="co2", series="shop", progress=False
    )
    return model.fit(table, validation=0.2)


def text_report(model: Any, directory: Any, **given: Any) -> str:
    path = inspection.report(model, directory / "my run", **given)
    assert path == directory / "my run" / "report.html"
    return path.read_text(encoding="utf-8")


def test_text_report_has_every_section_and_closes_every_tag(classifier: Any, tmp_path: Any) -> None:
    facts = {"rows": 4, "file": "<reviews>.csv"}
    text = text_report(classifier, tmp_path, facts=facts, command="ostinato train <reviews>.csv")
    page = Strict(text)
    assert page.identities == ["result", "learning", "answers", "data", "options", "model"]
    for words in (
        "What each part of the model answers",
        "Confusion matrix",
        "Surest mistakes",
        "accuracy: most frequent class",
        "accuracy: naive Bayes",
        "The learning curves show the network alone",
        "&lt;reviews&gt;.csv",
    ):
        assert words in text


def test_report_is_offline_escaped_and_dark(classifier: Any, tmp_path: Any) -> None:
    text = text_report(classifier, tmp_path)
    page = Strict(text)
    assert all(link.startswith("data:image/png") for link in page.links)
    assert "script" not in page.tags
    assert "@media (prefers-color-scheme: dark)" in text
    assert "url(" not in text
    assert "b &amp; c" in text
    assert "<b> number" not in text


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({"mae": 2.0, "baseline_mae": 1.0}, "no better than last value repeated"),
        ({"mae": 0.5, "baseline_mae": 1.0}, "better than last value repeated"),
        (
            {"mae": 2.0, "baseline_mae": 3.0, "seasonal_mae": 1.0},
            "no better than last season repeated",
        ),
    ],
)
def test_the_best_baseline_is_the_one_to_beat(
    forecaster: Any, tmp_path: Any, scores: Any, words: str
) -> None:
    text = text_report(forecaster, tmp_path, evidence=Evidence(), scores=scores)
    assert f"The model is {words}." in text


def test_a_forecast_report_draws_the_series_worth_seeing(forecaster: Any, tmp_path: Any) -> None:
    text = text_report(forecaster, tmp_path)
    titles = re.findall(r'<b dir="auto">Forecasts of co2, shop (shop \d)([^<]*)', text)
    assert len(titles) == 6
    assert titles[0][1] == ": the best"
    assert titles[-1][1] == ": the worst"
    assert "6 of 9 series and columns" in text
    assert "Errors by how far ahead" in text
    assert "without training" in text
    assert "The worst series" in text
    assert "mae (spreads of each series' training rows)" in text.replace("&#39;", "'").replace(
        "&#x27;", "'"
    )


def test_curves_are_multiplied_into_the_units_of_the_headline() -> None:
    history = {"val_mae": [0.5, 0.25]}
    (figure,) = inspection.learning_figures(history, best=2, units={"mae": (8.0, "ppm")})
    assert figure.lines[0].y.tolist() == [4.0, 2.0]
    assert (figure.y.label, figure.y.unit) == ("mae", "ppm")


def test_report_says_where_it_cannot_write(classifier: Any, tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"report: cannot write .*Choose another folder"):
        inspection.report(classifier, tmp_path / "file" / "run")


def test_a_crash_while_writing_leaves_the_old_report(
    classifier: Any, tmp_path: Any, monkeypatch: Any
) -> None:
    path = inspection.report(classifier, tmp_path)
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(StorageError, match="disk is full"):
        inspection.report(classifier, tmp_path, facts={"new": 1})
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_without_held_out_rows_there_are_no_answers(tmp_path: Any) -> None:
    model = TextClassifier(epochs=1, hidden_size=4, embedding_size=4, progress=False)
    model.fit(["a b", "b c", "c d", "d e"] * 4, ["x", "y"] * 8, validation=None)
    page = Strict(text_report(model, tmp_path))
    assert page.identities == ["learning", "options", "model"]


def test_many_classes_become_a_table_of_what_is_confused() -> None:
    truth = [f"c{k % 50:02}" for k in range(200)]
    answers = ["c07" if label == "c03" else label for label in truth]
    assert classes.confusions_table(truth, answers).rows == (("c03", "c07", 4),)


def test_pictures_are_written_without_pyplot(tmp_path: Any) -> None:
    import sys

    loaded = "matplotlib.pyplot" in sys.modules
    inspection.plot_history(HISTORY, tmp_path / "history.png")
    inspection.plot_confusion(["x", "y"], ["x", "x"], tmp_path / "confusion.png")
    inspection.plot_forecast([1, 2, 3], [1, 2, 3], [1, 2, 4], tmp_path / "forecast.png")
    for name in ("history", "confusion", "forecast"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == loaded


@pytest.mark.parametrize(
    ("errors", "most", "expected"),
    [
        ([3, 1, 2], 6, [(1, "best"), (2, "median"), (0, "worst")]),
        ([5.0], 6, [(0, "")]),
        ([], 6, []),
        ([1, 0], 6, [(1, "best"), (0, "worst")]),
        ([float("nan"), 1, 2], 3, [(1, "best"), (2, "median"), (0, "worst")]),
        (list(range(9)), 3, [(0, "best"), (4, "median"), (8, "worst")]),
    ],
)
def test_series_worth_seeing(errors: Any, most: int, expected: Any) -> None:
    assert worth_seeing(errors, most) == expected
