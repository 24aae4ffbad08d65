"""The report and the pictures, drawn for estimators that only remember what a fit leaves."""

from __future__ import annotations

import datetime
import html.parser
import math
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

from ostinato import inspection
from ostinato.errors import StorageError
from ostinato.inspection import svg

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


class Fitted:
    kind: ClassVar[str] = "text-classifier"
    history_: ClassVar[dict[str, list[float]]] = {
        "train_loss": [0.9, 0.5, 0.3],
        "val_loss": [0.8, 0.6, 0.65],
        "val_accuracy": [0.5, 0.7, 0.68],
    }
    fit_result_ = SimpleNamespace(best_epoch=2, status="finished", seconds=1.5, steps=30)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"cell": "gru", "hidden_size": (64, 32), "name": "<script>alert(1)</script>"}

    def summary(self) -> str:
        return "Embedding (None, 10) <b>"


class FittedSeries(Fitted):
    kind: ClassVar[str] = "forecaster"


def text_report(directory: Any) -> str:
    path = inspection.report(
        Fitted(),
        directory / "my run",
        scores={"accuracy": 0.75, "baseline_accuracy": 0.5},
        truth=["a", "b", "a", "b & c"],
        answers=["a", "a", "a", "b & c"],
        samples=["one", "<img src=x onerror=alert(1)>", "three", "four"],
        confidence=[0.9, 0.8, 0.7, 0.6],
        facts={"rows": 4, "file": "<reviews>.csv"},
        command="ostinato train text-classifier <reviews>.csv",
    )
    assert path == directory / "my run" / "report.html"
    return path.read_text(encoding="utf-8")


def test_text_report_has_every_section_and_closes_every_tag(tmp_path: Any) -> None:
    page = Strict(text_report(tmp_path))
    expected = ["result", "learning", "confusion", "mistakes", "data", "options", "model"]
    assert page.identities == expected
    assert page.tags.count("svg") == 4
    words = " ".join(page.words)
    assert "0.75" in words
    assert "better than the naive baseline" in words


def test_report_is_offline_escaped_and_dark(tmp_path: Any) -> None:
    text = text_report(tmp_path)
    page = Strict(text)
    assert page.links == []
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert "@media (prefers-color-scheme: dark)" in text
    assert "url(" not in text
    assert "b &amp; c" in text


def test_forecast_report_draws_truth_forecast_and_baseline(tmp_path: Any) -> None:
    days = [datetime.datetime(2001, 1, 1) + datetime.timedelta(days=7 * k) for k in range(30)]
    truth = [float(k) for k in range(30)]
    path = inspection.report(
        FittedSeries(),
        tmp_path,
        scores={"mae": 0.4, "baseline_mae": 1.0},
        truth=truth,
        answers=[v + 0.4 for v in truth],
        naive=[v - 1 for v in truth],
        times=days,
        columns=["co2"],
    )
    page = Strict(path.read_text(encoding="utf-8"))
    assert "forecast" in page.identities
    words = " ".join(page.words)
    assert "naive baseline" in words
    assert "Mar 2001" in words
    assert "better than the naive baseline" in words


def test_a_worse_model_is_not_called_better(tmp_path: Any) -> None:
    scores = {"mae": 2.0, "baseline_mae": 1.0}
    path = inspection.report(FittedSeries(), tmp_path, scores=scores)
    assert "no better than the naive baseline" in path.read_text(encoding="utf-8")


def test_report_says_where_it_cannot_write(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"report: cannot write .*Choose another folder"):
        inspection.report(Fitted(), tmp_path / "file" / "run")


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]), (315, 372, [320, 340, 360]), (2, 2, [2])],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert svg.ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.8951, "0.8951"), (0.0, "0"), (12.0, "12"), (1234.5678, "1,235"), (371.52, "371.5")],
)
def test_numbers_read_well(value: float, expected: str) -> None:
    assert svg.number(value) == expected
    assert svg.number(math.nan) == "none"


def test_a_gap_in_the_data_is_a_gap_in_the_line() -> None:
    chart = svg.line_chart([0, 1, 2, 3, 4], {"y": [1, 2, math.nan, 4, 5]}, title="gap")
    assert chart.count("<polyline") == 2


def test_confusion_counts_by_truth_then_answer() -> None:
    names, counts = inspection.confusion(["x", "y", "y"], ["x", "x", "y"])
    assert names == ["x", "y"]
    assert counts == [[1, 0], [1, 1]]


def test_pictures_are_written_without_pyplot(tmp_path: Any) -> None:
    import sys

    loaded = "matplotlib.pyplot" in sys.modules
    inspection.plot_history(Fitted.history_, tmp_path / "history.png")
    inspection.plot_confusion(["x", "y"], ["x", "x"], tmp_path / "confusion.png")
    inspection.plot_forecast([1, 2, 3], [1, 2, 3], [1, 2, 4], tmp_path / "forecast.png")
    for name in ("history", "confusion", "forecast"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == loaded


def test_the_best_baseline_is_the_one_to_beat(tmp_path: Any) -> None:
    scores = {"mae": 2.0, "baseline_mae": 3.0, "seasonal_mae": 1.0, "windows": 7.0}
    columns, rows = inspection.beside_baseline(scores)
    assert columns == ["model", "naive baseline", "seasonal naive"]
    assert rows == [("mae", [2.0, 3.0, 1.0])]
    path = inspection.report(FittedSeries(), tmp_path, scores=scores)
    assert "no better than the seasonal naive" in path.read_text(encoding="utf-8")
