"""A shop's daily sales in the shell: dates, closed days and holes are read once, by train."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

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
