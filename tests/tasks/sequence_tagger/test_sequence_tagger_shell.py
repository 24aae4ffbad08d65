"""What the shell reads, remembers and writes of tagged sentences."""

from __future__ import annotations

import json

import pytest

from ostinato import data
from ostinato.errors import DataError
from ostinato.tasks import SequenceTagger, load
from ostinato.tasks.sequence_tagger import shell

SMALL = {
    "epochs": 8,
    "hidden_size": 8,
    "num_layers": 1,
    "embedding_size": 8,
    "char_hidden": 0,
    "batch_size": 8,
    "dropout": 0.1,
    "learning_rate": 0.05,
    "average": 0.5,
}
# word, another field, tag, a last field of another kind
LINES = "Ann x B-p _\nLee x I-p _\nsees y O _\nOslo z B-q _\n\nRome z B-q _\nis y O _\n\n"


def trained(sources, tmp_path, **words):
    loaded = shell.read(sources, shell.Words(**words), 0.2, {})
    model = SequenceTagger(**SMALL)
    model.fit(*loaded.arguments, validation=loaded.validation, progress=False)
    model.source_ = loaded.source
    model.save(tmp_path / "m.safetensors")
    return load(tmp_path / "m.safetensors")


@pytest.fixture
def conll(tmp_path):
    (tmp_path / "a.txt").write_text(LINES * 20)
    return str(tmp_path / "a.txt")


def test_what_train_was_told_is_used_again(conll, tmp_path):
    model = trained([conll], tmp_path, column="2")
    scores, rows = shell.measure(model, [conll], {})
    assert rows == 40
    assert scores["f1"] > 0.9
    answers = shell.answer(model, [conll], {})
    assert [each["entity"] for each in answers[:3]] == ["Ann Lee", "Oslo", "Rome"]
    with pytest.raises(DataError, match="line 1 .'Ann'.: 'x' is no tag of bio"):
        shell.measure(model, [conll], {"label": "1"})
    other = tmp_path / "b.txt"
    other.write_text(LINES.replace("-p", "-new").replace("-q", "-odd"))
    with pytest.raises(DataError, match="knows none of these tags: B-new, B-odd, I-new. Its own"):
        shell.measure(model, [str(other)], {})
    words = trained([conll], tmp_path, column="1")
    with pytest.raises(DataError, match="knows none of these tags: .*Its own are x, y, z"):
        shell.measure(words, [conll], {"label": "2"})


def test_answers_as_conll_are_read_back(conll, tmp_path):
    model = trained([conll], tmp_path, column="2")
    out = tmp_path / "out.conll"
    text, count = shell.formatted(model, [conll], {}, "conll")
    assert count == 40
    out.write_text(text, encoding="utf-8")
    words, tags = data.read_tagged(out)
    assert words[:2] == [["Ann", "Lee", "sees", "Oslo"], ["Rome", "is"]]
    assert tags == model.predict(words)
    text, _ = shell.formatted(model, [], {"text": ["Rome is old."]}, "conll")
    assert text.startswith("Rome\tB-q\nis\tO\n")


def test_json_lines_of_tokens_and_of_texts(tmp_path):
    rows = [
        {"tokens": ["Ann", "Lee", "sees", "Oslo"], "tags": ["B-p", "I-p", "O", "B-q"]},
        {"tokens": ["Rome", "is"], "tags": ["B-q", "O"]},
    ]
    (tmp_path / "a.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows * 20))
    model = trained([str(tmp_path / "a.jsonl")], tmp_path)
    (tmp_path / "b.jsonl").write_text('{"tokens": ["Ann", "Lee", "is"]}\n["Rome"]\n')
    found = shell.answer(model, [str(tmp_path / "b.jsonl")], {})
    assert [(each["row"], each["entity"]) for each in found] == [(1, "Ann Lee"), (2, "Rome")]
    (tmp_path / "c.jsonl").write_text('{"text": "Ann  Lee sees"}\n')
    found = shell.answer(model, [str(tmp_path / "c.jsonl")], {})
    assert [(each["entity"], each["end"]) for each in found] == [("Ann  Lee", 8)]


@pytest.mark.parametrize(
    ("how", "tags"),
    [("begin", ["B-p", "B-q", "O"]), ("drop", ["B-p", "O", "O"]), ("convert", ["B-p", "I-p", "O"])],
)
def test_illegal_moves_are_repaired_by_name(how, tags, tmp_path):
    (tmp_path / "a.conll").write_text("Ann B-p\nLee I-q\nis O\n\n" * 4 + "x O\nRome B-q\n")
    with pytest.raises(DataError, match="line 2 .'Lee'.: 'I-q' cannot follow 'B-p'"):
        shell.read([str(tmp_path / "a.conll")], shell.Words(), None, {})
    loaded = shell.read([str(tmp_path / "a.conll")], shell.Words(repair=how), None, {})
    assert loaded.arguments[1][0] == tags
    assert loaded.source["layout"]["scheme"] == "bio"
