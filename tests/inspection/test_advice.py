"""What is advised of rows, and what is found in rows that no model has learned from."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from ostinato import inspection
from ostinato.cli.app import run
from ostinato.errors import DataError, OptionError
from ostinato.inspection.advice_rules import RULES
from ostinato.tasks.registry import TASKS

TEXTS = pd.DataFrame(
    {"text": [f"this is review number {k}" for k in range(40)], "label": ["good", "bad"] * 20}
)
HOURS = pd.DataFrame(
    {
        "time": [f"2026-01-{k // 24 + 1:02d} {k % 24:02d}:00" for k in range(200)],
        "visits": np.sin(np.arange(200) / 3),
    }
)


def task_of(data) -> str:
    return inspection.advise(data).choices[0].value


def test_the_task_is_told_from_the_rows():
    assert task_of(TEXTS) == "text-classifier"
    assert task_of(HOURS) == "forecaster"
    assert task_of(["a text", "another"]) == "text-classifier"
    assert task_of([["Ada", "waits"], ["so"]]) == "sequence-tagger"
    assert task_of([np.zeros((5, 2)), np.zeros((7, 2))]) == "sequence-classifier"


def test_facts_are_those_of_the_rows():
    facts = inspection.advise([["a"] * n for n in (1, 2, 9)]).facts
    assert facts == {"rows": 3, "words of half of them": 2, "words of the longest": 9}
    assert inspection.advise(TEXTS).facts["classes"] == 2


def test_every_option_that_is_advised_is_one_of_its_task():
    for kind, rule in RULES.items():
        for rows in (10, 100_000):
            options = {each.option: each.value for each in rule(rows, 10)}
            TASKS[kind].estimator(**options)._options.check()
            assert all("%" in each.why for each in rule(rows, 1000))


def test_few_sentences_are_learned_without_dropout():
    few, many = ([["w"]] * count for count in (200, 5000))
    assert inspection.advise(few).options["dropout"] == 0.0
    assert inspection.advise(many).options["dropout"] == 0.4


def test_short_recordings_need_few_units():
    short, long = ([np.zeros((steps, 2))] * 3 for steps in (20, 400))
    assert inspection.advise(short).options["hidden_size"] == 16
    assert inspection.advise(long).options["hidden_size"] == 128


def test_rows_that_tell_nothing_are_refused():
    with pytest.raises(DataError, match="Name the task"):
        inspection.advise(pd.DataFrame({"x": np.arange(9.0)}))
    with pytest.raises(DataError, match="not be? ?empty|not empty"):
        inspection.advise([])
    with pytest.raises(DataError, match="has no rows"):
        inspection.advise(TEXTS.head(0))
    with pytest.raises(DataError, match="must be texts"):
        inspection.advise([1, 2])
    with pytest.raises(OptionError, match="task must be one of"):
        inspection.advise(TEXTS, task="translator")
    assert inspection.advise(TEXTS, task="forecaster").choices[0].why == "As you said."


def test_advice_says_itself():
    advice = inspection.advise(TEXTS)
    assert "hidden_size = 16" in str(advice)
    assert "97 %" in str(advice)
    assert json.loads(json.dumps(advice.to_dict()))["choices"][0]["option"] == "task"
    assert advice._repr_html_().startswith("<pre>Seen: rows 40")


# Rows alone


def names(frame, label=None):
    return [each.name for each in inspection.diagnose_rows(frame, label).findings]


def test_healthy_rows_hear_nothing():
    assert names(TEXTS) == names(HOURS) == []
    assert "class-imbalance" in inspection.diagnose_rows(HOURS).skipped


def test_each_fault_of_rows_is_found():
    assert names(pd.concat([TEXTS, TEXTS.head(5)])) == ["copies"]
    assert names(TEXTS.assign(label=["good"] * 39 + ["bad"])) == ["class-imbalance"]
    assert names(TEXTS.assign(kind=["x"] * 38 + ["y"] * 2), "kind") == ["class-imbalance"]
    assert names(HOURS.sample(frac=1, random_state=0)) == ["shuffled-time"]
    assert names(HOURS.assign(visits=HOURS["visits"].where(HOURS.index % 9 > 0))) == ["missing"]
    with pytest.raises(DataError, match="no column 'labl'"):
        inspection.diagnose_rows(TEXTS, "labl")
    with pytest.raises(DataError, match="has no rows"):
        inspection.diagnose_rows(TEXTS.head(0))


def test_the_command_reads_rows(tmp_path, capsys):
    path = tmp_path / "rows.csv"
    pd.concat([TEXTS, TEXTS.head(5)]).to_csv(path, index=False)
    assert run(["doctor", str(path)]) == 0
    assert "5 of 45 rows are copies" in capsys.readouterr().out
    assert run(["doctor", str(path), "--advise", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["advice"]["choices"][0]["value"] == "text-classifier"
    assert said["findings"][0]["name"] == "copies"
