"""Translator under the whole contract: words spelt backwards, which a small network can learn."""

from __future__ import annotations

import copy
import random

import numpy as np
import pytest
import torch
from sklearn.base import clone

from ostinato import Translator, load
from ostinato.data import TextEncoder
from ostinato.errors import (
    DataError,
    NotFittedError,
    OptionError,
    OstinatoWarning,
    StorageError,
)
from ostinato.measures import texts as text_measures
from ostinato.options import TrainingOptions
from ostinato.tasks.translator import learning
from ostinato.tasks.translator.alignment import Aligned
from ostinato.tasks.translator.learning import PairBatches
from ostinato.tasks.translator.measures import about_bleu, about_lengths

_draw = random.Random(0)
WORDS = ["ab", "cd", "ef", "gh", "ij", "kl", "mn", "op"]
SOURCES = [" ".join(_draw.choice(WORDS) for _ in range(_draw.randint(1, 6))) for _ in range(300)]
TARGETS = [" ".join(word[::-1] for word in text.split()) for text in SOURCES]
SMALL = {
    "level": "word",
    "embedding_size": 16,
    "hidden_size": 32,
    "num_layers": 1,
    "epochs": 2,
    "batch_size": 16,
    "dropout": 0.0,
    "learning_rate": 0.01,
    "label_smoothing": 0.0,
}


def fitted(sources=SOURCES, targets=TARGETS, validation=None, **options):
    model = Translator(**(SMALL | options))
    return model.fit(sources, targets, validation=validation, progress=False)


@pytest.fixture(scope="module")
def good():
    return fitted(validation=0.1, epochs=12)


def test_it_learns_and_beats_the_copy(good):
    assert good.score(SOURCES, TARGETS) > 80
    assert good.baseline_["bleu"] > good.baseline_["baseline_bleu"]
    assert set(good.baseline_) == {"bleu", "chrf", "baseline_bleu", "baseline_chrf"}
    assert "tok:13a" in good.signatures()["bleu"]
    assert good.history_["val_accuracy"][-1] > 0.9
    assert good.predict(["", "  "]) == ["", ""]
    # Longer than any text in training.
    assert len(good.predict([" ".join(WORDS * 3)])[0].split()) > 6


def test_an_answer_is_the_same_in_any_company(good):
    texts = [*SOURCES[:40], "", "ab zz unseen"]
    whole = good.predict_best(texts, 3)
    assert [good.predict_best([text], 3)[0] for text in texts] == whole
    assert good.predict_best(texts[::-1], 3)[::-1] == whole


def test_a_saved_model_answers_alike(good, tmp_path):
    path = tmp_path / "m.safetensors"
    good.save(path)
    again = load(path)
    assert again.predict_best(SOURCES[:20]) == good.predict_best(SOURCES[:20])
    assert again.get_params() == good.get_params()
    assert again.baseline_ == good.baseline_
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(StorageError, match="truncated"):
        load(path)


def test_a_wider_beam_finds_likelier_answers(good):
    for text in SOURCES[:10]:
        greedy = good.predict_best([text], beam=1)[0]
        wide = good.predict_best([text], beam=5)[0]
        assert len(greedy) == 1
        scores = [score for _, score in wide]
        assert len(wide) == 5
        assert scores == sorted(scores, reverse=True)
        assert scores[0] >= greedy[0][1] - 1e-5
    assert good.predict(SOURCES[:5], max_tokens=1) == [
        text.split()[0][::-1] for text in SOURCES[:5]
    ]


def test_attention_looks_at_the_word_it_writes(good):
    text = "ab cd ef gh"
    found = good.align([text])[0]
    assert found.source == text.split()
    assert found.weights.shape == (len(found.target), 5)
    np.testing.assert_allclose(found.weights.sum(1), 1, rtol=1e-5)
    assert " ".join(found.target) == found.text
    assert found.looked == [found.source[k] for k in found.weights[:, :-1].argmax(1)]
    # Every word is the source's, spelt backwards; most were written where it was looked at.
    right = [one == other[::-1] for one, other in zip(found.looked, found.target, strict=True)]
    assert sum(right) >= 3


def test_alignment_without_tokens_and_at_the_end():
    weights = np.array([[0.1, 0.2, 0.7], [0.6, 0.3, 0.1]], dtype=np.float32)
    found = Aligned("x y", ["a", "b"], ["x", "y"], weights)
    assert found.looked == ["b", "a"]  # never the end
    assert Aligned("x", [], ["x"], np.ones((1, 1), dtype=np.float32)).looked == [""]


def test_unknown_words_are_copied_from_where_attention_looks():
    # Half of the words are rare: unknown on both sides.
    names = ["z" + "".join("pqrstu"[k // 6**p % 6] for p in range(4)) for k in range(300)]
    sources = [f"{text} {name}" for text, name in zip(SOURCES, names, strict=True)]
    targets = [f"{text} {name}" for text, name in zip(TARGETS, names, strict=True)]
    model = fitted(sources, targets, min_count=2, epochs=10)
    answers = model.predict(sources[:20])
    named = [name in answer.split() for name, answer in zip(names, answers, strict=False)]
    assert sum(named) > 10
    for text, answer, found in zip(sources, answers, model.align(sources[:20]), strict=False):
        assert found.source == text.split()  # the unknown word too
        assert found.text == answer == " ".join(found.target)
    model.set_params(copy_unknown=False)
    assert "\ufffd" in " ".join(model.predict(sources[:20]))


def test_the_last_epochs_have_no_dropout_and_no_smoothing(monkeypatch):
    seen = []
    loss_of = learning.loss_of

    def watched(*weights):
        loss = loss_of(*weights)

        def one(module, batch):
            found = loss(module, batch)["loss"]
            if torch.is_grad_enabled():
                again = loss(module, batch)["loss"]
                smooth = loss_of(0.0, 0.0)(module, batch)["loss"]
                seen.append((bool(found == again), bool(found == smooth), module.training))
            return {"loss": found}

        return one

    monkeypatch.setattr(learning, "loss_of", watched)
    options = {"dropout": 0.3, "label_smoothing": 0.1, "word_prediction": 0.5, "epochs": 4}
    model = fitted(SOURCES[:64], TARGETS[:64], early_dropout=0.5, **options)
    assert seen == [(False, False, True)] * 8 + [(True, True, False)] * 8
    seen.clear()
    model.partial_fit(SOURCES[:64], TARGETS[:64])
    assert seen == [(True, True, False)] * 4
    with pytest.raises(OptionError, match="early_dropout must be"):
        fitted(SOURCES[:64], TARGETS[:64], early_dropout=1.5)


@pytest.mark.parametrize(
    "options",
    [
        {"attention": "additive", "word_prediction": 0.5},
        {"attention": "none", "word_prediction": 1.0},
        {"attention": "none", "cell": "gru", "num_layers": 2},
        {"cell": "rnn", "bidirectional": False},
        {"input_feeding": True, "epochs": 1},
        {"pointer": True, "shared_vocabulary": True},
        {"scheduled_sampling": 0.5, "dropout": 0.2, "recurrent_dropout": 0.1, "step_mask": 0.1},
        {"level": "bpe", "max_vocabulary": 280, "shared_vocabulary": True, "average": 0.9},
        {"level": "bpe", "max_vocabulary": 280, "segmentations": 3},
        {"level": "char", "label_smoothing": 0.1, "max_length": 10},
    ],
)
def test_every_option_learns_saves_and_answers_alike_alone(options, tmp_path):
    model = fitted(SOURCES[:160], TARGETS[:160], **options)
    assert np.isfinite(model.history_["train_loss"]).all()
    texts = SOURCES[:6]
    whole = model.predict_best(texts, beam=2)
    assert [model.predict_best([text], beam=2)[0] for text in texts] == whole
    model.save(tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors").predict_best(texts, beam=2) == whole
    assert model.summary().total > 0


def test_no_answer_is_shorter_than_min_length(good):
    texts = SOURCES[:10]
    plain = [len(each.split()) for each in good.predict(texts)]
    for least in (0, 4, 9, 30):
        model = copy.copy(good).set_params(min_length=least)
        found = [len(each.split()) for each in model.predict(texts)]
        assert all(n >= max(least, 0) for n in found)
        assert least or found == plain
    with pytest.raises(OptionError, match="max_tokens must be a whole number at least 30"):
        model.predict(texts, max_tokens=3)


def test_nearly_empty_answers_are_told_with_what_to_do():
    held_out = (SOURCES[:20], TARGETS[:20])
    model = Translator(**SMALL | {"epochs": 1})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Translator, "predict", lambda self, X, **_: ["x"] * len(X))
        with pytest.warns(OstinatoWarning) as caught:
            model.fit(SOURCES, TARGETS, validation=held_out, progress=False)
    (said,) = [str(each.message) for each in caught]
    assert "Translator.fit: answers to held-out rows are nearly empty: 1.0 characters" in said
    assert "more epochs" in said
    assert "min_length" in said
    assert caught[0].filename == __file__
    assert model.baseline_["bleu"] == 0


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (["", ""], True),
        (["", "abc def"], True),
        (["abc def", "ab"], False),
        (["abc def ghi jkl", "abc def ghi jkl"], False),
    ],
)
def test_what_counts_as_nearly_empty(answers, told):
    assert bool(about_lengths(answers, ["abc def ghi jkl"] * 2)) is told


def test_a_bleu_of_few_rows_or_near_nothing_is_explained():
    assert about_bleu(1000, 30.0) == ""
    assert "BLEU of 3 rows says little" in about_bleu(3, 30.0)
    assert "no run of four words" in about_bleu(1000, 0.0)


def test_summaries_stand_beside_the_lead(good):
    pairs = (SOURCES[:40], TARGETS[:40])
    model = clone(good).set_params(measure="rouge", epochs=3)
    model.fit(SOURCES, TARGETS, validation=pairs, progress=False)
    assert {"rouge_1", "rouge_2", "rouge_l", "baseline_rouge_l"} <= set(model.baseline_)
    assert model.score(*pairs) == model.baseline_["rouge_l"]
    assert "stemmer:yes" in model.signatures()["rouge_l"]
    assert model.lead_words_ in range(2, 6)


def test_the_same_seed_gives_the_same_bits_and_going_on_changes_them():
    one, other = fitted(seed=3, dropout=0.3), fitted(seed=3, dropout=0.3)
    before = one.predict_best(SOURCES[:5])
    assert other.predict_best(SOURCES[:5]) == before
    one.partial_fit(SOURCES, TARGETS)
    assert one.predict_best(SOURCES[:5]) != before
    assert len(one.history_["train_loss"]) == 3
    other.partial_fit(SOURCES, TARGETS, epochs=2, learning_rate=1e-3)
    assert other.history_["learning_rate"][-1] < 1e-3
    with pytest.raises(OptionError, match="learning_rate must be a number above 0"):
        one.partial_fit(SOURCES, TARGETS, learning_rate=0)


def test_an_interrupted_fit_goes_on_to_the_same_weights(tmp_path):
    options = {"level": "bpe", "max_vocabulary": 270, "dropout": 0.2, "epochs": 3}
    whole = fitted(**options)

    class StopError(Exception):
        pass

    from ostinato.training.loop import Recorder

    calls = []

    def halt(*_):
        calls.append(1)
        if len(calls) == 2:
            raise StopError

    model = Translator(**(SMALL | options))
    with pytest.MonkeyPatch.context() as patch:
        original = Recorder.on_train_epoch_end

        def stop_after(self, *arguments):
            original(self, *arguments)
            halt()

        patch.setattr(Recorder, "on_train_epoch_end", stop_after)
        with pytest.raises(StopError):
            model.fit(SOURCES, TARGETS, validation=None, directory=tmp_path, progress=False)
    model.fit(SOURCES, TARGETS, validation=None, directory=tmp_path, resume=True, progress=False)
    assert model.predict_best(SOURCES[:10]) == whole.predict_best(SOURCES[:10])


def test_batches_feed_what_came_before():
    encoder = TextEncoder().fit(WORDS)
    end = len(encoder)
    options = TrainingOptions(epochs=5, batch_size=2)
    batches = PairBatches(
        (encoder, encoder),
        (["ab cd", "ef"], ["gh", "ij kl mn op"]),
        options,
        limit=3,
        shuffle=False,
        scheduled_sampling=0.8,
    )
    shares = []
    for epoch in range(5):
        batches.set_epoch(epoch)
        (batch,) = batches
        shares.append(float(batch["share"]))
    assert shares == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    rows = zip(batch["fed"], batch["target"], batch["target_lengths"], strict=True)
    wanted = {tuple(row[:3]) for row in encoder.encode(["gh", "ij kl mn op"])}
    found = set()
    for fed, target, length in rows:
        assert fed[0] == end == target[length - 1]
        assert torch.equal(fed[1:length], target[: length - 1])
        found.add(tuple(target[: length - 1].tolist()))
    assert found == wanted


@pytest.mark.parametrize("side", [0, 1])
@pytest.mark.parametrize("held_out", [False, True])
def test_no_fit_goes_on_with_other_pairs(side, held_out, tmp_path):
    """The same words in as many rows, so that nothing but the pairs differs."""
    pairs = [SOURCES[:60], TARGETS[:60]]
    other = [*pairs]
    other[side] = other[side][::-1]
    for k, given in enumerate((pairs, other)):
        rows, validation = (pairs, tuple(given)) if held_out else (given, None)
        model = Translator(**SMALL | {"epochs": 1})
        if not k:
            model.fit(*rows, validation=validation, directory=tmp_path, progress=False)
            continue
        data = "validation data" if held_out else "train data"
        with pytest.raises(OptionError, match=f"{data} '{('source', 'target')[side]}"):
            model.fit(*rows, validation=validation, directory=tmp_path, resume=True, progress=False)


def test_no_fit_goes_on_with_other_words_of_the_same_numbers(tmp_path):
    sources = [text.replace("ab", "xy") for text in SOURCES[:60]]
    options = {"validation": None, "directory": tmp_path, "progress": False}
    Translator(**SMALL | {"epochs": 1}).fit(SOURCES[:60], TARGETS[:60], **options)
    with pytest.raises(OptionError, match="vocabulary"):
        Translator(**SMALL | {"epochs": 1}).fit(sources, TARGETS[:60], resume=True, **options)


def test_several_models_answer_together_or_as_their_average(good):
    other = fitted(validation=(SOURCES[:10], TARGETS[:10]), seed=1, epochs=6)
    one = fitted(validation=(SOURCES[:10], TARGETS[:10]), seed=2, epochs=6)
    texts = SOURCES[:20]
    together = one.predict_best(texts, others=[other])
    assert together != one.predict_best(texts)
    np.testing.assert_allclose(
        [score for row in one.predict_best(texts, others=[one]) for _, score in row],
        [score for row in one.predict_best(texts) for _, score in row],
        rtol=1e-4,
        atol=1e-5,
    )
    assert one.evaluate(SOURCES[:50], TARGETS[:50], others=[other])["bleu"] > 0
    mean = Translator.averaged([one, other])
    weights = [each.module_.combine.weight for each in (one, other, mean)]
    np.testing.assert_allclose(
        (weights[0] + weights[1]).detach() / 2, weights[2].detach(), rtol=1e-6
    )
    mean.predict(texts)
    third = fitted(["other words"] * 4, ["entirely"] * 4, epochs=1)
    with pytest.raises(OptionError, match="must have this model's vocabularies"):
        one.predict(texts, others=[third])
    with pytest.raises(OptionError, match="at least one, got none"):
        Translator.averaged([])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"attention": "aditive"}, "attention must be one of .*Did you mean 'additive'"),
        ({"cell": "gruu"}, "Did you mean 'gru'"),
        ({"hidden_size": 33}, "hidden_size must be even with bidirectional=True, got 33"),
        ({"attention": "none", "input_feeding": True}, "input_feeding must be False"),
        ({"pointer": True}, "pointer needs attention and shared_vocabulary=True"),
        ({"subword_dropout": 1}, "subword_dropout must be a number"),
        ({"beam": 0}, "beam must be a whole number at least 1"),
        ({"scheduled_sampling": 2}, "scheduled_sampling must be a number"),
        ({"measure": "blue"}, "Did you mean 'bleu'"),
    ],
)
def test_wrong_options(options, message):
    with pytest.raises(OptionError, match=message):
        fitted(**options)


@pytest.mark.parametrize(
    ("sources", "targets", "message"),
    [
        (SOURCES, TARGETS[:3], "same number of rows, got 300 and 3; they part after row 2"),
        (["a", " "], ["b", "c"], "X is empty in row 1"),
        (["a", "b"], ["b", None], "missing or no strings, the first in row 1"),
        (["a"], ["b"], "at least 2 rows, got 1"),
        ("text", ["b"], "texts must be a list of strings"),
    ],
)
def test_wrong_rows(sources, targets, message):
    with pytest.raises(DataError, match=message):
        fitted(sources, targets)


def test_wrong_questions(good):
    with pytest.raises(NotFittedError, match="Call fit"):
        Translator().predict(["a"])
    with pytest.raises(OptionError, match="beam must be a whole number"):
        good.predict(["ab"], beam=0)
    with pytest.raises(OptionError, match="n must be from 1 to beam, 5, got 9"):
        good.predict_best(["ab"], 9)
    with pytest.raises(OptionError, match="length_penalty must be a number"):
        good.predict(["ab"], length_penalty=-1)
    with pytest.raises(DataError, match="the text in row 0 is empty"):
        good.align([""])
    with pytest.raises(OptionError, match="validation must be a fraction, 2 columns"):
        fitted(validation=(1, 2, 3))
    with pytest.raises(OptionError, match="attention must not be 'none'"):
        fitted(SOURCES[:20], TARGETS[:20], attention="none", epochs=1).align(["ab"])


def test_a_missing_package_is_named_before_training(monkeypatch):
    monkeypatch.setattr(text_measures.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="pip install 'ostinato\\[translation\\]'"):
        fitted(validation=0.1)


def test_a_pointer_copies_words_it_has_hardly_seen():
    # A title is the word after "of"; every such word is in one training pair only.
    words = ["".join("bcdfgh"[k // 6**p % 6] for p in range(4)) for k in range(400)]
    sources = [
        f"{WORDS[k % 8]} {WORDS[k % 5]} of {word} {WORDS[k % 3]}" for k, word in enumerate(words)
    ]
    options = {"shared_vocabulary": True, "epochs": 8}
    scores = {}
    for pointer in (False, True):
        model = fitted(sources[:300], words[:300], pointer=pointer, **options)
        found = model.predict(sources[:100])
        scores[pointer] = sum(a == b for a, b in zip(found, words, strict=False))
    assert scores[True] > 50 > scores[False]
