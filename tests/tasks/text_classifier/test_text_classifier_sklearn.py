"""What scikit-learn asks of a classifier. It asks with tables of numbers, so rows become texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import VotingClassifier
from sklearn.metrics import get_scorer
from sklearn.model_selection import cross_val_predict
from sklearn.utils.estimator_checks import check_estimator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import validate_data

from ostinato import TextClassifier

SMALL: dict[str, Any] = {"epochs": 2, "hidden_size": 4, "embedding_size": 4, "progress": False}


class OnNumbers(TextClassifier):
    """The classifier on tables: a number becomes a word that names its column and its place."""

    def _texts(self, X: Any) -> list[str]:
        table = validate_data(self, X, reset=False)
        return [" ".join(f"c{k}_{round(float(v))}" for k, v in enumerate(row)) for row in table]

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Any:
        X, y = validate_data(self, X, y)
        check_classification_targets(y)
        return super().fit(self._texts(X), y, sample_weight, validation=None)

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Any:
        X, y = validate_data(self, X, y, reset=not self._fitted)
        return super().partial_fit(self._texts(X), y, classes, sample_weight)

    def predict_proba(self, X: Any) -> Any:
        self._check_fitted()
        return super().predict_proba(self._texts(X))

    def evaluate(self, X: Any, y: Any) -> Any:
        return super().evaluate(self._texts(X), y)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = tags.input_tags.string = False
        tags.classifier_tags.multi_label = False
        return tags


EXPECTED = {
    "check_sample_weight_equivalence_on_dense_data": "A row repeated n times is n rows of a "
    "shuffle, whose batches are others than those of one row of weight n.",
    "check_fit2d_1sample": "It looks for its own words; ours are 'at least 2 rows, got 1'.",
    "check_classifiers_train": "It asks for an accuracy that two epochs of four units on rounded "
    "numbers do not reach.",
}


@pytest.mark.filterwarnings("ignore")
def test_check_estimator():
    found = check_estimator(OnNumbers(**SMALL), expected_failed_checks=EXPECTED, on_fail=None)
    failed = {each["check_name"]: each["exception"] for each in found if each["status"] == "failed"}
    assert failed == {}
    assert sum(each["status"] == "passed" for each in found) > 45


def _rows() -> tuple[list[str], list[str]]:
    texts = [f"{word} film" for word in ("good", "bad", "fine", "poor")] * 8
    return texts, ["yes", "no"] * 16


def test_scorers_and_meta_estimators():
    X, y = _rows()
    model = TextClassifier(**SMALL).fit(X, y)
    assert isinstance(model.classes_, np.ndarray)
    assert get_scorer("roc_auc")(model, X, y) >= 0
    assert get_scorer("neg_log_loss")(model, X, y) <= 0
    shares = cross_val_predict(TextClassifier(**SMALL), X, y, cv=2, method="predict_proba")
    assert shares.shape == (32, 2)
    voting = VotingClassifier([("a", TextClassifier(**SMALL))], voting="soft").fit(X, y)
    assert set(voting.predict(X)) <= {"yes", "no"}
    calibrated = CalibratedClassifierCV(TextClassifier(**SMALL), cv=2).fit(X, y)
    assert calibrated.predict_proba(X).shape == (32, 2)


def test_sample_weight_and_class_weight_count():
    X, y = ["same words"] * 40, ["a"] * 30 + ["b"] * 10
    options = SMALL | {"epochs": 8, "batch_size": 4, "learning_rate": 0.02, "wide": False}
    options |= {"dropout": 0.0, "step_mask": 0.0}

    def share(**given: Any) -> float:
        weights = given.pop("sample_weight", None)
        model = TextClassifier(**options, **given)
        model.fit(X, y, weights, validation=None)
        return float(model.predict_proba(X[:1])[0, 1])

    assert share() == pytest.approx(0.25, abs=0.03)
    assert share(class_weight="balanced") == pytest.approx(0.5, abs=0.03)
    assert share(class_weight={"b": 9.0}) == pytest.approx(0.75, abs=0.03)
    assert share(sample_weight=[1.0] * 30 + [9.0] * 10) == pytest.approx(0.75, abs=0.03)


def test_partial_fit_learns_new_labels_of_old_words():
    X, y = _rows()
    model = TextClassifier(**SMALL | {"epochs": 8}).fit(X, y, validation=None)
    assert model.score(X, y) == 1.0
    flipped = ["no" if each == "yes" else "yes" for each in y]
    for _ in range(15):
        model.partial_fit(X, flipped)
    assert model.score(X, flipped) == 1.0


def test_labels_that_only_held_out_rows_have_are_missed():
    X, y = _rows()
    held_out = (["good film", "strange film"], ["yes", "other"])
    model = TextClassifier(**SMALL | {"epochs": 8}).fit(X, y, validation=held_out)
    assert list(model.classes_) == ["no", "yes"]
    assert model.baseline_["accuracy"] == 0.5
    assert model.evaluate(*held_out)["accuracy"] == 0.5
    only = model.evaluate(["strange film"], ["other"])
    assert only["accuracy"] == 0.0
    assert only["log_loss"] > 30


def test_classes_may_be_told_before_they_come():
    model = TextClassifier(**SMALL)
    model.partial_fit(["a b", "b a", "a a"], [1, 2, 1], classes=[1, 2, 3])
    assert model.classes_.tolist() == [1, 2, 3]
    model.partial_fit(["c"], [3])


def test_options_of_weights_are_checked():
    X, y = _rows()
    from ostinato.errors import DataError, OptionError

    for given, message in (
        ({"class_weight": {"maybe": 1.0}}, "class_weight has 'maybe', which is no label"),
        ({"class_weight": {"yes": -1}}, r"class_weight\['yes'\] must be a number at least 0"),
        ({"class_weight": {"yes": 0, "no": 0}}, "class_weight leaves no row"),
    ):
        with pytest.raises(OptionError, match=message):
            TextClassifier(**SMALL, **given).fit(X, y)
    for weights in ([1.0], [-1.0] * 32, [float("nan")] * 32, [0.0] * 32):
        with pytest.raises(DataError, match="sample_weight must be 32 numbers of at least 0"):
            TextClassifier(**SMALL).fit(X, y, weights)
