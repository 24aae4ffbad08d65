"""The report and the pictures, drawn for estimators that only remember what a fit leaves."""

from __future__ import annotations

import datetime
import html.parser
import re
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pytest

from ostinato import inspection
from ostinato.errors import StorageError
from ostinato.figures.choice import worth_seeing
from ostinato.inspection import pictures

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
    # Bars, two learning curves and the matrix, each for wide and for narrow places.
    assert page.tags.count("svg") == 2 * 4
    words = " ".join(page.words)
    assert "0.75" in words
    assert "better than naive Bayes" in words


def test_report_is_offline_escaped_and_dark(tmp_path: Any) -> None:
    text = text_report(tmp_path)
    page = Strict(text)
    assert all(link.startswith("data:image/png") for link in page.links)
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
    assert {"Mar", "May", "Jul"} <= set(page.words)
    assert "better than last value repeated" in words


def test_a_worse_model_is_not_called_better(tmp_path: Any) -> None:
    scores = {"mae": 2.0, "baseline_mae": 1.0}
    path = inspection.report(FittedSeries(), tmp_path, scores=scores)
    assert "no better than last value repeated" in path.read_text(encoding="utf-8")


def test_report_says_where_it_cannot_write(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match=r"report: cannot write .*Choose another folder"):
        inspection.report(Fitted(), tmp_path / "file" / "run")


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
    assert "no better than last season repeated" in path.read_text(encoding="utf-8")


def test_a_baseline_s_figures_are_not_listed_as_the_model_s(tmp_path: Any) -> None:
    scores = {"accuracy": 0.9, "baseline_accuracy": 0.8, "majority_accuracy": 0.5}
    text = inspection.report(Fitted(), tmp_path, scores=scores).read_text(encoding="utf-8")
    assert "majority_accuracy" not in text
    assert "accuracy: most frequent class" in text


def series_report(directory: Any, count: int) -> str:
    steps = np.arange(20.0)
    days = [datetime.datetime(2025, 10, 1 + k) for k in range(20)]
    return inspection.report(
        FittedSeries(),
        directory,
        truth=[steps] * count,
        answers=[steps + k for k in range(count)],
        naive={"last value repeated": [steps - 1] * count, "last season repeated": [steps] * count},
        times=[days] * count,
        columns=[f"shop {k}" for k in range(count)],
    ).read_text(encoding="utf-8")


def test_of_many_series_the_best_the_worst_and_some_between_are_drawn(tmp_path: Any) -> None:
    text = series_report(tmp_path, 101)
    titles = re.findall(r'<b dir="auto">(shop [^<]+)', text)
    assert titles[0] == "shop 0, held-out rows: the best"
    assert titles[-1] == "shop 100, held-out rows: the worst"
    assert "shop 50, held-out rows: the median" in titles
    assert len(titles) == 6
    assert "6 of 101 series" in text


def test_every_series_is_drawn_where_they_are_few(tmp_path: Any) -> None:
    titles = re.findall(r'<b dir="auto">(shop [^<]+)', series_report(tmp_path, 3))
    assert sorted(title[:6] for title in titles) == ["shop 0", "shop 1", "shop 2"]


def test_both_baselines_are_drawn_and_told_beside_the_forecast(tmp_path: Any) -> None:
    text = series_report(tmp_path, 1)
    assert "of the forecast 0; of last value repeated 1, of last season repeated 0." in text
    assert text.count("<title>last season repeated</title>") >= 2


def test_curves_are_in_the_units_of_the_headline(tmp_path: Any) -> None:
    fitted = FittedSeries()
    fitted.history_ = {"val_mae": [0.5, 0.25], "val_mse": [1.0, 0.5]}  # type: ignore[misc]
    fitted.scaler_ = SimpleNamespace(scale=np.array([8.0, 3.0]))  # type: ignore[attr-defined]
    fitted.layout_ = SimpleNamespace(target=("co2",))  # type: ignore[attr-defined]
    text = inspection.report(fitted, tmp_path).read_text(encoding="utf-8")
    assert "mae (units of co2)" in text
    assert "validation: 4 (1)" in text
    assert "validation: 2 (2)" in text
    assert "validation: 64 (1)" in text
    fitted.layout_ = SimpleNamespace(target=("co2", "price"))  # type: ignore[attr-defined]
    text = inspection.report(fitted, tmp_path).read_text(encoding="utf-8")
    assert "mae (standard deviations)" in text
    assert "validation: 0.5 (1)" in text


def test_a_crash_while_writing_leaves_the_old_report(tmp_path: Any, monkeypatch: Any) -> None:
    path = inspection.report(Fitted(), tmp_path)
    before = path.read_bytes()

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.replace", full)
    with pytest.raises(StorageError, match="disk is full"):
        inspection.report(Fitted(), tmp_path, facts={"new": 1})
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_many_classes_become_a_table_of_what_is_confused(tmp_path: Any) -> None:
    truth = [f"c{k % 50:02}" for k in range(200)]
    answers = ["c07" if label == "c03" else label for label in truth]
    text = inspection.report(Fitted(), tmp_path, truth=truth, answers=answers).read_text()
    assert "Confused most often" in text
    table = pictures.confusions_table(truth, answers)
    assert table.rows == (("c03", "c07", 4),)


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
