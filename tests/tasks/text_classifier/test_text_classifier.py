"""TextClassifier under the whole contract, on a few made-up texts."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV

from ostinato.errors import DataError, NotFittedError, OptionError, StorageError
from ostinato.tasks import TextClassifier, load
from ostinato.tasks.text_classifier.module import WideNgrams, features_of

TEXTS = ["good fine great film", "bad awful poor film", "great lovely thing", "poor dull bore"] * 15
LABELS = ["pos", "neg"] * 30
SMALL = {
    "epochs": 3,
    "hidden_size": 8,
    "embedding_size": 8,
    "min_count": 1,
    "max_length": 20,
    "learning_rate": 0.02,
}


def fitted(labels=LABELS, **options):
    return TextClassifier(**(SMALL | options)).fit(TEXTS, labels, progress=False)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("pooling", ["last", "mean", "max", "meanmax", "attention"])
def test_two_classes(cell, pooling):
    model = fitted(cell=cell, pooling=pooling)
    assert model.score(TEXTS, LABELS) == 1
    np.testing.assert_allclose(model.predict_proba(TEXTS).sum(1), 1, rtol=1e-6)
    assert {"accuracy", "baseline_accuracy", "majority_accuracy"} <= set(model.baseline_)


def test_many_classes_and_many_labels():
    model = fitted(["a", "b", "c", "d"] * 15, epochs=8)
    assert model.predict(TEXTS[:4]).tolist() == ["a", "b", "c", "d"]
    rows = [["good", "film"], ["film"], ["good"], []] * 15
    model = fitted(rows, epochs=8)
    assert model.multilabel_
    assert model.score(TEXTS, rows) > 0.9
    assert model.predict(TEXTS[:1]) == [["film", "good"]]


def test_an_answer_has_the_same_bits_in_any_company(tmp_path):
    model = fitted(hidden_size=(8, 4))
    texts = ["great", "", "a poor dull film of great length", "unseen words only"]
    whole = model.predict_proba(texts)
    for row, text in enumerate(texts):
        assert np.array_equal(model.predict_proba([text])[0], whole[row])
    assert np.array_equal(model.predict_proba(texts[::-1])[::-1], whole)
    model.save(tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert np.array_equal(again.predict_proba(texts), whole)
    assert again.get_params() == model.get_params()
    assert again.history_ == model.history_
    content = (tmp_path / "m.safetensors").read_bytes()
    (tmp_path / "m.safetensors").write_bytes(content[: len(content) // 2])
    with pytest.raises(StorageError, match="truncated"):
        load(tmp_path / "m.safetensors")


@pytest.mark.parametrize("wide", [True, False])
@pytest.mark.parametrize("pooling", ["last", "max", "mean"])
def test_the_stream_answers_as_predict(pooling, wide):
    model = fitted(bidirectional=False, pooling=pooling, wide=wide, hidden_size=(8, 4))
    stream = model.stream()
    for piece in ("great film", "and", "poor"):
        answer = stream.step(piece)
    expected = model.predict_proba(["great film and poor"])[0]
    if pooling == "mean":
        np.testing.assert_allclose(answer, expected, rtol=1e-5)
    else:
        assert np.array_equal(answer, expected)
    stream.reset()
    assert np.array_equal(stream.step("great"), model.stream().step("great"))
    with pytest.raises(OptionError, match="needs bidirectional=False"):
        fitted().stream()


def test_scikit_learn_takes_it():
    model = clone(TextClassifier(**SMALL))
    search = GridSearchCV(model, {"hidden_size": [4, 8]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_score_ > 0.5


def test_the_same_seed_and_going_on():
    one, other = fitted(seed=3), fitted(seed=3)
    assert np.array_equal(one.predict_proba(TEXTS), other.predict_proba(TEXTS))
    before = one.predict_proba(TEXTS)
    one.partial_fit(TEXTS, LABELS)
    assert not np.array_equal(one.predict_proba(TEXTS), before)
    assert len(one.history_["train_loss"]) == 4


def test_the_neutral_band():
    model = fitted(neutral=(0.0, 1.0))
    assert set(model.predict(TEXTS)) == {"neutral"}
    with pytest.raises(OptionError, match="neutral needs exactly two classes"):
        fitted(["a", "b", "c", "d"] * 15, neutral=(0.4, 0.6))


@pytest.mark.parametrize("level", ["char", "bpe"])
def test_other_tokens(level):
    assert fitted(level=level, max_vocabulary=300, epochs=5).score(TEXTS, LABELS) > 0.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"cell": "gruu"}, "cell must be one of .*Did you mean 'gru'"),
        ({"dropout": 2}, "dropout must be a number"),
        ({"optimizer": "adm"}, "Did you mean 'adam'"),
        ({"neutral": (0.6, 0.4)}, "neutral must be"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message):
        fitted(**options)


@pytest.mark.parametrize(
    ("texts", "labels", "message"),
    [
        (TEXTS, ["a"] * 60, "must have two classes or more, got only 'a'"),
        (TEXTS, LABELS[:3], "same number of rows, got 60 and 3"),
        (["one"], ["a"], "at least 2 rows, got 1"),
        ([None, *TEXTS[1:]], LABELS, "missing or no strings, the first in row 0"),
    ],
)
def test_wrong_rows(texts, labels, message):
    with pytest.raises(DataError, match=message):
        TextClassifier(**SMALL).fit(texts, labels, progress=False)


def test_nothing_before_fit():
    with pytest.raises(NotFittedError, match="Call fit"):
        TextClassifier().predict(["a"])


def test_the_ngrams_take_a_step_of_the_logistic_loss_for_each_text():
    sequence = np.array([3, 4, 3])
    found = features_of(sequence)  # 3, 4, (3, 4), (4, 3)
    wide = WideNgrams(len(found), 2)
    wide.features.copy_(torch.from_numpy(found))
    wide.update([sequence], np.array([[1.0, 0.0]]), rate=0.5)
    # All logits are 0, so that both errors are a half.
    step = torch.tensor([0.25, -0.25])
    torch.testing.assert_close(wide.bias, step)
    torch.testing.assert_close(wide.weight, (step / np.sqrt(5)).expand(4, 2))
    before = wide.logits([sequence])
    wide.update([sequence] * 50, np.array([[1.0, 0.0]] * 50), rate=0.5)
    assert (wide.logits([sequence]) * torch.tensor([1, -1]) > before.abs() + 1).all()
