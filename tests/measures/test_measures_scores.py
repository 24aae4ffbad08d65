"""A model's numbers beside those of baselines, as an object and as one flat dictionary."""

from __future__ import annotations

import json
import math
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostinato import measures
from ostinato.errors import DataError
from ostinato.measures import Baseline, Measure, Scores, classes, forecasts, spans, texts

TABLES = {
    "classes": (classes.CLASSES, classes.BASELINES),
    "labels": (classes.LABELS, classes.BASELINES),
    "spans": (spans.SPANS, spans.BASELINES),
    "forecasts": (forecasts.FORECASTS, forecasts.BASELINES),
    "bleu": (texts.BLEU, texts.COPY),
    "rouge": (texts.ROUGE, texts.LEAD),
    "language": (texts.LANGUAGE, texts.NGRAMS),
}
FLAT = {
    "accuracy": 0.9,
    "log_loss": 0.3,
    "rows": 100.0,
    "baseline_accuracy": 0.8,
    "baseline_log_loss": 0.2,
    "majority_accuracy": 0.5,
}


def scores(flat=FLAT, kind="classes") -> Scores:
    return Scores.from_flat(flat, *TABLES[kind])


def test_a_flat_dictionary_becomes_scores_and_back():
    found = scores()
    assert found.model == {"accuracy": 0.9, "log_loss": 0.3, "rows": 100.0}
    assert found.naive == {
        "baseline_": {"accuracy": 0.8, "log_loss": 0.2},
        "majority_": {"accuracy": 0.5},
    }
    assert found.flat() == FLAT
    assert [b.name for b in found.shown()] == ["naive Bayes", "most frequent class"]


@given(
    st.dictionaries(
        st.sampled_from(
            [p + n for p in ("", "baseline_", "majority_") for n in ("accuracy", "f1_macro", "x")]
        ),
        st.floats(0, 1),
    )
)
def test_any_flat_dictionary_comes_back(flat):
    assert scores(flat).flat() == flat


def test_a_baseline_s_number_is_never_the_model_s():
    found = scores({"f1": 0.9, "baseline_f1": 0.5, "f1_a": 0.4, "baseline_f1_b": 0.3}, "spans")
    assert set(found.model) == {"f1", "f1_a"}
    assert found.naive["baseline_"] == {"f1": 0.5, "f1_b": 0.3}


def test_winning_depends_on_the_way_and_on_the_strongest_baseline():
    found = scores()
    assert found.wins("accuracy") is True
    assert found.wins("log_loss") is False
    assert found.wins("rows") is None
    assert found.strongest("accuracy").prefix == "baseline_"
    errors = scores({"mae": 2.0, "baseline_mae": 3.0, "seasonal_mae": 1.0}, "forecasts")
    assert errors.strongest("mae").prefix == "seasonal_"
    assert errors.wins("mae") is False
    assert scores({"mae": 2.0, "baseline_mae": 2.0}, "forecasts").wins("mae") is False
    assert scores({"mae": 2.0, "baseline_mae": math.nan}, "forecasts").wins("mae") is None
    assert scores({"mae": math.nan, "baseline_mae": 1.0}, "forecasts").wins("mae") is None


def test_measures_are_compared_in_the_order_in_which_they_are_declared():
    flat = {"log_loss": 1.0, "accuracy": 0.5, "baseline_accuracy": 0.4, "baseline_log_loss": 2.0}
    assert scores(flat).compared() == ["accuracy", "log_loss"]


def test_a_measure_is_found_by_name_then_by_beginning():
    found = scores({}, "spans")
    assert found.measure("f1").sentence.startswith("The harmonic mean")
    assert found.measure("f1_person").name == "f1_*"
    assert found.measure("else") == Measure(name="else", higher_is_better=None)


def test_scores_survive_json():
    found = scores({**FLAT, "roc_auc": math.nan})
    again = Scores.from_dict(json.loads(json.dumps(found.to_dict(), allow_nan=False)))
    assert math.isnan(again.flat().pop("roc_auc"))
    assert {**again.flat(), "roc_auc": 0} == {**FLAT, "roc_auc": 0}
    assert again.measures == found.measures
    assert again.baselines == found.baselines


@pytest.mark.parametrize("document", [{}, {"measures": 3}, [], {"measures": [{"nme": "x"}]}])
def test_a_foreign_dictionary_is_refused(document):
    with pytest.raises(DataError, match="Scores: must be a dictionary that to_dict made"):
        Scores.from_dict(document)


@pytest.mark.parametrize("kind", TABLES)
def test_every_measure_and_baseline_is_explained(kind):
    declared, baselines = TABLES[kind]
    for each in (*declared, *baselines):
        assert each.sentence.endswith((".", "not have."))
    assert len({m.name for m in declared}) == len(declared)
    assert all(b.prefix.endswith("_") for b in baselines)
    prefixes = tuple(b.prefix for b in baselines)
    assert not any(m.name.startswith(prefixes) for m in declared)


def test_importing_the_room_is_light():
    heavy = ("torch", "sklearn", "torchmetrics", "sacrebleu", "pandas")
    code = f"import sys, ostinato.measures; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_names_do_not_hide_each_other():
    assert measures.Baseline is Baseline
    assert isinstance(classes.CLASSES[0], Measure)
