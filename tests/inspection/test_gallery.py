"""The choice of pictures of a fit, and the command that writes them."""

from __future__ import annotations

import json

import pytest

from ostinato import StreamClassifier, TextClassifier, inspection
from ostinato.cli.app import run
from ostinato.errors import OptionError

TEXTS = ["a good film", "a bad film", "good actors", "bad actors"] * 5


@pytest.fixture(scope="module")
def model() -> TextClassifier:
    fit = TextClassifier(hidden_size=4, epochs=1, bidirectional=False, seed=0)
    return fit.fit(TEXTS, ["good", "bad"] * 10, validation=None, progress=False)


def test_every_picture_of_a_model(model):
    found = inspection.pictures_of(model, TEXTS[:3])
    assert {"learning-curves", "attribution", "saturation", "gradient-norms"} <= set(found)
    assert all(len(each.table) for each in found.values())
    text = inspection.picture_page(found, "Inside")
    assert text.count("<figure") == len(found)


def test_a_picture_that_is_not_there_is_refused(model):
    with pytest.raises(OptionError, match="without data"):
        inspection.pictures_of(model, None, ["gates"])
    with pytest.raises(OptionError, match="of a text-classifier"):
        inspection.pictures_of(model, TEXTS, ["tokens"])
    with pytest.raises(OptionError, match="attribution"):
        inspection.pictures_of(model, TEXTS, ["attributoin"])


def test_an_answer_of_two_classes_has_two_sides(model):
    good, bad = (inspection.attribution(model, TEXTS[:1], to=to).table for to in ("good", "bad"))
    assert good["share"].tolist() == pytest.approx((-bad["share"]).tolist())
    assert good["token"].tolist() == ["a", "good", "film"]


def test_rows_of_a_stream_are_read(model):
    rows = [[float(k % 3), float(k % 5)] for k in range(40)]
    fit = StreamClassifier(hidden_size=4, epochs=1, seed=0)
    fit.fit(rows, [k % 3 for k in range(40)], validation=None, progress=False)
    table = inspection.attribution(fit, rows[:6]).table
    assert len(table) == 6


def test_the_command_writes_a_page_and_numbers(model, tmp_path, capsys):
    path = tmp_path / "m.safetensors"
    model.save(path)
    words = ["inspect", str(path), "--text", "a good film"]
    assert run([*words, "--pictures", "attribution, gates"]) == 0
    page = (tmp_path / "inspect.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 2
    assert "http" not in page.replace("http://www.w3.org", "")
    capsys.readouterr()
    assert run([*words, "--pictures", "influence", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["pictures"]["influence"]["back"] == [0, 1, 2]
    assert run([*words, "--pictures", "gaets"]) == 2
    table = tmp_path / "rows.csv"
    table.write_text("text\na good film\nbad actors\n", encoding="utf-8")
    assert run(["inspect", str(path), str(table), "--pictures", "hidden-states"]) == 0
