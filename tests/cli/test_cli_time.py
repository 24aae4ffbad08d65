"""A shop's daily sales in the shell: dates, closed days and holes are read once, by train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import ostinato
from ostinato.cli.app import run

DAYS = pd.date_range("2024-01-01", periods=120, freq="D")
OPEN = DAYS[DAYS.day_of_week != 6]


def ran(capsys: Any, *words: str, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    code = run(list(words))
    said = capsys.readouterr()
    assert code == status, said.err
    return said.out, said.err


@pytest.fixture
def sales(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Day before month, no Sundays, and two values that lack among the rows held out."""
    monkeypatch.chdir(tmp_path)
    table = pd.DataFrame(
        {"Date": OPEN.strftime("%d/%m/%Y"), "sales": np.arange(len(OPEN)) % 6 * 10.0}
    )
    table.loc[[len(OPEN) - 3, len(OPEN) - 2], "sales"] = np.nan
    table.to_csv("sales.csv", index=False)
    return "sales.csv"


def test_train_says_what_it_found_and_others_use_it(capsys: Any, sales: str) -> None:
    words = ["--past", "12", "--horizon", "3", "--epochs", "1", "--hidden-size", "4"]
    words += ["--missing", "interpolate", "--name", "run", "--quiet"]
    _, said = ran(capsys, "train", "forecaster", sales, *words)
    assert "time: 'Date', text as %d/%m/%Y, pace D, closed on Sunday, 2024-01-01" in said
    assert "season: 6 rows" in said
    assert "values filled in: sales: 2" in said
    assert Path("runs/run/report.html").exists()
    few = pd.DataFrame({"Date": OPEN[26:38].strftime("%d/%m/%Y"), "sales": 1.0})
    few.to_csv("few.csv", index=False)  # January the 31st to February the 13th
    out, _ = ran(capsys, "predict", "runs/run", "few.csv", "--json")
    assert [row["Date"][:10] for row in json.loads(out)["answers"]] == [
        "2024-02-14",
        "2024-02-15",
        "2024-02-16",
    ]
    ran(capsys, "evaluate", "runs/run", sales)
    few.assign(Date=OPEN[26:38].strftime("%m/%d/%Y")).to_csv("few.csv", index=False)
    _, said = ran(capsys, "predict", "runs/run", "few.csv", status=1)
    assert "'01/31/2024' in row 0 cannot be read as a point in time" in said


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--freq", "h"],
            "rows do not lie at the pace freq='h'; mostly 1 days 00:00:00 lies between two",
        ),
        (["--no-dayfirst"], "would read a month first"),
        (
            ["--time-format", "%Y"],
            "cannot be read as a point in time. Times are read as text as %Y",
        ),
    ],
)
def test_words_say_it_otherwise(capsys: Any, sales: str, words: list[str], message: str) -> None:
    told = ["--past", "12", "--horizon", "3", "--epochs", "1", "--quiet", *words]
    _, said = ran(capsys, "train", "forecaster", sales, *told, status=1)
    assert message in said


@pytest.fixture
def shops(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pd.DataFrame:
    """Two shops, their file, and a model of them in runs/run."""
    monkeypatch.chdir(tmp_path)
    tables = [
        pd.DataFrame({"shop": name, "day": DAYS, "sales": level + np.arange(120) % 7 * 10.0})
        for name, level in (("a", 20.0), ("b", 500.0))
    ]
    table = pd.concat(tables)
    table.to_csv("shops.csv", index=False)
    words = ["--series", "shop", "--past", "14", "--horizon", "4", "--epochs", "1"]
    run(
        [
            "train",
            "forecaster",
            "shops.csv",
            *words,
            "--hidden-size",
            "4",
            "--name",
            "run",
            "--quiet",
        ]
    )
    return table


def test_backtest_says_what_python_says(capsys: Any, shops: pd.DataFrame) -> None:
    model = ostinato.load("runs/run/model.safetensors")
    tested = model.backtest(shops, every=3, origins=5, level=80)
    wanted = model.compare(tested)
    words = ["--every", "3", "--origins", "5", "--level", "80"]
    words += ["--out", "all.csv", "--picture", "p.svg"]
    out, said = ran(capsys, "backtest", "runs/run", "shops.csv", *words)
    assert "10 origins, 2 series" in said
    head, *rows = [line.split(",") for line in out.splitlines()]
    assert head[:2] == ["measure", "model"]
    found = {row[0]: row[1] for row in rows}
    assert float(found["mae"]) == pytest.approx(wanted["mae"].mean(), rel=1e-4)
    assert float(found["coverage_80"]) == pytest.approx(wanted["coverage_80"].mean(), rel=1e-4)
    written = pd.read_csv("all.csv")
    np.testing.assert_allclose(written["sales_forecast"], tested["sales_forecast"])
    assert Path("p.svg").read_text().startswith("<svg")
    for by, count in (("series", 2), ("step", 4)):
        out, _ = ran(capsys, "backtest", "runs/run", "shops.csv", "--by", by, "--json")
        assert len(json.loads(out)[by]) == count


def test_backtest_says_what_cannot_be(capsys: Any, shops: pd.DataFrame) -> None:
    for words, status, message in (
        (["--by", "shop"], 2, "--by must be one of"),
        (["--beside", "etz"], 2, "Did you mean 'ets'?"),
        (["--every", "0"], 2, "every must be a whole number at least 1"),
        (["--picture", "p.gif"], 2, "--picture must end in .svg or .png"),
    ):
        _, said = ran(capsys, "backtest", "runs/run", "shops.csv", *words, status=status)
        assert message in said
    shops.iloc[:10].to_csv("few.csv", index=False)
    ran(capsys, "backtest", "runs/run", "few.csv", status=1)
    texts = ostinato.TextClassifier(epochs=1, hidden_size=2)
    texts.fit(["good", "bad"] * 8, [1, 0] * 8, validation=None, progress=False).save(
        "t.safetensors"
    )
    _, said = ran(capsys, "backtest", "t.safetensors", "shops.csv", status=2)
    assert "is for a forecaster" in said
