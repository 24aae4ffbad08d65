"""SequenceTagger under the whole contract, on a few made-up sentences."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import cross_val_score

from ostinato import data
from ostinato.errors import DataError, NotFittedError, OptionError
from ostinato.tasks import SequenceTagger, load
from ostinato.tasks.sequence_tagger import learning
from ostinato.tasks.sequence_tagger.measures import measure
from ostinato.tasks.sequence_tagger.words import WordReader, affixes_of, shape_of

DRAW = random.Random(0)
NAMES = ["Ann", "Bob", "Cleo", "Dan", "Eve"]
TOWNS = ["Rome", "Oslo", "Lima"]


def sentence():
    name, town = DRAW.choice(NAMES), DRAW.choice(TOWNS)
    forms = [
        ([name, "Lee", "went", "to", town, "."], ["B-p", "I-p", "O", "O", "B-q", "O"]),
        (["In", "New", town, "it", "rains"], ["O", "B-q", "I-q", "O", "O"]),
        ([name, town], ["B-p", "B-q"]),
        (["nothing", "to", "see"], ["O", "O", "O"]),
    ]
    return DRAW.choice(forms)


ROWS = [sentence() for _ in range(120)]
X, Y = [list(a) for a, _ in ROWS], [list(b) for _, b in ROWS]
POS = [["N" if word[0].isupper() else "V" for word in row] for row in X]
SMALL = {
    "epochs": 4,
    "hidden_size": 8,
    "num_layers": 1,
    "embedding_size": 8,
    "affix_size": 4,
    "char_size": 4,
    "char_hidden": 4,
    "batch_size": 8,
    "dropout": 0.1,
    "learning_rate": 0.03,
    "average": 0.5,
}


def fitted(tags=Y, **options):
    return SequenceTagger(**(SMALL | options)).fit(X, tags, progress=False)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("output", ["softmax", "crf"])
def test_entities_and_parts_of_speech(cell, output):
    options = {"cell": cell, "output": output, "epochs": 10, "hidden_size": 16}
    model = fitted(**options, monitor="val_loss", mode="min")
    assert model.scheme_ == "bio"
    assert model.score(X, Y) > 0.95
    assert {"f1", "f1_p", "baseline_f1", "accuracy"} <= set(model.baseline_)
    assert model.history_["val_f1"][model.fit_result_.best_epoch - 1] <= model.baseline_["f1"]
    model = fitted(POS, cell=cell, output=output)
    assert model.scheme_ == "none"
    assert model.score(X, POS) > 0.95
    assert "f1" not in model.baseline_
    for row, words in zip(model.predict_proba(X[:9]), X, strict=False):
        assert row.shape == (len(words), 2)
        np.testing.assert_allclose(row.sum(1), 1, rtol=1e-6)


@pytest.mark.parametrize("scheme", ["bio", "iob1", "iobes", "bilou"])
@pytest.mark.parametrize("tagging", ["bio", "iobes"])
def test_answers_come_in_the_scheme_of_the_rows(scheme, tagging):
    rows = data.convert_tags(Y, scheme)
    model = fitted(rows, tagging=tagging, epochs=6)
    assert model.scheme_ == scheme
    answers = model.predict(X)
    assert data.convert_tags(answers, "bio") == data.convert_tags(model.predict(X), "bio")
    assert model.score(X, rows) > 0.95
    assert sum(a == b for a, b in zip(answers, rows, strict=True)) > 100


@pytest.mark.parametrize("options", [{}, {"output": "softmax"}, {"char_hidden": 0}])
@pytest.mark.parametrize("tags", [Y, POS])
def test_an_answer_has_the_same_bits_in_any_company(tmp_path, tags, options):
    model = fitted(tags, epochs=2, **options)
    rows = [*X[:20], [], ["Unseen", "ωords", "only", "x" * 90], ["to"] * 300, ["Ann"]]
    whole, answers = model.predict_proba(rows), model.predict(rows)
    assert answers[20] == []
    for row, words in enumerate(rows):
        assert np.array_equal(model.predict_proba([words])[0], whole[row])
        assert model.predict([words])[0] == answers[row]
    for one, other in zip(model.predict_proba(rows[::-1])[::-1], whole, strict=True):
        assert np.array_equal(one, other)
    model.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    for one, other in zip(again.predict_proba(rows), whole, strict=True):
        assert np.array_equal(one, other)
    assert again.get_params() == model.get_params()
    assert again.evaluate(X, tags) == model.evaluate(X, tags)


def test_entities_of_raw_text():
    model = fitted(epochs=8)
    texts = ["Ann Lee  went\nto Oslo.", "", "nothing to see"]
    found = model.entities(texts)
    assert [(e.type, e.text, e.start, e.end) for e in found[0]] == [
        ("p", "Ann Lee", 0, 7),
        ("q", "Oslo", 17, 21),
    ]
    assert found[1:] == [[], []]
    assert all(0.5 < each.confidence <= 1 for each in found[0])
    (tokens,) = model.entities([["Ann", "Lee", "went", "to", "Oslo", "."]])
    assert [(e.text, e.start) for e in tokens] == [("Ann Lee", 0), ("Oslo", 16)]
    assert [e.type for e in fitted(POS).entities(["Ann went"])[0]] == ["N", "V"]


def test_the_balance_finds_more_entities(tmp_path):
    model = fitted(balance=False)
    assert model.shift_ == 0
    assert model.history_["val_f1"][model.fit_result_.best_epoch - 1] == model.baseline_["f1"]
    best = before = model.score(X, Y)
    while before >= best:
        with torch.no_grad():
            model.module_.head.bias[model.tags_.index("O")] += 1
        before = model.score(X, Y)
    entities = sum(map(len, model.entities(X)))
    shift = learning.best_shift(model.module_, model.rows_, (X, Y))
    assert 0 < shift <= 2
    model.shift_ = shift
    model._lower_outside(shift)
    assert model.score(X, Y) > before
    assert sum(map(len, model.entities(X))) > entities
    model.save(tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors").shift_ == model.shift_


def test_scikit_learn_takes_it():
    assert cross_val_score(clone(SequenceTagger(**SMALL)), X, Y, cv=2).mean() > 0.5


def test_the_same_seed_and_going_on(tmp_path):
    options = {"seed": 3, "epochs": 2, "affix_dropout": 0.3}
    one, other = fitted(**options), fitted(**options)
    before = one.predict_proba(X)
    assert all(np.array_equal(a, b) for a, b in zip(before, other.predict_proba(X), strict=True))
    one.partial_fit(X, Y)
    assert not np.array_equal(one.predict_proba(X)[0], before[0])
    assert len(one.history_["train_loss"]) == 3
    with pytest.raises(DataError, match="'B-new', which training lacks"):
        one.partial_fit([["a"]], [["B-new"]])


def test_a_type_that_only_validation_has():
    rows = [["O"] * len(row) for row in X]
    rows[0][0] = "B-rare"
    for seed in range(3):  # wherever the one sentence falls
        model = SequenceTagger(**SMALL | {"epochs": 1}, seed=seed)
        model.fit(X, rows, validation=0.5, progress=False)
        assert model.tags_ == ["B-rare", "I-rare", "O"]


@pytest.mark.parametrize("output", ["crf", "softmax"])
def test_a_tag_that_only_held_out_rows_have_is_missed(output):
    rare = [list(row) for row in Y]
    rare[0][2] = "B-rare"
    model = SequenceTagger(**SMALL, output=output)
    model.fit(X, Y, validation=(X, rare), progress=False)
    assert "B-rare" not in model.tags_
    assert model.baseline_["f1_rare"] == 0
    assert model.baseline_["accuracy"] < 1
    assert len(model.history_["val_loss"]) == SMALL["epochs"]
    others = [["N" if tag == "O" else "name" for tag in row] for row in Y]
    odd = [["new" for _ in row] for row in Y]
    model = SequenceTagger(**SMALL | {"epochs": 1}).fit(
        X, others, validation=(X, odd), progress=False
    )
    assert model.baseline_["accuracy"] == 0
    with pytest.raises(DataError, match="row 0 has the tag 'B-rare', which training lacks"):
        SequenceTagger(**SMALL | {"epochs": 1}).fit(X, Y, progress=False).partial_fit(X, rare)


def test_vectors_from_a_file(tmp_path):
    (tmp_path / "v.txt").write_text("ann 1 0 0\nrome 0 1 0\nto 0 0 1\n")
    model = fitted(epochs=1, vectors=str(tmp_path / "v.txt"), freeze=True)
    assert model.vectors_found_ == 3
    assert model.module_.words.embedding_dim == 3
    model.save(tmp_path / "m.safetensors")
    (tmp_path / "v.txt").unlink()
    assert load(tmp_path / "m.safetensors").predict(X) == model.predict(X)


def test_measures_as_conlleval_counts():
    truth = [["B-p", "I-p", "O", "B-q"], ["B-q", "O"]]
    found = measure(truth, [["B-p", "O", "O", "B-q"], ["B-q", "B-p"]], True)
    assert found["precision"] == 0.5
    assert found["recall"] == 2 / 3
    assert found["f1"] == pytest.approx(4 / 7)
    assert found["f1_q"] == 1
    assert found["f1_p"] == 0


def test_what_is_read_of_a_word():
    assert shape_of("McDonald's-42,195") == "XxXxx'x-00,00"
    assert affixes_of("Ab1") == ["a-", "ab-", "ab0-", "", "-0", "-b0", "-ab0", ""]
    reader = WordReader.fit(X, max_vocabulary=6, min_count=1, max_chars=4)
    assert reader.sizes["words"] == 6
    forms = reader.read([["Rome", "zzzzzz", "Rome"]])
    assert forms.rows[0].tolist() == [1, 2, 1]
    assert forms.spelled.tolist() == [0, 4, 4]
    assert forms.features[2, 0] == 1


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "gruu"}, "cell must be one of .*Did you mean 'gru'"),
        ({"dropout": 2}, "dropout must be a number"),
        ({"scheme": "bioes"}, "scheme must be one of"),
        ({"output": "crv"}, "Did you mean 'crf'"),
        ({"affix_dropout": 1}, "affix_dropout must be a number"),
        ({"hidden_size": 0}, "hidden_size must be a whole number"),
        ({"min_count": 0}, "min_count must be"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message):
        fitted(**options)


@pytest.mark.parametrize(
    ("words", "tags", "message"),
    [
        (["one text"] * 9, Y[:9], "row 0 is 'one text'. Cut texts into words first"),
        ("text", Y, "got one. Write"),
        (X, Y[:3], "same number of rows, got 120 and 3"),
        (X, [Y[0][:-1], *Y[1:]], "row 0 has . tokens and . tags"),
        (None, None, "X must be a list, got NoneType"),
        (X, 3, "y must be a list, got int"),
        ([["a", None]] * 3, [["O", "O"]] * 3, "row 0 of X has None"),
        ([["a"]] * 3, [["O"]] * 3, "two tags or more"),
        (X[:1], Y[:1], "at least 2 sentences, got 1"),
        ([["a", "b"]] * 9, [["B-p", "I-p"]] * 8 + [["O", "I-q"]], "row ., tag 1: 'I-q' cannot"),
    ],
)
def test_wrong_rows(words, tags, message):
    if message.startswith("row ., tag"):
        tags = [["B-p", "I-p"], ["O", "B-p"]] * 4 + [["O", "I-q"]]
    with pytest.raises(DataError, match=message):
        SequenceTagger(**SMALL).fit(words, tags, validation=None, progress=False)


def test_nothing_before_fit():
    with pytest.raises(NotFittedError, match="Call fit"):
        SequenceTagger().predict([["a"]])


FORMS = {
    "B-type": ["B-p", "I-p", "O", "B-q"],
    "B_type": ["B_p", "I_p", "O", "B_q"],
    "type-B": ["p-B", "p-I", "O", "q-B"],
    "type_B": ["p_B", "p_I", "O", "q_B"],
    "B": ["B", "I", "O", "B"],
    "bmes": ["B-p", "E-p", "O", "S-q"],
    "bmewo": ["B_p", "E_p", "O", "W_q"],
}


@pytest.mark.parametrize(
    ("form", "how"), [*((form, "fit") for form in FORMS), ("B_type", "given"), ("B", "partial")]
)
def test_tags_of_every_form_come_back_as_they_came(form, how, tmp_path):
    words = [["Ann", "Lee", "sees", "Rome"], ["Oslo", "is", "old"]]
    tags = [FORMS[form], [FORMS[form][3], "O", "O"]]
    if form in ("bmes", "bmewo"):  # letters that tell these schemes from others
        words, tags = (
            [*words, ["a", "b", "c"]],
            [*tags, [f"{t}{FORMS[form][0][1:]}" for t in "BME"]],
        )
    held_out = (words, tags) if how == "given" else 0.2
    model = SequenceTagger(**SMALL | {"epochs": 8, "learning_rate": 0.05})
    if how == "partial":
        model.partial_fit(words * 20, tags * 20)
        model.partial_fit(words * 20, tags * 20)
    else:
        model.fit(words * 20, tags * 20, validation=held_out, progress=False)
    assert model.predict(words) == tags
    model.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert [list(row) for row, _ in again.confident(words)] == tags
    assert again.evaluate(words, tags)["f1"] == 1
    kinds = {each.type for each in again.entities(words)[0]}
    assert kinds == ({"entity"} if form == "B" else {"p", "q"})


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        (["B-p", "I_p", "O"], "'I_p' does not fit: the other tags are 'O' or written as 'B-type'"),
        (["B-p", "I-p", "x"], "'x' does not fit: the other tags"),
        (["b", "i", "o"], "the letters B, I, O must be capitals"),
    ],
)
def test_tags_of_no_one_form_are_refused(odd, message):
    rows = [["B-p", "I-p", "O"]] * 9 if odd[0] != "b" else [odd] * 9
    with pytest.raises(DataError, match=message):
        SequenceTagger(**SMALL).fit([["a", "b", "c"]] * 10, [*rows, odd], progress=False)
