"""Scores of a stream beside hand-made counts and scikit-learn; the drift alarm."""

from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn import metrics

from ostinato.measures.drift import PageHinkley
from ostinato.measures.prequential import RECENT, LinearClassifier, Prequential


def test_scores_are_scikit_learns():
    chance = np.random.default_rng(0)
    truth = chance.integers(0, 3, 3000)
    answers = np.where(chance.random(3000) < 0.7, truth, chance.integers(0, 3, 3000))
    found = Prequential(16)
    assert found.scores() == {}
    for pair in zip(truth.tolist(), answers.tolist(), strict=True):
        found.step(*pair)
    scores = found.scores()
    assert scores["accuracy"] == pytest.approx(metrics.accuracy_score(truth, answers))
    assert scores["kappa"] == pytest.approx(metrics.cohen_kappa_score(truth, answers))
    assert scores["f1_macro"] == pytest.approx(metrics.f1_score(truth, answers, average="macro"))
    recent = (truth == answers)[-RECENT:].mean()
    assert scores["recent_accuracy"] == pytest.approx(recent)
    again = Prequential.from_dict(json.loads(json.dumps(found.to_dict())))
    assert again.scores() == scores


def test_one_class_alone_has_no_kappa_above_zero():
    found = Prequential(2)
    found.step(1, 1)
    assert found.scores() == {"accuracy": 1, "kappa": 0, "f1_macro": 1, "recent_accuracy": 1}


def test_the_linear_model_learns_what_is_linear():
    chance, model, right = np.random.default_rng(0), LinearClassifier(2, 5), []
    for k in range(2000):
        x = chance.normal(size=2)
        truth = int(x[0] > x[1]) + (x[0] > 2)
        right.append(model.shares(x, 3).argmax() == truth)
        model.learn(x, int(truth), 3)
        if k == 1000:
            model = LinearClassifier.from_dict(json.loads(json.dumps(model.to_dict())))
    assert np.mean(right[1000:]) > 0.93
    assert not model.weights[3:].any()


def test_the_alarm_rises_where_errors_become_frequent_and_not_before():
    chance, test = np.random.default_rng(0), PageHinkley(50.0)
    alarms = []
    for k in range(6000):
        if test.step(float(chance.random() < (0.1 if k < 4000 else 0.5))):
            alarms.append(k)
        if k == 4050:
            test = PageHinkley.from_dict(json.loads(json.dumps(test.to_dict())))
    assert len(alarms) == 1
    assert 4080 < alarms[0] < 4130  # 50 errors of 0.4 a row, a few more by chance


def test_fewer_errors_are_no_alarm():
    chance, test = np.random.default_rng(1), PageHinkley(50.0)
    assert not any(test.step(float(chance.random() < 0.5 - k / 8000)) for k in range(3900))
