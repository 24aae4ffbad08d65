"""Every measure against scikit-learn or a value worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn import metrics

from ostinato.errors import DataError, OptionError
from ostinato.measures import (
    count_classes,
    measure_classes,
    measure_forecasts,
    measure_labels,
    measure_language,
    measure_spans,
    measure_texts,
    per_class,
    token_accuracy,
)
from ostinato.measures.forecasts import repeat_last, repeat_season
from ostinato.measures.texts import check_installed, lead, signatures


def probabilities(rows: int, classes: int) -> np.ndarray:
    raw = np.random.default_rng(rows).random((rows, classes)).astype(np.float32)
    return raw / raw.sum(1, keepdims=True)


def test_classes_by_hand():
    found = measure_classes(np.array([0, 1, 1]), np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]]))
    assert found == pytest.approx(
        {
            "accuracy": 2 / 3,
            "f1_macro": (2 / 3 + 2 / 3) / 2,
            "log_loss": -(math.log(0.8) + math.log(0.4) + math.log(0.9)) / 3,
            "roc_auc": 1.0,
        }
    )


@pytest.mark.parametrize("classes", [2, 5])
def test_classes_are_as_scikit_learn_has_them(classes):
    shares = probabilities(200, classes)
    truth = np.random.default_rng(1).integers(0, classes, 200)
    found = measure_classes(truth, shares)
    answers = shares.argmax(1)
    assert found["accuracy"] == metrics.accuracy_score(truth, answers)
    assert found["f1_macro"] == metrics.f1_score(truth, answers, average="macro")
    assert ("roc_auc" in found) == (classes == 2)
    names, counts = count_classes(truth.tolist(), answers.tolist())
    assert names == [str(k) for k in range(classes)]
    assert (counts == metrics.confusion_matrix(truth, answers)).all()
    expected = metrics.precision_recall_fscore_support(truth, answers, zero_division=0)
    for name, values in zip(("precision", "recall", "f1", "rows"), expected, strict=True):
        assert per_class(counts)[name] == pytest.approx(values)


def test_a_class_that_never_comes_counts_as_missed():
    found = measure_classes(np.array([0, 0]), np.array([[0.9, 0.05, 0.05], [0.2, 0.7, 0.1]]))
    assert found["f1_macro"] == pytest.approx((2 / 3) / 3)
    names, counts = count_classes(["a", "b"], ["a", "c"])
    assert names == ["a", "b", "c"]
    assert counts.tolist() == [[1, 0, 0], [0, 0, 1], [0, 0, 0]]
    assert per_class(counts)["f1"].tolist() == [1, 0, 0]


def test_labels_by_hand():
    truth = np.array([[1, 0], [1, 1], [0, 0]])
    shares = np.array([[0.5, 0.1], [0.9, 0.2], [0.3, 0.6]])
    assert measure_labels(truth, shares) == pytest.approx(
        {"f1_micro": 4 / 6, "f1_macro": 0.5, "exact_match": 1 / 3}
    )


def test_spans_by_hand():
    truth = [{("person", 0, 2), ("place", 4, 5)}, {("place", 0, 1)}]
    answers = [[("person", 0, 2), ("person", 4, 5)], [("place", 0, 2)]]
    assert measure_spans(truth, answers) == pytest.approx(
        {"f1": 1 / 3, "precision": 1 / 3, "recall": 1 / 3, "f1_person": 2 / 3, "f1_place": 0.0}
    )
    assert measure_spans([set()], [set()]) == {"f1": 0.0, "precision": 0.0, "recall": 0.0}


def test_tokens_by_hand():
    assert token_accuracy([["A", "B"], ["C"]], [["A", "X"], ["C"]]) == pytest.approx(2 / 3)
    assert token_accuracy([], []) == 0
    with pytest.raises(DataError, match="rows of 2 and 1 tags"):
        token_accuracy([["A", "B"]], [["A"]])
    with pytest.raises(DataError, match="1 rows of truth and 2 of answers"):
        measure_spans([set()], [set(), set()])


def test_forecasts_by_hand():
    # Two columns with spreads 10 and 2; the naive error of the second is zero and has no say.
    found = measure_forecasts(
        np.array([5.0, 2.0]), np.array([50.0, 8.0]), np.array([10.0, 2.0]), np.array([4.0, 0.0])
    )
    assert found == pytest.approx(
        {
            "mae": (5 + 2) / 2,
            "mse": (50 + 8) / 2,
            "rmse": 29**0.5,
            "scaled_mae": 0.75,
            "scaled_mse": 1.25,
            "mase": 5 / 4,
        }
    )
    flat = measure_forecasts(*(np.ones(1) for _ in range(3)), naive=np.zeros(1))
    assert "mase" not in flat


def test_naive_forecasts():
    window = np.arange(5.0).reshape(1, 5, 1)
    assert repeat_last(window, 3).ravel().tolist() == [4, 4, 4]
    assert repeat_season(window, 2, 5).ravel().tolist() == [3, 4, 3, 4, 3]


def test_language_by_hand():
    # Four tokens of which each was one of eight; sixteen characters.
    found = measure_language(4 * math.log(8), 4, 16)
    assert found == pytest.approx(
        {"nats": math.log(8), "perplexity": 8, "bits_per_character": 12 / 16}
    )
    assert math.isfinite(measure_language(1e9, 1, 1)["perplexity"])


def test_texts():
    pytest.importorskip("sacrebleu")
    pytest.importorskip("rouge_score")
    same = ["the cat sat on the mat"]
    assert measure_texts("bleu", same, same) == pytest.approx({"bleu": 100, "chrf": 100})
    found = measure_texts("rouge", ["the cat"], ["the dog"])
    assert found == pytest.approx({"rouge_1": 50, "rouge_2": 0, "rouge_l": 50})
    assert measure_texts("bleu", ["THE CAT SAT ON"], ["the cat sat on"], lowercase=True)[
        "bleu"
    ] == pytest.approx(100)
    assert set(signatures("bleu")) == {"bleu", "chrf"}
    assert set(signatures("rouge")) == {"rouge_1", "rouge_2", "rouge_l"}
    assert lead(["a b c", ""], 2) == ["a b", ""]


def test_an_unknown_measure_of_texts_is_named():
    with pytest.raises(
        OptionError, match="Translator: measure must be one of.*Did you mean 'bleu'"
    ):
        check_installed("Translator", "blue")
